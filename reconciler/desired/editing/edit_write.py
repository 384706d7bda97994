"""Several edited files written together: all of them, or none as far as a file system allows.

Every file is written beside its place first, so that a full disk or missing rights are known before
anything is replaced; what was replaced before a later failure is put back.
Must never be added: what the files say.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import PalletError, UnreachableError
from reconciler.oci.files import disk_failures, sync_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.desired.editing.edit import Edited


def write_together(edits: Sequence[Edited]) -> None:
    """Replace every file by its edited text; owner and permissions stay.

    Raises:
        UnreachableError: the disk refused, or a file is read-only.
        PalletError: a file changed since it was read.
    """
    staged: list[tuple[Edited, Path]] = []
    written: list[Edited] = []
    try:
        for edit in edits:
            _require_unchanged(edit)
            staged.append((edit, _stage(edit, edit.after)))
        for edit, temporary in staged:
            _require_unchanged(edit)
            with disk_failures(edit.file, edit.real.parent):
                temporary.replace(edit.real)
            written.append(edit)
    except BaseException as exc:
        _put_back(written, exc)
        raise
    finally:
        for _, temporary in staged:
            with suppress(OSError):
                temporary.unlink()
    for folder in sorted({edit.real.parent for edit in edits}):
        with disk_failures(str(folder), folder):
            sync_folder(folder)


def _require_unchanged(edit: Edited) -> None:
    with disk_failures(edit.file, edit.real):
        mode = edit.real.stat().st_mode
        now = edit.real.read_bytes()
    # A rename asks for no right to write the file, and root has every right: the owner's wish counts.
    if not mode & 0o222 or not os.access(edit.real, os.W_OK):
        raise UnreachableError(
            f"{edit.file}: read-only", fix=f"let this user write {edit.file}, then run again"
        )
    if now != edit.before:
        raise PalletError(f"{edit.file}: changed while it was being edited", fix="run again")


def _stage(edit: Edited, content: bytes) -> Path:
    """Write the content beside the file, as the file's owner would have it, and return where."""
    # The prefix of `write_atomically`: whoever clears the leftovers of killed runs knows it.
    temporary = edit.real.with_name(f".pallet-edit-{secrets.token_hex(8)}")
    with disk_failures(edit.file, edit.real.parent):
        status = edit.real.stat()
        write_atomically(temporary, [content])
        try:
            with suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
            temporary.chmod(stat.S_IMODE(status.st_mode))
        except BaseException:
            temporary.unlink()
            raise
    return temporary


def _put_back(written: Sequence[Edited], cause: BaseException) -> None:
    """Give files that were replaced their old text again; where that fails too, say which have the new."""
    changed = []
    for edit in reversed(written):
        try:
            _stage(edit, edit.before).replace(edit.real)
        except (OSError, PalletError):
            changed.append(edit.file)
    if changed:
        files = ", ".join(sorted(changed))
        raise PalletError(
            f"{cause}: written already, and not put back: {files}", fix="look at them with `git diff`"
        ) from cause
