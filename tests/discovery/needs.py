"""Entries that require each other, in one line each."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.desired.lockfile import Key
from reconciler.desired.requirements import REQUIRES
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import STABLE
from reconciler.discovery.dependencies import Dependencies, find_dependencies
from reconciler.discovery.entries import Entry
from reconciler.discovery.requiring import Said
from reconciler.discovery.shelves import EntryShelf
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag

WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"


def entry(name: str, version: str = "1.0.0", requires: str = "", **annotations: str) -> Entry:
    """Return `w/NAME` in a version; keyword arguments are annotations below org.pallet.workflow."""
    said = {f"org.pallet.workflow.{key}": value for key, value in annotations.items() if key != "stable"}
    if requires:
        said[REQUIRES] = requires
    if "stable" in annotations:
        said[STABLE] = annotations["stable"]
    repository = name if "/" in name else f"w/{name}"
    return Entry(
        Repository(repository),
        Version(version),
        Tag(version.replace("+", "_")),
        Digest.of(f"{repository} {version}".encode()),
        300,
        media_types.OCI_MANIFEST,
        WORKFLOW,
        said,
    )


def needs_of(*entries: Entry) -> Dependencies:
    """Return what the first of the entries needs, where these are all that is published."""
    return find_dependencies(entries[0], EntryShelf(entries))


def chosen(found: Dependencies) -> dict[str, str]:
    """Return what was taken beside the root, by name."""
    return {item.repository.removeprefix("w/"): str(item.version) for item in found.needed}


class CountingShelf:
    """Entries that say how often they were asked."""

    def __init__(self, *entries: Entry) -> None:
        self._shelf = EntryShelf(entries)
        self.asked: list[tuple[str, ...]] = []

    def versions(self, repositories: Sequence[Repository]) -> dict[Repository, Sequence[Version]]:
        self.asked.append(tuple(repositories))
        return dict(self._shelf.versions(repositories))

    def said(self, keys: Sequence[Key]) -> dict[Key, Said]:
        self.asked.append(tuple(f"{name} {version}" for name, version in keys))
        return dict(self._shelf.said(keys))
