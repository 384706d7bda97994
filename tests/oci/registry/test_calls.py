from __future__ import annotations

import pytest

from reconciler.errors import StoreError
from reconciler.oci.registry.calls import redirected
from reconciler.oci.registry.error_body import Complaint
from reconciler.oci.registry.failures import Refusal
from reconciler.oci.registry.private_storage import PrivateStorage
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
    assert str(redirected(redirect(url, location), PrivateStorage())) == target


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
        redirected(redirect(url, location), PrivateStorage())
    assert str(caught.value) == message


def test_redirect_into_a_private_network_may_be_allowed() -> None:
    away = redirect("https://h/b", "https://10.20.3.4:9000/b?sig=1")
    assert redirected(away, PrivateStorage.parse(["10.20.0.0/16"])).origin.host == "10.20.3.4"
    with pytest.raises(StoreError, match=r"https://10\.20\.3\.4:9000: refused") as caught:
        redirected(away, PrivateStorage.parse(["10.21.0.0/16"]))
    assert caught.value.fix == (
        'if that is your own storage, allow it in the target of pallet.toml: private-storage = ["10.20.3.4"]; '
        "if it is not, tell whoever runs the registry"
    )


def test_what_is_allowed_stays_encrypted() -> None:
    away = redirect("https://h/b", "http://10.20.3.4:9000/b")
    with pytest.raises(StoreError, match="redirects from https to http://10"):
        redirected(away, PrivateStorage.parse(["10.20.3.4"]))
