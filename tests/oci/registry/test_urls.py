from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.urls import Origin, Url


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        pytest.param("https://h/v2/", Origin("https", "h", 443), "/v2/", id="default-port"),
        pytest.param("https://h:443/a", Origin("https", "h", 443), "/a", id="default-port-written"),
        pytest.param("HTTP://Reg.Example:5000", Origin("http", "reg.example", 5000), "/", id="upper-case"),
        pytest.param("http://[::1]:5000/a", Origin("http", "::1", 5000), "/a", id="ipv6"),
        pytest.param("http://h/a?x=%2F;y&z#f", Origin("http", "h", 80), "/a?x=%2F;y&z", id="query-kept-raw"),
        pytest.param("http://h/a b?c=ä", Origin("http", "h", 80), "/a%20b?c=%C3%A4", id="made-printable"),
    ],
)
def test_url_parses(text: str, origin: Origin, target: str) -> None:
    assert Url.parse(text) == Url(origin, target)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://h/", "not a URL: expected http or https, got 'ftp'"),
        ("/v2/", "not a URL: expected http or https, got ''"),
        ("http://user:pass@h/", "a URL with a user name or password in it"),
        ("http:///a", "not a URL: expected a host, got ''"),
        ("http://a b/", "not a URL: expected a host, got 'a b'"),
    ],
)
def test_no_url_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Url.parse(text)


@pytest.mark.parametrize(
    ("host", "loopback", "local"),
    [
        ("localhost", True, True),
        ("registry.localhost", True, True),
        ("127.0.0.1", True, True),
        ("127.9.9.9", True, True),
        ("::1", True, True),
        ("::ffff:127.0.0.1", True, True),
        ("10.0.0.1", False, True),
        ("192.168.1.1", False, True),
        ("169.254.169.254", False, True),
        ("0.0.0.0", False, True),
        ("fe80::1", False, True),
        pytest.param("127.1", True, True, id="two-numbers"),
        pytest.param("2130706433", True, True, id="one-number"),
        pytest.param("0x7f.1", True, True, id="hexadecimal"),
        pytest.param("017700000001", True, True, id="octal"),
        pytest.param("127.0.0.1.", True, True, id="address-with-dot"),
        pytest.param("localhost.", True, True, id="name-with-dot"),
        pytest.param("registry.localhost.", True, True, id="longer-name-with-dot"),
        pytest.param("10.1", False, True, id="private-in-two-numbers"),
        pytest.param("2852039166", False, True, id="metadata-service-as-one-number"),
        pytest.param("0", False, True, id="zero"),
        pytest.param("134744072", False, False, id="public-as-one-number"),
        pytest.param("1.2.3.4.5", False, False, id="five-numbers"),
        pytest.param("99999999999", False, False, id="too-large-a-number"),
        ("8.8.8.8", False, False),
        ("registry.example.com", False, False),
        ("localhost.example.com", False, False),
    ],
)
def test_local_hosts_are_known(host: str, loopback: bool, local: bool) -> None:
    origin = Origin("http", host, 80)
    assert (origin.is_loopback, origin.is_local_address) == (loopback, local)


def test_text_of_url_parses_back() -> None:
    for text in ("https://h/v2/?a=b", "http://[::1]:5000/", "http://h:81/a"):
        assert str(Url.parse(text)) == text


@given(st.text())
def test_any_text_is_url_or_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = Url.parse("http://h/").join(text)
        assert url.target.startswith("/")
        assert url.target.isascii()
        assert url.target.isprintable()
        assert " " not in url.target
