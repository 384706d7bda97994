"""What is said of a reference that names nothing: what there is instead, and where to look.

Decided here: the repository is told from the tag, by asking once more, since registries answer both alike.
Must never be added: a failure that is not about what the reference names itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.discovery.releases import list_releases
from reconciler.errors import NotFoundError, PalletError
from reconciler.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.cli.references import Located
    from reconciler.discovery.releases import Releases
    from reconciler.oci.reference import Repository, Tag

_SHOWN_MAX = 5
_LOOKED_AT_MAX = 500
"""Likeness of so many tags is measured; a repository may have a hundred thousand."""


@contextmanager
def absence_told(located: Located) -> Iterator[None]:
    """Say in words that help that there is no such repository, tag or manifest.

    Raises:
        NotFoundError: the same, with what there is instead.
    """
    try:
        yield
    except NotFoundError as exc:
        raise tell_absence(located, located.repository, located.digest or located.tag, exc) from exc


def tell_absence(
    located: Located, repository: Repository, named: Tag | Digest | None, failure: NotFoundError
) -> NotFoundError:
    """Return what is wrong with a reference; the failure itself where something else was not found."""
    try:
        if named is not None and _is_there(located, repository, named):
            return failure
        releases = list_releases(located.store, repository)
    except NotFoundError:
        return NotFoundError(
            f"{located.store.name(repository)}: no such repository: expected one with versions, got none",
            fix=f"check the name; `{_lister(located)}` shows what is there",
        )
    except PalletError:
        return failure
    if named is None:
        return failure
    return _no_such_manifest(releases, located.store.name(repository, named), named)


def _is_there(located: Located, repository: Repository, named: Tag | Digest) -> bool:
    try:
        located.store.head_manifest(repository, named)
    except NotFoundError:
        return False
    return True


def _no_such_manifest(releases: Releases, subject: str, named: Tag | Digest) -> NotFoundError:
    everything = f"`pallet tags {releases.subject}`"
    if isinstance(named, Digest):
        return NotFoundError(
            f"{subject}: no such manifest: expected one of this repository, got none",
            fix=f"check the digest, or whether it was deleted; {everything} lists what is there",
        )
    tags = [*(item.tag for item in releases.versions), *releases.other_tags]
    if not tags:
        return NotFoundError(
            f"{subject}: no such tag: expected {named}, got a repository without tags",
            fix="publish a version first, or check the name",
        )
    if named in tags:
        return NotFoundError(
            f"{subject}: no such manifest: expected what the list of tags names, got none",
            fix=f"it was deleted, and is listed still: publish it anew, or take another one of {everything}",
        )
    shown = _alike_first(named, tags[:_LOOKED_AT_MAX])[:_SHOWN_MAX]
    rest = len(tags) - len(shown)
    more = f" and {rest} more" if rest else ""
    return NotFoundError(
        f"{subject}: no such tag: expected {named}, got {', '.join(shown)}{more}",
        fix=f"ask for one of these; {everything} lists all",
    )


def _alike_first(named: str, tags: Sequence[str]) -> list[str]:
    """Return what may have been meant first; of equally likely ones the newest."""
    return sorted(tags, key=lambda tag: -SequenceMatcher(None, named, tag).ratio())


def _lister(located: Located) -> str:
    """Return the command that lists the repositories of the same place."""
    option = f"--target {located.target.name}" if located.is_known else f"--registry {located.target.url}"
    return f"pallet list {option}"
