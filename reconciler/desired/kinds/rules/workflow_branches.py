"""A workflow's steps and their branches, as they stand in the document.

How branches are written is read as for timeouts (`annotations`). Documents that the schema refuses are read
as far as they go. Must never be added: what runs before what; see `workflow_steps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.reading.wording import FieldPath

STRUCTURE: Final = frozenset({"branches", "steps"})
"""Fields that hold steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step, wherever it stands."""

    path: FieldPath
    value: Mapping[str, Any]
    order: int
    """In the document, from 0."""

    @property
    def id(self) -> str | None:
        text = self.value.get("id")
        return text if isinstance(text, str) and text else None

    @property
    def type(self) -> object:
        return self.value.get("step_type")

    @property
    def shown(self) -> str:
        """How messages call it."""
        return f"step {self.id!r}" if self.id else "a step without id"


def branches_of(step: Step) -> Iterator[tuple[FieldPath, Mapping[str, Any], list[tuple[FieldPath, Any]]]]:
    """Yield each branch of a step: where it stands, its own fields, and its steps with their places."""
    is_parallel = step.type == "parallel"
    yield from _lanes((*step.path, "steps"), step.value.get("steps"), is_parallel=is_parallel)
    path, branches = (*step.path, "branches"), step.value.get("branches")
    if isinstance(branches, dict) and branches.keys() == {"steps"}:
        yield from _lanes((*path, "steps"), branches["steps"], is_parallel=is_parallel)
        return
    named = branches.items() if isinstance(branches, dict) else _numbered(branches)
    for name, branch in named:
        yield _branch((*path, name), branch)


def _lanes(
    path: FieldPath, steps: object, *, is_parallel: bool
) -> Iterator[tuple[FieldPath, Mapping[str, Any], list[tuple[FieldPath, Any]]]]:
    """Steps directly below a parallel step are branches of their own."""
    items = list(numbered_items(path, steps))
    if is_parallel:
        yield from ((here, {}, [(here, item)]) for here, item in items)
    elif items:
        yield path, {}, items


def _branch(
    path: FieldPath, branch: object
) -> tuple[FieldPath, Mapping[str, Any], list[tuple[FieldPath, Any]]]:
    if isinstance(branch, dict) and not _is_step(branch):
        fields = {key: value for key, value in branch.items() if key not in STRUCTURE}
        return path, fields, list(numbered_items((*path, "steps"), branch.get("steps")))
    return path, {}, list(numbered_items(path, branch)) if isinstance(branch, list) else [(path, branch)]


def _is_step(value: Mapping[str, Any]) -> bool:
    return "id" in value or "skill" in value


def every_step(path: FieldPath, steps: object) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for here, value in numbered_items(path, steps):
        yield from _step_and_below(here, value)


def _step_and_below(path: FieldPath, value: object) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    if isinstance(value, list):
        yield from every_step(path, value)
    elif isinstance(value, dict):
        yield path, value
        for _, _, items in branches_of(Step(path, value, 0)):
            for here, item in items:
                yield from _step_and_below(here, item)


def numbered_items(path: FieldPath, value: object) -> Iterator[tuple[FieldPath, Any]]:
    return (((*path, index), item) for index, item in _numbered(value))


def _numbered(value: object) -> Iterator[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else iter(())
