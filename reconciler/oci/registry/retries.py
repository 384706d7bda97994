"""When a request is worth repeating, and after which pause. Pure: time and chance are arguments.

Must never be added: sleeping, or what a request is for.
"""

from __future__ import annotations

import email.utils
import re
from typing import Final

RETRIED_STATUSES: Final = frozenset({408, 429, 499, 500, 502, 503, 504, 522})
"""501 and 505 stay as they are; the others pass by themselves (499 is nginx's, 522 Cloudflare's)."""

BASE_S: Final = 0.5
FACTOR: Final = 2.0
CAP_S: Final = 60.0
MAX_WAIT_S: Final = 300.0
"""A server that asks for more patience than this is not waited for."""

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)


def delay_s(attempt: int, *, retry_after_s: float | None, jitter: float) -> float | None:
    """Return the pause before a retry in seconds, None where waiting is pointless.

    Args:
        attempt: retries already made; 0 before the first retry.
        retry_after_s: the server's own wish, in seconds; obeyed in full, never shortened.
        jitter: a number in [0, 1) drawn by the caller.
    """
    backoff_s = jitter * min(CAP_S, BASE_S * FACTOR ** min(attempt, 32))
    if retry_after_s is None:
        return backoff_s
    return None if retry_after_s > MAX_WAIT_S else max(retry_after_s, backoff_s)


def retry_after_s(header: str | None, *, now_s: float) -> float | None:
    """Return the seconds that `Retry-After` asks for, None where it says nothing.

    Spec: RFC 9110, section 10.2.3: seconds or an HTTP date.

    Args:
        now_s: seconds since 1970.
    """
    text = (header or "").strip()[:64]
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - now_s)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
