"""Kinds of artifacts as values: what a file is published as, and what is read from it.

A kind is data: those that come with pallet are TOML files in schemas/kinds, a project's own stand in
its pallet.toml. What a kind says is part of every published digest.
Must never be added: an `if` about one kind.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.schemas import Schema, load_schema, schemas_directory
from reconciler.desired.reading.documents import Format
from reconciler.desired.reading.paths import parse_path
from reconciler.desired.reading.wording import say_path
from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

METASCHEMA: Final = "metaschema"
"""Instead of a schema's name: the document is itself a JSON Schema."""


class ConfigForm(StrEnum):
    """What a manifest has as its config."""

    BLOB = "blob"
    """The layer once more: one blob an artifact, as today's consumers read it."""
    EMPTY = "empty"
    """The empty object. Spec: image-spec v1.1.1, manifest.md, "Guidance for an Empty Descriptor"."""
    DOCUMENT = "document"
    """The document as compact JSON, as Helm has the content of Chart.yaml."""


class LayerForm(StrEnum):
    """What a manifest has as its layer."""

    FILE = "file"
    """The file as it is."""
    FOLDER = "folder"
    """The folder that the file stands in, packed: the file describes it."""
    IMAGE = "image"
    """All that an OCI image layout holds, whole; or the layers of one image, with its config."""


class Function(StrEnum):
    """How what a path finds becomes the text of an annotation."""

    TEXT = "text"
    """The values, joined where there are several."""
    LIST = "list"
    """As text, and text with commas counts as several."""
    UNIQUE = "unique"
    """As list, each once, in the order of the document."""
    COUNT = "count"
    """How many there are."""
    SUM = "sum"
    MAX = "max"
    STRONGEST = "strongest"
    """The value that stands last in `order`."""
    DURATION = "duration"
    """Seconds: the sum over steps that run one after another, the maximum over branches."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """One way to get an annotation from a document."""

    path: str
    function: Function = Function.TEXT
    join: str = ","
    default: str | None = None
    """Where the path finds nothing; None for no annotation."""
    order: tuple[str, ...] = ()
    """For `strongest`: from weak to strong."""
    alias: Mapping[str, str] | None = None
    """Words that mean another one."""
    skip: tuple[str, ...] = ()
    """Fields that `..` does not look into."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What files are published as."""

    name: str
    media_type: str
    artifact_type: str
    config: ConfigForm
    config_media_type: str
    layer: LayerForm
    format: Format | None
    """None: pallet does not look into the files."""
    schema_name: str | None
    schema_root: Path | None
    """Where the schema's name starts from; None for a schema that comes with pallet."""
    rules: str | None
    """The named rules that its documents are held to (`rules.registry`); None for none."""
    version: str | None
    """Path of the field in which the version stands, where a file has it."""
    name_field: str | None
    """Path of the field in which the name stands."""
    described_by: str | None
    """Name of the file in a folder that somebody else packed, for kinds that are folders."""
    beside: tuple[tuple[str, str], ...]
    """Suffix and media type of files beside such an archive that are published with it."""
    annotate: tuple[str, ...]
    """Where annotations stand: `manifest`, `config`."""
    annotations: tuple[tuple[str, tuple[Extraction, ...]], ...]
    """For each key the ways to get it; the first that finds something decides."""

    @property
    def schema(self) -> Schema | None:
        """The schema of its documents; None where there is none, or the document names its own.

        Raises:
            DocumentError: a schema of the project cannot be read, or is none.
        """
        if self.schema_name is None or self.schema_name == METASCHEMA:
            return None
        if self.schema_root is None:
            return load_schema(self.schema_name)
        from reconciler.desired.kinds.kind_files import load_project_schema

        return load_project_schema(self.schema_root, self.schema_name)

    @property
    def is_schema(self) -> bool:
        """Whether its documents are JSON Schemas."""
        return self.schema_name == METASCHEMA


@functools.cache
def builtin_kinds() -> Mapping[str, Kind]:
    """Return the kinds that come with pallet, by name."""
    files = sorted((schemas_directory() / "kinds").glob("*.toml"))
    return {file.stem: _kind(file.stem, tomllib.loads(file.read_text("utf-8")), None) for file in files}


def parse_kind(name: str, table: Mapping[str, Any], *, root: Path) -> tuple[Kind | None, list[Problem]]:
    """Return a project's kind, or None and everything that is wrong with it.

    Args:
        name: as in `[kind.NAME]`.
        table: what stands there.
        root: the directory that the name of its schema starts from.
    """
    # Only who has kinds of their own pays for the import.
    from reconciler.desired.kinds.schema_check import check

    violations = check(dict(table), load_schema("kind.schema.json"))
    problems = [
        Problem(
            violation.code,
            violation.message,
            path=say_path(("kind", name, *violation.path)),
            fix=violation.fix,
        )
        for violation in violations
    ]
    if problems:
        return None, problems
    kind = _kind(name, table, root)
    problems = [*_path_problems(kind), *_sense_problems(kind)]
    return (None if problems else kind), problems


def _kind(name: str, table: Mapping[str, Any], root: Path | None) -> Kind:
    media_type: str = table["media-type"]
    annotations = table.get("annotations", {})
    return Kind(
        name=name,
        media_type=media_type,
        artifact_type=table.get("artifact-type", media_type),
        config=ConfigForm(table.get("config", ConfigForm.BLOB)),
        config_media_type=table.get("config-media-type", media_type),
        layer=LayerForm(table.get("layer", LayerForm.FILE)),
        format=_format(table.get("format"), media_type),
        schema_name=table.get("schema"),
        schema_root=root,
        rules=table.get("rules"),
        version=table.get("version"),
        name_field=table.get("name"),
        described_by=table.get("described-by"),
        beside=tuple(sorted(table.get("beside", {}).items())),
        annotate=tuple(table.get("annotate", ("manifest", "config"))),
        annotations=tuple((key, _extractions(annotations[key])) for key in sorted(annotations)),
    )


def _format(text: str | None, media_type: str) -> Format | None:
    if text is None:
        text = media_type.rpartition("+")[2]
    return Format(text) if text in list(Format) else None


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
    )


def _path_problems(kind: Kind) -> list[Problem]:
    fields = [("version", kind.version), ("name", kind.name_field)]
    fields += [(f'annotations."{key}"', way.path) for key, ways in kind.annotations for way in ways]
    problems = []
    for where, path in fields:
        try:
            parse_path(path or "a")
        except ValueError as exc:
            problems.append(Problem("invalid-path", str(exc), path=f"kind.{kind.name}.{where}"))
    return problems


def _sense_problems(kind: Kind) -> list[Problem]:
    if kind.format is not None:
        return []
    needs = {
        "schema": kind.schema_name,
        "rules": kind.rules,
        "version": kind.version,
        "annotations": kind.annotations,
        "config": kind.config is ConfigForm.DOCUMENT,
    }
    message = "expected a format that can be read (yaml or json), got none"
    fix = "set format, or let media-type end with +yaml or +json"
    wheres = (f"kind.{kind.name}.{field}" for field, value in needs.items() if value)
    return [Problem("no-format", message, path=where, fix=fix) for where in wheres]
