from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry import retries
from tests.oci.registry.situations import NOW_S


@pytest.mark.parametrize(
    ("attempt", "retry_after_s", "jitter", "delay_s"),
    [
        pytest.param(0, None, 0.5, 0.25, id="first"),
        pytest.param(3, None, 0.5, 2.0, id="exponential"),
        pytest.param(50, None, 0.5, 30.0, id="capped"),
        pytest.param(0, None, 0.0, 0.0, id="full-jitter"),
        pytest.param(0, 7.0, 0.5, 7.0, id="server-wish"),
        pytest.param(50, 7.0, 0.5, 30.0, id="never-sooner-than-ours"),
        pytest.param(0, 300.0, 0.5, 300.0, id="just-patient-enough"),
        pytest.param(0, 300.5, 0.5, None, id="too-long"),
    ],
)
def test_delay_follows_the_table(
    attempt: int, retry_after_s: float | None, jitter: float, delay_s: float | None
) -> None:
    assert retries.delay_s(attempt, retry_after_s=retry_after_s, jitter=jitter) == delay_s


@given(st.integers(0, 10_000), st.none() | st.floats(0, 300), st.floats(0, 1, exclude_max=True))
def test_delay_is_bounded_and_obedient(attempt: int, retry_after_s: float | None, jitter: float) -> None:
    delay_s = retries.delay_s(attempt, retry_after_s=retry_after_s, jitter=jitter)
    assert delay_s is not None
    assert (retry_after_s or 0.0) <= delay_s <= max(60.0, retry_after_s or 0.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 99 Jan 99999 08:00:30 GMT", None),
    ],
)
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert retries.retry_after_s(header, now_s=NOW_S) == seconds


@given(st.text(max_size=80))
def test_any_retry_after_is_seconds_or_none(header: str) -> None:
    seconds = retries.retry_after_s(header, now_s=NOW_S)
    assert seconds is None or seconds >= 0
