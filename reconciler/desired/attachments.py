"""What is attached to an artifact: files as one manifest whose subject is the artifact's.

Decided here: the type that files are attached as, and the manifest's bytes, which follow from the files
and the subject's digest and from nothing else. The form is that of image-spec v1.1.1, manifest.md,
"Guidelines for Artifact Usage": the empty config, a layer for each file.
Must never be added: where an attachment goes, or whether it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired import build
from reconciler.desired.attach_types import HEAD_MAX_BYTES, recognise
from reconciler.desired.build import Layer, media_type_of
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.lockfile import LockedAttachment, LockedFile
from reconciler.desired.sources import blob_of, read_source
from reconciler.errors import DocumentError, Problem
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.files import read_bounded
from reconciler.oci.manifest import EMPTY_CONTENT, EMPTY_DESCRIPTOR, Descriptor, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST, OCTET_STREAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.finding.files import FoundFile
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.sources import Source


@dataclass(frozen=True, slots=True)
class Attachment:
    """One manifest that refers to an artifact, and what it is made of."""

    artifact_type: str
    manifest: bytes
    digest: Digest
    blobs: tuple[Blob, ...]
    """Everything that the manifest names, each digest once."""
    files: tuple[LockedFile, ...]
    annotations: Mapping[str, str]
    line: int | None = None
    """Line of its `[[artifact.attach]]` in pallet.toml; None for what the command line names."""

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(OCI_MANIFEST, self.digest, len(self.manifest))

    @property
    def as_locked(self) -> LockedAttachment:
        """What the lock says of it."""
        return LockedAttachment(self.artifact_type, self.digest, len(self.manifest), self.files)


@dataclass(frozen=True, slots=True)
class AttachmentForm:
    """What is said about the files of one attachment; None where the files themselves tell."""

    artifact_type: str | None = None
    media_type: str | None = None
    """Of every file."""
    media_types: Mapping[str, str] | None = None
    """Of single files, by path; they win."""
    kind: Kind | None = None
    annotations: Mapping[str, str] | None = None
    project: str | None = None
    """Written as org.pallet.project; None for nothing."""
    line: int | None = None


def build_attachment(
    root: Path, files: Sequence[FoundFile], subject: Descriptor, form: AttachmentForm
) -> Attachment:
    """Return the attachment that these files are.

    Args:
        root: where the files' paths start.
        files: in the order of their layers; none where annotations say everything.
        subject: what it is attached to; of its descriptor only type, digest and size are used.
        form: what is said about them.

    Raises:
        DocumentError: a file cannot be read.
        ValueError: nobody says what the files are, or two would be pulled under one name.
    """
    _check_titles(files)
    kind = builtin_kinds()["files"]
    sources = [read_source(root, file, kind) for file in files]
    known = [_recognise(root, source) for source in sources]
    artifact_type = _artifact_type(form, files, known)
    layers = [_layer(form, files, *pair) for pair in zip(sources, known, strict=True)]
    annotations = _annotations(form)
    content = _manifest(artifact_type, annotations, layers, subject)
    blobs = (Blob.of_bytes(EMPTY_CONTENT), *(blob_of(root, source) for source in sources))
    return Attachment(
        artifact_type=artifact_type,
        manifest=content,
        digest=Digest.of(content),
        blobs=tuple({blob.digest: blob for blob in blobs}.values()),
        files=tuple(
            LockedFile(source.path, layer.digest, layer.size_bytes, layer.media_type)
            for source, layer in zip(sources, layers, strict=True)
        ),
        annotations=annotations,
        line=form.line,
    )


def _check_titles(files: Sequence[FoundFile]) -> None:
    paths: dict[str, str] = {}
    for file in files:
        other = paths.setdefault(file.title, file.path)
        if other != file.path:
            raise ValueError(f"{other} and {file.path} would both be pulled as {file.title}")


def _layer(form: AttachmentForm, files: Sequence[FoundFile], source: Source, recognised: str | None) -> Layer:
    title = source.title if len(files) > 1 else source.path.rpartition("/")[2]
    return Layer(title, source.digest, source.size_bytes, _media_type(form, source.path, recognised))


def _annotations(form: AttachmentForm) -> dict[str, str]:
    annotations = dict(form.annotations or {})
    if form.project:
        annotations[build.PROJECT] = form.project
    return annotations


def _manifest(
    artifact_type: str, annotations: Mapping[str, str], layers: Sequence[Layer], subject: Descriptor
) -> bytes:
    return render(
        Manifest(
            config=EMPTY_DESCRIPTOR,
            # A manifest should have a layer: image-spec v1.1.1, manifest.md, "layers".
            layers=tuple(layer.descriptor for layer in layers) or (EMPTY_DESCRIPTOR,),
            artifact_type=artifact_type,
            annotations=annotations,
            subject=Descriptor(subject.media_type, subject.digest, subject.size_bytes),
        )
    )


def _recognise(root: Path, source: Source) -> str | None:
    try:
        return recognise(source.path, read_bounded(root / source.path, max_bytes=HEAD_MAX_BYTES))
    except OSError as exc:
        raise DocumentError(
            [Problem("unreadable", f"cannot be read: {exc.strerror}", file=source.path)]
        ) from exc


def _artifact_type(form: AttachmentForm, files: Sequence[FoundFile], known: Sequence[str | None]) -> str:
    if form.artifact_type is not None:
        return form.artifact_type
    if form.kind is not None:
        return form.kind.artifact_type
    if not files:
        raise ValueError("artifact type: expected one to be named, since there is no file")
    types = set(known)
    if len(types) == 1 and known[0] is not None:
        return known[0]
    unknown = next((file.path for file, one in zip(files, known, strict=True) if one is None), None)
    got = f"{unknown}, which nothing is known of" if unknown else f"files of {len(types)} types"
    raise ValueError(f"artifact type: expected one to be named, or CycloneDX or SPDX documents, got {got}")


def _media_type(form: AttachmentForm, path: str, recognised: str | None) -> str:
    own = (form.media_types or {}).get(path)
    if own is not None:
        return own
    if form.media_type is not None:
        return form.media_type
    if recognised is not None:
        return recognised
    if form.kind is not None and form.kind.media_type != OCTET_STREAM:
        return form.kind.media_type
    return media_type_of(path, otherwise=OCTET_STREAM)
