"""What index.json and oci-layout say: bytes in, values out, and edits that keep what they do not know.

Spec: image-spec v1.1.1, image-layout.md and annotations.md. Decided here: which entry a tag names,
and that everything another tool wrote survives an edit. Must never be added: reading files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, parse
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from collections.abc import Mapping

REF_NAME = "org.opencontainers.image.ref.name"
LAYOUT_VERSION = "1.0.0"
LAYOUT_CONTENT = b'{"imageLayoutVersion":"1.0.0"}'
EMPTY_INDEX = f'{{"schemaVersion":2,"mediaType":"{media_types.OCI_INDEX}","manifests":[]}}'.encode()


@dataclass(frozen=True, slots=True)
class LayoutIndex:
    """The entries of index.json by the names that readers ask for."""

    tags: Mapping[str, Descriptor]
    digests: Mapping[str, Descriptor]


def check_version(content: bytes) -> None:
    """Accept the content of a file `oci-layout`.

    Raises:
        ValueError: it is none, or of a version that pallet does not know.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"expected JSON, got {content[:40]!r}") from exc
    version = document.get("imageLayoutVersion") if isinstance(document, dict) else None
    if version != LAYOUT_VERSION:
        raise ValueError(f"imageLayoutVersion: expected {LAYOUT_VERSION!r}, got {version!r}")


def read_index(content: bytes) -> LayoutIndex:
    """Read index.json; where two entries claim one tag, the first plain one wins.

    Raises:
        ValueError: it is no index; the message names the key that is wrong.
    """
    tags: dict[str, Descriptor] = {}
    full: dict[str, Descriptor] = {}
    digests: dict[str, Descriptor] = {}
    for entry in _parse(content).manifests:
        bare = replace(entry, annotations={}, artifact_type=None, platform=None)
        name = entry.annotations.get(REF_NAME)
        tag = None if name is None else tag_of(name)
        if tag is not None:
            (tags if tag == name else full).setdefault(tag, bare)
        digests.setdefault(entry.digest, bare)
    return LayoutIndex(tags=full | tags, digests=digests)


def tag_of(ref_name: str) -> str | None:
    """Return the tag in `tag` or in `host/repository:tag[@digest]`; None where there is no tag in it."""
    name = ref_name.partition("@")[0]
    if "/" in name or ":" in name:
        name = name.rpartition("/")[2].partition(":")[2]
    try:
        return Tag(name)
    except ValueError:
        return None


def with_entry(content: bytes, descriptor: Descriptor, tag: Tag | None) -> bytes:
    """Return index.json with a manifest under a tag, or listed without one; the same bytes where it has it.

    A tag's former entries are replaced. A manifest that stands there without a name gets the tag.

    Raises:
        ValueError: `content` is no index.
    """
    index = read_index(content)
    document, entries = _raw(content)
    if tag is None:
        return (
            content
            if descriptor.digest in index.digests
            else _render(document, [*entries, _entry(descriptor)])
        )
    claims = [entry for entry in entries if _raw_tag(entry) == tag]
    if len(claims) == 1 and index.tags[tag] == descriptor:
        return content
    nameless = [e for e in entries if e["digest"] == descriptor.digest and _raw_name(e) is None]
    replaced = claims + nameless
    new = _entry(descriptor, tag, nameless[0] if nameless else {})
    if not replaced:
        return _render(document, [*entries, new])
    kept = [new if entry is replaced[0] else entry for entry in entries if entry not in replaced[1:]]
    return _render(document, kept)


def without_entry(content: bytes, reference: Tag | Digest) -> bytes:
    """Return index.json without a tag, or without all entries of a digest; the same bytes where it has none.

    Raises:
        ValueError: `content` is no index.
    """
    read_index(content)
    document, entries = _raw(content)
    if isinstance(reference, Digest):
        kept = [entry for entry in entries if entry["digest"] != reference]
    else:
        kept = [entry for entry in entries if _raw_tag(entry) != reference]
    return content if len(kept) == len(entries) else _render(document, kept)


def _parse(content: bytes) -> Index:
    index = parse(content)
    if not isinstance(index, Index):
        raise ValueError(f"mediaType: expected {media_types.OCI_INDEX!r}, got {index.media_type!r}")
    return index


def _raw(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    document: dict[str, Any] = json.loads(content)
    return document, document.get("manifests") or []


def _raw_name(entry: Mapping[str, Any]) -> str | None:
    name: str | None = (entry.get("annotations") or {}).get(REF_NAME)
    return name


def _raw_tag(entry: Mapping[str, Any]) -> str | None:
    name = _raw_name(entry)
    return None if name is None else tag_of(name)


def _entry(
    descriptor: Descriptor, tag: Tag | None = None, former: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    entry = dict(former or {}) | {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
    }
    if tag is not None:
        entry["annotations"] = (entry.get("annotations") or {}) | {REF_NAME: tag}
    return entry


def _render(document: dict[str, Any], entries: list[dict[str, Any]]) -> bytes:
    # ASCII: a lone surrogate that another tool escaped must survive, and cannot be encoded.
    return json.dumps(document | {"manifests": entries}, separators=(",", ":")).encode()
