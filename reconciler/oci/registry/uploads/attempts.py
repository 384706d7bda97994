"""What follows from a failed attempt to store a blob: another, in the same way or the other, or none. Pure.

Must never be added: requests, or pauses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from reconciler.oci.registry.profiles import Profile

SESSIONS_LOST_MAX: Final = 2
"""New sessions after a registry has forgotten one."""


class Way(Enum):
    """How the bytes travel."""

    WHOLE = auto()
    """One PUT."""
    CHUNKS = auto()
    """PATCH by PATCH, and an empty PUT."""


class Trouble(Enum):
    """Why an attempt did not store the blob."""

    SESSION_LOST = auto()
    """The registry does not know the upload any more, or not in this state."""
    CORRUPTED = auto()
    """It says that the bytes are not those of the digest, though we had read the right ones."""
    TOO_LARGE = auto()
    """One request carried too much."""
    BROKEN = auto()
    """The connection broke before there was an answer, or whoever stands in between gave up."""
    CHUNKS_REFUSED = auto()
    """It does not take chunks, or none of a size that we may send."""
    STUCK = auto()
    """Chunks went out again and again without getting further."""
    FINAL = auto()
    """Another attempt would end alike."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, and what went wrong before it."""

    way: Way
    takes_chunks: bool
    """The registry, as far as anybody knows."""
    is_large: bool = False
    """Whether a break in the middle makes chunks worth their requests."""
    whole_is_too_large: bool = False
    lost: int = 0
    broken: int = 0
    corrupted: bool = False
    stuck: bool = False

    @classmethod
    def first(cls, way: Way, profile: Profile, *, is_large: bool) -> Self:
        """Return the attempt that nothing went wrong before."""
        return cls(way, profile.chunks, is_large=is_large)

    @property
    def is_fallback(self) -> bool:
        """Whether chunks are the way because one request was no success."""
        return self.whole_is_too_large or self.broken > 0

    def after(self, trouble: Trouble, *, breaks_max: int) -> Self | None:
        """Return the next attempt, None where there is none.

        Args:
            breaks_max: new uploads after connections that broke.
        """
        match trouble:
            case Trouble.SESSION_LOST if self.lost < SESSIONS_LOST_MAX:
                return replace(self, lost=self.lost + 1)
            case Trouble.CORRUPTED if not self.corrupted:
                # Whole, since some registries put chunks together wrongly.
                way = self.way if self.whole_is_too_large else Way.WHOLE
                return replace(self, way=way, corrupted=True)
            case Trouble.TOO_LARGE if self.way is Way.WHOLE and self.takes_chunks:
                return replace(self, way=Way.CHUNKS, whole_is_too_large=True)
            case Trouble.BROKEN if self.broken < breaks_max:
                way = Way.CHUNKS if self.takes_chunks and self.is_large else self.way
                return replace(self, way=way, broken=self.broken + 1)
            case Trouble.CHUNKS_REFUSED if self.way is Way.CHUNKS and not self.whole_is_too_large:
                return replace(self, way=Way.WHOLE, takes_chunks=False)
            case Trouble.STUCK if not self.stuck:
                return replace(self, stuck=True)
            case _:
                return None
