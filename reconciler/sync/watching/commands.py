"""The command that follows a push: one at a time, with the digests in its environment.

Decided here: what it is told, and that pushes during a command lead to one more, with the newest digest
of each artifact. A command that takes too long is ended, with all that it has started.
Must never be added: a decision about the watch, which goes on whatever a command does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.sync.watching import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.sync.watching.delivery import Pushed

TIMEOUT_S = 300.0
_VARIABLE_MAX_BYTES = 64 * 1024
"""The kernel refuses longer variables (128 KiB on Linux); the file holds all."""
_GRACE_S = 2.0
_STOP_GRACE_S = 0.08
"""For a command that is running when the watch ends, which is to be at once."""
_LAST_LINES_S = 0.2
"""For what a command has printed, after its end: what it left in the background may print for ever."""


class Commands:
    """One command, again and again.

    Args:
        command: for the shell.
        folder: where it is run.
        environment: what it has beside the digests.
        tell: hears of its lines and its end.
        timeout_s: how long it may take.
    """

    def __init__(
        self,
        command: str,
        *,
        folder: Path,
        environment: Mapping[str, str],
        tell: Callable[[events.Event], None],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._command, self._folder, self._environment = command, folder, environment
        self._tell, self._timeout_s = tell, timeout_s
        self._waiting: dict[tuple[str, str], Pushed] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._told_folder: str | None = None
        """Where the file is that the running command is told."""
        self._is_stopped = False

    def request(self, pushed: Iterable[Pushed]) -> None:
        """Let the command follow these, after the one that is running."""
        with self._lock:
            self._waiting.update({(item.name, item.version): item for item in pushed})
            if not self._waiting or self._thread is not None or self._is_stopped:
                return
            self._thread = threading.Thread(target=self._run_all, name="exec", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the command that is running, with all that it has started, and begin none."""
        with self._lock:
            self._is_stopped = True
            process, folder = self._process, self._told_folder
        if process is not None:
            _end_all(process)
        if folder is not None:
            # Here: the process may end before the thread that runs the command is done.
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, pushed: Sequence[Pushed]) -> int | None:
        """Run the command for these and return its exit code; None where it has none."""
        started_s = time.monotonic()
        try:
            code, error = self._spawn({**self._environment, **variables(pushed)}, _as_json(pushed))
        finally:
            with self._lock:
                folder, self._told_folder, self._process = self._told_folder, None, None
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
        self._tell(events.Commanded(len(pushed), code, time.monotonic() - started_s, error))
        return code

    def _run_all(self) -> None:
        while True:
            with self._lock:
                pushed, self._waiting = list(self._waiting.values()), {}
                if not pushed or self._is_stopped:
                    self._thread = None
                    return
            self.run(pushed)

    def _spawn(self, environment: dict[str, str], told: str) -> tuple[int | None, str | None]:
        # Under the lock: whoever stops finds the command and its folder, or it is not begun.
        with self._lock:
            if self._is_stopped:
                return None, "not begun: the watch is over"
            try:
                self._told_folder = tempfile.mkdtemp(prefix="pallet-watch-")
                file = Path(self._told_folder, "pushed.json")
                file.write_text(told, encoding="utf-8")
                process = self._process = self._begin({**environment, "PALLET_PUSHED_FILE": str(file)})
            except OSError as exc:
                return None, f"could not be started: {exc.strerror}"
        return self._wait(process)

    def _begin(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S602 (the user's own command, for the user's own shell)
            self._command,
            shell=True,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that all it starts can be ended with it
        )

    def _wait(self, process: subprocess.Popen[str]) -> tuple[int | None, str | None]:
        late = threading.Event()

        def end() -> None:
            late.set()
            _signal_all(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
            _signal_all(process, signal.SIGKILL)

        timer = threading.Timer(self._timeout_s, end)
        timer.daemon = True
        timer.start()
        reader = threading.Thread(target=self._read, args=(process,), name="exec output", daemon=True)
        reader.start()
        try:
            code = process.wait()
        finally:
            timer.cancel()
        reader.join(_LAST_LINES_S)
        if late.is_set():
            timer.join()  # what it has started is ended too before anybody goes on
            return None, f"took longer than {self._timeout_s:g} s, and was ended"
        return code, None

    def _read(self, process: subprocess.Popen[str]) -> None:
        """Tell of every line until nobody can print any more, which may be after the command's end."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._tell(events.Said(line.rstrip("\n")))


def variables(pushed: Sequence[Pushed]) -> dict[str, str]:
    """Return what a command is told of a push."""
    text = _as_json(pushed)
    told = {"PALLET_PUSHED": text} if len(text.encode()) <= _VARIABLE_MAX_BYTES else {}
    if len(pushed) == 1:
        told |= {
            "PALLET_NAME": pushed[0].name,
            "PALLET_DIGEST": pushed[0].digest,
            "PALLET_REFERENCE": pushed[0].reference,
        }
    return told


def _as_json(pushed: Sequence[Pushed]) -> str:
    return json.dumps(
        [
            {
                "name": item.name,
                "version": item.version,
                "digest": item.digest,
                "tags": list(item.tags),
                "reference": item.reference,
            }
            for item in pushed
        ]
    )


def _end_all(process: subprocess.Popen[str]) -> None:
    """End the command and all that it has started, within a tenth of a second."""
    _signal_all(process, signal.SIGTERM)
    deadline_s = time.monotonic() + _STOP_GRACE_S
    while time.monotonic() < deadline_s:
        try:
            os.killpg(process.pid, 0)
        except OSError:
            return
        time.sleep(0.002)
    _signal_all(process, signal.SIGKILL)


def _signal_all(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the command and all that it has started."""
    with suppress(OSError):
        os.killpg(process.pid, number)
