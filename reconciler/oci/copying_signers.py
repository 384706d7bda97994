"""Which tags of a repository are signatures, attestations and SBOMs of what is copied, as cosign keeps them.

Decided here: how they are found. One list of all tags serves every artifact of a repository, which is one
request nearly everywhere, where asking for each possible tag would be three for every manifest; only where a
registry gives no list each one is asked for. Must never be added: what such a tag holds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError, StoreError, ThrottledError
from reconciler.oci.referrer_index import signer_tags
from reconciler.oci.sides import SOURCE, blamed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store


class SignerTags:
    """The tags of signers of one store; safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lists: dict[Repository, frozenset[Tag] | None] = {}
        """None where a repository's tags are not listed."""
        self._lock = threading.Lock()

    def find(self, repository: Repository, digests: Iterable[Digest]) -> list[Tag]:
        """Return the tags that sign one of these manifests, sorted.

        Where tags are not listed, they are those that could: each is to be asked for.

        Raises:
            PalletError: the store could not tell.
        """
        possible = sorted(tag for digest in digests for tag in signer_tags(digest))
        listed = self._list(repository) if possible else None
        return possible if listed is None else [tag for tag in possible if tag in listed]

    def _list(self, repository: Repository) -> frozenset[Tag] | None:
        with self._lock:
            if repository not in self._lists:
                self._lists[repository] = self._ask(repository)
            return self._lists[repository]

    def _ask(self, repository: Repository) -> frozenset[Tag] | None:
        try:
            with blamed(SOURCE):
                return frozenset(self._store.list_tags(repository))
        except NotFoundError:
            return frozenset()  # without any tag some registries know no repository
        except ThrottledError:
            raise
        except StoreError:
            return None  # may read, may not list
