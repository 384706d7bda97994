"""What is proposed for recognised files in a project of a few paths, and paths of every odd kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from hypothesis import strategies as st

from reconciler.desired.finding.globs import parse_glob
from reconciler.desired.proposing.propose import Entry, Proposal, propose
from reconciler.desired.proposing.recognise import Recognised
from reconciler.desired.templates import fill

STEPS = st.sampled_from(["a", "A", "flows", "Flows", "b.c", "ü", "日", "x y", "{stem}", "[a]", 'q"'])
PATHS = st.tuples(st.lists(STEPS, max_size=3), STEPS, st.sampled_from([".yaml", ".yml"])).map(
    lambda parts: "/".join([*parts[0], parts[1] + parts[2]])
)


def propose_among(
    recognised: Iterable[Recognised], others: Iterable[str] = (), refused: Mapping[str, str] | None = None
) -> Proposal:
    """Propose for files of a project that has others too."""
    files = list(recognised)
    paths = [*(file.path for file in files), *others, *(refused or ())]
    return propose(
        files,
        matches=lambda pattern: frozenset(path for path in paths if is_match(path, pattern)),
        refused=refused,
    )


def is_match(path: str, pattern: str) -> bool:
    """Say whether a glob means a path."""
    if "/**/" in pattern:
        above, _, name = pattern.partition("/**/")
        return path.startswith(f"{above}/") and fnmatchcase(path.rpartition("/")[2], name)
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def workflows(*paths: str, version: str | None = "1.0.0") -> list[Recognised]:
    """Return workflows that were recognised."""
    return [Recognised(path, "workflow", version) for path in paths]


def meant(entry: Entry, paths: Iterable[str]) -> set[str]:
    """Return what the patterns of an entry mean."""
    out = [parse_glob(each.pattern.removeprefix("!")) for each in entry.exclusions]
    return {
        path
        for path in paths
        if any(is_match(path, pattern) for pattern in entry.files)
        and not any(each.means(path) for each in out)
    }


def repositories(proposal: Proposal) -> list[str]:
    """Return the repository of each file that is proposed."""
    return [fill(entry.repository, path) for entry in proposal.entries for path in entry.paths]
