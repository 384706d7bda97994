"""What is wrong with a kind though its schema allows it: paths that are none, words that say nothing.

Must never be added: reading a kind, or what is merely doubtful (`rules.settings`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.build import WRITTEN_BY_PALLET
from reconciler.desired.kinds.kind import ConfigForm, Function, LayerForm
from reconciler.desired.kinds.patterns import PatternError, check_pattern
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.wording import FieldPath

_NO_FORMAT: Final = "expected a format that can be read (yaml or json), got none"


def find_nonsense(kind: Kind, table: Mapping[str, Any]) -> list[Violation]:
    """Return everything that is wrong with a kind and its versions; paths start at the kind.

    Args:
        kind: as it was read.
        table: what it was read from, and nothing that was filled in.
    """
    found = [
        *_of_words(table, ()),
        *_of_annotations(table, ()),
        *_of_recognition(kind, ()),
        *_of_format(kind),
    ]
    for variant in kind.variants:
        where = ("variant", str(variant.label))
        said = table["variant"][variant.label]
        found += (*_of_words(said, where), *_of_annotations(said, where))
        found += (*_of_recognition(variant, where), *_of_variant(kind, variant, where))
    return found


def _of_words(table: Mapping[str, Any], where: FieldPath) -> Iterator[Violation]:
    """Every path of the kind must be one."""
    for path, text in _paths(table):
        try:
            parse_path(text)
        except ValueError as exc:
            yield Violation((*where, *path), "invalid-path", str(exc))


def _paths(table: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    yield from (((key,), table[key]) for key in ("version", "name") if key in table)
    for key, value in table.get("annotations", {}).items():
        for index, way in enumerate(value if isinstance(value, list) else [value]):
            place = ("annotations", key, index) if isinstance(value, list) else ("annotations", key)
            yield place, way if isinstance(way, str) else way["path"]
    for index, way in enumerate(table.get("recognise", ())):
        for word in ("fields", "matches"):
            yield from ((("recognise", index, word, path), path) for path in way.get(word, {}))
        for number, path in enumerate(way.get("any-of", ())):
            yield ("recognise", index, "any-of", number), path


def _of_annotations(table: Mapping[str, Any], where: FieldPath) -> Iterator[Violation]:
    """An annotation that a kind takes from files must be one that is then written."""
    for key, value in table.get("annotations", {}).items():
        here = (*where, "annotations", key)
        if key in WRITTEN_BY_PALLET:
            message = "expected another key, got one that pallet writes itself, whatever a file says"
            yield Violation(here, "reserved-annotation", message, "take it out, or choose a key of your own")
        for index, way in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(way, str) or "order" not in way or way.get("function") == Function.STRONGEST:
                continue
            place = (*here, index) if isinstance(value, list) else here
            message = (
                f"expected it with the function strongest, got it with {way.get('function', Function.TEXT)}"
            )
            yield Violation((*place, "order"), "unused-order", message, 'set function = "strongest"')


def _of_recognition(kind: Kind, where: FieldPath) -> Iterator[Violation]:
    for index, rule in enumerate(kind.recognised_by):
        here = (*where, "recognise", index)
        for path, pattern in rule.matches:
            try:
                check_pattern(pattern)
            except PatternError as exc:
                yield Violation((*here, "matches", path), exc.code, str(exc))
        if rule.needs_document and kind.format is None:
            yield Violation(here, "no-format", _NO_FORMAT, "set format, or take fields out of it")
        if not (rule.needs_document or rule.starts_with or rule.holds or rule.names):
            message = (
                "expected fields, matches or names, got a suffix alone, which would take every such file"
            )
            yield Violation(here, "takes-everything", message, "say by which fields its files are known")


def _of_format(kind: Kind) -> Iterator[Violation]:
    if kind.format is not None:
        return
    needs = {
        "schema": kind.schema_name,
        "rules": kind.rules,
        "version": kind.version,
        "annotations": kind.annotations,
        "config": kind.config is ConfigForm.DOCUMENT,
        "variant": kind.variants,
    }
    fix = "set format, or let media-type end with +yaml or +json"
    for field, value in needs.items():
        if value:
            yield Violation((field,), "no-format", _NO_FORMAT, fix)


def _of_variant(kind: Kind, variant: Kind, where: FieldPath) -> Iterator[Violation]:
    """Which version a file is, is known once it is read: hence all are read, and packed, in the same way."""
    if variant.format is not kind.format:
        message = f"expected the format of the kind, {kind.format or 'none'}, got {variant.format or 'none'}"
        yield Violation((*where, "media-type"), "other-format", message)
    if variant.layer is not LayerForm.FILE:
        message = f"expected versions of kinds whose layer is the file, got {variant.layer.value}"
        yield Violation(where, "not-a-variant", message)
    if variant.label == kind.label:
        message = f"expected another version than the kind's own, got {variant.label}"
        yield Violation(where, "said-twice", message, "name it after the version of its media type")
    for index, rule in enumerate(variant.recognised_by):
        if not rule.needs_document:
            message = "expected fields or matches, by which its files are told from those of the kind"
            yield Violation((*where, "recognise", index), "says-nothing", message)
