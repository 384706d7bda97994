from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.uploads.ranges import (
    TooFarError,
    arrived_bytes,
    content_range,
    next_offset,
    resume_offset,
)


@pytest.mark.parametrize(
    ("header", "sent", "arrived"),
    [
        pytest.param("0-99", 100, 100, id="specified"),
        pytest.param("bytes=0-99", 100, 100, id="quay"),
        pytest.param("bytes=0--1", 0, 0, id="quay-nothing"),
        pytest.param("bytes 0-99/200", 100, 100, id="rfc-9110"),
        pytest.param("bytes 0-99/*", 100, 100, id="rfc-9110-unknown-total"),
        pytest.param(" 0-99 ", 100, 100, id="spaces"),
        pytest.param("0-0", 0, 0, id="nothing"),
        pytest.param("0-0", 1, 1, id="one-byte"),
        pytest.param("0-0", 100, 0, id="nothing-of-many"),
        pytest.param("0-1", 100, 2, id="two-bytes"),
        pytest.param(None, 100, None, id="missing"),
        pytest.param("", 100, None, id="empty"),
        pytest.param("5-99", 100, None, id="not-from-the-start"),
        pytest.param("0-", 100, None, id="open"),
        pytest.param("0-99, 200-299", 100, None, id="several"),
        pytest.param("0-" + "9" * 40, 100, None, id="beyond-reason"),
        pytest.param("0-٣", 100, None, id="digits-of-another-script"),
    ],
)
def test_range_is_understood(header: str | None, sent: int, arrived: int | None) -> None:
    assert arrived_bytes(header, sent=sent) == arrived


@given(st.text(max_size=80), st.integers(0, 10**12))
def test_strange_range_says_nothing_wrong(header: str, sent: int) -> None:
    arrived = arrived_bytes(header, sent=sent)
    assert arrived is None or arrived >= 0


@pytest.mark.parametrize(
    ("header", "start", "sent", "trusts_range", "offset"),
    [
        pytest.param("0-199", 100, 200, True, 200, id="all-of-it"),
        pytest.param("0-149", 100, 200, True, 150, id="its-beginning"),
        pytest.param("0-99", 100, 200, True, 200, id="stale"),
        pytest.param("0-49", 100, 200, True, 200, id="older-than-stale"),
        pytest.param("0-0", 0, 200, True, 200, id="ambiguous"),
        pytest.param("0-0", 0, 1, True, 1, id="one-byte"),
        pytest.param("bytes=0--1", 0, 200, True, 200, id="nothing"),
        pytest.param(None, 100, 200, True, 200, id="missing"),
        pytest.param("0-149", 100, 200, False, 200, id="not-trusted"),
        pytest.param("0-999", 100, 200, False, 200, id="too-far-but-not-trusted"),
    ],
)
def test_next_chunk_begins_where_it_should(
    header: str | None, start: int, sent: int, trusts_range: bool, offset: int
) -> None:
    assert next_offset(header, start=start, sent=sent, trusts_range=trusts_range) == offset


def test_more_than_was_sent_is_refused() -> None:
    with pytest.raises(TooFarError, match="expected at most 200 bytes to have arrived, got 201"):
        next_offset("0-200", start=100, sent=200)


@pytest.mark.parametrize(
    ("header", "acknowledged", "trusts_range", "offset"),
    [
        pytest.param("0-99", 100, True, 100, id="as-far-as-we-know"),
        pytest.param("0-149", 100, True, 150, id="further"),
        pytest.param("0-49", 100, True, 50, id="less-far"),
        pytest.param("0-0", 100, True, 0, id="nothing"),
        pytest.param("0-299", 100, True, 300, id="all"),
        pytest.param("0-300", 100, True, None, id="more-than-there-is"),
        pytest.param(None, 100, True, None, id="missing"),
        pytest.param(None, 100, False, 100, id="missing-and-not-trusted"),
        pytest.param("0-49", 100, False, 100, id="not-trusted"),
    ],
)
def test_upload_goes_on_where_it_should(
    header: str | None, acknowledged: int, trusts_range: bool, offset: int | None
) -> None:
    found = resume_offset(header, acknowledged=acknowledged, size_bytes=300, trusts_range=trusts_range)
    assert found == offset


def test_content_range_is_bare() -> None:
    assert content_range(100, 200) == "100-199"
