"""A workflow as the rules see it: its steps in document order, and what each of them can see.

Steps in a list run one after another; branches run side by side, or one of them runs. A step sees the
steps before it, those before the steps around it, and what is inside those.
Must never be added: what is right or wrong, or how branches are written; see `workflow_branches`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules.expressions import OPENED, STEPS, Mention, Reading, read_text
from reconciler.desired.kinds.rules.rule import TooManyError
from reconciler.desired.kinds.rules.workflow_branches import (
    STRUCTURE,
    Step,
    branches_of,
    every_step,
    numbered_items,
)
from reconciler.desired.kinds.violations import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.reading.wording import FieldPath

CHOOSING: Final = frozenset({"conditional", "switch"})
"""Types of steps of whose branches only some run."""
READS_MAX: Final = 200_000
"""Nobody writes nearly as many; aliases can multiply a long text without end."""
_BEFOREHAND: Final = frozenset(
    {"id", "name", "description", "skill", "step_type", "timeout", "inputs", "condition"}
)
"""Fields that are filled in before the step runs; all others, such as `outputs` or `retry`, may be read
when everything inside it has run, and it has outputs of its own."""
_NAME_MAX_CHARACTERS: Final = 200
"""Of names in which a difference is looked for: nobody writes longer ones."""


class Sight(Enum):
    """How a step that is named stands to the one that names it."""

    BEFORE = "before"
    MAYBE = "before, in a branch that may not have run"
    ITSELF = "itself"
    HIDDEN = "later, or beside it in another branch"
    NOWHERE = "not defined"


@dataclass(frozen=True, slots=True)
class Read:
    """A step that an expression names."""

    path: FieldPath
    """Where the expression stands."""
    reader: Step | None
    """None for a field of the workflow itself."""
    mention: Mention
    sight: Sight
    target: Step | None
    """The step that is meant; None where there is none."""

    @property
    def spot(self) -> Spot:
        """Where in the text the step is named."""
        return Spot(STEPS, self.mention.offset)


@dataclass(slots=True)
class Workflow:
    """What the rules look at."""

    steps: list[Step] = field(default_factory=list)
    by_id: dict[str, Step] = field(default_factory=dict)
    """The first step of each name."""
    reads: list[Read] = field(default_factory=list)
    unclosed: list[tuple[FieldPath, Spot]] = field(default_factory=list)
    """Texts in which an expression has no end."""


def survey(value: object) -> Workflow:
    """Return the steps of a workflow, and what they read.

    Raises:
        TooManyError: aliases make its texts name steps more often than `READS_MAX`.
    """
    walk = _Walk()
    if isinstance(value, dict):
        walk.number(value.get("steps"))
        scope = _Scope(None)
        walk.sequence(("steps",), value.get("steps"), scope)
        for key, item in value.items():
            walk.read((key,), key, None, scope)
            if key != "steps":
                walk.read((key,), item, None, scope)
    return walk.workflow


@dataclass(slots=True)
class _Scope:
    """The steps that a place sees: those of its own list so far, then those of the lists around it."""

    parent: _Scope | None
    seen: dict[str, tuple[Step, Sight]] = field(default_factory=dict)

    def find(self, name: str) -> tuple[Step, Sight] | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.seen:
                return scope.seen[name]
            scope = scope.parent
        return None

    def take(self, inner: _Scope, *, is_certain: bool) -> None:
        for name, (step, sight) in inner.seen.items():
            self.seen.setdefault(name, (step, sight if is_certain else Sight.MAYBE))


class _Walk:
    """One pass over all names, then one in the order in which steps run."""

    def __init__(self) -> None:
        self.workflow = Workflow()
        self._steps: dict[FieldPath, Step] = {}
        self._readings: dict[tuple[str, bool], Reading] = {}
        """By text, since aliases may put one text into a hundred thousand places."""

    def number(self, steps: object) -> None:
        for path, value in every_step(("steps",), steps):
            step = self._steps[path] = Step(path, value, len(self._steps))
            self.workflow.steps.append(step)
            if step.id is not None:
                self.workflow.by_id.setdefault(step.id, step)

    def sequence(self, path: FieldPath, steps: object, scope: _Scope) -> None:
        for here, value in numbered_items(path, steps):
            if isinstance(value, list):
                self.sequence(here, value, scope)
            elif isinstance(value, dict):
                self._step(self._steps[here], scope)

    def _step(self, step: Step, scope: _Scope) -> None:
        for key, value in step.value.items():
            self.read((*step.path, key), key, step, scope)
            if key in _BEFOREHAND:
                self.read((*step.path, key), value, step, scope, is_bare=key == "condition")
        inner = _Scope(_Scope(scope, _itself(step)) if "skill" in step.value else scope)
        is_certain = step.type not in CHOOSING
        for branch_path, branch, steps in branches_of(step):
            own = _Scope(inner.parent)
            if branch_path:
                self.read(branch_path, branch_path[-1], step, own)
            for key, value in branch.items():
                self.read((*branch_path, key), key, step, own)
                self.read((*branch_path, key), value, step, own, is_bare=key == "condition")
            for here, each in steps:
                self.sequence_item(here, each, own)
            inner.take(own, is_certain=is_certain)
        after = _Scope(scope, inner.seen)
        for key, value in step.value.items():
            if key not in _BEFOREHAND and key not in STRUCTURE:
                self.read((*step.path, key), value, step, after, is_over=True)
        scope.take(inner, is_certain=True)
        if step.id is not None:
            scope.seen[step.id] = (step, Sight.BEFORE)

    def sequence_item(self, path: FieldPath, value: object, scope: _Scope) -> None:
        if isinstance(value, list):
            self.sequence(path, value, scope)
        elif path in self._steps:
            self._step(self._steps[path], scope)

    def read(
        self,
        path: FieldPath,
        value: object,
        reader: Step | None,
        scope: _Scope,
        *,
        is_bare: bool = False,
        is_over: bool = False,
    ) -> None:
        """Note every step that the texts of a value name, keys included."""
        for here, text in _texts(path, value):
            reading = self._reading(text, is_code=is_bare)
            if reading.unclosed is not None:
                self.workflow.unclosed.append((here, Spot(OPENED, reading.unclosed)))
            for mention in reading.mentions:
                self.workflow.reads.append(self._look_up(here, reader, mention, scope, is_over=is_over))
            if len(self.workflow.reads) > READS_MAX:
                message = f"expected expressions that name at most {READS_MAX:,} steps, aliases counted"
                raise TooManyError(f"{message}, got more")

    def _reading(self, text: str, *, is_code: bool) -> Reading:
        known = self._readings.get((text, is_code))
        if known is None:
            known = self._readings[text, is_code] = read_text(text, is_code=is_code)
        return known

    def _look_up(
        self, path: FieldPath, reader: Step | None, mention: Mention, scope: _Scope, *, is_over: bool
    ) -> Read:
        by_id = self.workflow.by_id
        name = mention.step
        if name not in by_id and "-" in name and len(name) <= _NAME_MAX_CHARACTERS:
            # Either a name with hyphens, or a difference.
            name = next((part for part in _shorter(name) if part in by_id), name)
        target = by_id.get(name)
        found = scope.find(name)
        if target is None:
            return Read(path, reader, mention, Sight.NOWHERE, None)
        if reader is not None and target is reader:
            return Read(path, reader, mention, Sight.BEFORE if is_over else Sight.ITSELF, target)
        if found is not None:
            return Read(path, reader, mention, found[1], found[0])
        return Read(path, reader, mention, Sight.HIDDEN, target)


def _itself(step: Step) -> dict[str, tuple[Step, Sight]]:
    """A step that calls a skill has its outputs when its branches begin."""
    return {step.id: (step, Sight.BEFORE)} if step.id is not None else {}


def _shorter(name: str) -> Iterator[str]:
    parts = name.split("-")
    return ("-".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))


def _texts(path: FieldPath, value: object) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), key
            yield from _texts((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts((*path, index), item)
