"""stdout is the result and nothing else; stderr is the rest; colours and pipes behave."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.processes import DEADLINE_S, PALLET, run_command, run_pallet
from tests.support.scenarios import Desk, triage

ESCAPE = "\x1b["


def shell(script: str, cwd: Path) -> tuple[int, str, str]:
    pallet = " ".join(PALLET)
    ran = run_command(["bash", "-o", "pipefail", "-c", script.replace("pallet", pallet, 1)], cwd=cwd)
    return ran.code, ran.stdout, ran.stderr


@pytest.mark.parametrize("command", ["plan", "sync", "check"])
def test_color_is_asked_for(desk: Desk, command: str) -> None:
    assert desk.pallet("lock").code == 0

    assert ESCAPE not in desk.pallet("plan").stdout
    assert ESCAPE not in desk.pallet("plan", "--color", "never").stdout
    assert ESCAPE in desk.pallet(command, "--verbose", "--color", "always").stdout


def test_color_always_wins_over_no_color(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert ESCAPE in desk.pallet("plan", "--color", "always").stdout
    assert ESCAPE not in desk.pallet("plan").stdout


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        pytest.param({}, True, id="terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="no-color"),
        pytest.param({"TERM": "dumb"}, False, id="dumb-terminal"),
        pytest.param({"PALLET_COLOR": "never"}, False, id="never"),
    ],
)
def test_terminal_gets_colors_unless_told_otherwise(
    desk: Desk, environment: dict[str, str], colored: bool
) -> None:
    said = on_terminal([*PALLET, "plan", "--progress", "none"], desk.root, environment)

    assert "6 to push" in said
    assert (ESCAPE in said) is colored


def on_terminal(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> str:
    """Return what a command writes where stdout is a terminal."""
    leader, follower = os.openpty()
    with open(leader, "rb", buffering=0) as reader, open(follower, "wb", buffering=0) as terminal:  # noqa: PTH123
        subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm", **environment},
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            check=True,
            timeout=DEADLINE_S,
        )
        os.set_blocking(leader, False)
        return b"".join(iter(lambda: reader.read(65536) or b"", b"")).decode()


def test_reader_that_stops_early_is_no_failure_to_talk_about(desk: Desk) -> None:
    code, out, err = shell("pallet plan --verbose | head -1", desk.root)

    assert out.startswith("target main")
    assert "Traceback" not in err
    assert "Exception" not in err
    assert code in (0, 141)


@pytest.mark.parametrize("script", ["pallet plan >&-", "pallet plan 2>&-"], ids=["stdout", "stderr"])
def test_closed_stream_is_no_traceback(desk: Desk, script: str) -> None:
    code, _, err = shell(script, desk.root)

    assert "Traceback" not in err
    assert code == 0


def test_full_stdout_is_said(desk: Desk) -> None:
    code, _, err = shell("pallet plan > /dev/full", desk.root)

    assert code == 1
    assert "No space left on device" in err
    assert "Traceback" not in err


def test_quiet_says_only_the_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.pallet("lock").code == 0
    monkeypatch.setenv("CI", "true")

    ran = desk.pallet("sync", "--quiet")

    assert ran.code == 0
    assert ran.stderr == ""
    assert "6 pushed" in ran.stdout


def test_quiet_still_shouts_what_was_restored(synced: Desk) -> None:
    synced.write("workflows/triage.yaml", triage(skill="somebody_else"))
    assert synced.pallet("lock").code == 0

    ran = synced.pallet("sync", "--quiet", "--restore", "workflows/triage")

    assert ran.code == 0, ran.everything
    assert "RESTORED" in ran.stderr


def test_verbose_shows_what_is_in_sync(synced: Desk) -> None:
    assert "workflows/triage" not in synced.pallet("plan").stdout
    assert "workflows/triage:1.0.0" in synced.pallet("plan", "--verbose").stdout


@pytest.mark.parametrize("style", ["bar", "lines", "none", "auto"])
def test_progress_never_reaches_stdout(desk: Desk, style: str) -> None:
    plain = desk.pallet("plan", "--progress", "none")

    ran = desk.pallet("plan", "--progress", style)

    assert ran.stdout == plain.stdout


def test_unicode_survives_a_terminal_without_it(desk: Desk) -> None:
    ran = run_pallet(
        "plan", cwd=desk.root, environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    )

    assert ran.code == 0, ran.everything
    assert "6 to push" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_output_file_holds_the_result(desk: Desk) -> None:
    plain = desk.pallet("plan")

    ran = desk.pallet("plan", "-o", desk.root / "plan.txt")

    assert (ran.code, ran.stdout) == (0, "")
    assert (desk.root / "plan.txt").read_text() == plain.stdout


def test_output_file_has_no_colors_unless_asked(desk: Desk) -> None:
    assert desk.pallet("plan", "-o", desk.root / "plain").code == 0
    assert desk.pallet("plan", "--color", "always", "-o", desk.root / "colored").code == 0

    assert ESCAPE not in (desk.root / "plain").read_text()
    assert ESCAPE in (desk.root / "colored").read_text()


def test_output_into_a_pipe_is_written_not_replaced(desk: Desk) -> None:
    pipe = desk.root / "pipe"
    os.mkfifo(pipe)
    # Open for both, so that neither side waits for the other.
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert desk.pallet("plan", "-o", pipe).code == 0

        assert pipe.is_fifo()
        assert b"6 to push" in os.read(reader, 65536)
    finally:
        os.close(reader)


def test_output_through_a_link_keeps_the_link(desk: Desk) -> None:
    (desk.root / "link").symlink_to("plan.txt")
    desk.write("plan.txt", "old")

    assert desk.pallet("plan", "-o", desk.root / "link").code == 0

    assert (desk.root / "link").is_symlink()
    assert "6 to push" in (desk.root / "plan.txt").read_text()
