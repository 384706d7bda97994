"""Kinds of artifacts as values: what a file is published as, and what is read from it.

A kind is data: those that come with pallet are TOML files in schemas/kinds, a project's own stand in
its pallet.toml or in files that it names (`kind_reader`). What a kind says is part of every published
digest, but for how its files are recognised and what people call it.
Must never be added: an `if` about one kind, or reading one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.schemas import Schema, load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reconciler.desired.kinds.recognition import Recognition
    from reconciler.desired.reading.documents import Format

BUILT_IN: Final = "built-in"
LABEL_MARK: Final = "@"
"""Between the name of a kind and one of its versions."""
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
    literal: bool = False
    """Whether texts with expressions are passed over, which only a run makes into something."""


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
    title: str = ""
    """What people call one artifact of it."""
    description: str = ""
    plural: str = ""
    """What stands in front of the repositories that `init` proposes."""
    origin: str = BUILT_IN
    """Where it is written down: the file, or that it comes with pallet."""
    recognised_by: tuple[Recognition, ...] = ()
    """How a file is known to be of this kind where nobody says so; any of them is enough."""
    label: str | None = None
    """Which version of the kind it is, as in `workflow@2`; None where the media type says none."""
    variants: tuple[Kind, ...] = ()
    """Other versions of the kind, each told by what its files say."""

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

    @property
    def base_name(self) -> str:
        """The name without the version of the kind."""
        return self.name.partition(LABEL_MARK)[0]

    def of(self, value: object) -> Kind:
        """Return the version of this kind that a document is: a variant that recognises it, else this one."""
        for variant in self.variants:
            if any(rule.fits_value(value) for rule in variant.recognised_by):
                return variant
        return self

    def editions(self) -> Iterator[Kind]:
        """Yield each version of the kind under a name that means no other: `workflow@1`, `workflow@2`."""
        if LABEL_MARK not in self.name and self.label is not None:
            yield replace(self, name=f"{self.name}{LABEL_MARK}{self.label}", variants=())
        yield from self.variants
