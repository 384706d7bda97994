"""Running a program that knows a secret: for a limited time, with a bounded answer.

The program gets a process group of its own, so that what it started ends with it. Its answer is never
part of an error, its complaint only as one short line that names nothing that was sent to it.
Must never be added: which program, or what its answer means.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OUTPUT_MAX_BYTES = 64 * 1024
"""Tokens of clouds have a few KiB."""
COMPLAINT_MAX_CHARACTERS = 200


class ProgramError(Exception):
    """A program could not be run to its end; the text says why, without its name."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    code: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)


def run_program(
    command: str | Sequence[str],
    *,
    time_limit_s: float,
    environment: Mapping[str, str],
    stdin: bytes = b"",
    folder: Path | None = None,
) -> Ran:
    """Run a program and return its answer.

    Args:
        command: program and arguments; a text is run by the shell.
        time_limit_s: seconds until it and everything it started is killed.
        folder: where it starts; None for here.

    Raises:
        ProgramError: it could not be started, took too long, or said too much.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - a helper on PATH, or the user's own line of pallet.toml
            command,
            shell=isinstance(command, str),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            # A group, not a session: it may still ask on the user's terminal.
            process_group=0 if os.name == "posix" else None,
        )
    except (OSError, ValueError) as exc:
        reason = (exc.strerror if isinstance(exc, OSError) else None) or "not a command"
        raise ProgramError(f"cannot be started: {reason[:1].lower()}{reason[1:]}") from exc
    return _Conversation(process, stdin, time_limit_s).finish()


class _Conversation:
    """Threads, because a pipe may stay open in the hands of a process that outlives the program."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, time_limit_s: float) -> None:
        self._process, self._time_limit_s = process, time_limit_s
        self._heard: dict[str, bytes] = {}
        self._threads = [
            threading.Thread(target=self._tell, args=(process.stdin, stdin), daemon=True),
            threading.Thread(target=self._hear, args=("stdout", process.stdout), daemon=True),
            threading.Thread(target=self._hear, args=("stderr", process.stderr), daemon=True),
        ]

    def finish(self) -> Ran:
        deadline_s = time.monotonic() + self._time_limit_s
        for thread in self._threads:
            thread.start()
        try:
            for thread in self._threads:
                thread.join(max(0.0, deadline_s - time.monotonic()))
            if any(len(heard) > OUTPUT_MAX_BYTES for heard in self._heard.values()):
                raise ProgramError(f"said too much: expected at most {OUTPUT_MAX_BYTES} bytes")
            code = self._wait(deadline_s)
        except BaseException:
            self._kill()
            raise
        return Ran(code, self._heard["stdout"], self._heard["stderr"])

    def _wait(self, deadline_s: float) -> int:
        try:
            if not any(thread.is_alive() for thread in self._threads):
                return self._process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass  # it closed its streams and goes on
        raise ProgramError(f"gave no answer in {self._time_limit_s:g} s")

    @staticmethod
    def _tell(stream: IO[bytes], text: bytes) -> None:
        # It may end without reading.
        with suppress(OSError), stream:
            stream.write(text)

    def _hear(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            self._heard[name] = stream.read(OUTPUT_MAX_BYTES + 1)

    def _kill(self) -> None:
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()


def complaint_of(*streams: bytes, secret: str = "") -> str:
    """Return the first line of what a failed program said: short, printable and without the secret."""
    for stream in streams:
        text = stream.decode("utf-8", "replace").strip()
        if text:
            line = text.splitlines()[0]
            line = line.replace(secret, "***") if secret else line
            line = "".join(character if character.isprintable() else " " for character in line)
            return f": {line[:COMPLAINT_MAX_CHARACTERS]}"
    return ""
