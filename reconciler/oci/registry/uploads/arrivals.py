"""Whether a blob is stored although nobody said so: only the answer was lost, or somebody in between gave up.

Must never be added: sending anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import StoreError, UnreachableError
from reconciler.oci.registry import read

if TYPE_CHECKING:
    from reconciler.oci.blob import Blob
    from reconciler.oci.registry.auth import Session


def has_arrived(session: Session, name: str, blob: Blob) -> bool:
    """Say whether a registry has a blob; False where it does not tell, since who may push need not read."""
    try:
        return read.has_blob(session, name, blob.digest, size_bytes=blob.size_bytes)
    except (StoreError, UnreachableError):
        return False
