"""pallet watch on a terminal: keys, the live view, resizing, Ctrl-C, and the terminal given back as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import DEADLINE_S
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"
_ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A watch in a pseudo-terminal, which the test reads and types on."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(20, 100)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(slave, descriptor)
            os.chdir(folder)
            # COLUMNS and LINES: as a shell may have exported them, and no longer true.
            environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "77", "LINES": "33"}
            command = [sys.executable, "-m", "reconciler", "watch", "--debounce", "0.05", *arguments]
            os.execve(sys.executable, command, environment)
        self.raw = b""

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def shows(self, *texts: str) -> list[str]:
        """Return the lines of the first view that has all of these texts; it must come before the deadline."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not all(text in self.view for text in texts):
            assert self._read(deadline_s), f"no {texts} in {self.view}"
        return self.view.split("\r\n")

    def end(self) -> int:
        """Wait for the end, and return how it ended: the exit code."""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.pid = 0
                while self._read(time.monotonic()):
                    pass
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline_s, "did not end"
            self._read(time.monotonic() + 0.02)

    @property
    def plain(self) -> str:
        """Everything that was shown, without escape sequences."""
        return _ESCAPE.sub(b"", self.raw).decode(errors="replace")

    @property
    def view(self) -> str:
        """What was drawn last, from the top left corner on, without escape sequences."""
        return _ESCAPE.sub(b"", self.raw.rpartition(b"\x1b[H")[2]).decode(errors="replace")

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        os.close(self.slave)

    def _read(self, deadline_s: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], max(0.0, deadline_s - time.monotonic()))
        if not ready:
            return False
        self.raw += os.read(self.master, 65536)
        return True


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    files = {"workflows/router.yaml": workflow(), "workflows/triage.yaml": workflow("2.0.0")}
    return make_project(tmp_path / "project", WORKFLOWS, files)


@pytest.fixture
def terminal(folder: ProjectFolder) -> Iterator[Terminal]:
    shown = Terminal(folder.root)
    try:
        yield shown
    finally:
        shown.close()


def test_view_shows_artifacts_and_keys(terminal: Terminal) -> None:
    terminal.shows(
        "pallet watch  local (oci-layout:.pallet/registry)  tag dev",
        "watching  2 artifacts",
        "workflows/router  1.0.0  pushed",
        "workflows/triage  2.0.0  pushed",
        "r run now   p pause   q quit",
    )

    assert terminal.raw.count(ALTERNATE) == 1


def test_save_is_shown_with_its_time(terminal: Terminal, folder: ProjectFolder) -> None:
    terminal.shows("2 artifacts", "workflows/router")
    folder.write({"workflows/router.yaml": workflow(skill="do_it")})

    lines = terminal.shows("ms after saving")
    # What was published last comes first.
    assert lines[3].strip().startswith("workflows/router  1.0.0  pushed")


def test_problem_is_shown_whole_and_its_mending(terminal: Terminal, folder: ProjectFolder) -> None:
    terminal.shows("2 artifacts")
    folder.write({"workflows/router.yaml": workflow().replace("timeout: 60", "timeout: soon")})
    terminal.shows("workflows/router.yaml:7:5: steps[0].timeout: expected a whole number", "[wrong-type]")

    folder.write({"workflows/router.yaml": workflow()})
    terminal.shows("workflows/router.yaml: mended")
    assert "wrong-type" not in terminal.view


def test_quit_key_ends_it_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.shows("2 artifacts")
    in_between = terminal.is_as_before
    terminal.type("q")

    assert terminal.end() == 0
    assert (in_between, terminal.is_as_before) == (False, True)
    assert terminal.raw.count(BACK) == 1
    assert terminal.plain.rstrip().endswith("stopped (quit) after 2 pushes")


def test_pause_key_keeps_changes_for_later(terminal: Terminal, folder: ProjectFolder) -> None:
    terminal.shows("2 artifacts")
    terminal.type("p")
    terminal.shows("paused")
    folder.write({"workflows/router.yaml": workflow(skill="do_it")})
    terminal.type("p")

    terminal.shows("watching  2 artifacts", "ms after saving")


def test_run_key_compares_everything_again(terminal: Terminal, folder: ProjectFolder) -> None:
    terminal.shows("2 artifacts", "workflows/router  1.0.0  pushed", "workflows/triage  2.0.0  pushed")
    terminal.type("r")

    terminal.shows("workflows/router  1.0.0  current", "workflows/triage  2.0.0  current")


@pytest.mark.parametrize(
    ("key", "number", "code"), [("\x03", None, 130), ("", signal.SIGTERM, 143), ("\x1c", None, 131)]
)
def test_every_signal_gives_the_terminal_back(
    terminal: Terminal, key: str, number: int | None, code: int
) -> None:
    terminal.shows("2 artifacts")
    if number is None:
        terminal.type(key)
    else:
        os.kill(terminal.pid, number)

    assert terminal.end() == code
    assert terminal.is_as_before
    assert terminal.raw.count(BACK) == 1


def test_resized_terminal_is_drawn_anew_and_never_overflows(terminal: Terminal) -> None:
    terminal.shows("2 artifacts", "q quit")
    terminal.resize(6, 30)
    terminal.shows("(oci-layo…")

    lines = terminal.shows("q quit")
    assert len(lines) <= 6
    assert all(len(line) <= 30 for line in lines)


def test_plain_lines_where_somebody_wants_them(folder: ProjectFolder) -> None:
    shown = Terminal(folder.root, "--progress", "lines")
    try:
        shown.shows(
            "watching 2 folders for local (oci-layout:.pallet/registry), tag dev",
            "oci-layout:.pallet/registry/workflows/router:dev is ",
        )
        shown.type("\x03")
        assert shown.end() == 130
        assert ALTERNATE not in shown.raw
    finally:
        shown.close()
