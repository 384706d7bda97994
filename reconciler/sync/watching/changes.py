"""Waiting until something that a project is made of has changed, and is quiet again.

Decided here: which changes count: pallet.toml and what every artifact depends on, files that artifacts are
made of, and files that come or go where globs lead. What pallet writes itself, such as pallet.lock, is none.
Must never be added: what is done about a change.
"""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reconciler.desired.config_reader import read_config
from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.globs import EXCLUDES
from reconciler.desired.finding.tree import Tree
from reconciler.desired.templates import has_placeholder, widen
from reconciler.errors import InvalidError
from reconciler.sync.watching.noticeboard import Noticeboard
from reconciler.sync.watching.observers import start_observer
from reconciler.sync.watching.quiet import Collector
from reconciler.sync.watching.scope import Scope, scope_of, walk
from reconciler.sync.watching.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from reconciler.desired.config import Config
    from reconciler.sync.stop import Stop
    from reconciler.sync.watching.observers import Noticing, Observer


class ProjectChanges:
    """The changes of one project; implements `reconciler.sync.continuous.Noticer`.

    Args:
        path: of pallet.toml, which may become invalid and valid again.
        noticing: how changes are noticed.
        stop: ends waiting.
        say: hears why files are looked at now and then, where the kernel does not tell.
    """

    def __init__(
        self,
        path: Path,
        noticing: Noticing,
        stop: Stop,
        say: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._noticing, self._stop, self._say, self._clock = path, noticing, stop, say, clock
        self._wakes: SimpleQueue[float | None] = SimpleQueue()
        self._board = Noticeboard(self._wakes.put, clock)
        self._survey = Survey()
        self._scope: Scope | None = None
        self._sources: frozenset[str] = frozenset()
        self._observer: Observer | None = None
        stop.on_request = lambda: self._wakes.put(None)

    def begin(self) -> None:
        """See how everything stands before a pass, so that what changes during it begins the next one."""
        self._rescope()
        assert self._scope is not None
        folders = self._scope.folders
        self._board.set_folders(folders)
        self._board.take()
        self._survey.keep_only(folders)
        self._survey.look(folders)
        if self._observer is None:
            self._observer, reason = start_observer(self._board, folders, self._survey, self._noticing)
            if reason is not None:
                self._say(f"looking at the files every {self._noticing.interval_s:g} s: {reason}")
        else:
            self._observer.watch(folders, self._survey)

    def wait(self, timeout_s: float | None) -> bool:
        """Say whether something changed, and is quiet again; False when time is up or a stop is requested."""
        deadline_s = None if timeout_s is None else self._clock() + timeout_s
        collector = Collector()
        while not self._stop.is_requested:
            now_s = self._clock()
            if collector.is_due(now_s):
                collector.clear()
                if self._has_changed():
                    return True
            if deadline_s is not None and now_s >= deadline_s:
                return False
            self._listen(collector, deadline_s, now_s)
        return False

    def close(self) -> None:
        """Notice nothing more."""
        if self._observer is not None:
            self._observer.stop()

    def _listen(self, collector: Collector, deadline_s: float | None, now_s: float) -> None:
        until_s = min(
            (time_s for time_s in (deadline_s, collector.due_s) if time_s is not None), default=None
        )
        try:
            noticed_s = self._wakes.get(timeout=None if until_s is None else max(0.0, until_s - now_s))
        except Empty:
            return
        if noticed_s is not None:
            collector.note(noticed_s)

    def _has_changed(self) -> bool:
        hints = self._board.take()
        assert self._scope is not None
        folders = self._scope.folders if hints.is_everything or hints.trees else frozenset(hints.folders)
        changes = self._survey.look(folders & self._scope.folders)
        changes.paths.update(file for file in hints.files if self._survey.holds(file))
        if any(self._scope.is_shared(path) or path in self._sources for path in changes.paths):
            return True
        if not changes.is_structural:
            return False
        before = self._sources
        self._rescope()
        return self._sources != before

    def _rescope(self) -> None:
        """Find out where to look, by the last pallet.toml that was good."""
        try:
            config = read_config(self._path)
        except InvalidError:
            if self._scope is None:
                raise
            return
        tree = walk(config)
        self._scope = scope_of(config, tree)
        self._sources = frozenset(str(path) for path in _sources(config))


def _sources(config: Config) -> set[Path]:
    """Return the files that artifacts are made of, links resolved; of a folder everything in it."""
    tree = Tree(config.root)
    # One list at a time: what it takes out, another may name.
    lists = [
        patterns
        for rule in config.artifacts
        for patterns in (rule.files, *(attach.files for attach in rule.attachments))
    ]
    found = {
        (config.root / file.path).resolve()
        for patterns in lists
        for file in find_files(tree, _widened(patterns)).files
    }
    for rule in config.artifacts:
        for name in (*rule.files, *filter(None, (rule.config_file, *rule.layers))):
            path = (config.root / name).resolve()
            if path.is_dir():
                found.update(below for below in path.rglob("*") if below.is_file())
            elif path.is_file():
                found.add(path)
    return found


def _widened(patterns: Iterable[str]) -> list[str]:
    """Return patterns that take whatever placeholders may stand for."""
    # What is taken out for one artifact may be another's.
    return [widen(text) for text in patterns if not (text.startswith(EXCLUDES) and has_placeholder(text))]
