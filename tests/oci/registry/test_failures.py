from __future__ import annotations

import pytest

from reconciler.errors import NotFoundError, PalletError, StoreError, ThrottledError, UnauthorisedError
from reconciler.oci.registry.error_body import Complaint
from reconciler.oci.registry.failures import Refusal, failure
from reconciler.oci.registry.urls import Url

URL = Url.parse("https://h/v2/a/blobs/x?digest=y&token=secret")


@pytest.mark.parametrize(
    ("status", "wait_s", "kind", "exit_code"),
    [
        (404, None, NotFoundError, 1),
        (401, None, UnauthorisedError, 77),
        (403, None, UnauthorisedError, 77),
        (429, None, ThrottledError, 75),
        (503, 5.0, ThrottledError, 75),
        (503, None, ThrottledError, 75),
        (500, None, StoreError, 1),
        (400, None, StoreError, 1),
        (302, None, StoreError, 1),
        (799, None, StoreError, 1),
    ],
)
def test_status_decides_the_exit_code(
    status: int, wait_s: float | None, kind: type[PalletError], exit_code: int
) -> None:
    error = failure(Refusal("GET", URL, status, Complaint(), wait_s))
    assert type(error) is kind
    assert error.exit_code == exit_code


def test_text_has_everything_but_secrets() -> None:
    complaint = Complaint(frozenset({"DENIED"}), "DENIED: not you")
    error = failure(Refusal("PUT", URL, 403, complaint))
    assert str(error) == (
        "PUT https://h/v2/a/blobs/x?digest=y&token=***: the registry answered 403 Forbidden: DENIED: not you"
    )
    assert error.fix == "ask for the right to do this, or log in as somebody who has it"


@pytest.mark.parametrize(
    ("location", "pointing"),
    [("https://u.example.com/?t=1", "pointing to https://u.example.com"), ("http://[x", "pointing nowhere")],
)
def test_redirect_says_where_to(location: str, pointing: str) -> None:
    refusal = Refusal("GET", URL, 302, Complaint(), location=location)
    assert refusal.text.endswith(f"the registry answered 302 Found, {pointing}")


def test_unknown_status_is_a_number() -> None:
    assert Refusal("GET", URL, 799, Complaint()).text.endswith("the registry answered 799")


@pytest.mark.parametrize(
    ("status", "code", "wait_s"), [(403, "DENIED", None), (429, "DENIED", None), (503, "NAME_UNKNOWN", 5.0)]
)
def test_throttled_is_told_to_come_back(status: int, code: str, wait_s: float | None) -> None:
    refusal = Refusal("GET", URL, status, Complaint(frozenset({code})), wait_s, is_throttled=True)
    error = failure(refusal, fix="ask for the right to do this")
    assert type(error) is ThrottledError
    assert error.fix == "run again later"


def test_callers_advice_wins() -> None:
    complaint = Complaint(frozenset({"NAME_UNKNOWN"}))
    assert failure(Refusal("GET", URL, 404, complaint), fix="do this").fix == "do this"
    assert failure(Refusal("GET", URL, 404, complaint)).fix == "check the name"
