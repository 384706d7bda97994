"""Who notices that files change: the kernel, through watchdog, or a look at every folder now and then.

Decided here: which folders the kernel is asked for, and when it cannot be asked: on network file systems,
whose other users it does not hear, and where it refuses (too many watches). Then folders are looked at, and
why is said. Must never be added: what a change means.
"""

# Paths are text here: tens of thousands of them are compared and looked up.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

import logging
import os
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.sync.watching.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.sync.watching.noticeboard import Noticeboard

POLL_S = 1.0
WATCHES_MAX = 64
"""Each costs a thread; a project with more separate folders than this is watched from above."""
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.rclone", "vboxsf"}
    | {"virtiofs", "fuse.glusterfs", "fuse.s3fs", "lustre", "prl_fs", "fuse.vmhgfs-fuse", "drvfs"}
)
"""File systems on which others write unheard."""


class Observer(Protocol):
    """Tells a noticeboard of changes."""

    def watch(self, folders: frozenset[str], survey: Survey) -> None:
        """Watch these folders, and no others any more.

        Args:
            survey: what stands in them.

        Raises:
            OSError: they cannot be watched in this way.
        """

    def stop(self) -> None:
        """Tell of nothing more."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the kernel is asked for once."""

    folder: str
    is_recursive: bool


def choose_watches(folders: frozenset[str], listed: Callable[[str], Iterable[str]]) -> frozenset[Watch]:
    """Return the fewest watches that cover some folders, and nothing beside them unless those are too many.

    The topmost folders are watched alone: git's folder and pallet's come to stand there.

    Args:
        folders: absolute, without links.
        listed: the folders that stand directly in one.
    """
    whole: dict[str, bool] = {}
    for folder in sorted(folders, reverse=True):  # what stands below comes first
        is_top = os.path.dirname(folder) not in folders
        whole[folder] = not is_top and all(whole.get(below, False) for below in listed(folder))
    tops = {folder for folder in folders if os.path.dirname(folder) not in folders}
    watches = frozenset(
        Watch(folder, whole[folder])
        for folder in folders
        if folder in tops or not whole.get(os.path.dirname(folder), False)
    )
    if len(watches) <= WATCHES_MAX:
        return watches
    return frozenset(Watch(folder, is_recursive=True) for folder in tops)


class KernelObserver:
    """watchdog's observer for this system."""

    def __init__(self, board: Noticeboard) -> None:
        # Here: only a watch that stays pays for the import.
        from watchdog.observers import Observer as SystemObserver

        # What it cannot do is said by us, once, and not by every one of its threads.
        logging.getLogger("watchdog").setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", module="watchdog")
        self._handler = _handler(board)
        self._observer: Any = SystemObserver()
        self._watches: dict[Watch, tuple[Any, tuple[int, int]]] = {}
        self._is_started = False

    def watch(self, folders: frozenset[str], survey: Survey) -> None:
        wanted = choose_watches(folders, survey.subfolders)
        if not self._is_started:
            self._observer.start()
            self._is_started = True
        for watch in wanted:
            self._renew(watch)
        for watch in self._watches.keys() - wanted:
            self._unschedule(watch)

    def stop(self) -> None:
        if self._is_started:
            self._observer.stop()

    def _renew(self, watch: Watch) -> None:
        """Watch a folder, anew where it is another one than before under the same name."""
        try:
            identity = _identity(watch.folder)
        except FileNotFoundError:
            return  # gone again: the folder above tells
        known = self._watches.get(watch)
        if known is not None and known[1] == identity:
            return
        if known is not None:
            self._unschedule(watch)
        try:
            scheduled = self._observer.schedule(
                self._handler, watch.folder, recursive=watch.is_recursive, event_filter=_event_types()
            )
        except (FileNotFoundError, NotADirectoryError):
            return
        self._watches[watch] = (scheduled, identity)

    def _unschedule(self, watch: Watch) -> None:
        scheduled, _ = self._watches.pop(watch)
        with suppress(KeyError, OSError):  # its folder is gone, and with it the kernel's watch
            self._observer.unschedule(scheduled)


class PollingObserver:
    """A thread that looks at every folder now and then."""

    def __init__(self, board: Noticeboard, *, interval_s: float = POLL_S) -> None:
        self._board, self._interval_s = board, interval_s
        self._folders: frozenset[str] = frozenset()
        self._survey = Survey()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, folders: frozenset[str], survey: Survey) -> None:  # noqa: ARG002 (the port's signature)
        with self._lock:
            self._folders = folders
            self._survey.keep_only(folders)
            self._survey.look(folders - self._survey.folders)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="poll", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_s):
            with self._lock:
                changes = self._survey.look(self._folders)
            for folder in {os.path.dirname(path) for path in changes.paths}:
                self._board.hint_folder(folder)


@dataclass(frozen=True, slots=True)
class Noticing:
    """How changes are noticed."""

    is_polling: bool = False
    interval_s: float = POLL_S


def start_observer(
    board: Noticeboard, folders: frozenset[str], survey: Survey, noticing: Noticing
) -> tuple[Observer, str | None]:
    """Notice from now on what happens in some folders.

    Returns:
        Who does; and why folders are looked at now and then, None where the kernel tells.
    """
    reason = "--poll" if noticing.is_polling else None
    remote = None if reason else remote_file_system(folders, _mounts())
    if remote is not None:
        reason = f"the file system is {remote}, and its other users are not heard"
    if reason is None:
        kernel: KernelObserver | None = None
        try:
            kernel = KernelObserver(board)
            kernel.watch(folders, survey)
        except OSError as exc:
            reason = refusal(exc)
            if kernel is not None:
                kernel.stop()
        else:
            return kernel, None
    polling = PollingObserver(board, interval_s=noticing.interval_s)
    polling.watch(folders, survey)
    return polling, reason


def refusal(exc: OSError) -> str:
    """Return why the kernel would not watch, and what to raise."""
    hint = {28: ": raise fs.inotify.max_user_watches", 24: ": raise fs.inotify.max_user_instances"}
    return f"the kernel would not watch: {exc.strerror or exc}{hint.get(exc.errno or 0, '')}"


def remote_file_system(folders: Iterable[str], mounts: str) -> str | None:
    """Return the network file system that one of some folders is on; None where all are local.

    Args:
        mounts: what /proc/self/mounts says; empty where there is none.
    """
    types = {}
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            types[fields[1].replace("\\040", " ")] = fields[2]
    for folder in sorted(folders):
        kind = _mounted(folder, types)
        if kind in _REMOTE:
            return kind
    return None


def _mounted(folder: str, types: Mapping[str, str]) -> str | None:
    while folder not in types and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return types.get(folder)


def _handler(board: Noticeboard) -> Any:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            for path in (event.src_path, event.dest_path):
                if path:
                    board.hint(os.fsdecode(path), is_folder=event.is_directory)

    return Handler()


def _event_types() -> list[Any]:
    """Return the events of writing; reading is none, and our own would wake us."""
    from watchdog import events

    files = ("FileCreatedEvent", "FileModifiedEvent", "FileClosedEvent", "FileDeletedEvent", "FileMovedEvent")
    folders = ("DirCreatedEvent", "DirDeletedEvent", "DirMovedEvent")
    # Changed rights: events of their own since watchdog 7.
    rights = ("FileAttribEvent", "DirAttribEvent")
    return [getattr(events, name) for name in (*files, *folders, *rights) if hasattr(events, name)]


def _identity(folder: str) -> tuple[int, int]:
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _mounts() -> str:
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
