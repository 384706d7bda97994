"""What a registry says has arrived of an upload, and where to go on. Pure.

`Range` comes in many shapes: distribution-spec v1.1.1, end-5 and end-13, has `0-<end>`; Quay was seen to
send `bytes=0--1` for nothing at all; distribution and zot send `0-0` for nothing and for one byte; ECR
keeps saying what the first chunk was. So the header is a hint, and the digest at the end decides.
Must never be added: requests.
"""

from __future__ import annotations

import re
from typing import Final

HEADER_MAX_CHARACTERS: Final = 64
_RANGE: Final = re.compile(r"(?:bytes[=\s]\s*)?0-(?P<end>-1|[0-9]{1,18})(?:/(?:[0-9]{1,18}|\*))?", re.ASCII)


class TooFarError(ValueError):
    """The registry claims to have more than it was given."""


def arrived_bytes(header: str | None, *, sent: int) -> int | None:
    """Return how many bytes `Range` says are there; None where it says nothing that can be understood.

    Args:
        sent: how many we know to have been sent; `0-0` is one byte only where this is one.
    """
    match = _RANGE.fullmatch((header or "").strip()[:HEADER_MAX_CHARACTERS])
    if match is None:
        return None
    end = int(match["end"])
    return 0 if end == 0 and sent != 1 else end + 1


def next_offset(header: str | None, *, start: int, sent: int, trusts_range: bool = True) -> int:
    """Return where the next chunk begins, after one from `start` up to `sent` was accepted.

    An accepted chunk counts as arrived unless the registry says that only its beginning has: a `Range`
    that has not moved at all is stale more often than true.

    Raises:
        TooFarError: it claims to have what was never sent.
    """
    arrived = arrived_bytes(header, sent=sent) if trusts_range else None
    if arrived is None or arrived <= start:
        return sent
    if arrived > sent:
        raise TooFarError(f"expected at most {sent} bytes to have arrived, got {arrived}")
    return arrived


def resume_offset(
    header: str | None, *, acknowledged: int, size_bytes: int, trusts_range: bool
) -> int | None:
    """Return where to go on when the registry was asked what it has; None where only a new upload helps.

    Args:
        acknowledged: what it had accepted before; counts where its word does not.
        size_bytes: of the whole blob.
    """
    if not trusts_range:
        return acknowledged
    arrived = arrived_bytes(header, sent=acknowledged)
    return arrived if arrived is not None and arrived <= size_bytes else None


def content_range(start: int, end: int) -> str:
    """Return `Content-Range` for the bytes from `start` up to `end`, which is not among them.

    Bare, as the specification has it: ACR refuses the form with `bytes` and a total.
    """
    return f"{start}-{end - 1}"
