"""pallet.lock on the disk: read whole, and the one way it is written.

Decided here: what may be done with a lock of another version, and that it is written only where its bytes
differ. Its text is `lock_parsing`, `lock_conflicts` and `lock_rendering`; what it says is `locked`.
Must never be added: another file, or a look at a store.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from reconciler.desired.lock_conflicts import has_conflict, parse_conflict
from reconciler.desired.lock_parsing import RECOVER, parse_side
from reconciler.desired.lock_rendering import HEADER, render_lock
from reconciler.desired.locked import REVISION, VERSION, Key, Lock, Locked, LockedAttachment, LockedFile
from reconciler.errors import LockError, Problem
from reconciler.oci.files import disk_failures, remove_stale, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.desired.lock_parsing import Loads

__all__ = [
    "HEADER",
    "REVISION",
    "VERSION",
    "Key",
    "Lock",
    "Locked",
    "LockedAttachment",
    "LockedFile",
    "parse_lock",
    "read_lock",
    "render_lock",
    "require_writable",
    "write_lock",
]


def read_lock(path: Path, *, loads: Loads = tomllib.loads) -> Lock:
    """Return the lock at `path`; an absent file is a lock without entries and without text.

    Args:
        path: of pallet.lock.
        loads: reads TOML, or remembers what it says.

    Raises:
        LockError: it cannot be read, is no lock, or is newer than this pallet.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return Lock()
    except OSError as exc:
        cause = (exc.strerror or str(exc)).lower()
        raise LockError([Problem("unreadable", f"cannot be read: {cause}", file=path.name)]) from exc
    except UnicodeDecodeError as exc:
        message = f"expected UTF-8, got byte {exc.object[exc.start]:#04x} at offset {exc.start}"
        raise LockError([Problem("not-utf-8", message, file=path.name, fix=RECOVER)]) from exc
    return parse_lock(text, file=path.name, loads=loads)


def parse_lock(text: str, *, file: str, loads: Loads = tomllib.loads) -> Lock:
    """Read a lock's text.

    Raises:
        LockError: the text is no lock, or is newer than this pallet.
    """
    normal = text.replace("\r\n", "\n")
    return parse_conflict(normal, file) if has_conflict(normal) else parse_side(normal, file, loads)


def write_lock(path: Path, lock: Lock, entries: Iterable[Locked]) -> bool:
    """Bring the file to these entries, atomically and only when its bytes differ; say whether it was written.

    Raises:
        LockError: the lock on disk is of a newer revision, which this pallet reads but must not write.
        UnreachableError: the disk refused.
    """
    wanted = {entry.key: entry for entry in entries}
    if lock.revision > REVISION:
        if wanted == lock.entries and not lock.has_conflict:
            return False
        require_writable(path, lock)
    text = render_lock(wanted.values())
    if text == lock.text:
        return False
    with disk_failures(path.name, path.parent):
        remove_stale(path.parent)
        write_atomically(path, [text.encode()])
    return True


def require_writable(path: Path, lock: Lock) -> None:
    """Refuse to change a lock of a newer revision, which may say more than this pallet understands.

    Raises:
        LockError: it is one.
    """
    if lock.revision > REVISION:
        message = f"revision: expected at most {REVISION} to be able to write it, got {lock.revision}"
        raise LockError([Problem("newer-lock", message, file=path.name, fix="upgrade pallet")])
