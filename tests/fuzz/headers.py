"""Headers of a registry's answers."""

from __future__ import annotations

from reconciler.oci.registry import challenge, retries, throttling, wire
from reconciler.oci.registry.notices import read_warning
from reconciler.oci.registry.realms import parse_realm
from reconciler.oci.registry.uploads import ranges
from reconciler.oci.registry.urls import Url
from tests.fuzz.parsers import Parser

_HERE = Url.parse("https://registry.example.com:5000/v2/acme/plan/tags/list?n=100")
_WORDS = (
    b"Bearer ",
    b"Basic ",
    b'realm="',
    b"scope=",
    b'rel="next"',
    b"rel=next",
    b"https://",
    b"http://[",
    b"//",
)


def _text(content: bytes) -> str:
    """As http.client hands headers out."""
    return content.decode("latin-1")


def _challenges(content: bytes) -> None:
    offered = challenge.parse(_text(content).split("\n"))
    chosen = challenge.choose(offered)
    assert chosen is None or chosen.scheme in {"basic", "bearer"}
    for one in offered:
        assert one.scheme == one.scheme.lower()
        assert all(name == name.lower() for name in one.parameters)


def _link(content: bytes) -> None:
    page = wire.next_page(_HERE, [_text(content)])
    assert page is None or page.origin == _HERE.origin


def _location(content: bytes) -> None:
    location = wire.upload_location(_HERE, _text(content))
    assert location.origin == _HERE.origin
    committed = wire.commit_location(location, "sha256:00").target
    assert committed.startswith(location.target)
    assert committed.isascii()
    assert committed.isprintable()
    assert " " not in committed


def _realm(content: bytes) -> None:
    realm = parse_realm(_text(content), registry=_HERE)
    assert realm.origin.scheme == "https"
    assert not realm.origin.is_local_address
    wire.redacted(realm)


def _range(content: bytes) -> None:
    text = _text(content)
    arrived = ranges.arrived_bytes(text, sent=1000)
    assert arrived is None or arrived >= 0
    offset = ranges.resume_offset(text, acknowledged=500, size_bytes=2000, trusts_range=True)
    assert offset is None or 0 <= offset <= 2000
    following = ranges.next_offset(text, start=500, sent=1000)
    assert 500 < following <= 1000


def _retry_after(content: bytes) -> None:
    wished = retries.retry_after_s(_text(content), now_s=1_800_000_000.0)
    assert wished is None or wished >= 0
    pause = retries.delay_s(0, retry_after_s=wished, jitter=0.5)
    assert pause is None or 0 <= pause <= retries.MAX_WAIT_S


def _warning(content: bytes) -> None:
    for text in read_warning(_text(content)):
        assert text.isprintable()


def _quota(content: bytes) -> None:
    limit, _, remaining = _text(content).partition("\n")
    quota = throttling.read_quota(limit, remaining)
    assert quota is None or str(quota)


PARSERS = (
    Parser(
        "challenge",
        _challenges,
        (
            b'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
            b'Basic realm="a \\"quoted\\" name", Bearer realm=https://h/token, service=x',
            b'Negotiate, Basic realm="x"\nBearer realm="/token",error="insufficient_scope"',
            b"Digest abc123==, Bearer scope=,,realm=h",
        ),
        words=_WORDS,
        share=20,
    ),
    Parser(
        "link",
        _link,
        (
            b'</v2/acme/plan/tags/list?n=100&last=1.0.0>; rel="next"',
            b'<https://registry.example.com:5000/v2/_catalog?last=b>; rel=next, </other>; rel="prev"',
            b'<?last=a>; title="a, b; c"; rel="first next"',
        ),
        (ValueError,),
        _WORDS,
        share=15,
    ),
    Parser(
        "location",
        _location,
        (
            b"/v2/acme/plan/blobs/uploads/1?_state=a%2Fb%3D;c",
            b"https://registry.example.com:5000/v2/acme/plan/blobs/uploads/1",
            b"//registry.example.com:5000/u?x",
            b"1?_state=x",
        ),
        (ValueError,),
        _WORDS,
        share=10,
    ),
    Parser(
        "realm",
        _realm,
        (
            b"https://auth.example.com/token?a=b",
            b"/token",
            b"https://127.0.0.1/",
            b"https://2130706433/",
            b"https://[::1]/",
        ),
        (ValueError,),
        (*_WORDS, b"127.1", b"0x7f", b"10.", b"::ffff:", b"localhost", b"%25eth0"),
        share=5,
    ),
    Parser(
        "range",
        _range,
        (b"0-999", b"bytes=0--1", b"0-0", b"bytes 0-999/1000", b"bytes=0-1000"),
        (ranges.TooFarError,),
        (b"bytes", b"0-", b"--", b"/*"),
        share=10,
    ),
    Parser(
        "retry-after",
        _retry_after,
        (
            b"120",
            b"1.5",
            b"Fri, 15 Jan 2027 08:00:07 GMT",
            b"Friday, 15-Jan-27 08:00:07 GMT",
            b"Fri Jan 15 08:00:07 2027",
        ),
        words=(b"GMT", b"+9999", b"-0000", b"Jan", b"99:99:99"),
        share=3,
    ),
    Parser(
        "warning",
        _warning,
        (b'299 - "Your auth token will expire in 30 seconds."', b'299 - "a\\"b" "date"'),
        share=3,
    ),
    Parser("quota", _quota, (b"100;w=21600\n0;w=21600", b"100\n5;w=60"), words=(b";w=",), share=3),
)
