"""`pallet` as a process of its own: run to its end, started, killed.

Must never be added: what a scenario is about.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PALLET = (sys.executable, "-m", "reconciler")
DEADLINE_S = 60.0
"""Far beyond what any of them takes: a process that hangs fails its test instead of stopping the suite."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What is left of a command line: its code, and its two streams."""

    code: int
    stdout: str
    stderr: str

    @property
    def everything(self) -> str:
        return self.stdout + self.stderr


def run_pallet(
    *arguments: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    file_max_bytes: int | None = None,
) -> Ran:
    """Run `pallet` and return when it has ended.

    Args:
        arguments: what follows `pallet`.
        cwd: where it is started.
        environment: variables on top of the test's own.
        file_max_bytes: every file that it writes ends here, as on a full disk.
    """
    pallet = PALLET if file_max_bytes is None else (sys.executable, "-c", _LIMITED.format(file_max_bytes))
    return run_command((*pallet, *map(str, arguments)), cwd=cwd, environment=environment)


_LIMITED = """\
import resource
from reconciler.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
main()
"""


def run_command(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Ran:
    """Run any command and return when it has ended."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=DEADLINE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def start_pallet(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Yield a running `pallet`; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        (*PALLET, *map(str, arguments)),
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def finish(process: subprocess.Popen[str]) -> Ran:
    """Wait for a started process, and return what it left."""
    stdout, stderr = process.communicate(timeout=DEADLINE_S)
    return Ran(process.returncode, stdout, stderr)
