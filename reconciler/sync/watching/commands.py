"""The command that follows a push: one at a time, with the digests in its environment.

Decided here: what it is told, and that pushes during a command lead to one more, with the newest digest
of each artifact. A command that takes too long is ended, with all that it has started.
Must never be added: a decision about the watch, which goes on whatever a command does.
"""

from __future__ import annotations

import json
import os
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
        """End the command that is running, and begin none."""
        with self._lock:
            self._is_stopped = True
            process = self._process
        if process is not None:
            _signal_all(process, signal.SIGTERM)

    def run(self, pushed: Sequence[Pushed]) -> int | None:
        """Run the command for these and return its exit code; None where it has none."""
        started_s = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="pallet-watch-") as folder:
            file = Path(folder, "pushed.json")
            file.write_text(_as_json(pushed), encoding="utf-8")
            told = {**variables(pushed), "PALLET_PUSHED_FILE": str(file)}
            code, error = self._spawn({**self._environment, **told})
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

    def _spawn(self, environment: Mapping[str, str]) -> tuple[int | None, str | None]:
        try:
            process = subprocess.Popen(  # noqa: S602 (the user's own command, for the user's own shell)
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
        except OSError as exc:
            return None, f"could not be started: {exc.strerror}"
        with self._lock:
            self._process = process
            is_stopped = self._is_stopped
        if is_stopped:
            _signal_all(process, signal.SIGTERM)
        return self._wait(process)

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
        try:
            assert process.stdout is not None
            for line in process.stdout:
                self._tell(events.Said(line.rstrip("\n")))
            code = process.wait()
        finally:
            timer.cancel()
            with self._lock:
                self._process = None
        if late.is_set():
            return None, f"took longer than {self._timeout_s:g} s, and was ended"
        return code, None


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


def _signal_all(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the command and all that it has started."""
    with suppress(OSError):
        os.killpg(process.pid, number)
