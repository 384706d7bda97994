"""Lists of referrers as values: what one entry says, under which tag a list stands, and its edits.

Spec: distribution-spec v1.1.1, "Listing Referrers", "Referrers Tag Schema" and "Pushing Manifests with
Subject". Pure. Decided here: that entries which other tools wrote survive an edit as they are, keys
that nobody here knows included. Must never be added: a request.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reconciler.oci import media_types
from reconciler.oci.manifest import Descriptor, Index, describe, parse, parse_descriptor
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.oci.digest import Digest

_ALGORITHM_MAX_CHARACTERS = 32
_ENCODED_MAX_CHARACTERS = 64
_FALLBACK = re.compile(r"sha(?:256|512)-[0-9a-f]{64}", re.ASCII)
"""A signer's tag has a suffix, and is like any other."""
_SIGNED = ("att", "sbom", "sig")
_OUTSIDE_A_TAG = re.compile(r"[^a-zA-Z0-9._-]", re.ASCII)


def fallback_tag(subject: Digest) -> Tag:
    """Return the tag under which a registry without the API lists what refers to `subject`.

    A sha512 is cut to its first 64 digits, which oras-go forgets.
    """
    algorithm, encoded = (
        subject.algorithm[:_ALGORITHM_MAX_CHARACTERS],
        subject.encoded[:_ENCODED_MAX_CHARACTERS],
    )
    return Tag(_OUTSIDE_A_TAG.sub("-", f"{algorithm}-{encoded}"))


def signer_tags(subject: Digest) -> tuple[Tag, ...]:
    """Return the tags under which cosign keeps what it says of a manifest.

    Source: cosign v2, `pkg/oci/remote`: the digest with `-` for `:`, and a suffix. A sha512 is too long.
    """
    if subject.algorithm != "sha256":
        return ()
    return tuple(Tag(f"sha256-{subject.encoded}.{suffix}") for suffix in _SIGNED)


def is_fallback_tag(tag: Tag) -> bool:
    """Say whether a tag is one under which a registry without the referrers API keeps a list."""
    return _FALLBACK.fullmatch(tag) is not None


def describe_referrer(content: bytes, digest: Digest) -> tuple[Descriptor, Descriptor] | None:
    """Return the subject of a manifest and the manifest's entry in a list; None where it refers to nothing.

    Args:
        digest: that of `content`.

    Raises:
        ValueError: the bytes are no manifest.
    """
    manifest = parse(content)
    if manifest.subject is None:
        return None
    artifact_type = manifest.artifact_type
    if artifact_type is None and not isinstance(manifest, Index):
        artifact_type = manifest.config.media_type
    entry = Descriptor(
        manifest.media_type, digest, len(content), manifest.annotations, artifact_type=artifact_type
    )
    return manifest.subject, entry


def read_entries(content: bytes) -> list[Descriptor]:
    """Return the entries of a list, each digest once; what pallet could not verify is passed over.

    Raises:
        ValueError: `content` is no OCI index.
    """
    entries: dict[Digest, Descriptor] = {}
    for number, item in enumerate(_raw(content)[1]):
        try:
            entry = parse_descriptor(item, f"manifests[{number}]")
        except ValueError:
            continue  # of another algorithm, or broken: no reason to hide all others
        entries.setdefault(entry.digest, entry)
    return list(entries.values())


def with_referrer(content: bytes | None, entry: Descriptor) -> bytes:
    """Return the list with one more entry; the same bytes where the entry's digest is listed.

    Args:
        content: None for a list that is not there yet.

    Raises:
        ValueError: `content` is no OCI index.
    """
    if content is None:
        document, entries = dict[str, Any](_EMPTY), list[Any]()
    else:
        document, entries = _raw(content)
    if content is not None and any(_has_digest(item, entry.digest) for item in entries):
        return content
    return _render(document, [*entries, describe(entry)])


def without_referrer(content: bytes, digest: Digest) -> bytes:
    """Return the list without the entries of a digest; the same bytes where it has none.

    Raises:
        ValueError: `content` is no OCI index.
    """
    document, entries = _raw(content)
    kept = [item for item in entries if not _has_digest(item, digest)]
    return content if len(kept) == len(entries) else _render(document, kept)


def of_type(entries: Iterable[Descriptor], artifact_type: str | None) -> list[Descriptor]:
    """Return the entries of an artifact type; all of them for None."""
    return [entry for entry in entries if artifact_type is None or entry.artifact_type == artifact_type]


_EMPTY = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX}


def _raw(content: bytes) -> tuple[dict[str, Any], list[Any]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"expected an OCI index, got {content[:40]!r}") from exc
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise ValueError("expected an OCI index with schemaVersion 2, got something else")
    if document.get("mediaType", media_types.OCI_INDEX) != media_types.OCI_INDEX:
        raise ValueError(f"expected {media_types.OCI_INDEX}, got {document['mediaType']!r}")
    entries = document.get("manifests")
    if entries is None and "manifests" in document:
        entries = []  # null is how Go writes an empty list
    if not isinstance(entries, list):
        raise ValueError(f"manifests: expected a list, got {type(entries).__name__}")
    return document, entries


def _has_digest(item: object, digest: Digest) -> bool:
    return isinstance(item, dict) and item.get("digest") == digest


def _render(document: dict[str, Any], entries: list[Any]) -> bytes:
    # ASCII: a lone surrogate that another tool escaped must survive, and cannot be encoded.
    return json.dumps(document | {"manifests": entries}, separators=(",", ":")).encode()
