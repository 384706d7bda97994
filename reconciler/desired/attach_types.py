"""What a file is that somebody attaches: by its name, or by what its first keys say.

Media types: CycloneDX 1.6 and SPDX 2.3 as registered with IANA; SARIF 2.1.0. Pure. A document inside
another one decides nothing: only keys at the top count. Must never be added: reading a file.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.patterns import is_found

if TYPE_CHECKING:
    from collections.abc import Iterator

CYCLONEDX: Final = "application/vnd.cyclonedx+json"
SPDX: Final = "application/spdx+json"
HEAD_MAX_BYTES: Final = 1024 * 1024
"""As far as is looked into a file; generators write these keys first, or sort few keys before them."""

_SUFFIXES: Final = {
    ".cdx.json": CYCLONEDX,
    ".cdx.xml": "application/vnd.cyclonedx+xml",
    ".spdx.json": SPDX,
    ".spdx": "text/spdx",
    ".sarif": "application/sarif+json",
    ".sarif.json": "application/sarif+json",
}
_NAMES: Final = {"bom.json": CYCLONEDX, "bom.xml": "application/vnd.cyclonedx+xml"}
"""The names that CycloneDX itself recommends."""
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{}\[\]:,])')


def recognise(name: str, head: bytes) -> str | None:
    """Return the media type of a document that other tools look for; None for anything else.

    Args:
        name: of the file, with or without folders.
        head: its first bytes, at most `HEAD_MAX_BYTES` count.
    """
    base = name.rpartition("/")[2].lower()
    if base in _NAMES:
        return _NAMES[base]
    for suffix, media_type in _SUFFIXES.items():
        if base.endswith(suffix):
            return media_type
    return _look_into(head[:HEAD_MAX_BYTES])


def _look_into(head: bytes) -> str | None:
    told = _told_by_text()
    for key, value in _top_texts(head.decode("utf-8-sig", errors="replace")):
        for path, pattern, media_type in told:
            if key == path and is_found(pattern, value):
                return media_type
    return None


@functools.cache
def _told_by_text() -> tuple[tuple[str, str, str], ...]:
    """Return by which texts bills of materials are known, as the kind's document says it."""
    kind = builtin_kinds()["sbom"]
    return tuple(
        (path, pattern, edition.media_type)
        for edition in (kind, *kind.variants)
        for rule in edition.recognised_by
        for path, pattern in rule.matches
    )


def _top_texts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts at the top of a JSON object, by key, as far as the beginning of a document goes."""
    if not text.lstrip().startswith("{"):
        return
    depth, key, last, is_value = 0, "", "", False
    for match in _TOKEN.finditer(text):
        mark = match[2]
        if mark is None:
            if depth == 1 and is_value:
                yield key, match[1]
            last = match[1]
        elif mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                return
        if depth == 1 and mark is not None:
            is_value = mark == ":"
            key = last if is_value else key
