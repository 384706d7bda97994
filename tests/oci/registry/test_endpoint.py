from __future__ import annotations

import re

import pytest

from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        pytest.param("https://h/acme/team", Endpoint("https", "h", "acme/team"), id="prefix"),
        pytest.param("https://h/acme/", Endpoint("https", "h", "acme"), id="slash-at-the-end"),
        pytest.param("http://h:5000", Endpoint("http", "h:5000"), id="http-written"),
        pytest.param("localhost:5000/p", Endpoint("http", "localhost:5000", "p"), id="bare-loopback"),
        pytest.param("127.0.0.1:5000", Endpoint("http", "127.0.0.1:5000"), id="bare-loopback-address"),
        pytest.param("[::1]:5000", Endpoint("http", "[::1]:5000"), id="bare-loopback-ipv6"),
        pytest.param("https://localhost:5000", Endpoint("https", "localhost:5000"), id="loopback-with-tls"),
        pytest.param("Registry.Example.com", Endpoint("https", "registry.example.com"), id="bare-host"),
        pytest.param("10.0.0.5:5000", Endpoint("https", "10.0.0.5:5000"), id="private-is-not-loopback"),
    ],
)
def test_endpoint_parses(text: str, endpoint: Endpoint) -> None:
    assert Endpoint.parse(text) == endpoint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "https://bob:secret@h/p",
            "expected credentials from `pallet login`, or in username and password of a target",
        ),
        ("https://h/p?x=1", "expected a host and a path, got a query or a fragment too"),
        ("https://h/p#x", "expected a host and a path, got a query or a fragment too"),
        ("ftp://h/", "expected [http[s]://]host[:port][/prefix], got 'h'"),
        ("", "expected [http[s]://]host[:port][/prefix], got ''"),
        ("h:99999", "expected [http[s]://]host[:port][/prefix], got 'h:99999'"),
        ("h:0", "port: expected 1 to 65535, got 0"),
        ("https://h/Acme", "the path is a prefix of repositories"),
        ("https://h/a//b", "the path is a prefix of repositories"),
    ],
)
def test_wrong_endpoint_says_what_is_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Endpoint.parse(text)
    assert "secret" not in str(caught.value)


def test_docker_hub_answers_elsewhere() -> None:
    assert str(Endpoint.parse("docker.io/acme").origin) == "https://registry-1.docker.io"


def test_prefix_stands_before_the_repository() -> None:
    assert Endpoint("https", "h", "acme/team").full_name(Repository("a/b")) == "acme/team/a/b"
    assert Endpoint("https", "h").full_name(Repository("a/b")) == "a/b"
