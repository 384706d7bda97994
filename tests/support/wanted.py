"""The three facts for tests of decisions: wanted and locked artifacts, and what was seen, in one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from reconciler.desired.build import PROJECT, TITLE, VERSION
from reconciler.desired.config import Policy
from reconciler.desired.lockfile import Key, Locked, LockedFile
from reconciler.desired.requirements import Requirement
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.actions import Terms
from reconciler.sync.facts import Unknown
from reconciler.sync.verdicts import Permission

if TYPE_CHECKING:
    from reconciler.sync.floating import FloatingKey

PROJECT_NAME = "acme"
NOTE = "application/vnd.test.note.v1+text"
NAME = "notes/router"

TIMEOUT = Unknown("memory.test: no answer after 60 s", 1, "look whether the registry is up")
THROTTLED = Unknown("memory.test: throttled", 75)
FORBIDDEN = Unknown("memory.test: not you", 77, "pallet login memory.test")


def digest(text: str) -> Digest:
    """Return a digest that differs from that of every other text."""
    return Digest.of(text.encode())


def key(name: str, version: str = "1.0.0") -> Key:
    return (Repository(name), Version(version))


def floating_key(name: str, tag: str) -> FloatingKey:
    return (Repository(name), Tag(tag))


def make_manifest(name: str, version: str, content: bytes, *, project: str = PROJECT_NAME) -> bytes:
    """Return the manifest of a note as pallet would write it."""
    blob = Blob.of_bytes(content)
    annotations = {TITLE: f"{name}.txt", VERSION: version, PROJECT: project}
    layer = Descriptor(NOTE, blob.digest, blob.size_bytes, {TITLE: annotations[TITLE]})
    config = Descriptor(NOTE, blob.digest, blob.size_bytes, annotations)
    return render(Manifest(config, (layer,), NOTE, annotations))


def wanted(
    name: str = NAME,
    version: str = "1.0.0",
    content: bytes = b"as the tree has it",
    *,
    requires: Iterable[str] = (),
    floating_tags: Iterable[str] = (),
    policy: Policy | None = None,
    is_stable: bool | None = None,
    line: int = 1,
) -> Wanted:
    """Return an artifact of one blob; it is stable where its version is."""
    parsed = Version(version)
    manifest = make_manifest(name, version, content)
    blob = Blob.of_bytes(content)
    return Wanted(
        name=Repository(name),
        version=parsed,
        manifest=manifest,
        digest=Digest.of(manifest),
        blobs=(blob,),
        files=(LockedFile(f"{name}.txt", blob.digest, blob.size_bytes, NOTE),),
        annotations={},
        build=1,
        kind="note",
        line=line,
        policy=policy or Policy(),
        floating_tags=tuple(floating_tags),
        is_stable=not parsed.is_prerelease if is_stable is None else is_stable,
        requires=tuple(Requirement(Repository(each)) for each in requires),
    )


def locked(name: str = NAME, version: str = "1.0.0", *, holds: Digest) -> Locked:
    """Return an entry of the lock with this digest."""
    file = LockedFile(f"{name}.txt", digest("a file"), 6, NOTE)
    return Locked(Repository(name), Version(version), holds, 300, OCI_MANIFEST, 1, (file,))


def lock_of(*entries: Locked | Wanted) -> dict[Key, Locked]:
    """Return a lock; an artifact stands for the entry that it gives."""
    rows = [entry.as_locked if isinstance(entry, Wanted) else entry for entry in entries]
    return {row.key: row for row in rows}


def terms(
    *,
    permit: Callable[[Wanted], Permission] = lambda _: Permission(immutable=True),
    held: Mapping[FloatingKey, Version] | None = None,
    only: Iterable[str] | None = None,
) -> Terms:
    """Return what a plan is made under: immutable and nothing allowed, where nothing else is said."""
    names = None if only is None else set(only)
    return Terms(
        target="local",
        permit=permit,
        refer=lambda name, tag: f"memory.test/{name}:{tag}",
        held=held or {},
        chosen=lambda name: names is None or name in names,
    )
