"""What every part of a registry's object shares: the store that it holds, until it is closed.

Must never be added: something to ask of the store.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.library.opening import Opened


class Held:
    """A store, opened once; safe to use from several threads."""

    def __init__(self, opened: Opened) -> None:
        self._held = opened
        self._is_closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # A URL with credentials in it is refused when it is opened.
        return f"{type(self).__name__}({self.url!r})"

    @property
    def url(self) -> str:
        """What was opened: a registry's URL as it was written, or `oci-layout:DIRECTORY`."""
        return self._held.target.url

    def close(self) -> None:
        """Give back connections; a second time does nothing. Whatever is asked afterwards is refused."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._held.close()

    @property
    def _opened(self) -> Opened:
        """The store.

        Raises:
            UsageError: it was closed.
        """
        if self._is_closed:
            raise UsageError(f"{self.url}: closed: expected an open registry", fix="open it again")
        return self._held
