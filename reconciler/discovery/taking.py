"""Many artifacts become folders, each one below the output by the name of its repository.

Decided here: several at once, each by its digest; what fails for one says nothing of the others, and what was
broken off goes on next time, as with one. Must never be added: which artifacts are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import PalletError, StoppedError
from reconciler.oci.pulling.pull import PullResult, pull

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.discovery.asking import Asking
    from reconciler.discovery.pull_lock import Taken
    from reconciler.oci.digest import Digest
    from reconciler.oci.pulling.pull import PullTerms
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store

_JOBS_EACH = 2
"""Files of one artifact at once; the other jobs are for other artifacts."""


class PullOne(Protocol):
    """Writes one artifact's files into a folder."""

    def __call__(
        self,
        store: Store,
        repository: Repository,
        reference: Digest,
        folder: Path,
        terms: PullTerms | None = None,
        /,
    ) -> PullResult: ...


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of one artifact."""

    taken: Taken
    result: PullResult | None
    failure: PalletError | None = None


def take(
    store: Store,
    wanted: Sequence[Taken],
    folder: Path,
    terms: PullTerms,
    asking: Asking,
    *,
    pull_one: PullOne = pull,
) -> tuple[Brought, ...]:
    """Write the files of each artifact into a folder of its own below `folder`.

    Args:
        pull_one: who pulls each of them.

    Raises:
        StoppedError: a signal came; what was done stays.
    """
    by_name = {item.repository: item for item in wanted}
    each = replace(terms, steps=None, jobs=min(terms.jobs, _JOBS_EACH))
    asking = replace(asking, jobs=max(1, asking.jobs // each.jobs))

    def bring(name: Repository) -> Brought:
        item = by_name[name]
        try:
            return Brought(item, pull_one(store, item.repository, item.digest, folder / name, each))
        except StoppedError:
            raise
        except PalletError as exc:
            return Brought(item, None, exc)

    return tuple(asking.map("pulling", by_name, bring).values())
