"""Names of things: references, digests, tags, versions, constraints, addresses of registries."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Reference, Repository, Tag
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import find_profile
from tests.fuzz.parsers import Parser

_HEX = b"a" * 64
_WORDS = (
    b"sha256:",
    b"sha512:",
    _HEX,
    _HEX * 2,
    b"@",
    b":",
    b"localhost:5000",
    b"[::1]:5000",
    b"docker.io/",
    b"__",
    b"--",
)
_VERSIONS = (
    b"1.0.0",
    b"-beta.1",
    b"+up",
    b"||",
    b"^",
    b"~",
    b">=",
    b" - ",
    b"x",
    b"*",
    b"latest",
    b"v",
    b"01",
)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _reference(content: bytes) -> None:
    reference = Reference.parse(_text(content))
    assert Reference.parse(str(reference)) == reference


def _same(make: Callable[[str], str]) -> Callable[[bytes], None]:
    """For names that are text themselves: what is accepted is unchanged, and plain."""

    def read(content: bytes) -> None:
        text = _text(content)
        name = make(text)
        assert name == text
        assert name.isascii()
        assert name.isprintable()
        assert " " not in name

    return read


def _version(content: bytes) -> None:
    version = Version(_text(content))
    assert Version(str(version)) == version
    assert (version < version) is False


def _constraint(content: bytes) -> None:
    constraint = Constraint(_text(content))
    for text in ("0.0.0", "1.2.3", "1.2.3-beta.1", "2.0.0+up1", "99999999999.0.0"):
        assert constraint.allows(Version(text)) in {True, False}
    assert constraint.exact is None or constraint.allows(constraint.exact, prereleases=True)


def _endpoint(content: bytes) -> None:
    endpoint = Endpoint.parse(_text(content))
    assert endpoint.scheme in {"http", "https"}
    assert "@" not in endpoint.host
    assert 0 < endpoint.origin.port < 65536
    assert find_profile(endpoint.host).name


PARSERS = (
    Parser(
        "reference",
        _reference,
        (
            b"registry.example.com:5000/acme/plan:1.0.0",
            b"localhost/plan@sha256:" + _HEX,
            b"ghcr.io/a/b:v1@sha256:" + _HEX,
            b"plan",
            b"[::1]:5000/a:b",
        ),
        (ValueError,),
        _WORDS,
        share=20,
    ),
    Parser(
        "repository", _same(Repository), (b"acme/team/plan", b"a__b/c-d.e"), (ValueError,), _WORDS, share=5
    ),
    Parser(
        "tag", _same(Tag), (b"1.0.0-beta.1", b"latest", b"sha256-" + _HEX), (ValueError,), _WORDS, share=5
    ),
    Parser(
        "digest", _same(Digest), (b"sha256:" + _HEX, b"sha512:" + _HEX * 2), (ValueError,), _WORDS, share=5
    ),
    Parser(
        "version",
        _version,
        (b"1.0.0-beta.1+up.5", b"10.20.30", b"1.0.0-0A.is.legal"),
        (ValueError,),
        _VERSIONS,
        share=10,
    ),
    Parser(
        "constraint",
        _constraint,
        (b"^1.2", b"~1.2.3 || 2.x", b">=1.0.0 <2.0.0", b"1.0 - 2.0", b"1.2.3-beta.1", b"latest"),
        (ValueError,),
        _VERSIONS,
        share=10,
    ),
    Parser(
        "endpoint",
        _endpoint,
        (b"https://registry.example.com/acme", b"localhost:5000/acme", b"http://[::1]:5000", b"docker.io"),
        (ValueError,),
        _WORDS,
        share=5,
    ),
)
