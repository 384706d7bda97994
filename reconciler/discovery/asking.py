"""How a store is asked many things: so many at once, stoppable between two questions, with progress.

Must never be added: what is asked.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item", bound=str)
_Answer = TypeVar("_Answer")


class Steps(Protocol):
    """Hears how many questions there are, and of each when it is answered."""

    def begin(self, what: str, total: int) -> None: ...

    def advance(self, item: str) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """By how many threads, who may stop it, and who watches."""

    jobs: int = 1
    proceed: Callable[[], object] | None = None
    """Called before every question; whatever it raises ends the asking."""
    steps: Steps | None = None

    def map(self, what: str, items: Iterable[_Item], ask: Callable[[_Item], _Answer]) -> dict[_Item, _Answer]:
        """Return the answer to every question, each item once; the first failure cancels what is left."""
        unique = list(dict.fromkeys(items))
        if self.steps is not None:
            self.steps.begin(what, len(unique))
        try:
            with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="ask") as pool:
                answers = list(pool.map(lambda item: self._ask(item, ask), unique))
        finally:
            if self.steps is not None:
                self.steps.end()
        return dict(zip(unique, answers, strict=True))

    def _ask(self, item: _Item, ask: Callable[[_Item], _Answer]) -> _Answer:
        if self.proceed is not None:
            self.proceed()
        answer = ask(item)
        if self.steps is not None:
            self.steps.advance(item)
        return answer
