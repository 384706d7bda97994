"""One writer of pallet.lock at a time: a kernel lock, which a killed process gives back.

Must never be added: a lock that outlives its process, or one on the registry.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from reconciler.errors import PalletError
from reconciler.oci.files import disk_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLDER = ".pallet"
WAIT_S = 600.0
"""A first push of many large artifacts takes minutes; a run that waits longer than this is stuck."""


@contextmanager
def hold_run_lock(root: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Wait until no other pallet writes this project's lock.

    Args:
        root: the folder of pallet.toml.
        say: hears that another one does.

    Raises:
        PalletError: another one does for longer than `WAIT_S`.
        UnreachableError: the disk refused.
    """
    folder = make_folder(root)
    lock = FileLock(folder / "run.lock")
    try:
        with disk_failures("run lock", folder):
            _acquire(lock, say)
    except Timeout as exc:
        raise PalletError(
            f"{folder}: another pallet has been writing this project for {WAIT_S:.0f} s",
            fix="wait for it, or stop it",
        ) from exc
    try:
        yield
    finally:
        lock.release()


def make_folder(root: Path) -> Path:
    """Return pallet's own folder in a project, created where it was missing, and ignored by git.

    Raises:
        UnreachableError: the disk refused.
    """
    folder = root / FOLDER
    with disk_failures("run lock", root):
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Written by pallet: nothing in here belongs into git.\n*\n", encoding="utf-8")
    return folder


def _acquire(lock: FileLock, say: Callable[[str], object]) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say("another pallet is writing this project: waiting for it")
        lock.acquire(timeout=WAIT_S)
