from __future__ import annotations

import pytest

from reconciler.errors import StoreError
from reconciler.oci.registry.calls import redirected
from reconciler.oci.registry.error_body import Complaint
from reconciler.oci.registry.failures import Refusal
from reconciler.oci.registry.urls import Url


def redirect(url: str, location: str | None) -> Refusal:
    return Refusal("GET", Url.parse(url), 307, Complaint(), location=location)


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://h/b", "https://cdn.example.com/b?sig=1", "https://cdn.example.com/b?sig=1"),
        ("https://h/b", "/c", "https://h/c"),
        ("http://h/b", "https://h/b", "https://h/b"),
        ("http://127.0.0.1:5000/b", "http://127.0.0.1:9000/b", "http://127.0.0.1:9000/b"),
        ("https://10.0.0.1/b", "https://10.0.0.2/b", "https://10.0.0.2/b"),
    ],
)
def test_redirect_leads_on(url: str, location: str, target: str) -> None:
    assert str(redirected(redirect(url, location))) == target


@pytest.mark.parametrize(
    ("url", "location", "message"),
    [
        ("https://h/b", None, "GET https://h/b: the registry answered 307 Temporary Redirect"),
        (
            "https://h/b",
            "http://cdn/b?sig=1",
            "GET https://h/b: the registry redirects from https to http://cdn, which is refused",
        ),
        (
            "https://h/b",
            "https://169.254.169.254/latest?x=1",
            "GET https://h/b: the registry redirects into a private network, to https://169.254.169.254: refused",
        ),
        (
            "http://h/b",
            "http://localhost/x",
            "GET http://h/b: the registry redirects into a private network, to http://localhost: refused",
        ),
    ],
)
def test_dangerous_redirect_is_refused(url: str, location: str | None, message: str) -> None:
    with pytest.raises(StoreError) as caught:
        redirected(redirect(url, location))
    assert str(caught.value) == message
