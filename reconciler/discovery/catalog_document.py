"""The catalog's content: a JSON object with one line for each published version, read and written.

Decided here: its keys and its one order (schemas/catalog.schema.json), so that the same entries give the same
bytes. What cannot be read as an entry, keys that nobody knows and other projects' entries stay as they are.
Must never be added: a time, a target, a host, or anything else that differs between two places.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.build import PROJECT
from reconciler.desired.collecting import fewer_collections
from reconciler.discovery.catalog_text import Scanner, Texts, Written
from reconciler.discovery.entries import Entry, version_of
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.versions.version import Version
CATALOG_TYPE = "application/vnd.pallet.catalog.v1+json"
FORMAT_VERSION = "1.0"
CATALOG_MAX_BYTES = 256 * 1024 * 1024
"""Of the content: some 400,000 entries; a larger one is not read into memory."""

_TEXTS: Final = {"tag": None, "mediaType": "", "repository": None, "digest": None, "artifactType": ""}
"""What must be a text in an entry, in the order in which it is read; None where it must not be left out."""
_ALLOCATIONS: Final = 1_000_000
"""Python's cycle collector would walk some ten objects for each entry, of which none goes before the end."""

Key = tuple[Repository, Tag]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a catalog as it stands there."""

    source: str | Written
    """Its text, or where that is found once somebody asks."""
    entry: Entry | None
    """None where it cannot be read as one."""
    owner: str | None
    """The project that put it there; None where it does not say."""
    problem: str | None = None
    """Why it cannot be read."""

    @property
    def text(self) -> str:
        """As it stands there, byte for byte."""
        return str(self.source)

    @property
    def key(self) -> Key | None:
        return None if self.entry is None else (self.entry.repository, self.entry.tag)


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """Everything that a catalog holds."""

    items: tuple[Item, ...] = ()
    format_version: str = FORMAT_VERSION
    others: tuple[tuple[str, str], ...] = ()
    """The texts of keys that this pallet does not know, each with that of its value."""

    @property
    def is_newer(self) -> bool:
        """Whether a newer pallet wrote it, in a way that this one does not understand."""
        return self.format_version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]


def parse_catalog(content: bytes) -> CatalogDocument:
    """Read a catalog; an entry that cannot be read is one with a problem.

    Raises:
        ValueError: the bytes are no catalog; the text says what was expected.
    """
    with fewer_collections(_ALLOCATIONS):
        return _parse(content)


def _parse(content: bytes) -> CatalogDocument:
    scanner, texts = Scanner(content), Texts(content, "entries")
    version: object = None
    items: tuple[Item, ...] | None = None
    others = []
    for key, key_text in scanner.members():
        if key == "entries":
            items = tuple(
                _read_item(value, Written(texts, place)) for place, value in enumerate(scanner.values())
            )
            continue
        value, text = scanner.part()
        if key == "format_version":
            version = value
        else:
            others.append((key_text, text))
    scanner.end()
    if not isinstance(version, str) or not version.isprintable():
        raise ValueError(f"format_version: expected text such as {FORMAT_VERSION}, got {version!r}")
    if items is None:
        raise ValueError("entries: expected a list, got none")
    return CatalogDocument(items, version, tuple(others))


def render_catalog(document: CatalogDocument) -> bytes:
    """Return the bytes: one line for each entry, sorted; the same for the same entries."""
    head = [f'{{"format_version":{_dump(document.format_version)}']
    head.extend(f"{key}:{text}" for key, text in document.others)
    lines = ",\n".join(item.text for item in sort_items(document.items))
    return (",\n".join((*head, '"entries":[\n')) + lines + "\n]}\n").encode()


def sort_items(items: Iterable[Item]) -> list[Item]:
    """Return entries by repository and tag, as text; what cannot be read comes last."""
    return sorted(items, key=lambda item: (item.key is None, item.key or ("", ""), item.text))


def item_of(entry: Entry, owner: str | None) -> Item:
    """Return an entry as this pallet writes it; an owner that the annotations name is not named again."""
    fields: dict[str, object] = {
        "repository": entry.repository,
        "version": entry.version.text if entry.version else None,
        "tag": entry.tag,
        "tags": list(entry.floating_tags),
        "digest": entry.digest,
        "size": entry.size_bytes,
        "mediaType": entry.media_type,
        "artifactType": entry.artifact_type,
        # An image that was copied whole says of itself what its build says, and that is no project.
        "project": None if entry.annotations.get(PROJECT) == owner else owner,
        "annotations": dict(sorted(entry.annotations.items())),
    }
    return Item(_dump({key: value for key, value in fields.items() if value not in (None, [])}), entry, owner)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_item(value: object, text: Written) -> Item:
    if not isinstance(value, dict):
        return Item(text, None, None, f"expected an object, got {type(value).__name__}")
    try:
        annotations = _annotations(value.get("annotations"))
        owner = value.get("project", annotations.get(PROJECT))
        owner = owner if isinstance(owner, str) else None
    except ValueError as exc:
        return Item(text, None, None, str(exc))
    try:
        return Item(text, _read_entry(value, annotations, owner), owner)
    except ValueError as exc:
        return Item(text, None, owner, str(exc))


def _read_entry(value: dict[str, Any], annotations: dict[str, str], owner: str | None) -> Entry:
    """Read one as nearly all are; only where that fails is it asked which text is none."""
    try:
        tag, version = _read_tag(value["tag"])
        size = value.get("size")
        if type(size) is not int or size < 0:  # True is an int as well
            raise ValueError(f"size: expected a number of bytes, got {size!r}")
        media_type = sys.intern(value.get("mediaType", media_types.OCI_MANIFEST))
        return Entry(
            Repository(value["repository"]),
            version,
            tag,
            Digest(value["digest"]),
            size,
            media_type,
            sys.intern(value.get("artifactType", media_type)),
            annotations,
            _tags(value["tags"]) if "tags" in value else (),
            owner if "project" in value else None,
        )
    except (KeyError, TypeError) as exc:
        raise ValueError(_what_is_no_text(value)) from exc


def _what_is_no_text(value: dict[str, Any]) -> str:
    key = next(key for key in _TEXTS if not isinstance(value.get(key, _TEXTS[key]), str))
    return f"{key}: expected text, got {value.get(key)!r}"


@lru_cache(maxsize=4096)
def _read_tag(text: str) -> tuple[Tag, Version | None]:
    """Return a tag and what it means; many entries share one."""
    tag = Tag(text)
    return tag, version_of(tag)


def _tags(value: object) -> tuple[Tag, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"tags: expected a list of texts, got {value!r}")
    return tuple(sorted(map(Tag, value)))


def _annotations(value: object) -> dict[str, str]:
    if value is None:
        return {}
    # By types and not one by one: there may be a million of them.
    if not isinstance(value, dict) or not set(map(type, value.values())) <= {str}:
        raise ValueError("annotations: expected an object of texts, got something else")
    return value
