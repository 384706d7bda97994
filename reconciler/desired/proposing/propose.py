"""Which entries of pallet.toml a person would write for the files that were recognised.

Decided here: which files share an entry, when a glob may stand for them, which repository each
gets, and where its version stands. No two proposed files ever meet in one repository.
Must never be added: looking at the disk, or the text of pallet.toml.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.finding.file_problems import shown
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.proposing.companions import attach_companions, find_companions
from reconciler.desired.proposing.merging import merge_folders
from reconciler.desired.templates import fill_text
from reconciler.errors import Problem
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from reconciler.desired.proposing.recognise import Recognised

FIRST_VERSION = "0.1.0"
"""For files that say none: semver.org's own advice for what is still being shaped."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Matches = Callable[[str], frozenset[str]]
"""What a glob means in this project; empty where it has a problem."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[artifact]]`."""

    files: tuple[str, ...]
    """Patterns."""
    repository: str
    kind: str
    paths: tuple[str, ...]
    """The files that the patterns mean, sorted."""
    version_field: str | None = None
    """Where each file says its version."""
    version: str | None = None
    """The version of all files; None beside a `version_field` or where the kind knows the field."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """By stem or path: files that say no version although others of the entry do."""
    is_renamed: bool = False
    """Whether the name of the file or of its folder could not be a repository's."""
    attach: tuple[str, ...] = ()
    """Patterns of what is attached to each artifact."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What pallet.toml should publish."""

    entries: tuple[Entry, ...]
    left_out: tuple[Problem, ...]
    """Files that no entry of pallet.toml could publish, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Files of one kind that one pattern could mean."""

    kind: str
    folder: str
    """The folder that names the repositories: of the files, or above their folders."""
    pattern: str
    placeholder: str
    """`stem` where the files differ by name, `parent` where their folders do."""
    members: tuple[Recognised, ...]

    def label(self, path: str) -> str:
        file = PurePosixPath(path)
        return file.stem if self.placeholder == "stem" else file.parent.name

    def bases(self) -> tuple[str, ...]:
        """What may stand in front of the placeholder: the shortest first, used until nothing clashes."""
        plural = builtin_kinds()[self.kind].plural
        steps = [part for part in map(legalise, PurePosixPath(self.folder).parts) if part]
        leaf = legalise(PurePosixPath(self.folder).name) or plural
        whole = "/".join(steps) or plural
        return leaf, whole, f"{whole}/{plural}"


def propose(recognised: Iterable[Recognised], *, matches: Matches) -> Proposal:
    """Return entries that publish each recognised file, in the order of their folders."""
    good, left_out = _part(recognised)
    companions = find_companions(good)
    while True:
        alone = [file for file in good if file.path not in companions]
        entries, refused = _propose(alone, matches)
        entries, left = attach_companions(entries, companions)
        if not left:
            return Proposal(tuple(merge_folders(entries, matches)), (*left_out, *refused))
        companions = {path: each for path, each in companions.items() if path not in left}


def _propose(recognised: Sequence[Recognised], matches: Matches) -> tuple[list[Entry], list[Problem]]:
    groups, left_out = _group(recognised), list[Problem]()
    levels = _choose_bases(groups)
    taken: dict[str, str] = {}
    entries: list[Entry] = []
    for group in groups:
        entries += _enter(group, group.bases()[levels[group]], matches, taken, left_out)
    return entries, left_out


def rules_for_git(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """Return the patterns of all files whose bytes decide a digest, each with files that it stands for.

    A list of files becomes the glob of their folder: a rule too many does no harm, and stays when a
    file is added.
    """
    patterns: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        for path in entry.paths:
            folder = PurePosixPath(path).parent
            example = [f"{folder}/templates/_helpers.tpl"] if _is_folder(entry.kind, path) else []
            patterns[_rule_for_git(entry, path)] += [path, *example]
            for pattern in entry.attach:
                attached = PurePosixPath(fill_text(pattern, path))
                suffix = pattern.rpartition("}")[2]
                patterns[_join(_text(attached.parent), f"*{suffix}")].append(str(attached))
    return patterns


def _rule_for_git(entry: Entry, path: str) -> str:
    is_glob = len(entry.files) == 1 and entry.files[0] != escape(path)
    pattern, file = entry.files[0], PurePosixPath(path)
    if builtin_kinds()[entry.kind].layer is LayerForm.IMAGE and not file.suffix:
        return f"{escape(path)}/**"
    if not is_glob:
        pattern = f"{escape(str(file.parent))}/*{file.suffix}" if "/" in path else escape(path)
    # A chart is the folder of its Chart.yaml.
    return f"{pattern.rpartition('/')[0]}/**" if _is_folder(entry.kind, path) else pattern


def legalise(text: str) -> str | None:
    """Return the nearest text that can be a component of a repository; None where nothing is left."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain if _is_component(plain) else re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or None


def _is_component(text: str) -> bool:
    try:
        return "/" not in text and bool(Repository(text))
    except ValueError:
        return False


def _part(recognised: Iterable[Recognised]) -> tuple[list[Recognised], list[Problem]]:
    """Tell files that an entry can publish from those that none can."""
    good, left_out = [], []
    for file in recognised:
        problem = _no_entry(file)
        if problem is None:
            good.append(file)
        else:
            left_out.append(problem)
    return good, left_out


def _no_entry(file: Recognised) -> Problem | None:
    if _SURROGATE.search(file.path) or "\\" in file.path:
        message = "no pattern can name it: expected a path of UTF-8 without a backslash"
        return Problem("unnameable", message, shown(file.path), fix="rename it")
    if _is_folder(file.kind, file.path) and "/" not in file.path:
        message = "expected a folder of its own, which is packed, got the project's root folder"
        return Problem("no-folder", message, file.path, fix="move the chart into a folder")
    return None


def _group(recognised: Sequence[Recognised]) -> list[_Group]:
    """Return groups by folder, kind and suffix; single files that only their folders tell apart together."""
    by_folder: dict[tuple[str, str, str], list[Recognised]] = defaultdict(list)
    for file in recognised:
        path = PurePosixPath(file.path)
        by_folder[_text(path.parent), file.kind, path.suffix].append(file)
    by_name: dict[tuple[str, str, str], list[Recognised]] = defaultdict(list)
    groups = []
    for (folder, kind, suffix), members in by_folder.items():
        if _is_folder(kind, members[0].path) or (len(members) == 1 and folder):
            path = PurePosixPath(members[0].path)
            by_name[_text(path.parent.parent), kind, path.name].append(members[0])
        else:
            groups.append(_Group(kind, folder, _join(folder, f"*{suffix}"), "stem", tuple(members)))
    groups += (group for key, members in by_name.items() for group in _of_siblings(*key, members))
    return sorted(groups, key=lambda group: (group.folder, group.kind, group.pattern))


def _of_siblings(above: str, kind: str, name: str, members: list[Recognised]) -> Iterator[_Group]:
    if len(members) > 1 or _is_folder(kind, members[0].path):
        yield _Group(kind, above, _join(above, f"*/{escape(name)}"), "parent", tuple(members))
        return
    path = PurePosixPath(members[0].path)
    folder = _text(path.parent)
    yield _Group(kind, folder, _join(folder, f"*{path.suffix}"), "stem", tuple(members))


def _choose_bases(groups: Sequence[_Group]) -> dict[_Group, int]:
    """Return for each group the place of its base; folders of one name, and equal repositories, move on."""
    levels = dict.fromkeys(groups, 0)
    folders = defaultdict(set)
    for group in groups:
        folders[group.bases()[0]].add(group.folder)
    for group in groups:
        levels[group] = int(len(folders[group.bases()[0]]) > 1)
    for _ in range(2):
        owners = defaultdict(set)
        for group in groups:
            for file in group.members:
                owners[_name(group, group.bases()[levels[group]], file.path)].add(group)
        for group in {group for rivals in owners.values() if len(rivals) > 1 for group in rivals}:
            levels[group] = min(levels[group] + 1, 2)
    return levels


def _enter(
    group: _Group,
    base: str,
    matches: Matches,
    taken: dict[str, str],
    left_out: list[Problem],
) -> Iterator[Entry]:
    """Yield the entry with a placeholder, then one for each file whose name cannot fill it in."""
    plain: list[Recognised] = []
    renamed: list[tuple[Recognised, str]] = []
    for file in sorted(
        group.members, key=lambda file: (not _is_component(group.label(file.path)), file.path)
    ):
        name = _name(group, base, file.path)
        problem = _refuse(name, file.path, taken)
        if problem is not None or name is None:
            left_out += [problem] if problem else []
            continue
        taken[name] = file.path
        if _is_component(group.label(file.path)):
            plain.append(file)
        else:
            renamed.append((file, name))
    if plain:
        paths = frozenset(file.path for file in plain)
        patterns = [group.pattern] if matches(group.pattern) == paths else map(escape, sorted(paths))
        yield _entry(group.kind, tuple(patterns), f"{base}/{{{group.placeholder}}}", tuple(plain))
    for file, name in renamed:
        yield _entry(group.kind, (escape(file.path),), name, (file,), is_renamed=True)


def _entry(
    kind: str,
    patterns: tuple[str, ...],
    repository: str,
    files: tuple[Recognised, ...],
    *,
    is_renamed: bool = False,
) -> Entry:
    silent = [file.path for file in files if file.version is None]
    says_version = len(silent) < len(files)
    describes_folder = builtin_kinds()[kind].layer is LayerForm.FOLDER
    return Entry(
        files=patterns,
        repository=repository,
        kind=kind,
        paths=tuple(sorted(file.path for file in files)),
        # The version of a chart is Chart.yaml's, as its kind says: nothing to write.
        version_field=builtin_kinds()[kind].version if says_version and not describes_folder else None,
        version=FIRST_VERSION if not describes_folder and not says_version else None,
        versions=_keys(silent, files) if says_version and not describes_folder else {},
        is_renamed=is_renamed,
    )


def _keys(silent: Iterable[str], files: Iterable[Recognised]) -> dict[str, str]:
    """Return a version for each file that says none, by stem where that means only one file."""
    stems = Counter(PurePosixPath(file.path).stem for file in files)
    keys = ((PurePosixPath(path).stem, path) for path in silent)
    return {stem if stems[stem] == 1 else path: FIRST_VERSION for stem, path in keys}


def _name(group: _Group, base: str, path: str) -> str | None:
    label = legalise(group.label(path))
    return f"{base}/{label}" if label else None


def _refuse(name: str | None, path: str, taken: Mapping[str, str]) -> Problem | None:
    if name is None:
        message = "no repository can be named after it: expected a name with letters a to z or digits"
        return Problem("no-repository", message, path, fix="rename it, or write an entry for it by hand")
    try:
        Repository(name)
    except ValueError as exc:
        return Problem("no-repository", str(exc), path, fix="write an entry for it by hand")
    if name in taken:
        message = f"repository {name}: expected one file, got {taken[name]} too"
        return Problem("claimed-twice", message, path, fix="rename it, or write an entry for it by hand")
    return None


def _is_folder(kind: str, path: str) -> bool:
    """Say whether a file stands for the folder that it is in."""
    known = builtin_kinds()[kind]
    return known.layer is LayerForm.FOLDER and PurePosixPath(path).name == known.described_by


def _join(folder: str, name: str) -> str:
    return f"{escape(folder)}/{name}" if folder else name


def _text(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else str(folder)
