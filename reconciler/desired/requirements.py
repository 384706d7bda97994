"""What an artifact requires: the grammar of `requires`, and the order that follows from it.

A bare name is a sibling of the requiring repository (`plan` beside `workflows/router` is
`workflows/plan`), one with `/` a repository of the target. Must never be added: what a store holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.desired.cycles import find_cycles
from reconciler.desired.versions.constraints import Constraint
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.versions.version import Version

REQUIRES = "org.pallet.workflow.requires"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A repository, and the constraint that its version must satisfy."""

    name: Repository
    constraint: Constraint | None = None

    def allows(self, version: Version) -> bool:
        """Say whether a version of the repository satisfies it; pre-releases of a range count."""
        return self.constraint is None or self.constraint.allows(version, prereleases=True)


def parse_requires(text: str, *, of: Repository) -> tuple[Requirement, ...]:
    """Read a comma list such as `plan@^1.2, tools/search`.

    Raises:
        ValueError: an item is no repository, or requires the artifact itself.
    """
    return tuple(_parse_item(item.strip(), of) for item in text.split(",") if item.strip())


def _parse_item(item: str, of: Repository) -> Requirement:
    requirement = parse_requirement(item, of=of)
    if requirement.name == of:
        raise ValueError(f"expected another repository, got {item!r}, which is itself")
    return requirement


def parse_requirement(item: str, *, of: Repository) -> Requirement:
    """Read one item of such a list; one that requires the artifact itself is read as well.

    Raises:
        ValueError: it is no repository with a constraint behind it.
    """
    text, at, constraint = item.partition("@")
    parent, slash, _ = of.rpartition("/")
    name = Repository(text if "/" in text or not slash else f"{parent}/{text}")
    if at and not constraint.strip():
        raise ValueError(f"expected a constraint after @, got {item!r}")
    return Requirement(name, _constraint(constraint) if at else None)


@lru_cache(maxsize=4096)
def _constraint(text: str) -> Constraint:
    """Return a constraint; thousands of artifacts write the same few."""
    return Constraint(text)


def find_all_cycles(requires: Mapping[Repository, Iterable[Repository]]) -> list[list[Repository]]:
    """Return a cycle for each requirement that leads back, its first name again at the end; sorted starts."""
    cycles = find_cycles(sorted(requires), lambda name: sorted(requires.get(name, ())))
    return [[*cycle, cycle[0]] for cycle in cycles]


def find_cycle(requires: Mapping[Repository, Iterable[Repository]]) -> list[Repository] | None:
    """Return the first cycle, its first name again at the end; None where everything has an order."""
    return next(iter(find_all_cycles(requires)), None)
