"""Whether a lock of what was taken says the truth of the manifests that it names.

Decided here: a digest says it all, so that whoever changes another number in a lock is told; a version is
what somebody called it then, and only doubted where the manifest calls itself otherwise. What is not there is
left to whoever takes it. Must never be added: another choice than the lock's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.desired.build import VERSION
from reconciler.desired.versions.version import Version
from reconciler.discovery.statements import read_annotations
from reconciler.errors import LockError, PalletError, Problem, StoppedError

if TYPE_CHECKING:
    from reconciler.discovery.asking import Asking
    from reconciler.discovery.manifest_cache import CachedManifests
    from reconciler.discovery.pull_lock import PullLock, Taken
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import ManifestContent


@dataclass(frozen=True, slots=True)
class _Finding:
    taken: Taken
    """With the size that the manifest has."""
    problem: str | None = None
    note: str | None = None


def check_lock(
    lock: PullLock, manifests: CachedManifests, asking: Asking, *, file: str
) -> tuple[PullLock, tuple[str, ...]]:
    """Return a lock with the sizes that it left out, and what is doubtful about its versions.

    Raises:
        LockError: a size is another one than the manifest's; every such problem is in it.
    """
    by_name = {item.repository: item for item in lock.taken}

    def look(name: Repository) -> _Finding:
        return _check(by_name[name], manifests)

    findings = asking.map("checking the lock", by_name, look).values()
    problems = [
        Problem(
            "invalid-lock",
            finding.problem,
            file,
            fix="somebody changed it: make it anew: pallet pull REPOSITORY --with-deps --lock FILE",
        )
        for finding in findings
        if finding.problem is not None
    ]
    if problems:
        raise LockError(problems)
    notes = tuple(finding.note for finding in findings if finding.note is not None)
    return replace(lock, taken=tuple(finding.taken for finding in findings)), notes


def _check(item: Taken, manifests: CachedManifests) -> _Finding:
    try:
        found = manifests.fetch(item.repository, item.digest)
    except StoppedError:
        raise
    except PalletError:
        return _Finding(item)
    size_bytes = len(found.content)
    if item.size_bytes not in (0, size_bytes):
        what = f"{item.repository}: size: expected {size_bytes}, as {item.digest} has, got {item.size_bytes}"
        return _Finding(item, problem=what)
    own = _own_version(found)
    note = None
    if own is not None and item.version is not None and own != item.version:
        note = f"{item.repository}: the lock calls it {item.version}, and it calls itself {own}"
    return _Finding(replace(item, size_bytes=size_bytes), note=note)


def _own_version(found: ManifestContent) -> str | None:
    """Return the version that a manifest says of itself, as it is written in a lock; None for none."""
    try:
        return Version(read_annotations(found.content).get(VERSION, "")).text
    except ValueError:
        return None
