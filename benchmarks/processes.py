"""Commands in processes of their own, with the time and the memory that each took.

Must never be added: which commands.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import resource
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

DEADLINE_S = 240.0
"""The longest measured command takes a tenth of this."""
_SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Finished:
    """One command that went well."""

    wall_s: float
    processor_s: float
    peak_bytes: int
    """Largest resident set. The kernel starts counting at the size of the process that forked: a floor."""
    output: str
    errors: str


def run_measured(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    exit_codes: Collection[int] = (0,),
) -> Finished:
    """Run a command to its end.

    Raises:
        RuntimeError: it ended with another exit code, or did not end in time; its last words are in the text.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        usage = _wait(process)
        wall_s = time.perf_counter() - started
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    if process.returncode not in exit_codes:
        words = " ".join(map(str, command))
        raise RuntimeError(
            f"{words}: expected exit code {exit_codes}, got {process.returncode}: "
            f"{''.join(texts)[-_SHOWN_CHARACTERS:]}"
        )
    peak_bytes = usage.ru_maxrss * 1024  # Linux counts in KiB
    return Finished(wall_s, usage.ru_utime + usage.ru_stime, peak_bytes, texts[0], texts[1])


def _wait(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for this one process alone: resource.getrusage would add up all children."""
    timer = threading.Timer(DEADLINE_S, process.kill)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage
