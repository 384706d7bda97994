"""What we have written ourselves a moment ago, and a registry that does not show it yet.

Some registries store a manifest and answer 404 to it for a moment, since their parts settle later. Decided
here: a 404 is believed at once, unless it is about what this very run has just written; then the registry is
asked a few times more. Must never be added: another answer than 404, or what somebody else has written.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeVar

from reconciler.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Tag
    from reconciler.oci.registry.settings import Clock

PAUSES_S: Final = (0.2, 0.5, 1.5)
"""Short: what takes longer is no settling, and somebody waits."""
GIVE_WAY_S: Final = 0.1
"""Others take about as long from their read to their write: two requests. A lonely writer waits that long or
up to three times as long, once for each list that it changes."""
FRESH_S: Final = 30.0
"""For so long a 404 is not what one would expect."""

_Read = TypeVar("_Read")


class Writes:
    """What was written in this run; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written_s: dict[tuple[str, Tag | Digest], float] = {}
        self._lock = threading.Lock()

    def note(self, name: str, reference: Tag | Digest) -> None:
        """Remember that the registry has taken a manifest."""
        with self._lock:
            self._written_s[name, reference] = self._clock.monotonic_s()

    def forget(self, name: str) -> None:
        """Forget a repository in which something was deleted: with a manifest all its tags go."""
        with self._lock:
            for key in [key for key in self._written_s if key[0] == name]:
                del self._written_s[key]

    def read(self, name: str, reference: Tag | Digest, read: Callable[[], _Read]) -> _Read:
        """Return what `read` gives, tried again while it denies what was just written.

        Raises:
            NotFoundError: it is not there, or not yet after all pauses.
        """
        for pause_s in PAUSES_S:
            try:
                return read()
            except NotFoundError:
                if not self._is_fresh(name, reference):
                    raise
            self._clock.sleep(pause_s)
        return read()

    def give_way(self, times: int) -> None:
        """Wait for others' writes, twice as long each time, and never as long as somebody else does.

        Args:
            times: how often it was waited before.
        """
        self._clock.sleep(GIVE_WAY_S * 2**times * (1 + 2 * self._clock.jitter()))

    def _is_fresh(self, name: str, reference: Tag | Digest) -> bool:
        with self._lock:
            written_s = self._written_s.get((name, reference))
        return written_s is not None and self._clock.monotonic_s() - written_s < FRESH_S
