"""Whatever a registry says has arrived: an offset that an upload can go on from, or none."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.oci.registry.uploads import ranges

_NUMBERS = st.integers(-2, 2**70)
_HEADERS = (
    st.none()
    | st.text(max_size=80)
    | st.builds("{}{}-{}".format, st.sampled_from(["", "bytes=", "bytes ", "bytes="]), _NUMBERS, _NUMBERS)
)


@given(_HEADERS, st.integers(0, 2**40), st.booleans())
@example("bytes=0--1", 0, True)
@example("0-0", 1, True)
@example("0-" + "9" * 18, 5, True)
def test_resumed_upload_begins_within_the_blob(header: str | None, size_bytes: int, trusts: bool) -> None:
    offset = ranges.resume_offset(
        header, acknowledged=size_bytes // 2, size_bytes=size_bytes, trusts_range=trusts
    )
    assert offset is None or 0 <= offset <= size_bytes


@given(_HEADERS, st.integers(0, 2**40), st.integers(1, 2**30), st.booleans())
@example("0-0", 0, 1, True)
@example("0-0", 0, 2, True)
def test_accepted_chunk_always_gets_further(
    header: str | None, start: int, length: int, trusts: bool
) -> None:
    with contextlib.suppress(ranges.TooFarError):
        following = ranges.next_offset(header, start=start, sent=start + length, trusts_range=trusts)
        assert start < following <= start + length


@given(st.integers(0, 2**62), st.integers(1, 2**30))
def test_range_that_is_sent_is_understood_again(start: int, length: int) -> None:
    sent = ranges.content_range(0, length)
    assert ranges.arrived_bytes(sent, sent=length) == length
    assert ranges.content_range(start, start + length) == f"{start}-{start + length - 1}"
