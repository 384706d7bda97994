"""`pallet watch`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    only_option,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import digest_memory, document_memory
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals, surroundings
from reconciler.cli.watch_display import end_on_signals, open_display
from reconciler.compose import choose_target, open_store
from reconciler.desired.config_reader import read_config
from reconciler.errors import UsageError
from reconciler.reports.watching import Header
from reconciler.sync.run_lock import FOLDER, make_folder
from reconciler.sync.selection import Selection
from reconciler.sync.stop import Stop
from reconciler.sync.watching import events
from reconciler.sync.watching.channel import DEFAULT_TAG, Channel, parse_channel_tag
from reconciler.sync.watching.commands import TIMEOUT_S, Commands
from reconciler.sync.watching.conductor import Conductor
from reconciler.sync.watching.delivery import Deliverer
from reconciler.sync.watching.ledger import Ledger
from reconciler.sync.watching.observers import POLL_S, Noticing
from reconciler.sync.watching.once import run_once
from reconciler.sync.watching.quiet import MAX_WAIT_S, QUIET_S, Collector
from reconciler.sync.watching.runs import Runs
from reconciler.sync.watching.watch import Inbox, Watch
from reconciler.sync.watching.workshop import Workshop, check_tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.desired.config import Config
    from reconciler.oci.reference import Tag
    from reconciler.oci.store import Store

_RETRIES = 1
"""The watch itself tries again, with the newest state; a request that is repeated holds that up."""


@click.command("watch", short_help="Publish to a development tag whenever a file is saved.")
@flag(
    "--tag",
    default=DEFAULT_TAG,
    show_default=True,
    metavar="NAME",
    help="The tag that always names the newest build; none that releases have.",
)
@flag("--version-tags", is_flag=True, help="Give each build a tag of its own too: 1.2.0-dev.g0a1b2c3d4e5f.")
@flag(
    "--debounce",
    "quiet_s",
    type=click.FloatRange(0, 60),
    default=QUIET_S,
    show_default=True,
    metavar="SECONDS",
    help="How long nothing may change before something is done.",
)
@flag(
    "--max-wait",
    "max_wait_s",
    type=click.FloatRange(0, 3600),
    default=MAX_WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="After how long something is done, even if changes do not end.",
)
@flag("--poll", is_flag=True, help="Look at the files now and then; for network disks, where nobody tells.")
@flag(
    "--poll-interval",
    "interval_s",
    type=click.FloatRange(0.05, 3600),
    default=POLL_S,
    show_default=True,
    metavar="SECONDS",
    help="How often files are looked at, where they are.",
)
@flag("--once", is_flag=True, help="Publish what differs from the development tags, and end.")
@flag("--exec", "command_line", metavar="COMMAND", help="Run this by the shell after each push.")
@flag(
    "--exec-timeout",
    "exec_timeout_s",
    type=click.FloatRange(0.1, 86400),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long that command may take.",
)
@only_option
@place_options
@reach_options
@output_options("text", "jsonl", to_file=False)
@click.pass_context
def command(
    ctx: click.Context,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    tag: str,
    version_tags: bool,
    quiet_s: float,
    max_wait_s: float,
    poll: bool,
    interval_s: float,
    once: bool,
    command_line: str | None,
    exec_timeout_s: float,
    only: tuple[str, ...],
) -> int:
    """Publish every artifact to a development tag as soon as one of its files is saved.

    What is published is what sync would publish, under another tag: never a version, never a floating
    tag of releases, never pallet.lock. A file with a problem is named, and its last good build stays.

    On a terminal: r runs everything now, p pauses, q quits.

    \b
    Examples:
      pallet watch
      pallet watch --target staging --tag dev-anna
      pallet watch --version-tags --exec 'kubectl rollout restart deployment/router'
      pallet watch --format jsonl
      pallet watch --once
    """
    is_patient = ctx.get_parameter_source("retries") is not ParameterSource.DEFAULT
    desk = _Desk(
        locate_to_write(place),
        Channel(_parse_tag(tag), version_tags),
        Selection(only),
        reach if is_patient else replace(reach, retries=_RETRIES),
        Screen(output),
    )
    follow_up = (command_line, exec_timeout_s)
    if once:
        return desk.watch_once(*follow_up)
    collector = Collector(quiet_s, max(max_wait_s, quiet_s))
    return desk.watch(collector, Noticing(poll, interval_s), *follow_up)


class _Desk:
    """The objects of one watch, put together."""

    def __init__(
        self, path: Path, channel: Channel, selection: Selection, reach: Reach, screen: Screen
    ) -> None:
        self._channel, self._reach, self._screen = channel, reach, screen
        self._config = read_config(path)
        self._target = choose_target(self._config, reach.target)
        check_tag(self._config, channel.tag)
        self._workshop = Workshop(
            self._config, channel.tag, selection.chooses, digest_memory(), document_memory()
        )
        self._stop, self._inbox = Stop(), Inbox()

    def watch_once(self, command_line: str | None, timeout_s: float) -> int:
        """Publish what differs, and return how that went."""
        with open_display(self._screen, self._header, None) as display, stop_on_signals() as self._stop:
            runs = self._runs(display.show)
            return run_once(runs, self._stop, self._commands(command_line, timeout_s, display.show))

    def watch(
        self, collector: Collector, noticing: Noticing, command_line: str | None, timeout_s: float
    ) -> int:
        """Watch until somebody ends it."""
        commands = self._commands(command_line, timeout_s, self._inbox.put)
        runs = self._runs(self._inbox.put)
        with (
            end_on_signals(self._stop, self._inbox.put),
            open_display(self._screen, self._header, self._inbox.put) as display,
        ):
            watch = Watch(
                runs, self._inbox, Conductor(collector), noticing, display.show, display.flush, commands
            )
            reason = watch.start()
            display.show(self._watching(reason))
            watch.run(lambda: self._stop.is_requested)
            number = self._stop.signal_number
            code = 128 + number if number else 0
            said = signal.Signals(number).name if number else "quit"
        display.show(events.Stopped(said, code, runs.tally.pushed))
        _leave(code)

    @property
    def _header(self) -> Header:
        return Header(self._target.name, self._target.url, self._channel.tag)

    def _watching(self, reason: str | None) -> events.Watching:
        folders = len(self._workshop.scope.folders)
        return events.Watching(
            self._target.name,
            self._target.url,
            self._channel.tag,
            folders,
            self._workshop.survey.file_count,
            reason,
        )

    def _runs(self, tell: Callable[[events.Event], None]) -> Runs:
        return Runs(
            self._workshop,
            Ledger(self._channel),
            Deliverer(self._reach.jobs),
            self._open_store,
            tell,
            self._find_address,
            (self._target.name, self._target.url),
        )

    def _find_address(self, config: Config) -> tuple[str, str]:
        target = choose_target(config, self._reach.target)
        return target.name, target.url

    def _commands(
        self, command_line: str | None, timeout_s: float, tell: Callable[[events.Event], None]
    ) -> Commands | None:
        if command_line is None:
            return None
        return Commands(
            command_line, folder=self._config.root, environment=os.environ, tell=tell, timeout_s=timeout_s
        )

    def _open_store(self, config: Config) -> Store:
        target = choose_target(config, self._reach.target)
        directory = target.layout_directory
        if directory is not None and Path(directory).parts[:1] == (FOLDER,):
            make_folder(config.root)
        around = surroundings(config.root, self._reach, self._stop, self._screen.notices())
        return open_store(target, around)


def _parse_tag(text: str) -> Tag:
    try:
        return parse_channel_tag(text)
    except ValueError as exc:
        raise UsageError(f"--tag {text}: {exc}", fix=f"pallet watch --tag {DEFAULT_TAG}") from exc


def _leave(code: int) -> NoReturn:
    """End now, whatever other threads are doing: an upload that is not over has changed no tag."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)
