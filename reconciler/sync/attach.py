"""Attach files to something published, on somebody's word: no pallet.toml and no lock is asked.

Decided here: that what is listed already is not sent again. Must never be added: what the files are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.referrers import Source, look_up
from reconciler.oci.transfer import push_referrer

if TYPE_CHECKING:
    from reconciler.desired.attachments import Attachment
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store


@dataclass(frozen=True, slots=True)
class Attached:
    """What an attach did."""

    reference: str
    """By digest."""
    subject_reference: str
    """By digest."""
    subject: Descriptor
    attachment: Attachment
    is_new: bool
    source: Source
    """Where it can be found now."""


def attach(store: Store, repository: Repository, subject: Descriptor, attachment: Attachment) -> Attached:
    """Publish an attachment; one or two questions, and nothing else, where it is listed already.

    Raises:
        RefusedError: something else stands where the store would list it.
        PalletError: the store could not tell, or did not confirm it.
    """
    listed = look_up(store, repository, subject.digest)
    is_new = all(entry.digest != attachment.digest for entry in listed.entries)
    if is_new:
        push_referrer(store, repository, attachment.manifest, OCI_MANIFEST, attachment.blobs)
    return Attached(
        store.name(repository, attachment.digest),
        store.name(repository, subject.digest),
        subject,
        attachment,
        is_new,
        listed.source,
    )
