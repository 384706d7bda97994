from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry import error_body
from reconciler.oci.registry.throttling import Quota, is_throttled, read_quota


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(429, b"", True, id="429"),
        pytest.param(503, b"", True, id="503"),
        pytest.param(500, b"", False, id="500"),
        pytest.param(403, b"", False, id="403"),
        pytest.param(403, b'{"errors":[{"code":"DENIED","message":"denied"}]}', False, id="denied"),
        pytest.param(
            403, b'{"message":"You have exceeded a secondary rate limit."}', True, id="ghcr-secondary"
        ),
        pytest.param(403, b"API rate limit exceeded for 1.2.3.4", True, id="ghcr-text"),
        pytest.param(403, b"You have triggered an abuse detection mechanism", True, id="ghcr-abuse"),
        pytest.param(400, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', True, id="code-on-400"),
        pytest.param(403, b'{"message":"toomanyrequests: slow down"}', True, id="message-without-errors"),
        pytest.param(400, b'{"errors":[{"code":"X","message":"Rate exceeded"}]}', True, id="ecr"),
        pytest.param(404, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', False, id="404-stays-404"),
        pytest.param(400, b'{"message":"separate limit"}', False, id="another-limit"),
    ],
)
def test_wish_for_patience_is_recognised(status: int, body: bytes, expected: bool) -> None:
    assert is_throttled(status, error_body.understand(body)) is expected


@pytest.mark.parametrize(
    ("limit", "remaining", "quota"),
    [
        ("100;w=21600", "0;w=21600", Quota(100, 0, 21600)),
        ("100;w=21600", "7", Quota(100, 7, 21600)),
        ("200 ; w=60, 300;w=5", "1;w=60", Quota(200, 1, 60)),
        ("100", "0", None),
        (None, "0", None),
        ("100;w=21600", None, None),
        ("many", "0", None),
    ],
)
def test_quota_is_read(limit: str | None, remaining: str | None, quota: Quota | None) -> None:
    assert read_quota(limit, remaining) == quota


@pytest.mark.parametrize(
    ("quota", "text"),
    [
        (Quota(100, 0, 21600), "0 of 100 requests are left of those for 6 h"),
        (Quota(10, 3, 90), "3 of 10 requests are left of those for 90 s"),
        (Quota(10, 3, 300), "3 of 10 requests are left of those for 5 min"),
    ],
)
def test_quota_is_said(quota: Quota, text: str) -> None:
    assert str(quota) == text


@given(st.none() | st.text(max_size=30), st.none() | st.text(max_size=30))
def test_any_quota_is_read_or_none(limit: str | None, remaining: str | None) -> None:
    quota = read_quota(limit, remaining)
    assert quota is None or quota.window_s >= 0
