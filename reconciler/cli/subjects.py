"""What a reference on the command line means now, as one manifest: the subject of something attached to it.

Must never be added: what is done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.absence import absence_told
from reconciler.cli.references import open_manifests
from reconciler.discovery.releases import list_releases
from reconciler.discovery.resolving import Resolver
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.cli.references import Located
    from reconciler.desired.references import Written
    from reconciler.oci.digest import Digest
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Tag


def require_subject(written: Written) -> None:
    """Refuse a reference that names a repository and nothing in it.

    Raises:
        UsageError: it does.
    """
    if (written.tag or written.digest or written.constraint) is None:
        raise UsageError(
            f"reference: expected a tag or a digest, got the repository {written.repository} alone",
            fix=f"write {written.repository}:TAG or {written.repository}@latest",
        )


def find_subject(located: Located) -> Descriptor:
    """Return what a reference names: the digest where it has one, else what its tag or constraint means now.

    Raises:
        NotFoundError: there is no such thing.
        PalletError: the store could not tell.
    """
    with absence_told(located):
        return located.store.head_manifest(located.repository, _name(located))


def _name(located: Located) -> Tag | Digest:
    if located.digest is not None:
        return located.digest
    if located.tag is not None:
        return located.tag
    assert located.constraint is not None, "a command checks its reference before it opens a store"
    with open_manifests(located) as manifests:
        releases = list_releases(located.store, located.repository)
        return Resolver(releases, manifests).resolve(located.constraint).digest
