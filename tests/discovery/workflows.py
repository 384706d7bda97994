"""Entries of workflows, each in one line: what is said of them are keyword arguments."""

from __future__ import annotations

from reconciler.discovery.entries import Entry, version_of
from reconciler.discovery.workflow_facts import PREFIX
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag

WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"
CARD = "application/vnd.pallet.agent-card.v1+json"


def workflow(name: str = "w/plan", tag: str = "1.0.0", kind: str = WORKFLOW, /, **said: str) -> Entry:
    """Return an entry; `max_memory` is org.pallet.workflow.max-memory, a key with a dot is itself."""
    annotations = {
        key if "." in key else PREFIX + key.replace("_", "-"): value for key, value in said.items()
    }
    return Entry(
        Repository(name),
        version_of(tag),
        Tag(tag),
        Digest.of(f"{name}:{tag}".encode()),
        700,
        media_types.OCI_MANIFEST,
        kind,
        annotations,
    )


def said(**annotations: str) -> dict[str, str]:
    """Return annotations by whole keys: `created` is org.opencontainers.image.created."""
    return {f"org.opencontainers.image.{key}": value for key, value in annotations.items()}
