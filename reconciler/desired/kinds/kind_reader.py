"""Kinds from their documents: what stands in schemas/kinds, in pallet.toml, and in files that it names.

Decided here: what a kind may leave out, and what a version of a kind takes from the kind itself.
What a kind takes from a built-in one is `extending`'s.
Must never be added: an `if` about one kind, or what a kind means for a file.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.extending import Said, builtin_tables, extend
from reconciler.desired.kinds.kind import (
    BUILT_IN,
    LABEL_MARK,
    ConfigForm,
    Extraction,
    Function,
    Kind,
    LayerForm,
)
from reconciler.desired.kinds.kind_sense import find_nonsense
from reconciler.desired.kinds.recognition import FieldType, Recognition
from reconciler.desired.kinds.schemas import load_schema
from reconciler.desired.reading.documents import Format
from reconciler.oci.media_types import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.desired.kinds.violations import Violation

_LABEL: Final = re.compile(r"\.v(\d+(?:\.\d+)*)(?=$|[.+-])", re.ASCII)
_SUFFIXES: Final = {Format.YAML: (".yaml", ".yml", ".json"), Format.JSON: (".json",)}
"""Of files that may be of a kind; JSON is YAML too."""
_ONLY_OF_THE_KIND: Final = ("variant", "recognise", "title")
"""What a variant does not take from its kind."""


@functools.cache
def builtin_kinds() -> Mapping[str, Kind]:
    """Return the kinds that come with pallet, by name, their versions included."""
    kinds = (
        _read_kind(name, Said(table, table, {}), None, BUILT_IN) for name, table in builtin_tables().items()
    )
    return with_editions(kinds)


def with_editions(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Return kinds by name, each followed by its versions where it has several: `a`, `a@1`, `a@2`."""
    return {each.name: each for kind in kinds for each in (kind, *(kind.editions() if kind.variants else ()))}


def kind_named(kinds: Mapping[str, Kind], name: str) -> Kind | None:
    """Return the kind of a name; `workflow@1` is the kind itself where it has no other version."""
    base, _, label = name.partition(LABEL_MARK)
    kind = kinds.get(base)
    is_only_version = kind is not None and not kind.variants and kind.label == label
    return kinds.get(name) or (kind if is_only_version else None)


def say_names(kinds: Mapping[str, Kind]) -> str:
    """Return the names of kinds as a list for people, without their versions."""
    return ", ".join(sorted(name for name in kinds if LABEL_MARK not in name))


def parse_kind(
    name: str, table: Mapping[str, Any], *, root: Path, origin: str = "pallet.toml"
) -> tuple[Kind | None, list[Violation]]:
    """Return a project's kind, or None and everything that is wrong with it.

    Args:
        name: as in `[kind.NAME]`.
        table: what stands there.
        root: the directory that the name of its schema starts from.
        origin: the file in which it stands.
    """
    # Only who has kinds of their own pays for the import.
    from reconciler.desired.kinds.schema_check import check

    problems = check(dict(table), load_schema("kind.schema.json"))
    if problems:
        return None, problems
    said, problems = extend(name, table)
    if problems:
        return None, problems
    kind = _read_kind(name, said, root, origin)
    problems = find_nonsense(kind, said.table)
    return (None if problems else kind), problems


def _read_kind(name: str, said: Said, root: Path | None, origin: str) -> Kind:
    table = said.table
    inherited = {key: value for key, value in table.items() if key not in _ONLY_OF_THE_KIND}
    title: str = table.get("title", name)
    variants = tuple(
        _read(
            f"{name}{LABEL_MARK}{label}",
            {**_inherit(inherited, variant), "title": f"{title} {label}", **variant},
            None if said.has_builtin_schema(label) else root,
            origin,
            label=label,
        )
        for label, variant in table.get("variant", {}).items()
    )
    return _read(name, table, None if said.has_builtin_schema() else root, origin, variants=variants)


def _inherit(table: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a variant takes from its kind; with a media type of its own, no other types."""
    taken = () if "media-type" not in variant else ("artifact-type", "config-media-type")
    return {key: value for key, value in table.items() if key not in taken}


def _read(
    name: str,
    table: Mapping[str, Any],
    root: Path | None,
    origin: str,
    *,
    label: str | None = None,
    variants: tuple[Kind, ...] = (),
) -> Kind:
    media_type: str = table["media-type"]
    config = ConfigForm(table.get("config", ConfigForm.BLOB))
    format_ = _format(table.get("format"), media_type)
    annotations = table.get("annotations", {})
    title = table.get("title", name)
    return Kind(
        name=name,
        media_type=media_type,
        artifact_type=table.get("artifact-type", media_type),
        config=config,
        config_media_type=table.get("config-media-type", EMPTY if config is ConfigForm.EMPTY else media_type),
        layer=LayerForm(table.get("layer", LayerForm.FILE)),
        format=format_,
        schema_name=table.get("schema"),
        schema_root=root,
        rules=table.get("rules"),
        version=table.get("version"),
        name_field=table.get("name"),
        described_by=table.get("described-by"),
        beside=tuple(sorted(table.get("beside", {}).items())),
        annotate=tuple(table.get("annotate", ("manifest", "config"))),
        annotations=tuple((key, _extractions(annotations[key])) for key in sorted(annotations)),
        title=title,
        description=table.get("description", ""),
        plural=table.get("plural", f"{name.partition(LABEL_MARK)[0]}s"),
        origin=origin,
        recognised_by=tuple(_recognition(way, format_) for way in table.get("recognise", ())),
        label=label if label is not None else _label_of(media_type),
        variants=variants,
    )


def _label_of(media_type: str) -> str | None:
    match = _LABEL.search(media_type)
    return match[1] if match else None


def _format(text: str | None, media_type: str) -> Format | None:
    if text is None:
        text = media_type.rpartition("+")[2]
    return Format(text) if text in list(Format) else None


def _recognition(way: Mapping[str, Any], format_: Format | None) -> Recognition:
    fields = way.get("fields", {})
    names = tuple(way.get("names", ()))
    suffixes = way.get("suffixes")
    if suffixes is None:
        suffixes = _SUFFIXES[format_] if format_ is not None and not names else ()
    return Recognition(
        suffixes=tuple(suffixes),
        names=names,
        except_names=tuple(way.get("except", ())),
        folders=tuple(way.get("folders", ())),
        starts_with=bytes.fromhex(way.get("starts-with", "")),
        fields=tuple((path, FieldType(type_)) for path, type_ in fields.items()),
        any_of=tuple(way.get("any-of", ())),
        matches=tuple(way.get("matches", {}).items()),
        holds=tuple(way.get("holds", ())),
    )


def _extractions(value: Any) -> tuple[Extraction, ...]:
    ways = value if isinstance(value, list) else [value]
    return tuple(_extraction(way) for way in ways)


def _extraction(way: str | Mapping[str, Any]) -> Extraction:
    if isinstance(way, str):
        return Extraction(way)
    return Extraction(
        path=way["path"],
        function=Function(way.get("function", Function.TEXT)),
        join=way.get("join", ","),
        default=way.get("default"),
        order=tuple(way.get("order", ())),
        alias=dict(way["alias"]) if "alias" in way else None,
        skip=tuple(way.get("skip", ())),
        literal=way.get("literal", False),
    )
