from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from reconciler.oci.registry.credentials.programs import ProgramError, run_program

HERE = {"PATH": os.environ["PATH"]}


def run(
    command: str | list[str], *, time_limit_s: float = 10.0, stdin: bytes = b""
) -> tuple[int, bytes, bytes]:
    ran = run_program(command, time_limit_s=time_limit_s, environment=HERE, stdin=stdin)
    return ran.code, ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param("echo a; echo b >&2; exit 3", (3, b"a\n", b"b\n"), id="shell"),
        pytest.param(["echo", "$HOME; x"], (0, b"$HOME; x\n", b""), id="list-is-no-shell"),
        pytest.param(["cat"], (0, b"told", b""), id="stdin"),
        pytest.param(["true"], (0, b"", b""), id="does-not-listen"),
    ],
)
def test_program_answers(command: str | list[str], answer: tuple[int, bytes, bytes]) -> None:
    assert run(command, stdin=b"told") == answer


def test_long_text_to_one_that_does_not_listen_is_no_matter() -> None:
    assert run(["true"], stdin=b"x" * 1_000_000)[0] == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/nowhere/program"], "cannot be started: no such file or directory"),
        (["a\0b"], "cannot be started: not a command"),
        (["sleep", "600"], "gave no answer in 0.05 s"),
        ("exec >&- 2>&-; exec sleep 600", "gave no answer in 0.05 s"),
    ],
)
def test_program_that_cannot_be_run_is_named(command: str | list[str], message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        run(command, time_limit_s=0.05)
    assert str(caught.value) == message


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(ProgramError, match="gave no answer"):
            run(f"(echo begun; exec sleep 60) >{alive} & exec sleep 60", time_limit_s=0.5)
        heard = b""
        # The end comes when nobody holds the pipe open for writing any more.
        while select.select([reader], [], [], 20)[0] and (piece := os.read(reader, 100)):
            heard += piece
        assert heard == b"begun\n"
        assert select.select([reader], [], [], 0)[0], "the grandchild is still there"
    finally:
        os.close(reader)


def test_answer_is_not_shown() -> None:
    ran = run_program(["echo", "geheim"], time_limit_s=10, environment=HERE)
    assert "geheim" not in repr(ran)
