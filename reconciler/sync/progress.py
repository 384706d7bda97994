"""How a run tells who watches it: a port, and the one that tells nobody.

Must never be added: terminals. All methods may be called from several threads.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears of steps: how many there are, and each when it is done."""

    def begin(self, what: str, total: int) -> None:
        """A step such as `checking` begins, with `total` items."""

    def advance(self, item: str) -> None:
        """One item of the step is done."""

    def end(self) -> None:
        """The step is over."""


class Silent:
    """Tells nobody."""

    def begin(self, what: str, total: int) -> None:
        pass

    def advance(self, item: str) -> None:
        pass

    def end(self) -> None:
        pass
