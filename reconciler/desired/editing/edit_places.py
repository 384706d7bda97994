"""Where the version of each artifact stands, as something that can be edited.

Which place counts is decided by `versioning`; here it gets a file and a path in it. Two artifacts with
the same place share their version. Must never be added: an edit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.config import ArtifactRule, Config, FieldVersion, FileVersion, LiteralVersion
from reconciler.desired.finding.files import FoundFile, find_files
from reconciler.desired.finding.tree import Tree
from reconciler.desired.images.finding import find_images
from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.reading.documents import Format
from reconciler.desired.reading.paths import find_field
from reconciler.desired.sources import Source, read_source
from reconciler.desired.templates import fill
from reconciler.desired.versions.versioning import own_entry, resolve_version, version_source
from reconciler.errors import PalletError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from reconciler.desired.config import VersionSource
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.wording import FieldPath
    from reconciler.desired.versions.version import Version
    from reconciler.oci.reference import Repository


class Form(StrEnum):
    """How the file is written that a version stands in."""

    TOML = "toml"
    YAML = "yaml"
    JSON = "json"
    TEXT = "text"
    """Nothing but the version, as in VERSION."""


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """One place that holds one version; equal for whoever reads the same bytes."""

    real: Path
    """The file that would be written: absolute, links followed."""
    path: FieldPath
    """Keys and indexes from the top of the file; empty for a file that is nothing but the version."""
    form: Form
    file: str = field(compare=False)
    """From the project's root, as it is named there."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """One artifact of pallet.toml, and where its version is said to stand."""

    name: Repository
    rule: ArtifactRule
    path: str
    """Its file, the first one of a bundle; from the project's root."""
    source: VersionSource
    entry: str | None
    """Its key in `[artifact.versions]`."""

    @property
    def id(self) -> tuple[int, str]:
        """Tells it from every other one; its name does not, where several versions have the same."""
        return (self.rule.index, self.path)

    @property
    def reads_literal(self) -> bool:
        """Whether its version is that of the whole `[[artifact]]`."""
        return isinstance(self.source, LiteralVersion) and self.entry is None


def find_versioned(config: Config) -> list[Versioned]:
    """Return every artifact of a project that `load_project` accepted, in the order of pallet.toml.

    Raises:
        PalletError: the files changed since.
    """
    tree = Tree(config.root)
    try:
        return [item for rule in config.artifacts for item in _of_rule(config, rule, tree)]
    except ValueError as exc:
        raise PalletError(f"{config.path.name}: {exc}", fix="run again: files changed meanwhile") from exc


def _of_rule(config: Config, rule: ArtifactRule, tree: Tree) -> Iterator[Versioned]:
    kind = config.kinds[rule.kind]
    if kind.layer is LayerForm.IMAGE:
        yield from _of_images(config, rule, kind, tree)
        return
    files = find_files(tree, rule.files).files
    heads = [min(files, key=lambda file: file.title)] if rule.bundle and files else files
    for file in heads:
        source = version_source(rule, kind, file.path)
        if source is not None:
            yield Versioned(
                fill(rule.repository, file.path), rule, file.path, source, own_entry(rule, file.path)
            )


def _of_images(config: Config, rule: ArtifactRule, kind: Kind, tree: Tree) -> Iterator[Versioned]:
    """Yield images, those too that a build has not written in this clone."""
    for image in find_images(config.root, tree, rule).images:
        source = version_source(rule, kind, image.path)
        if source is not None:
            name = fill(rule.repository, image.path)
            yield Versioned(name, rule, image.path, source, own_entry(rule, image.path))


@dataclass(frozen=True, slots=True)
class Locator:
    """Finds versions and their places; a file is read once, however often it is asked about."""

    config: Config
    _sources: dict[str, Source] = field(default_factory=dict)

    def version(self, item: Versioned) -> Version:
        """Return the version that stands there now.

        Raises:
            DocumentError: its file cannot be read any more.
            ValueError: there is none any more.
        """
        document = self._source(item).document if isinstance(item.source, FieldVersion) else None
        kind = self.config.kinds[item.rule.kind]
        return resolve_version(self.config.root, item.rule, kind, item.path, document)

    def place(self, item: Versioned) -> VersionPlace:
        """Return the place that an artifact's version is read from.

        Raises:
            DocumentError: its file cannot be read any more.
        """
        match item.source:
            case LiteralVersion():
                tail = ("version",) if item.entry is None else ("versions", item.entry)
                return self.in_config(item, *tail)
            case FileVersion(file):
                return VersionPlace(self._real(file), (), Form.TEXT, file)
            case FieldVersion(name):
                return self._field(item, name)

    def in_config(self, item: Versioned, *keys: str) -> VersionPlace:
        """Return a place below the artifact's entry in pallet.toml."""
        path: FieldPath = ("artifact", item.rule.index, *keys)
        return VersionPlace(self.config.path.resolve(), path, Form.TOML, self.config.path.name)

    def file_of(self, item: Versioned) -> Path:
        """Return the file that holds the version, without reading anything."""
        match item.source:
            case LiteralVersion():
                return self.config.path.resolve()
            case FileVersion(file):
                return self._real(file)
            case FieldVersion():
                return self._real(item.path)

    def _field(self, item: Versioned, name: str) -> VersionPlace:
        source = self._source(item)
        if source.is_packed:
            message = f"{item.path}: {name}: the version stands in an archive, which is not edited"
            raise PalletError(message, fix="package it again under the new version, and name that file")
        document = source.document
        path = find_field(document.value, name)[0] if document is not None else None
        if document is None or path is None:
            raise PalletError(f"{item.path}: {name}: the version is gone", fix="run again")
        form = Form.JSON if document.format is Format.JSON else Form.YAML
        return VersionPlace(self._real(item.path), path, form, item.path)

    def _source(self, item: Versioned) -> Source:
        if item.path not in self._sources:
            found = FoundFile(item.path, item.path)
            kind = self.config.kinds[item.rule.kind]
            self._sources[item.path] = read_source(self.config.root, found, kind)
        return self._sources[item.path]

    def _real(self, file: str) -> Path:
        return (self.config.root / file).resolve()


def new_entries(files: Iterable[str]) -> dict[str, str]:
    """Return for each file of one entry the key that would speak in `[artifact.versions]` for it alone.

    Its stem, or its path where that is the stem or path of other files too; a file that has neither is
    left out.
    """
    names = {path: (PurePosixPath(path).stem, path) for path in files}
    counts = Counter(name for both in names.values() for name in set(both))
    return {
        path: next(name for name in both if counts[name] == 1)
        for path, both in names.items()
        if any(counts[name] == 1 for name in both)
    }
