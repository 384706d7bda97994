"""An artifact becomes files: what is right stays, what is missing is brought, what is other is refused.

Decided here: everything is looked at before anything is written. Each file appears only when its size and
digest were right, and under its own name only then; what was broken off goes on next time.
Must never be added: which reference is meant.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import RefusedError, StoreError, UsageError
from reconciler.oci.blob import CHUNK_BYTES
from reconciler.oci.files import disk_failures, write_whole
from reconciler.oci.manifest import Descriptor, Index, Manifest, Platform, parse
from reconciler.oci.platforms import choose, offered
from reconciler.oci.pulling.archives import Archive, Limits
from reconciler.oci.pulling.downloads import downloaded
from reconciler.oci.pulling.folders import Folder, in_the_way
from reconciler.oci.pulling.layers import IMAGE_CONFIGS, Item, Naming, name_layers
from reconciler.oci.pulling.titles import WORK_FOLDER
from reconciler.oci.pulling.unpacking import move_in, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestContent, Store

JOBS = 4


class Steps(Protocol):
    """Hears how many files there are, and of each when it is done."""

    def begin(self, what: str, total: int) -> None: ...

    def advance(self, item: str) -> None: ...

    def end(self) -> None: ...


class Change(StrEnum):
    """What became of one file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PullTerms:
    """What is pulled, and what it may do to the folder."""

    platform: Platform | None = None
    naming: Naming = field(default_factory=Naming)
    overwrite: bool = False
    limits: Limits = field(default_factory=Limits)
    jobs: int = JOBS
    steps: Steps | None = None


@dataclass(frozen=True, slots=True)
class PulledFile:
    """One layer, as a file or a folder."""

    item: Item
    change: Change
    files: int = 1
    """How many files changed in a folder."""


@dataclass(frozen=True, slots=True)
class PullResult:
    """What was pulled."""

    reference: str
    """As people write it, by digest."""
    descriptor: Descriptor
    files: tuple[PulledFile, ...]
    nameless: tuple[Descriptor, ...]
    """Layers without a title, which were left out."""
    chosen_from: Digest | None = None
    """The index that a platform was chosen from."""


def pull(
    store: Store,
    repository: Repository,
    reference: Tag | Digest,
    folder: Path,
    terms: PullTerms | None = None,
) -> PullResult:
    """Write an artifact's titled layers as files below a folder, which is created where it is missing.

    Raises:
        NotFoundError: there is no such artifact, or none for the platform.
        UsageError: it is an index and no platform was named, or nothing in it has a name.
        RefusedError: a title or an archive leads out, or other files are in the way; nothing was written.
        DigestMismatchError: a layer's bytes are others; its file was not written.
        UnreachableError: the store or the disk failed; running again goes on where this ended.
        PalletError: the store could not tell.
    """
    terms = terms or PullTerms()
    found, chosen_from = _find(store, repository, reference, terms.platform)
    subject = store.name(repository, found.descriptor.digest)
    manifest = _read(found, subject)
    if isinstance(manifest, Index):
        raise _is_index(manifest, store.name(repository, reference))
    with disk_failures(str(folder), folder), Folder.open(folder) as root:
        try:
            with root.below((WORK_FOLDER,), mode=0o700) as work:
                folds = root.look(WORK_FOLDER.upper()) is not None
                items, nameless = name_layers(manifest, terms.naming, subject=subject, folds=folds)
                if not items:
                    raise _nothing(manifest, nameless, store.name(repository, reference), subject)
                files = _Puller(store, repository, root, work, terms).bring(items)
        finally:
            with suppress(OSError):  # not empty: something is to go on with
                os.rmdir(WORK_FOLDER, dir_fd=root.descriptor)
    return PullResult(subject, found.descriptor, files, tuple(nameless), chosen_from)


@dataclass(frozen=True, slots=True)
class _Puller:
    """One artifact on its way into one folder."""

    store: Store
    repository: Repository
    root: Folder
    work: Folder
    terms: PullTerms

    def bring(self, items: Sequence[Item]) -> tuple[PulledFile, ...]:
        """Bring every item; each digest is downloaded once."""
        if self.terms.steps is not None:
            self.terms.steps.begin("pulling", len(items))
        try:
            return self._bring_all(items)
        finally:
            if self.terms.steps is not None:
                self.terms.steps.end()

    def _advance(self, item: Item) -> None:
        if self.terms.steps is not None:
            self.terms.steps.advance(item.path)

    def _bring_all(self, items: Sequence[Item]) -> tuple[PulledFile, ...]:
        present = self._look(items)
        missing: dict[Digest, list[Item]] = {}
        for item in items:
            if item.path in present:
                self._advance(item)
            else:
                missing.setdefault(item.layer.digest, []).append(item)
        done: dict[str, PulledFile] = {
            path: PulledFile(item, Change.UNCHANGED) for path, item in present.items()
        }
        with ThreadPoolExecutor(max_workers=self.terms.jobs, thread_name_prefix="pull") as pool:
            futures = [pool.submit(self._bring, group) for group in missing.values()]
            try:
                for future in futures:
                    done.update((file.item.path, file) for file in future.result())
            finally:
                wait([future for future in futures if not future.cancel()])
        return tuple(done[item.path] for item in items)

    def _look(self, items: Sequence[Item]) -> dict[str, Item]:
        """Return what is there already.

        Raises:
            RefusedError: other content is there, and may not be overwritten; every such file is named.
        """
        present, taken = {}, []
        for item in items:
            if item.is_archive:
                continue
            with suppress(FileNotFoundError), self.root.below(item.parts[:-1], create=False) as parent:
                if parent.holds(item.parts[-1], item.layer.digest, item.layer.size_bytes):
                    present[item.path] = item
                elif parent.look(item.parts[-1]) is not None:
                    taken.append(item.path)
        if taken and not self.terms.overwrite:
            raise in_the_way(f"{self.root.shown}: {', '.join(taken)}")
        return present

    def _bring(self, items: Sequence[Item]) -> list[PulledFile]:
        """Download one layer, and put it wherever it belongs."""
        layer = items[0].layer
        with (
            disk_failures(str(self.root.shown), self.root.shown),
            downloaded(self.store, self.repository, layer, self.work) as name,
        ):
            # A copy for all but the last one, which takes the file itself; archives are only read.
            ordered = sorted(items, key=lambda item: not item.is_archive)
            files = []
            for item in ordered:
                change = (
                    self._unpack(item, name)
                    if item.is_archive
                    else self._place(item, name, last=item is ordered[-1])
                )
                files.append(change)
                self._advance(item)
            return files

    def _place(self, item: Item, name: str, *, last: bool) -> PulledFile:
        source = name if last else self._duplicate(name)
        with self.root.below(item.parts[:-1]) as parent:
            parent.take(self.work, source, item.parts[-1], overwrite=self.terms.overwrite)
        return PulledFile(item, Change.WRITTEN)

    def _duplicate(self, name: str) -> str:
        copy = f"{secrets.token_hex(8)}.copy"
        with (
            os.fdopen(self.work.open_for_reading(name), "rb") as stream,
            os.fdopen(self.work.create(copy), "wb", buffering=0) as file,
        ):
            while piece := stream.read(CHUNK_BYTES):
                write_whole(file, piece)
        return copy

    def _unpack(self, item: Item, name: str) -> PulledFile:
        subject = self.store.name(self.repository, item.layer.digest)
        with os.fdopen(self.work.open_for_reading(name), "rb", buffering=0) as stream:
            archive = Archive(
                stream,
                item.parts,
                item.layer.size_bytes,
                f"{subject} ({item.path})",
                self.terms.limits,
                item.unpacked,
            )
            with unpacked(archive, self.work) as content, self.root.below(item.parts) as destination:
                files = move_in(content, destination, overwrite=self.terms.overwrite)
        return PulledFile(item, Change.WRITTEN if files else Change.UNCHANGED, files)


def _find(
    store: Store, repository: Repository, reference: Tag | Digest, platform: Platform | None
) -> tuple[ManifestContent, Digest | None]:
    found = store.fetch_manifest(repository, reference)
    if platform is None:
        return found, None
    subject = store.name(repository, reference)
    manifest = _read(found, subject)
    if not isinstance(manifest, Index):
        return found, None
    entry = choose(manifest, platform, subject=subject)
    return store.fetch_manifest(repository, entry.digest), found.descriptor.digest


def _read(found: ManifestContent, subject: str) -> Manifest | Index:
    try:
        return parse(found.content)
    except ValueError as exc:
        raise StoreError(f"{subject}: cannot be read: {exc}") from exc


def _is_index(index: Index, subject: str) -> UsageError:
    platforms = list(dict.fromkeys(offered(index)))
    if not platforms:
        return UsageError(
            f"{subject}: an index: expected one artifact, got {len(index.manifests)} without a platform",
            fix="write the digest of one behind @: "
            + ", ".join(entry.digest for entry in index.manifests[:3]),
        )
    return UsageError(
        f"{subject}: an index: expected one platform, got {', '.join(platforms)}",
        fix=f"name one: --platform {platforms[0]}",
    )


def _nothing(
    manifest: Manifest, nameless: Sequence[Descriptor], reference: str, subject: str
) -> RefusedError | UsageError:
    if manifest.config.media_type in IMAGE_CONFIGS:
        return UsageError(
            f"{subject}: a container image: expected layers with titles, got {len(nameless)} without",
            fix=f"keep it as an image: pallet copy {reference} oci-layout:DIR/NAME; "
            "or take its layers: --by-digest",
        )
    return UsageError(
        f"{subject}: nothing to write: expected layers with titles, got {len(nameless)} without",
        fix="--by-digest names files by their digest",
    )
