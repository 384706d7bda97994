"""One wanted image: copied whole from a layout, made from config and layers, or known by the lock alone.

Decided here: that a manifest which a build wrote keeps its bytes, so that its digest is the build's, and
pallet's annotations stand only on manifests that pallet writes; and what stands in the lock for an image.
Must never be added: finding paths, or reading a layout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired import build
from reconciler.desired.config import FieldCreated, GitCreated
from reconciler.desired.images.composed import compose_image
from reconciler.desired.images.files import open_layout_files
from reconciler.desired.images.layout import read_layout_image
from reconciler.desired.lockfile import LockedFile
from reconciler.desired.templates import fill
from reconciler.desired.versions.release import release_annotations
from reconciler.desired.versions.versioning import resolve_version
from reconciler.desired.wanted import STABLE, Wanted
from reconciler.errors import DocumentError, Problem
from reconciler.oci import manifest
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest
from reconciler.oci.media_types import MANIFEST_MAX_BYTES, OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.images.finding import ImageSource
    from reconciler.desired.images.layout import LayoutImage
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.lockfile import Key, Locked
    from reconciler.desired.versions.version import Version
    from reconciler.oci.blob import Blob
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent


@dataclass(frozen=True, slots=True)
class ImageAssembly:
    """One entry of pallet.toml that publishes images."""

    config: Config
    rule: ArtifactRule
    kind: Kind
    memory: DigestMemory
    builds: Mapping[Key, int] = field(default_factory=dict)
    """The rules by which what is locked was built."""

    def assemble(self, source: ImageSource) -> Wanted:
        """Return the image.

        Raises:
            DocumentError: it cannot be published; holds every problem.
            ValueError: pallet.toml's entry does not fit it.
        """
        if self.rule.config_file is not None:
            return self._compose(source)
        return self._copy(source)

    def take_as_locked(self, source: ImageSource, locked: Mapping[Key, Locked]) -> Wanted | None:
        """Return an image that a build has not written here, as the lock has it; None where it has none.

        Raises:
            ValueError: pallet.toml's entry does not fit it.
        """
        name, version = self._identify(source)
        entry = locked.get((name, version))
        if entry is None:
            return None
        root = _Root(entry.digest, b"", entry.media_type)
        annotations = {**self.rule.annotations, **release_annotations(self.config.root, self.rule, version)}
        return self._wanted(
            name,
            version,
            root,
            (),
            entry.files,
            annotations,
            verbatim=self.rule.config_file is None,
            known_by=entry,
        )

    def _copy(self, source: ImageSource) -> Wanted:
        self._refuse_words()
        name, version = self._identify(source)
        image = _read(self.config, source, version)
        content = image.root.content
        # Known by sha256 whatever the layout says: that is what a tag of any registry means.
        root = _Root(Digest.of(content), content, image.root.descriptor.media_type)
        described = image.root.descriptor
        file = LockedFile(source.path, described.digest, described.size_bytes, described.media_type)
        return self._wanted(
            name,
            version,
            root,
            image.blobs,
            (file,),
            image.annotations,
            verbatim=True,
            children=image.children,
        )

    def _compose(self, source: ImageSource) -> Wanted:
        name, version = self._identify(source)
        layers = self.rule.layers
        image = compose_image(self.config.root, source.path, layers, self.memory)
        annotations = self._annotate(name, version)
        config = Descriptor(self.kind.config_media_type, image.config.digest, image.config.size_bytes)
        is_plain = self.kind.artifact_type == self.kind.config_media_type
        content = manifest.render(
            Manifest(
                config,
                image.described_layers,
                self.rule.artifact_type or (None if is_plain else self.kind.artifact_type),
                annotations,
            )
        )
        if len(content) > MANIFEST_MAX_BYTES:
            raise ValueError(
                f"manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, got {len(content)}"
            )
        blobs = {blob.digest: blob for blob in (image.config, *(layer.blob for layer in image.layers))}
        files = [LockedFile(source.path, config.digest, config.size_bytes, config.media_type)]
        files += [
            LockedFile(path, layer.digest, layer.size_bytes, layer.media_type)
            for path, layer in zip(layers, image.described_layers, strict=True)
        ]
        root = _Root(Digest.of(content), content, OCI_MANIFEST)
        return self._wanted(name, version, root, tuple(blobs.values()), tuple(files), annotations)

    def _identify(self, source: ImageSource) -> tuple[Repository, Version]:
        try:
            name = fill(self.rule.repository, source.path)
        except ValueError as exc:
            raise ValueError(f"repository: {exc}") from exc
        version = resolve_version(self.config.root, self.rule, self.kind, source.path, None)
        try:
            version.tag  # noqa: B018 (refuses a version that is too long for a tag)
        except ValueError as exc:
            raise ValueError(f"version: {exc}") from exc
        return name, version

    def _refuse_words(self) -> None:
        """Refuse what would have to be written into a manifest whose bytes stay as they are."""
        rule = self.rule
        said = {
            "annotations": rule.annotations,
            "artifact-type": rule.artifact_type,
            "created": rule.created,
            "notes": rule.notes,
            "stable": rule.stable is not None,
        }
        words = [word for word, is_there in said.items() if is_there]
        if words:
            raise ValueError(
                f"{', '.join(words)}: expected nothing to be written into an image that is copied whole: "
                "say it where the image is built"
            )

    def _annotate(self, name: Repository, version: Version) -> dict[str, str]:
        annotations = {
            **self.rule.annotations,
            **release_annotations(self.config.root, self.rule, version),
            build.TITLE: name.rpartition("/")[2],
            build.VERSION: version.text,
            build.PROJECT: self.config.project,
        }
        created = self._created()
        return annotations if created is None else {**annotations, build.CREATED: created}

    def _created(self) -> str | None:
        match self.rule.created:
            case GitCreated():
                # Here: few projects ask for it, and it costs the import of subprocess.
                from reconciler.desired.history.git import last_commit_time

                assert self.rule.config_file is not None
                time = last_commit_time(self.config.root, [self.rule.config_file, *self.rule.layers])
                return time.strftime("%Y-%m-%dT%H:%M:%SZ")
            case FieldCreated(path):
                raise ValueError(f"created field {path}: expected a time or git for an image, got a field")
            case str() | None as literal:
                return literal

    def _wanted(
        self,
        name: Repository,
        version: Version,
        root: _Root,
        blobs: tuple[Blob, ...],
        files: tuple[LockedFile, ...],
        annotations: Mapping[str, str],
        *,
        verbatim: bool = False,
        children: tuple[ManifestContent, ...] = (),
        known_by: Locked | None = None,
    ) -> Wanted:
        return Wanted(
            name=name,
            version=version,
            manifest=root.content,
            digest=root.digest,
            blobs=blobs,
            files=files,
            annotations=annotations,
            build=known_by.build if known_by else self.builds.get((name, version), build.RULES),
            kind=self.kind.name,
            line=self.rule.line,
            policy=self.rule.policy,
            floating_tags=self.rule.floating_tags,
            channels=self.rule.channels,
            is_stable=not version.is_prerelease and annotations.get(STABLE) != "false",
            media_type=root.media_type,
            children=children,
            is_verbatim=verbatim,
            known_by=known_by,
        )


@dataclass(frozen=True, slots=True)
class _Root:
    """The manifest that the version tag names."""

    digest: Digest
    content: bytes
    media_type: str


def _read(config: Config, source: ImageSource, version: Version) -> LayoutImage:
    try:
        files = open_layout_files(config.root / source.path)
        likely = source.likely or version.tag
        return read_layout_image(files, source.path, tag=source.tag, version=likely)
    except ValueError as exc:
        raise DocumentError([Problem("not-a-layout", str(exc), file=source.path)]) from exc
    except OSError as exc:
        message = f"cannot be read: {exc.strerror or exc}"
        raise DocumentError([Problem("unreadable", message, file=source.path)]) from exc
