"""Documents: manifests, indexes, lists of referrers, error bodies, credential files, the lock."""

from __future__ import annotations

import json

from reconciler.desired.lockfile import parse_lock, render_lock
from reconciler.errors import LockError, UnauthorisedError
from reconciler.oci import manifest as manifests
from reconciler.oci.digest import Digest
from reconciler.oci.referrer_index import describe_referrer, read_entries, with_referrer, without_referrer
from reconciler.oci.registry import error_body
from reconciler.oci.registry.credentials import entries, matching
from tests.fuzz.mutations import by_bytes, by_lines, by_values, mixed
from tests.fuzz.parsers import Parser

_DIGEST = "sha256:" + "a" * 64
_OCI = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_ENTRY = {
    "mediaType": _OCI,
    "digest": _DIGEST,
    "size": 7,
    "annotations": {"org.opencontainers.image.title": "a"},
}
_MANIFEST = {
    "schemaVersion": 2,
    "mediaType": _OCI,
    "artifactType": "application/vnd.acme.plan.v1",
    "config": {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": _DIGEST,
        "size": 2,
        "data": "e30=",
    },
    "layers": [_ENTRY, {**_ENTRY, "urls": ["https://h/x"]}],
    "subject": _ENTRY,
    "annotations": {"org.opencontainers.image.version": "1.0.0"},
}
_LIST = {
    "schemaVersion": 2,
    "mediaType": _INDEX,
    "manifests": [
        {**_ENTRY, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"}},
        {**_ENTRY, "artifactType": "text/plain"},
    ],
    "annotations": {"a": "b"},
}
_AUTHS = {
    "auths": {
        "registry.example.com": {"auth": "Ym9iOnMzOmNyZXQ="},
        "https://index.docker.io/v1/": {"identitytoken": "abc"},
        "quay.io/acme": {"username": "bob", "password": "x"},
        "empty.example.com": {},
    },
    "credHelpers": {"gcr.io": "gcloud"},
    "credsStore": "desktop",
}
_ERRORS = {"errors": [{"code": "DENIED", "message": "no", "detail": [{"Type": "repository"}]}]}
_WORDS = (
    b"schemaVersion", b"mediaType", b"manifests", b"layers", b"config", b"digest", b"size", b"subject", b"platform",
    b"annotations", _DIGEST.encode(), b"sha512:" + b"0" * 128, b"auths", b"auth", b"credHelpers", b"errors", b"code",
)  # fmt: skip
_LOCK = f"""version = 1
revision = 1

[[artifact]]
name = "workflows/plan"
version = "1.0.0"
digest = "{_DIGEST}"
size = 915
media-type = "{_OCI}"
build = 1
files = [
  {{ path = "plan.yaml", digest = "{_DIGEST}", size = 5011, media-type = "text/plain" }},
]

[[artifact]]
name = "agents/router"
version = "2.0.0-beta.1"
digest = "{_DIGEST}"
size = 9
media-type = "{_OCI}"
build = 2
files = []
""".encode()
_CONFLICT = _LOCK.replace(
    b'version = "1.0.0"\n', b'<<<<<<< ours\nversion = "1.0.0"\n=======\nversion = "1.0.1"\n>>>>>>> theirs\n'
)


def _manifest(content: bytes) -> None:
    parsed = manifests.parse(content)
    assert manifests.parse(manifests.render(parsed)) == parsed
    described = describe_referrer(content, Digest(_DIGEST))
    assert (described is None) == (parsed.subject is None)


def _referrers(content: bytes) -> None:
    found = read_entries(content)
    assert len({entry.digest for entry in found}) == len(found)
    other = Digest("sha256:" + "b" * 64)
    grown = with_referrer(content, manifests.Descriptor(_OCI, other, 5))
    assert other in {entry.digest for entry in read_entries(grown)}
    assert other not in {entry.digest for entry in read_entries(without_referrer(grown, other))}


def _error_body(content: bytes) -> None:
    complaint = error_body.understand(content)
    assert complaint.text.isprintable()
    assert len(complaint.text) <= 300


def _credentials(content: bytes) -> None:
    for is_flat in (False, True):
        file = entries.parse(content, "config.json", is_flat=is_flat)
        assert "s3:cret" not in repr(file)
        for host in ("registry.example.com", "docker.io"):
            assert set(matching.keys_of(host, file.auths)) <= set(file.auths)
        matching.keys_below("quay.io", "acme/plan", file.auths)


def _lock(content: bytes) -> None:
    lock = parse_lock(content.decode("utf-8", "replace"), file="pallet.lock")
    again = parse_lock(render_lock(lock.entries.values()), file="pallet.lock")
    assert again.entries == lock.entries


_either = mixed(by_bytes, by_values, by_values)

PARSERS = (
    Parser(
        "manifest", _manifest, (json.dumps(_MANIFEST).encode(),), (ValueError,), _WORDS, _either, share=15
    ),
    Parser("index", _manifest, (json.dumps(_LIST).encode(),), (ValueError,), _WORDS, _either, share=15),
    Parser("referrers", _referrers, (json.dumps(_LIST).encode(),), (ValueError,), _WORDS, _either, share=8),
    Parser(
        "error-body",
        _error_body,
        (
            json.dumps(_ERRORS).encode(),
            b'{"message":"toomanyrequests"}',
            b'{"error":"x","error_description":"y"}',
        ),
        words=_WORDS,
        mutate=_either,
        share=8,
    ),
    Parser(
        "error-page",
        _error_body,
        (b"<html><head><title>502 Bad &amp; Gateway</title></head></html>",),
        share=3,
    ),
    Parser(
        "credentials",
        _credentials,
        (json.dumps(_AUTHS).encode(),),
        (UnauthorisedError,),
        _WORDS,
        _either,
        share=12,
    ),
    Parser("lock", _lock, (_LOCK, _CONFLICT), (LockError,), _WORDS, mixed(by_lines, by_bytes), share=3),
)
