"""What can be said of a directory of OCI layouts: may we write there, and is everything readable.

Must never be added: mending anything.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from reconciler.errors import PalletError
from reconciler.oci.checkup import Check, Health
from reconciler.oci.files import disk_failures, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.oci.store import Store

SPACE_MIN_BYTES = 100 * 1024 * 1024
_PROBE = ".pallet-doctor"


def examine_layout(store: Store, root: Path, *, label: str) -> Iterator[Check]:
    """Yield one finding after another; what is tried is removed again."""
    subject = f"oci-layout:{label}"
    yield _writable(subject, root)
    yield _space(root)
    yield from _contents(store, subject)


def _writable(subject: str, root: Path) -> Check:
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    probe = nearest / _PROBE
    try:
        with disk_failures(subject, nearest):
            write_atomically(probe, [b""])
            probe.unlink()
    except PalletError as exc:
        return Check("push", Health.BAD, str(exc), exc.fix, exc.exit_code)
    if nearest != root:
        return Check("push", Health.GOOD, f"{subject} can be created")
    return Check("push", Health.GOOD, f"{subject} can be written")


def _space(root: Path) -> Check:
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    free_bytes = shutil.disk_usage(nearest).free
    said = f"{free_bytes // 1024**2:,} MiB are free"
    if free_bytes < SPACE_MIN_BYTES:
        return Check("space", Health.NOTE, said, "free some space before it runs out")
    return Check("space", Health.GOOD, said)


def _contents(store: Store, subject: str) -> Iterator[Check]:
    """Read what is there, manifests included: a broken one is better found here than by who needs it."""
    count = 0
    try:
        repositories = store.list_repositories()
    except PalletError as exc:
        yield Check("list", Health.BAD, str(exc), exc.fix, exc.exit_code)
        return
    for repository in repositories:
        try:
            for tag in store.list_tags(repository):
                store.fetch_manifest(repository, tag)
                count += 1
        except PalletError as exc:
            yield Check("content", Health.BAD, str(exc), exc.fix, exc.exit_code)
    yield Check("list", Health.GOOD, f"{subject} holds {len(repositories)} repositories with {count} tags")
