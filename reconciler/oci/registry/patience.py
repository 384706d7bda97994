"""What is known of one server's patience, and of ours with it: when a call is repeated, and when no more.

Decided here: which answers ask for patience, which are worth another attempt, and that a server that
throttles call after call is left alone for a while, so that a thousand artifacts do not all wait as long.
Must never be added: HTTP; the transport sends, and waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.errors import ThrottledError
from reconciler.oci.registry import retries, throttling
from reconciler.oci.registry.failures import failure
from reconciler.oci.registry.limits import Gate, Limits

if TYPE_CHECKING:
    from reconciler.errors import StoreError
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.limits import Ticket
    from reconciler.oci.registry.settings import Clock
    from reconciler.oci.registry.throttling import Quota

CALLS_UNTIL_LEFT_ALONE: Final = 3
"""Calls in a row that are throttled to the end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means for whoever waits for a better one."""

    pause_s: float | None
    """Seconds until it is worth asking again; None where it is not."""
    is_throttled: bool
    is_down: bool = False
    """Whether the server is rather not up than tired of us: it may have failed after the work was done."""


class Patience:
    """One server's; shared by the threads of a store.

    Args:
        limits: how much it is asked for at most.
        retries_max: how often a call is repeated.
    """

    def __init__(self, limits: Limits, clock: Clock, *, retries_max: int) -> None:
        self.gate = Gate(limits, clock)
        self._limits, self._clock, self._retries_max = limits, clock, retries_max
        self._throttled = 0
        """Calls in a row that were throttled to the end, while nobody else was served."""
        self._left_alone: tuple[float, str, str | None] | None = None

    def require_open(self) -> None:
        """Refuse to ask a server that is left alone.

        Raises:
            ThrottledError: it is, for a while yet.
        """
        if self._left_alone is None:
            return
        until_s, why, fix = self._left_alone
        if self._clock.monotonic_s() < until_s:
            raise ThrottledError(f"not asked again so soon: {why}", fix=fix)
        self._left_alone, self._throttled = None, 0

    def judge(self, answer: Answer, ticket: Ticket, attempt: int) -> Verdict | None:
        """Return what an answer means; None where it is one to go on with.

        Args:
            attempt: retries already made; 0 before the first retry.
        """
        is_throttled = self._asks_for_patience(answer)
        if not is_throttled and answer.status not in retries.RETRIED_STATUSES:
            self._throttled = 0
            self.gate.went_well()
            return None
        wish_s = answer.retry_after_s(self._clock.now_s())
        pause_s = None if wish_s is None and _is_used_up(answer) else self.pause_s(attempt, wish_s)
        if is_throttled:
            # The others heed it too, also where this call is given up.
            self.gate.throttled(
                ticket, pause_s if pause_s is not None else min(wish_s or 0.0, retries.MAX_WAIT_S)
            )
        return Verdict(pause_s, is_throttled, _is_down(answer.status, wish_s))

    def pause_s(self, attempt: int, wish_s: float | None = None) -> float | None:
        """Return the pause before an attempt is repeated, None where it was the last."""
        if attempt >= self._retries_max:
            return None
        return retries.delay_s(attempt, retry_after_s=wish_s, jitter=self._clock.jitter())

    def refuse(self, answer: Answer, *, is_throttled: bool) -> StoreError:
        """Return the failure of a call that was given up."""
        refusal = answer.refusal(now_s=self._clock.now_s())
        refusal = replace(refusal, is_throttled=is_throttled, quota=_quota_of(answer))
        error = failure(refusal)
        if isinstance(error, ThrottledError) and not _is_down(refusal.status, refusal.retry_after_s):
            wish_s = refusal.retry_after_s or 0.0
            self._throttled += 1
            if wish_s > retries.MAX_WAIT_S or self._throttled >= CALLS_UNTIL_LEFT_ALONE:
                until_s = self._clock.monotonic_s() + max(wish_s, retries.CAP_S)
                self._left_alone = (until_s, str(error), error.fix)
        return error

    def _asks_for_patience(self, answer: Answer) -> bool:
        """The body is looked at only where the status alone does not tell."""
        if answer.status in throttling.THROTTLING_STATUSES:
            return True
        if answer.status not in throttling.SUSPECT_STATUSES:
            return False
        if answer.status == 403 and self._limits.throttles_with_403 and answer.header(b"retry-after"):
            return True
        return throttling.is_throttled(answer.status, answer.refusal().complaint)


def _is_down(status: int, wish_s: float | None) -> bool:
    """Whether a server is rather not up yet than tired of us: the next call may find it there."""
    return status == 503 and wish_s is None


def _is_used_up(answer: Answer) -> bool:
    """Whether a quota is at its end that is renewed too late to wait for."""
    quota = _quota_of(answer)
    return quota is not None and quota.is_used_up and quota.window_s > retries.MAX_WAIT_S


def _quota_of(answer: Answer) -> Quota | None:
    return throttling.read_quota(answer.header(b"ratelimit-limit"), answer.header(b"ratelimit-remaining"))
