"""What differs between two things: manifests, the files of two lock entries, two documents.

Pure, and in the order in which a person would look: files, then fields, then annotations. Must never
be added: fetching what is compared, or a judgement about a difference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.desired.build import TITLE
from reconciler.desired.reading.wording import FieldPath, say_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.desired.lockfile import LockedFile
    from reconciler.oci.manifest import Descriptor, Manifest

CHANGES_MAX = 100
"""Whoever has more than this many changed fields reads the two files side by side."""
_SHOWN_MAX_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; None for what is only on the other side."""

    what: str
    """`file`, `field`, `annotation`, `manifest`, `member`, `entry` or `layer`."""
    where: str
    before: str | None
    after: str | None


def compare_manifests(before: Manifest, after: Manifest) -> list[Change]:
    """Return how two manifests differ: layers by title, annotations, types."""
    return [
        *_compare_texts("file", _by_title(before.layers), _by_title(after.layers)),
        *_compare_texts("annotation", before.annotations, after.annotations),
        *_compare_texts("manifest", _types(before), _types(after)),
    ]


def compare_files(before: Sequence[LockedFile], after: Sequence[LockedFile]) -> list[Change]:
    """Return which files of two lock entries have other bytes."""
    return _compare_texts(
        "file", {file.path: file.digest for file in before}, {file.path: file.digest for file in after}
    )


def compare_documents(before: object, after: object) -> list[Change]:
    """Return the fields in which two documents differ, in the order of the first; at most `CHANGES_MAX`."""
    changes = []
    for change in _compare_values((), before, after):
        changes.append(change)
        if len(changes) == CHANGES_MAX:
            break
    return changes


def _compare_values(path: FieldPath, before: object, after: object) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            yield from _compare_tables(path, before, after)
        case list(), list():
            yield from _compare_tables(path, dict(enumerate(before)), dict(enumerate(after)))
        case _ if before != after or type(before) is not type(after):
            yield Change("field", say_path(path) or "the document", _say(before), _say(after))


def _compare_tables(
    path: FieldPath, before: Mapping[Any, object], after: Mapping[Any, object]
) -> Iterator[Change]:
    for key in [*before, *(key for key in after if key not in before)]:
        where = (*path, key)
        if key not in after:
            yield Change("field", say_path(where), _say(before[key]), None)
        elif key not in before:
            yield Change("field", say_path(where), None, _say(after[key]))
        else:
            yield from _compare_values(where, before[key], after[key])


def _compare_texts(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    return [
        Change(what, key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _by_title(layers: Sequence[Descriptor]) -> dict[str, str]:
    return {
        layer.annotations.get(TITLE, f"layer {number}"): layer.digest for number, layer in enumerate(layers)
    }


def _types(manifest: Manifest) -> dict[str, str]:
    types = {
        "mediaType": manifest.media_type,
        "artifactType": manifest.artifact_type or "",
        "config.mediaType": manifest.config.media_type,
        "config.annotations": _say_annotations(manifest),
    }
    return {key: value for key, value in types.items() if value}


def _say_annotations(manifest: Manifest) -> str:
    """Return the config's annotations only where they say something else than the manifest's."""
    own = dict(manifest.config.annotations)
    return "as the manifest's" if own == dict(manifest.annotations) else _say(dict(sorted(own.items())))


def _say(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_MAX_CHARACTERS else f"{text[:_SHOWN_MAX_CHARACTERS]}…"
