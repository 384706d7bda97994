"""What is wrong with wanted artifacts only beside each other: two of one version, a cycle, a need unmet.

Decided here: what is asked of all of them together. What a single file may be wrong in is `gather`'s.
Must never be added: reading a file, or a look at a store.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.desired.requirements import find_all_cycles
from reconciler.desired.versions.version import render_floating
from reconciler.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.desired.config import Config
    from reconciler.desired.lockfile import Key
    from reconciler.desired.versions.version import Version
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.reference import Repository


def check_together(config: Config, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    """Yield every problem that wanted artifacts have with each other, and holds that none of them needs."""
    yield from _find_rivals(config, wanted)
    yield from _find_cycles(config, wanted)
    yield from _find_unmet(config, wanted)
    yield from _find_idle_holds(config, wanted)


def _find_rivals(config: Config, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    """Name every two files that would claim one repository and version."""
    owners: dict[Key, Wanted] = {}
    for item in wanted:
        owner = owners.setdefault(item.key, item)
        if owner is not item:
            both = " and ".join(
                f"{_first_file(each)} ({config.path.name}:{each.line})" for each in (owner, item)
            )
            yield Problem(
                "claimed-twice",
                f"{item.name} {item.version}: expected one artifact, got two: {both}",
                config.path.name,
                item.line,
                fix="give one of them another repository or another version",
            )


def _first_file(item: Wanted) -> str:
    return item.files[0].path


def _find_cycles(config: Config, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    requires: dict[Repository, set[Repository]] = {}
    lines = {item.name: item.line for item in wanted}
    for item in wanted:
        requires.setdefault(item.name, set()).update(need.name for need in item.requires)
    for cycle in find_all_cycles(requires):
        message = f"expected requirements without a cycle, got {' → '.join(cycle)}"
        yield Problem(
            "cycle", message, config.path.name, lines.get(cycle[0]), fix="take one of them out of `requires`"
        )


def _find_unmet(config: Config, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    """Warn of requirements on a name of this project that none of its wanted versions satisfies."""
    versions: dict[Repository, list[Version]] = {}
    for item in wanted:
        versions.setdefault(item.name, []).append(item.version)
    for item in wanted:
        for need in item.requires:
            there = versions.get(need.name, [])
            if there and not any(need.allows(version) for version in there):
                message = (
                    f"{item.name} {item.version} requires {need.name}@{need.constraint}: expected one of the "
                )
                yield Problem(
                    "unmet-requirement",
                    f"{message}wanted versions to satisfy it, got {', '.join(map(str, there))}",
                    config.path.name,
                    item.line,
                    severity=Severity.WARNING,
                )


def _find_idle_holds(config: Config, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    """Warn of holds that hold nothing: no wanted artifact has the name, or none has the tag."""
    tags = {
        (item.name, render_floating(template, item.version))
        for item in wanted
        for template in (*item.floating_tags, *item.channels)
    }
    for name, tag in sorted(config.held.keys() - tags):
        near = get_close_matches(f"{name}:{tag}", [f"{each}:{floating}" for each, floating in tags], n=1)
        yield Problem(
            "idle-hold",
            f"hold.{name}.{tag}: expected a floating tag of an artifact, got none"
            + (f": did you mean {near[0]}?" if near else ""),
            config.path.name,
            severity=Severity.WARNING,
        )
