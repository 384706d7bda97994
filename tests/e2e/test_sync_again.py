"""`pallet sync --watch` as a process: its lines are waited for, never slept for."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import finish, start_pallet
from tests.support.scenarios import Desk, set_up, triage
from tests.support.scripted_registry import ScriptedRegistry

FILE = "workflows/triage.yaml"


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as server:
        yield server


@pytest.fixture
def desk(registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return set_up(tmp_path, registry.url, capsys, files={FILE: triage()})


@contextmanager
def syncing(desk: Desk, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a running sync that prints a JSON document for each pass; CI's word is not for it."""
    with start_pallet(
        "sync",
        "--watch",
        "--format",
        "json",
        "--retries",
        "0",
        *arguments,
        cwd=desk.root,
        environment={"CI": ""},
    ) as process:
        yield process


def next_pass(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    document: dict[str, Any] = json.loads(process.stdout.readline())
    return document


def test_changes_are_synced_until_a_signal(desk: Desk, registry: ScriptedRegistry) -> None:
    with syncing(desk) as process:
        first = next_pass(process)
        desk.write(FILE, triage("1.1.0"))
        second = next_pass(process)
        process.send_signal(signal.SIGTERM)
        ended = finish(process)

    assert (first["cause"], first["exit_code"], first["lock_written"]) == ("start", 0, True)
    assert (second["cause"], second["summary"]) == ("change", {"create": 1})
    assert ended.code == 143
    assert "Traceback" not in ended.stderr
    assert {"1.0.0", "1.1.0"} <= set(registry.hold("workflows/triage").tags)


def test_schedule_finds_drift_without_a_change(desk: Desk, registry: ScriptedRegistry) -> None:
    with syncing(desk, "--every", "0.2s") as process:
        next_pass(process)
        registry.put("workflows/triage", b"{}", "application/vnd.oci.image.manifest.v1+json", "1.0.0")
        passes = [next_pass(process) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        ended = finish(process)

    assert [item["cause"] for item in passes] == ["schedule", "schedule"]
    assert passes[1]["exit_code"] == 4
    assert ended.code == 130


def test_registry_that_comes_back_is_caught_up_with(desk: Desk, registry: ScriptedRegistry) -> None:
    down = desk.root / "pallet.toml"
    good = down.read_text("utf-8")
    desk.write("pallet.toml", good.replace(registry.url, "http://127.0.0.1:1"))
    with syncing(desk) as process:
        first = next_pass(process)
        desk.write("pallet.toml", good)
        passes = [next_pass(process)]
        while passes[-1]["exit_code"]:  # a retry may have come before the change
            passes.append(next_pass(process))
        process.send_signal(signal.SIGTERM)
        finish(process)

    assert (first["cause"], first["exit_code"]) == ("start", 1)
    assert "1.0.0" in registry.hold("workflows/triage").tags


def test_broken_file_is_waited_out(desk: Desk) -> None:
    good = (desk.root / "pallet.toml").read_text("utf-8")
    with syncing(desk) as process:
        next_pass(process)
        desk.write("pallet.toml", good + "[[broken")
        broken = next_pass(process)
        desk.write("pallet.toml", good)
        mended = next_pass(process)
        process.send_signal(signal.SIGTERM)
        finish(process)

    assert (broken["exit_code"], mended["exit_code"]) == (78, 0)


def test_nothing_to_begin_with_is_an_end(desk: Desk) -> None:
    desk.write("pallet.toml", "[[broken")
    with syncing(desk) as process:
        assert finish(process).code == 78


def test_project_that_goes_away_is_an_end(desk: Desk) -> None:
    with syncing(desk, "--every", "0.1s") as process:
        next_pass(process)
        (desk.root / "pallet.toml").unlink()
        assert finish(process).code == 78


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--every", "5m"), "--every: expected --watch with it"),
        (("--watch", "--every", "soon"), "expected a duration such as 30s, 5m or 1h, got 'soon'"),
        (("--watch", "--force", "*"), "--watch: expected none of --dry-run, --restore and --force"),
    ],
)
def test_wrong_flags_are_wrong_usage(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    ran = desk.pallet("sync", *arguments)

    assert (ran.code, said in ran.stderr) == (64, True)


def test_one_cause_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"step{number}" for number in range(5)]
    files = {f"workflows/{name}.yaml": triage().replace("triage", name) for name in names}
    desk = set_up(tmp_path, "http://127.0.0.1:1", capsys, files=files)
    with syncing(desk) as process:
        next_pass(process)
        process.send_signal(signal.SIGTERM)
        ended = finish(process)

    assert ended.stderr.count("cannot be reached: connection refused") == 1
    assert " more: " in ended.stderr
