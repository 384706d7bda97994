"""Answers of which nothing is used before all of it has come: read again where the connection breaks.

Decided here: a question that changes nothing is asked anew, as often as a call is repeated. Must never be
added: blobs, which go on where they broke off (see `downloads`), or what an answer means.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reconciler.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.transport import Transport


def _is_success(answer: Answer) -> bool:
    return answer.status == 200


def read_whole(
    transport: Transport,
    ask: Callable[[], Answer],
    limit_bytes: int,
    *,
    is_wanted: Callable[[Answer], bool] = _is_success,
) -> tuple[Answer, bytes | None]:
    """Return an answer and its body; None, unread, where it is another answer than what is wanted.

    Args:
        ask: sends the question, which may be sent again; what it raises is raised here.

    Raises:
        StoreError: the body is longer than the limit.
        UnreachableError: the connection broke in the middle of it, each time.
    """
    for attempt in itertools.count():
        answer = ask()
        if not is_wanted(answer):
            return answer, None
        try:
            return answer, answer.read(limit_bytes)
        except UnreachableError:
            if not transport.pause(attempt):
                raise
    raise AssertionError("the loop ends by itself")
