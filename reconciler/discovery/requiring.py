"""What one published version requires, as far as its annotations can be read.

Decided here: `requires` and the older `dependencies` count alike, both together; an item that cannot be read
is said and left out, with the repository that it names all the same, if it does; one that names the artifact
itself stays: it is a cycle. Must never be added: which
version is chosen, or a request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.requirements import REQUIRES, parse_requirement
from reconciler.discovery.statements import says_stable
from reconciler.discovery.workflow_facts import DEPENDENCIES, items_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.entries import Entry
    from reconciler.oci.reference import Repository

REQUIREMENTS_MAX = 10_000
"""Nobody requires more; it bounds what one foreign manifest can make us ask for."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one version says of what it requires."""

    entry: Entry | None
    """None where its manifest cannot be read, or is gone."""
    needs: tuple[Requirement, ...] = ()
    """In the order in which they were written, each once."""
    flaws: tuple[str, ...] = ()
    """What cannot be read, and why."""
    is_stable: bool = True
    """Whether its publisher does not say that it is unstable."""
    unclear: Mapping[str, Repository] = field(default_factory=dict)
    """Of what cannot be read: the repository that is required, where only the version is unclear."""


def read_said(entry: Entry) -> Said:
    """Return what an entry's annotations say; nothing is raised for what they say wrongly."""
    needs: dict[Requirement, None] = {}
    flaws: list[str] = []
    unclear: dict[str, Repository] = {}
    items = [(key, item) for key in (REQUIRES, DEPENDENCIES) for item in items_of(entry, key)]
    for key, item in items[:REQUIREMENTS_MAX]:
        try:
            needs[parse_requirement(item, of=entry.repository)] = None
        except ValueError as exc:
            flaws.append(f"{key}: {shown(item)}: {exc}")
            name = _repository_in(item, entry.repository)
            if name is not None:
                unclear[flaws[-1]] = name
    if len(items) > REQUIREMENTS_MAX:
        flaws.append(f"{REQUIRES}: expected at most {REQUIREMENTS_MAX} requirements, got {len(items)}")
    return Said(entry, tuple(needs), tuple(flaws), says_stable(entry.annotations), unclear)


def _repository_in(item: str, of: Repository) -> Repository | None:
    try:
        return parse_requirement(item.partition("@")[0].strip(), of=of).name
    except ValueError:
        return None


def accepts(need: Requirement, version: Version) -> bool:
    """Say whether a version may be taken for a requirement: a pre-release only where one is named."""
    return not version.is_prerelease if need.constraint is None else need.constraint.allows(version)
