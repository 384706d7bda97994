"""What an answer that is no success means for an upload, and its words.

Must never be added: what is tried next, which `attempts` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.errors import NotFoundError, PalletError, StoreError
from reconciler.oci.registry.read import failure_of
from reconciler.oci.registry.retries import RETRIED_STATUSES
from reconciler.oci.registry.uploads.attempts import Trouble

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session

_LOST: Final = frozenset({"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"})
_CORRUPTED: Final = frozenset({"DIGEST_INVALID", "SIZE_INVALID"})
_UNSURE: Final = frozenset({Trouble.BROKEN, Trouble.SESSION_LOST})
"""A gateway gives up while the registry goes on; and a session that is gone may be one that is done."""
_CHUNKS_REFUSED: Final = frozenset({400, 405, 406, 411, 415, 501})


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a blob is not stored yet."""

    trouble: Trouble
    error: PalletError
    may_be_there: bool = False
    """Whether the blob may have been stored all the same, so that asking comes before sending again."""


def setback(session: Session, answer: Answer, *, chunk: bool = False) -> Setback:
    """Return what an answer means that did not take what was sent.

    Args:
        chunk: a PATCH was sent, not the whole blob or the end of it.
    """
    if answer.status == 202:
        text = f"{answer.request}: the registry has not stored the blob: expected 201, got 202"
        return Setback(Trouble.FINAL, StoreError(text))
    codes = answer.refusal().complaint.codes
    error = failure_of(session, answer)
    trouble = _trouble(answer.status, codes, chunk=chunk)
    if trouble is Trouble.SESSION_LOST and isinstance(error, NotFoundError):
        # Of an upload, not of what was asked for: nobody may take it for an absent repository.
        error = StoreError(str(error), fix=error.fix)
    return Setback(trouble, error, may_be_there=not chunk and trouble in _UNSURE)


def _trouble(status: int, codes: frozenset[str], *, chunk: bool) -> Trouble:
    if status == 413:
        return Trouble.TOO_LARGE
    if status in RETRIED_STATUSES:
        return Trouble.BROKEN
    if codes & _CORRUPTED and 400 <= status < 500:
        return Trouble.CORRUPTED
    if codes & _LOST or status in {404, 416}:
        return Trouble.SESSION_LOST
    if chunk and status in _CHUNKS_REFUSED:
        return Trouble.CHUNKS_REFUSED
    return Trouble.FINAL
