"""One call of the git binary; the only module that runs it.

Decided here: what git sees of our environment, how long it may take, and how its failures are told. Nothing
is fetched, locked or asked for. Must never be added: what is asked.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import PalletError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TIMEOUT_S = 60.0
"""A status of a large tree on a cold disk takes seconds; a dead mount takes forever."""

_LOCAL_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
)
"""Set while a hook runs, relative to another folder than ours (`git rev-parse --local-env-vars`)."""

_QUIET = {
    "LC_ALL": "C",  # texts are matched below
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",  # git 2.44: a partial clone stays offline
}

_CREDENTIALS = re.compile(r"://[^@/\s]+@")


@dataclass(frozen=True, slots=True)
class Answer:
    """What git printed, and its exit code."""

    code: int
    stdout: str
    stderr: str


def call_git(binary: str, arguments: Sequence[str], root: Path, environment: Mapping[str, str]) -> Answer:
    """Run git in a folder, and wait for it.

    Raises:
        PalletError: it cannot be run, or does not answer in time.
    """
    kept = {name: value for name, value in environment.items() if name not in _LOCAL_VARIABLES}
    # A repository may name a program as its file system monitor: reading must not start it.
    command = [binary, "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603  a list, an absolute program, and no shell
            command,
            cwd=root,
            env=kept | _QUIET,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise PalletError(f"git {arguments[0]}: no answer: expected one within {TIMEOUT_S:g} s") from exc
    except (OSError, ValueError) as exc:
        raise PalletError(f"git {arguments[0]}: cannot be run: {exc}") from exc
    return Answer(
        done.returncode,
        done.stdout.decode("utf-8", "surrogateescape"),
        done.stderr.decode("utf-8", "replace"),
    )


def failure(command: str, answer: Answer) -> PalletError:
    """Return the error of a call that had to succeed."""
    return PalletError(f"git {command}: expected exit code 0, got {answer.code}: {first_line(answer.stderr)}")


def first_line(text: str) -> str:
    """Return what git says is wrong, without credentials."""
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    line = (fatal or lines or ["no reason given"])[0]
    return _CREDENTIALS.sub("://***@", line.removeprefix("fatal: ").removeprefix("error: "))[:300]
