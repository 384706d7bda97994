"""Everything that can be said of one reference without downloading what it holds.

Decided here: how deep is looked. An index lists its children, and indexes in it theirs, so deep and so many
and no more; the platform of a single image stands in its config, which is read where it is small. What
refers to it is asked of the referrers API or the fallback tag, and signers' own tags are looked for as well.
What cannot be told about a part is a note, and says nothing of the rest.
Must never be added: a write, or a look into layers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.discovery.identify import IMAGE_CONFIGS, Identity, Sort, identify_manifest
from reconciler.discovery.referring import list_referring
from reconciler.discovery.signers import find_signed
from reconciler.errors import PalletError, StoppedError, StoreError
from reconciler.oci import media_types
from reconciler.oci.manifest import Index, Manifest, Platform, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.discovery.referring import Referring
    from reconciler.discovery.signers import Signed
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import ManifestContent, Store

DEPTH_MAX: Final = 8
"""An index of indexes is rare, and nobody publishes more levels on purpose."""
INDEXES_MAX: Final = 64
"""So many indexes within one are read, whatever their shape."""
CONFIG_MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Child:
    """An entry of an index."""

    descriptor: Descriptor
    children: tuple[Child, ...] = ()
    """Where it is an index itself, and was read."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What something is, and what belongs to it."""

    reference: str
    """As it was asked, with its place in front."""
    content: ManifestContent
    manifest: Manifest | Index
    identity: Identity
    platforms: tuple[Platform, ...]
    """What it runs on: of an index those of its children, without attestations."""
    children: tuple[Child, ...]
    referring: Referring | None
    """None where it could not be told."""
    signed: tuple[Signed, ...]
    notes: tuple[str, ...]


def inspect(
    store: Store,
    repository: Repository,
    reference: Tag | Digest,
    *,
    proceed: Callable[[], object] | None = None,
) -> Inspection:
    """Return what a reference is.

    Args:
        store: where it is.
        repository: in which.
        reference: its tag or digest.
        proceed: called before each question; may raise to stop.

    Raises:
        NotFoundError: the store is certain that it is not there.
        StoreError: it is no manifest.
        PalletError: the store could not tell.
    """
    name = store.name(repository, reference)
    content = store.fetch_manifest(repository, reference)
    try:
        manifest = parse(content.content)
    except ValueError as exc:
        raise StoreError(f"{name}: {exc}", fix="--raw prints the bytes as they are") from exc
    looking = _Looking(store, repository, proceed or (lambda: None), [], set())
    children = looking.children_of(manifest, content.descriptor.digest)
    platforms = looking.platforms_of(manifest, children)
    referring = looking.referring(content.descriptor)
    return Inspection(
        name,
        content,
        manifest,
        identify_manifest(manifest),
        platforms,
        children,
        referring,
        looking.signed(content.descriptor.digest, referring),
        tuple(looking.notes),
    )


@dataclass(frozen=True, slots=True)
class _Looking:
    store: Store
    repository: Repository
    proceed: Callable[[], object]
    notes: list[str]
    seen: set[Digest]

    def children_of(self, manifest: Manifest | Index, digest: Digest, depth: int = 1) -> tuple[Child, ...]:
        if not isinstance(manifest, Index):
            return ()
        self.seen.add(digest)
        return tuple(Child(entry, self._below(entry, depth)) for entry in manifest.manifests)

    def _below(self, entry: Descriptor, depth: int) -> tuple[Child, ...]:
        if entry.media_type not in media_types.INDEXES or entry.digest in self.seen:
            return ()
        name = self.store.name(self.repository, entry.digest)
        if depth >= DEPTH_MAX or len(self.seen) >= INDEXES_MAX:
            self.notes.append(f"{name}: an index within indexes that is not looked into: there are too many")
            return ()
        self.proceed()
        try:
            nested = parse(self.store.fetch_manifest(self.repository, entry.digest).content)
        except StoppedError:
            raise
        except (PalletError, ValueError) as exc:
            self.notes.append(f"{name}: not looked into: {exc}")
            return ()
        return self.children_of(nested, entry.digest, depth + 1)

    def platforms_of(self, manifest: Manifest | Index, children: tuple[Child, ...]) -> tuple[Platform, ...]:
        if isinstance(manifest, Manifest):
            own = self._own_platform(manifest)
            return (own,) if own is not None else ()
        return tuple(dict.fromkeys(_platforms(children)))

    def _own_platform(self, manifest: Manifest) -> Platform | None:
        config = manifest.config
        if config.media_type not in IMAGE_CONFIGS or identify_manifest(manifest).sort is not Sort.IMAGE:
            return None
        name = self.store.name(self.repository, config.digest)
        if config.size_bytes > CONFIG_MAX_BYTES:
            self.notes.append(f"{name}: config not read: expected at most {CONFIG_MAX_BYTES} bytes")
            return None
        self.proceed()
        try:
            text = b"".join(self.store.fetch_blob(self.repository, config))
            return _read_platform(text)
        except StoppedError:
            raise
        except (PalletError, ValueError) as exc:
            self.notes.append(f"{name}: the platform is unknown: {exc}")
            return None

    def referring(self, subject: Descriptor) -> Referring | None:
        try:
            found = list_referring(
                self.store, self.repository, subject, artifact_type=None, recursive=True, proceed=self.proceed
            )
        except StoppedError:
            raise
        except PalletError as exc:
            self.notes.append(f"what refers to it is unknown: {exc}")
            return None
        self.notes.extend(found.notes)
        return found

    def signed(self, digest: Digest, referring: Referring | None) -> tuple[Signed, ...]:
        if referring is not None:
            return referring.signed
        found, notes = find_signed(self.store, self.repository, digest, proceed=self.proceed)
        self.notes.extend(notes)
        return found


def _platforms(children: tuple[Child, ...]) -> list[Platform]:
    found = []
    for child in children:
        platform = child.descriptor.platform
        # `unknown/unknown` is what build tools write for attestations, which run nowhere.
        if platform is not None and platform.os not in ("", "unknown"):
            found.append(platform)
        found.extend(_platforms(child.children))
    return found


def _read_platform(content: bytes) -> Platform:
    """Return the platform of an image's config (image-spec v1.1.1, config.md).

    Raises:
        ValueError: it names none.
    """
    try:
        config = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError(f"config: expected JSON, got {content[:40]!r}") from None
    if not isinstance(config, dict):
        raise ValueError(f"config: expected an object, got {type(config).__name__}")
    texts = {key: config.get(key) for key in ("os", "architecture", "variant", "os.version")}
    wrong = [key for key, value in texts.items() if not isinstance(value, (str, type(None)))]
    if wrong or not (texts["os"] and texts["architecture"]):
        raise ValueError(f"config: expected os and architecture, got {wrong or 'none'}")
    return Platform(
        str(texts["os"]), str(texts["architecture"]), texts["variant"] or None, texts["os.version"] or None
    )
