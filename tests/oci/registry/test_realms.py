from __future__ import annotations

import re

import pytest

from reconciler.oci.registry.realms import check_secret_may_go, parse_realm
from reconciler.oci.registry.urls import Origin, Url


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        pytest.param("https://registry-1.docker.io/", "https://auth.docker.io/token", id="another-host"),
        pytest.param("https://h/v2/", "/token", id="relative"),
        pytest.param("http://h/", "http://h/token", id="http-as-the-registry"),
        pytest.param("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token", id="loopback-to-loopback"),
        pytest.param("http://localhost:5000/", "http://127.0.0.1:5001/token", id="loopback-by-another-name"),
        pytest.param("https://10.0.0.5/", "https://10.0.0.5:8443/token", id="private-as-the-registry"),
    ],
)
def test_safe_realm_passes(registry: str, realm: str) -> None:
    url = Url.parse(registry)
    assert parse_realm(realm, registry=url) == url.join(realm)


@pytest.mark.parametrize(
    ("registry", "realm", "message"),
    [
        ("https://h/", "http://h/token", "expected a token server over https, got http://h"),
        ("https://h/", "http://auth/token", "expected a token server over https, got http://auth"),
        ("https://h/", "https://127.0.0.1/t", "expected a public token server, got one in a private network"),
        ("https://h/", "https://localhost/t", "expected a public token server, got one in a private network"),
        ("https://h/", "https://[::1]/t", "expected a public token server, got one in a private network"),
        (
            "https://h/",
            "https://169.254.169.254/t",
            "expected a public token server, got one in a private network",
        ),
        ("https://h/", "https://10.1.2.3/t", "expected a public token server, got one in a private network"),
        ("https://h/", "https://10.1/t", "expected a public token server, got one in a private network"),
        (
            "https://h/",
            "https://2130706433/t",
            "expected a public token server, got one in a private network",
        ),
        ("https://h/", "https://0.0.0.0/t", "expected a public token server, got one in a private network"),
        ("http://127.0.0.1:5000/", "http://10.1.2.3/t", "expected a public token server"),
        ("https://h/", "https://user@auth/t", "a URL with a user name or password in it"),
        ("https://h/", "file:///etc/passwd", "not a URL: expected http or https, got 'file'"),
    ],
)
def test_unsafe_realm_is_refused(registry: str, realm: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        parse_realm(realm, registry=Url.parse(registry))


def test_secret_leaves_only_encrypted() -> None:
    check_secret_may_go(Origin("https", "h", 443))
    check_secret_may_go(Origin("http", "127.0.0.1", 5000))
    with pytest.raises(
        ValueError, match="credentials are not sent over plain http: expected https, got http://h"
    ):
        check_secret_may_go(Origin("http", "h", 80))
