"""Copy one artifact, or every tag of a repository, on somebody's word.

Decided here: what a copy may overwrite. A tag that is a version never changes what it names unless that is
forced; any other tag is put where it was told to be. Lists of referrers and the tags of signers go where the
artifacts go, as what they are. Must never be added: how a graph is copied.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import ImmutableTagError, PalletError
from reconciler.oci.referrer_index import is_fallback_tag
from reconciler.sync.actions import Outcome
from reconciler.sync.audit import tell_pull
from reconciler.sync.exit_codes import of_results
from reconciler.sync.outcomes import DONE, Result
from reconciler.sync.progress import Progress, Silent
from reconciler.sync.retag import is_version
from reconciler.sync.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.oci.copying import Copier
    from reconciler.oci.copying_terms import CopyResult
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag


@dataclass(frozen=True, slots=True)
class TagCopy:
    """What became of one tag."""

    tag: Tag
    copied: CopyResult | None
    """None where it was not copied."""
    result: Result


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of every tag, in their order."""

    copies: tuple[TagCopy, ...]
    left_out: tuple[Tag, ...] = ()
    """Tags that only list what refers to something; such lists are written anew where they are needed."""
    stopped_by: int | None = None

    @property
    def exit_code(self) -> int:
        """As sync's."""
        return 128 + self.stopped_by if self.stopped_by else of_results(item.result for item in self.copies)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Two repositories, and who copies between them."""

    copier: Copier
    source: Repository
    destination: Repository
    force: bool = False
    jobs: int = 1
    stop: Stop | None = None
    progress: Progress | None = None

    def copy(self, reference: Tag | Digest, tag: Tag | None) -> CopyResult:
        """Copy one artifact under a tag, or without one.

        Raises:
            ImmutableTagError: the tag is a version that holds other content, and nothing is forced.
            PalletError: as `Copier.copy` says.
        """
        replace = self.force or tag is None or not is_version(tag)
        copied = self.copier.copy(self.source, reference, self.destination, tag, replace=replace)
        if not copied.is_unchanged:
            tell_pull(self.copier.source, self.source, reference, copied.source_digest)
        return copied

    def copy_tags(self, tags: Sequence[Tag]) -> Mirrored:
        """Copy every tag under its own name; the failure of one stops no other.

        Versions come before the tags that may point to them, so that these find everything there.
        """
        stop, progress = self.stop or Stop(), self.progress or Silent()
        wanted = [tag for tag in tags if not is_fallback_tag(tag)]
        done: dict[Tag, TagCopy] = {}
        progress.begin("copying", len(wanted))
        try:
            with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="mirror") as pool:
                for wave in _waves(wanted):
                    for item in pool.map(lambda tag: self._attempt(tag, stop, progress), wave):
                        done[item.tag] = item
        finally:
            progress.end()
        left_out = tuple(tag for tag in tags if is_fallback_tag(tag))
        return Mirrored(tuple(done[tag] for tag in wanted), left_out, stop.signal_number)

    def _attempt(self, tag: Tag, stop: Stop, progress: Progress) -> TagCopy:
        if stop.is_requested:
            return TagCopy(tag, None, Result(Outcome.SKIPPED, "stopped before it was begun"))
        try:
            return TagCopy(tag, self.copy(tag, tag), DONE)
        except PalletError as exc:
            outcome = Outcome.REFUSED if isinstance(exc, ImmutableTagError) else Outcome.FAILED
            return TagCopy(tag, None, Result(outcome, str(exc), exc.exit_code, exc.fix))
        finally:
            progress.advance(tag)


def _waves(tags: Sequence[Tag]) -> tuple[list[Tag], list[Tag]]:
    versions = [tag for tag in tags if is_version(tag)]
    return versions, [tag for tag in tags if not is_version(tag)]
