"""Commands that follow a push: what they are told, and that none outlives the watch."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from tests.support.projects import ProjectFolder
from tests.support.watching import save, watching


def test_command_follows_a_push_with_its_digest(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "echo $PALLET_NAME=$PALLET_DIGEST; exit 3") as watch:
        watch.wait("command", pushed=2, exit_code=3)
        save(folder, "do_it")
        digest = watch.wait("pushed")["digest"]
        watch.wait("output", line=f"workflows/router={digest}")
        watch.wait("command", pushed=1, exit_code=3)


def test_command_is_told_all_pushes_as_json(folder: ProjectFolder) -> None:
    with watching(
        folder.root, "--exec", 'printf %s "$PALLET_PUSHED"; cp "$PALLET_PUSHED_FILE" told.json'
    ) as watch:
        watch.wait("command")
        told = json.loads(next(event["line"] for event in watch.seen if event["event"] == "output"))

    assert sorted(item["name"] for item in told) == ["workflows/router", "workflows/triage"]
    assert {tuple(item["tags"]) for item in told} == {("dev",)}
    assert json.loads((folder.root / "told.json").read_text()) == told


def test_command_that_takes_too_long_is_ended(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "sleep 60 & wait", "--exec-timeout", "0.2") as watch:
        ended = watch.wait("command")

    assert (ended["exit_code"], ended["error"]) == (None, "took longer than 0.2 s, and was ended")


def test_commands_run_one_at_a_time_and_catch_up(folder: ProjectFolder) -> None:
    # It waits for a file, so that saves come in while it runs.
    command = "test -e running && exit 9; touch running; until test -e go; do sleep 0.02; done; rm running"
    with watching(folder.root, "--exec", command) as watch:
        for skill in ("one", "two", "three"):
            save(folder, skill)
            watch.wait("pushed", cause="save")
        folder.write({"go": ""})
        watch.wait("command", exit_code=0, pushed=2)
        watch.wait("command", exit_code=0, pushed=1)


def test_end_takes_the_command_with_it(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "echo $$; sleep 600") as watch:
        number = int(watch.wait("output")["line"])
        assert watch.end() == 143

    assert _ends(number)


def test_end_takes_a_command_that_will_not_go(folder: ProjectFolder, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    stubborn = "trap '' TERM; echo $$; while true; do sleep 0.05; done"
    with watching(folder.root, "--exec", stubborn, environment={"TMPDIR": str(temporary)}) as watch:
        number = int(watch.wait("output")["line"])
        assert [path.name for path in temporary.glob("pallet-watch-*/*")] == ["pushed.json"]
        assert watch.end(signal.SIGINT) == 130

    assert not list(temporary.glob("pallet-watch-*"))
    assert _ends(number)


def test_what_a_command_leaves_behind_holds_nothing_up(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "sleep 300 & echo $!") as watch:
        left = [int(watch.wait("output")["line"])]
        watch.wait("command", exit_code=0)
        save(folder, "do_it")
        left.append(int(watch.wait("output")["line"]))
        watch.wait("command", exit_code=0)

    for number in left:
        os.kill(number, signal.SIGKILL)


def _ends(number: int) -> bool:
    """Wait until a process is no more; say whether it came to that before the deadline."""
    deadline_s = time.monotonic() + 10
    while _is_running(number) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return not _is_running(number)


def _is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_interrupted_once_takes_its_command_with_it(folder: ProjectFolder) -> None:
    stubborn = "trap '' TERM; echo $$; while true; do sleep 0.05; done"
    with watching(folder.root, "--once", "--exec", stubborn, settled=False) as watch:
        number = int(watch.wait("output")["line"])
        assert watch.end(signal.SIGINT) == 130

    assert _ends(number)
