"""One image of an OCI image layout: which entry is meant, and everything that it reaches.

Decided here: what a layout must hold to be published whole. Manifests are read and verified at once, they
are small; layers are looked at by name and size only, and verified while they are sent.
Must never be added: a change of a manifest's bytes, or a layer read.

Spec: image-spec v1.1.1, image-layout.md, image-index.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from reconciler.errors import DigestMismatchError, DocumentError, Problem
from reconciler.oci.blob import Blob, Origin
from reconciler.oci.layout_index import REF_NAME, check_version, tag_of
from reconciler.oci.manifest import Descriptor, Index, Manifest, parse
from reconciler.oci.media_types import INDEXES, MANIFEST_MAX_BYTES, MANIFESTS
from reconciler.oci.store import ManifestContent
from reconciler.oci.verify import pieces, verified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.images.files import LayoutFiles
    from reconciler.oci.digest import Digest

MANIFESTS_MAX_BYTES = 64 * 1024 * 1024
"""All manifests of one image together: they are held in memory."""
_DEPTH_MAX = 8
"""How deep indexes may stand in indexes."""
_SHOWN_MAX = 10
_INDEX_FILE, _VERSION_FILE, _OLD_DOCKER_FILE = "index.json", "oci-layout", "manifest.json"
_ELSEWHERE = (
    "application/vnd.oci.image.layer.nondistributable.",
    "application/vnd.docker.image.rootfs.foreign.",
)
"""Layers that are fetched from their own URLs and need not be there (image-spec v1.1.1, layer.md)."""
_BUILD_AGAIN = "build it again"


@dataclass(frozen=True, slots=True)
class LayoutImage:
    """An image as a layout holds it: bytes as they are."""

    root: ManifestContent
    """Its digest is the layout's, of whichever algorithm."""
    annotations: Mapping[str, str]
    children: tuple[ManifestContent, ...] = ()
    """Each after those that it names itself."""
    blobs: tuple[Blob, ...] = ()
    """Each digest once."""


def read_layout_image(files: LayoutFiles, shown: str, *, tag: str | None, version: str) -> LayoutImage:
    """Return the image that `tag` names, else the only one there is, else the one named like the version.

    Args:
        files: of the layout.
        shown: the layout's path, for people.
        tag: what was written behind the layout's path.
        version: the artifact's version, as a tag.

    Raises:
        DocumentError: it is no layout, or not all of the image is there; names everything that is missing.
    """
    reading = _Reading(files, shown)
    root = reading.choose(tag, version)
    found = reading.read_manifest(root, "index.json") if root is not None else None
    if found is not None:
        reading.walk(found[1], str(root.digest) if root else "", depth=0)
    if reading.problems or found is None:
        raise DocumentError(reading.problems)
    content, parsed = found
    return LayoutImage(
        content, parsed.annotations, tuple(reading.children.values()), tuple(reading.blobs.values())
    )


@dataclass(slots=True)
class _Reading:
    """One layout, and what was found so far."""

    files: LayoutFiles
    shown: str
    children: dict[Digest, ManifestContent] = field(default_factory=dict)
    blobs: dict[Digest, Blob] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _held_bytes: int = 0

    def choose(self, tag: str | None, version: str) -> Descriptor | None:
        """Return the entry of index.json that is meant; None, and a problem, where none is."""
        try:
            check_version(self._read_small(_VERSION_FILE))
            index = parse(self._read_small(_INDEX_FILE))
            if not isinstance(index, Index):
                raise ValueError(f"{_INDEX_FILE}: expected an index, got {index.media_type}")
            return choose_entry(index.manifests, tag, version)
        except FileNotFoundError:
            self._complain_about_missing()
        except (ValueError, OSError) as exc:
            self._complain("not-a-layout", _say(exc))
        return None

    def read_manifest(
        self, descriptor: Descriptor, named_by: str
    ) -> tuple[ManifestContent, Manifest | Index] | None:
        """Return a manifest's bytes, verified, and what they say; None, and a problem, where it has none."""
        if descriptor.media_type not in (*MANIFESTS, *INDEXES):
            self._complain(
                "not-an-image",
                f"{descriptor.digest}, named by {named_by}: expected a manifest or an index, "
                f"got {descriptor.media_type}",
            )
            return None
        if not self._is_there(descriptor, named_by):
            return None
        try:
            content = self._read_verified(descriptor)
            parsed = parse(content)
            if parsed.media_type != descriptor.media_type:
                raise ValueError(f"expected {descriptor.media_type}, got {parsed.media_type}")
        except DigestMismatchError as exc:
            self._complain("damaged-layout", str(exc), _BUILD_AGAIN)
            return None
        except (ValueError, OSError) as exc:
            self._complain("not-an-image", f"{descriptor.digest}, named by {named_by}: {_say(exc)}")
            return None
        return ManifestContent(descriptor, content), parsed

    def walk(self, parsed: Manifest | Index, name: str, *, depth: int) -> None:
        """Take in everything that a manifest reaches."""
        if isinstance(parsed, Manifest):
            for blob in parsed.blobs:
                self._take(blob, name)
            return
        if depth == _DEPTH_MAX:
            self._complain("not-an-image", f"{name}: expected at most {_DEPTH_MAX} indexes in one another")
            return
        for child in parsed.manifests:
            if child.digest in self.children:
                continue
            found = self.read_manifest(child, name)
            if found is not None:
                self.walk(found[1], child.digest, depth=depth + 1)
                self.children[child.digest] = found[0]

    def _take(self, blob: Descriptor, named_by: str) -> None:
        if blob.digest in self.blobs:
            return
        elsewhere = blob.media_type.startswith(_ELSEWHERE)
        if elsewhere and self._size_of(blob.digest) is None:
            return
        if self._is_there(blob, named_by):
            name = _file_of(blob.digest)
            origin = Origin(f"{self.shown}: {name}", f"the layout is damaged: {_BUILD_AGAIN}")
            self.blobs[blob.digest] = Blob(
                blob.digest, blob.size_bytes, partial(self.files.open, name), origin
            )

    def _is_there(self, descriptor: Descriptor, named_by: str) -> bool:
        name = _file_of(descriptor.digest)
        try:
            size_bytes = self.files.size_of(name)
        except (ValueError, OSError) as exc:
            self._complain("not-a-layout", _say(exc))
            return False
        if size_bytes == descriptor.size_bytes:
            return True
        got = "no such file" if size_bytes is None else f"{size_bytes} bytes"
        self._complain(
            "incomplete-layout",
            f"{name}, named by {named_by}: expected {descriptor.size_bytes} bytes, got {got}",
            "export the whole image, all of its platforms, and once more where the export was cut off",
        )
        return False

    def _size_of(self, digest: Digest) -> int | None:
        try:
            return self.files.size_of(_file_of(digest))
        except (ValueError, OSError):
            return None

    def _read_verified(self, descriptor: Descriptor) -> bytes:
        if descriptor.size_bytes > MANIFEST_MAX_BYTES:
            raise ValueError(
                f"manifest too large: expected at most {MANIFEST_MAX_BYTES} bytes, "
                f"got {descriptor.size_bytes}"
            )
        self._held_bytes += descriptor.size_bytes
        if self._held_bytes > MANIFESTS_MAX_BYTES:
            raise ValueError(f"manifests too large: expected at most {MANIFESTS_MAX_BYTES} bytes together")
        name = _file_of(descriptor.digest)
        stream = pieces(self.files.open(name))
        return b"".join(verified(stream, descriptor.digest, descriptor.size_bytes, subject=name))

    def _read_small(self, name: str) -> bytes:
        size_bytes = self.files.size_of(name)
        if size_bytes is not None and size_bytes > MANIFEST_MAX_BYTES:
            raise ValueError(f"{name}: expected at most {MANIFEST_MAX_BYTES} bytes, got {size_bytes}")
        return b"".join(pieces(self.files.open(name)))

    def _complain_about_missing(self) -> None:
        if self.files.size_of(_OLD_DOCKER_FILE) is not None:
            self._complain(
                "not-a-layout",
                "expected an OCI layout, got an archive as docker wrote it before version 25",
                "skopeo copy docker-archive:FILE oci-archive:OTHER, or save it with a newer docker",
            )
        else:
            self._complain(
                "not-a-layout",
                f"expected an OCI layout, with {_VERSION_FILE} and {_INDEX_FILE}, got none",
                "name the folder or archive that a build wrote, such as by "
                "docker buildx build --output type=oci,dest=FILE",
            )

    def _complain(self, code: str, message: str, fix: str | None = None) -> None:
        problem = Problem(code, message, file=self.shown, fix=fix)
        if problem not in self.problems:
            self.problems.append(problem)


def choose_entry(entries: tuple[Descriptor, ...], tag: str | None, version: str) -> Descriptor:
    """Return the entry that is meant.

    Raises:
        ValueError: none is, or several are; names all of them.
    """
    named: dict[str, Descriptor] = {}
    for entry in entries:
        name = entry.annotations.get(REF_NAME)
        if name is not None:
            named.setdefault(name, entry)
    short = {tag_of(name): entry for name, entry in reversed(named.items())}
    if tag is not None:
        chosen = named.get(tag) or short.get(tag)
        if chosen is None:
            raise ValueError(f"expected an image named {tag}, got {_list(entries)}")
        return chosen
    by_name = {entry.digest: entry for entry in named.values()}
    for group in ({entry.digest: entry for entry in entries}, by_name):
        if len(group) == 1:
            return next(iter(group.values()))
    for wanted in (version, version.replace("_", "+")):
        if wanted in named or wanted in short:
            return named.get(wanted) or short[wanted]
    raise ValueError(
        f"expected one image, or one named {version}, got {_list(entries)}: "
        "write the name behind the path, such as build/backend:NAME"
    )


def _list(entries: tuple[Descriptor, ...]) -> str:
    if not entries:
        return "none"
    names = [
        entry.annotations.get(REF_NAME) or f"one without a name ({entry.digest.short})" for entry in entries
    ]
    more = [f"{len(names) - _SHOWN_MAX} more"] if len(names) > _SHOWN_MAX else []
    return ", ".join([*names[:_SHOWN_MAX], *more])


def _file_of(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _say(exc: Exception) -> str:
    return f"cannot be read: {exc.strerror or exc}" if isinstance(exc, OSError) else str(exc)
