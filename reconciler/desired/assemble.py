"""One wanted artifact from its files: repository, version, annotations, layers and config.

Decided here: what pallet.toml and the kind mean for these files. How a manifest looks is `build`'s.
Must never be added: finding or reading files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from posixpath import basename, dirname
from typing import TYPE_CHECKING, BinaryIO

from reconciler.desired import build
from reconciler.desired.build import Layer, build_manifest, media_type_of, render_document
from reconciler.desired.config import ArtifactRule, Config, FieldCreated, FieldVersion, GitCreated
from reconciler.desired.kinds.kind import ConfigForm, Kind, LayerForm
from reconciler.desired.kinds.kind_files import describe_document
from reconciler.desired.lockfile import LockedFile
from reconciler.desired.pack import PackedFolder, pack_folder
from reconciler.desired.reading.fields import read_text_field, read_time_field
from reconciler.desired.requirements import REQUIRES, Requirement, parse_requires
from reconciler.desired.sources import Source, blob_of
from reconciler.desired.templates import fill, has_placeholder
from reconciler.desired.versions.release import release_annotations
from reconciler.desired.versions.versioning import resolve_version
from reconciler.desired.wanted import STABLE, Wanted
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_CONTENT, EMPTY_DESCRIPTOR, Descriptor
from reconciler.oci.media_types import MANIFEST_MAX_BYTES, OCTET_STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.desired.finding.tree import Tree
    from reconciler.desired.lockfile import Key
    from reconciler.desired.versions.version import Version
    from reconciler.oci.reference import Repository


def assemble(
    config: Config,
    rule: ArtifactRule,
    kind: Kind,
    tree: Tree,
    sources: Sequence[Source],
    builds: Mapping[Key, int] | None = None,
) -> Wanted:
    """Return the artifact that these files are; one file, or all files of a bundle sorted by title.

    Args:
        config: pallet.toml.
        rule: the entry.
        kind: of the files, in the version that they are.
        tree: of the project.
        sources: the files.
        builds: the rules by which what is locked was built; anything else is built by the newest.

    Raises:
        InvalidError: one of the files cannot be published.
        FieldValueError: a field that pallet.toml names does not hold what it should.
        ValueError: pallet.toml's entry does not fit these files.
    """
    return _Assembly(config, rule, kind, tree, sources, builds or {}).run()


@dataclass(frozen=True, slots=True)
class _Part:
    """One layer: what the manifest says, where it is from, and its bytes."""

    layer: Layer
    path: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class _Assembly:
    config: Config
    rule: ArtifactRule
    kind: Kind
    tree: Tree
    sources: Sequence[Source]
    builds: Mapping[Key, int]

    def run(self) -> Wanted:
        if self.rule.bundle:
            self._check_bundle()
        name, version = self._name(), self._version()
        rules = self.builds.get((name, version), build.RULES)
        annotations = self._annotate(name, version, rules)
        parts = [part for source in self.sources for part in self._parts(source, name, version)]
        described, config = self._config(parts, rules)
        layers = [part.layer for part in parts]
        content = build_manifest(
            self.kind, described, layers, annotations, artifact_type=self.rule.artifact_type, rules=rules
        )
        if len(content) > MANIFEST_MAX_BYTES:
            raise ValueError(
                f"manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, got {len(content)}"
            )
        return Wanted(
            name=name,
            version=version,
            manifest=content,
            digest=Digest.of(content),
            blobs=tuple({blob.digest: blob for blob in (config, *(part.blob for part in parts))}.values()),
            files=tuple(
                LockedFile(part.path, part.layer.digest, part.layer.size_bytes, part.layer.media_type)
                for part in parts
            ),
            annotations=annotations,
            build=rules,
            kind=self.kind.name,
            line=self.rule.line,
            policy=self.rule.policy,
            floating_tags=self.rule.floating_tags,
            channels=self.rule.channels,
            is_stable=not version.is_prerelease and annotations.get(STABLE) != "false",
            requires=_requires(annotations.get(REQUIRES, ""), name),
        )

    @property
    def _first(self) -> Source:
        return self.sources[0]

    def _check_bundle(self) -> None:
        paths: dict[str, str] = {}
        for source in self.sources:
            other = paths.setdefault(source.title, source.path)
            if other != source.path:
                raise ValueError(f"bundle: {other} and {source.path} would both be pulled as {source.title}")
        if has_placeholder(self.rule.repository):
            raise ValueError(
                f"repository {self.rule.repository}: expected no placeholder in a bundle of many files"
            )
        if isinstance(self.rule.version, FieldVersion):
            raise ValueError("version: expected a literal or a file in a bundle of many files, got a field")
        if self.kind.layer is LayerForm.FOLDER:
            raise ValueError(
                f"bundle: expected one artifact per file for kind {self.kind.name}, got a bundle"
            )

    def _name(self) -> Repository:
        try:
            return fill(self.rule.repository, self._first.path)
        except ValueError as exc:
            raise ValueError(f"repository: {exc}") from exc

    def _version(self) -> Version:
        document = None if self.rule.bundle else self._first.document
        version = resolve_version(self.config.root, self.rule, self.kind, self._first.path, document)
        try:
            version.tag  # noqa: B018 (refuses a version that is too long for a tag)
        except ValueError as exc:
            raise ValueError(f"version: {exc}") from exc
        return version

    def _annotate(self, name: Repository, version: Version, rules: int) -> dict[str, str]:
        annotations: dict[str, str] = {}
        if not self.rule.bundle and self._first.document is not None:
            is_literal = rules >= build.RULES_OF_LITERALS
            annotations.update(describe_document(self._first.document, self.kind, is_literal=is_literal))
        annotations.update(self.rule.annotations)
        annotations.update(release_annotations(self.config.root, self.rule, version))
        annotations[build.TITLE] = name.rpartition("/")[2] if self.rule.bundle else self._title(name, version)
        annotations[build.VERSION] = version.text
        annotations[build.PROJECT] = self.config.project
        created = self._created()
        if created is not None:
            annotations[build.CREATED] = created
        return annotations

    def _title(self, name: Repository, version: Version) -> str:
        """Return the name under which a single layer is pulled again."""
        if self.kind.layer is LayerForm.FOLDER:
            return f"{name.rpartition('/')[2]}-{version}.tgz"
        return basename(self._first.path)

    def _created(self) -> str | None:
        match self.rule.created:
            case GitCreated():
                # Here: few projects ask for it, and it costs the import of subprocess.
                from reconciler.desired.history.git import last_commit_time

                time = last_commit_time(self.config.root, [source.path for source in self.sources])
                return time.strftime("%Y-%m-%dT%H:%M:%SZ")
            case FieldCreated(path):
                if self._first.document is None:
                    raise ValueError(f"created field {path}: expected a kind that reads its files")
                return read_time_field(self._first.document, path)
            case str() | None as literal:
                return literal

    def _parts(self, source: Source, name: Repository, version: Version) -> Iterator[_Part]:
        yield self._part(source, name, version)
        for file in source.beside:
            title = f"{self._title(name, version)}{file.suffix}"
            layer = Layer(title, file.digest, file.size_bytes, file.media_type)
            blob = Blob.of_file(self.config.root / file.path, file.digest, file.size_bytes)
            yield _Part(layer, file.path, blob)

    def _part(self, source: Source, name: Repository, version: Version) -> _Part:
        if source.is_packed:
            layer = Layer(self._title(name, version), source.digest, source.size_bytes, self.kind.media_type)
            return _Part(layer, source.path, blob_of(self.config.root, source))
        if self.kind.layer is LayerForm.FOLDER:
            return self._packed_part(source, self._title(name, version))
        media_type = self.kind.media_type
        if media_type == OCTET_STREAM:
            media_type = media_type_of(source.path, otherwise=OCTET_STREAM)
        title = source.title if self.rule.bundle else self._title(name, version)
        layer = Layer(title, source.digest, source.size_bytes, media_type)
        return _Part(layer, source.path, blob_of(self.config.root, source))

    def _packed_part(self, source: Source, title: str) -> _Part:
        folder = dirname(source.path)
        if not folder:
            raise ValueError(f"expected a file in a folder of its own, which is packed, got {source.path}")
        prefix = basename(folder)
        if self.kind.name_field is not None and source.document is not None:
            prefix = read_text_field(source.document, self.kind.name_field)
        packed = pack_folder(self.tree, self.config.root, folder, prefix=prefix)
        content = packed.read()
        layer = Layer(title, Digest.of(content), len(content), self.kind.media_type)
        return _Part(layer, folder, Blob(layer.digest, layer.size_bytes, partial(_open_packed, packed)))

    def _config(self, parts: Sequence[_Part], rules: int) -> tuple[Descriptor, Blob]:
        """Return the config as the manifest names it, without annotations, and its bytes."""
        document = self._first.document
        if self.kind.config is ConfigForm.DOCUMENT and document is not None and not self.rule.bundle:
            blob = Blob.of_bytes(render_document(document.value))
            return Descriptor(self.kind.config_media_type, blob.digest, blob.size_bytes), blob
        if self.kind.config is ConfigForm.BLOB and len(parts) == 1:
            blob = parts[0].blob
            return Descriptor(self.kind.config_media_type, blob.digest, blob.size_bytes), blob
        if self.kind.config is ConfigForm.EMPTY and rules >= build.RULES_OF_EMPTY_CONFIGS:
            return replace(EMPTY_DESCRIPTOR, media_type=self.kind.config_media_type), _EMPTY
        return EMPTY_DESCRIPTOR, _EMPTY


_EMPTY = Blob.of_bytes(EMPTY_CONTENT)


def _open_packed(packed: PackedFolder) -> BinaryIO:
    return BytesIO(packed.read())


def _requires(text: str, name: Repository) -> tuple[Requirement, ...]:
    try:
        return parse_requires(text, of=name)
    except ValueError as exc:
        raise ValueError(f"{REQUIRES}: {exc}") from exc
