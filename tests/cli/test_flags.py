"""Flags that mean the same everywhere, and the PALLET_* variable of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.support.processes import Ran, run_pallet
from tests.support.scenarios import Desk, triage


def works_as_json(ran: Ran) -> None:
    assert json.loads(ran.stdout)["command"] == "plan"


def works_as_only(ran: Ran) -> None:
    assert "3 to push" in ran.stdout
    assert "workflows" not in ran.stdout


def works_as_verbose(ran: Ran) -> None:
    assert "workflows/triage:1.0.0" in ran.stdout


def works_as_color(ran: Ran) -> None:
    assert "\x1b[" in ran.stdout


def works_as_usage_error(ran: Ran) -> None:
    assert ran.code == 64


@pytest.mark.parametrize(
    ("variable", "value", "works"),
    [
        pytest.param("PALLET_FORMAT", "json", works_as_json),
        pytest.param("PALLET_ONLY", "agents/*", works_as_only),
        pytest.param("PALLET_VERBOSE", "1", works_as_verbose),
        pytest.param("PALLET_COLOR", "always", works_as_color),
        pytest.param("PALLET_JOBS", "none", works_as_usage_error),
        pytest.param("PALLET_RETRIES", "-1", works_as_usage_error),
        pytest.param("PALLET_TIMEOUT", "0", works_as_usage_error),
        pytest.param("PALLET_PROGRESS", "fireworks", works_as_usage_error),
        pytest.param("PALLET_TARGET", "production", works_as_usage_error),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_variable_does_what_its_flag_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, works: Callable[[Ran], None]
) -> None:
    monkeypatch.setenv(variable, value)

    works(desk.pallet("plan"))


def test_flag_wins_over_its_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_FORMAT", "json")

    assert desk.pallet("plan", "--format", "text").stdout.startswith("target main")


def test_several_names_in_a_variable_are_all_meant(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_ONLY", "agents/clerk workflows/triage")

    assert "2 to push" in desk.pallet("plan").stdout


def test_directory_and_output_have_variables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_DIRECTORY", str(desk.root))
    monkeypatch.setenv("PALLET_OUTPUT", str(desk.root / "plan.txt"))

    assert run(["plan"]) == 0
    assert "6 to push" in (desk.root / "plan.txt").read_text()


def test_file_names_another_config(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = desk.write(
        "other.toml",
        (desk.root / "pallet.toml").read_text().replace('"main"', '"else"').replace(".main", ".else"),
    )

    assert desk.pallet("plan", "--file", other).stdout.startswith("target else ")
    assert desk.pallet("plan", "-f", "other.toml").stdout.startswith("target else ")
    monkeypatch.setenv("PALLET_FILE", str(other))
    assert desk.pallet("plan").stdout.startswith("target else ")


def test_file_that_is_missing_is_78(desk: Desk) -> None:
    ran = desk.pallet("plan", "-f", "nowhere.toml")

    assert ran.code == 78
    assert "nowhere.toml: no such file" in ran.stderr


def test_sub_folder_belongs_to_the_project(desk: Desk) -> None:
    assert run_pallet("sync", cwd=desk.root / "workflows").code == 0

    assert desk.lock.is_file()
    assert not (desk.root / "workflows" / "pallet.lock").exists()
    assert not (desk.root / "workflows" / ".pallet").exists()
    assert desk.pallet("check").code == 0


def test_only_touches_nothing_else(desk: Desk) -> None:
    assert desk.pallet("sync", "--only", "agents/clerk").code == 0

    assert desk.lock.read_text().count("[[artifact]]") == 1
    assert desk.pallet("plan").stdout.splitlines()[-2].startswith("1 in sync · 5 to push")


def test_only_keeps_the_lock_of_others(synced: Desk) -> None:
    locked = synced.lock.read_text()
    synced.write("workflows/triage.yaml", triage("1.1.0"))
    (synced.root / "agents/editor.json").unlink()

    assert synced.pallet("sync", "--only", "agents/clerk").code == 0

    assert synced.lock.read_text() == locked


def test_dry_run_shows_and_does_nothing(desk: Desk) -> None:
    ran = desk.pallet("sync", "--dry-run")

    assert ran.code == 0
    assert "6 to push" in ran.stdout
    assert not desk.lock.exists()
    assert not (desk.root / ".pallet/registry").exists()


def test_locked_wants_a_current_lock(synced: Desk) -> None:
    assert synced.pallet("sync", "--locked").code == 0
    synced.write("workflows/triage.yaml", triage("1.1.0"))

    ran = synced.pallet("sync", "--locked")

    assert ran.code == 6
    assert "workflows/triage 1.1.0 is not locked" in ran.stderr
    assert "workflows/triage 1.0.0 is locked, and no longer wanted" in ran.stderr
    assert ran.stderr.endswith("  → run `pallet lock` and commit it\n")


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes"])
def test_ci_means_locked_and_says_so(synced: Desk, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)

    ran = synced.pallet("sync")

    assert (ran.code, ran.stderr) == (0, "CI is set: sync means sync --locked here\n")


@pytest.mark.parametrize("value", ["false", "0", ""])
def test_ci_that_is_false_is_no_ci(desk: Desk, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)

    assert desk.pallet("sync").code == 0


def test_allow_lets_one_finding_pass(desk: Desk) -> None:
    assert desk.pallet("lock").code == 0
    assert desk.pallet("check").code == 3

    assert desk.pallet("check", "--allow", "missing", "--allow", "absent").code == 0


def test_detailed_exitcode_says_that_changes_are_pending(desk: Desk) -> None:
    assert desk.pallet("plan").code == 0
    assert desk.pallet("plan", "--detailed-exitcode").code == 2
    assert desk.pallet("sync").code == 0
    assert desk.pallet("plan", "--detailed-exitcode").code == 0


def test_force_overwrites_what_it_names(synced: Desk) -> None:
    synced.write("workflows/triage.yaml", triage(skill="somebody_else"))
    assert synced.pallet("sync").code == 4

    assert synced.pallet("sync", "--force", "agents/*").code == 4
    assert synced.pallet("sync", "--force", "workflows/tr*").code == 0
    assert synced.pallet("check").code == 0


def test_odd_folder_names_are_no_obstacle(tmp_path: Path, desk: Desk) -> None:
    odd = tmp_path / 'it\'s a "folder" with spaces, ünïcode and $HOME'
    desk.root.rename(odd)

    for command in ("plan", "sync", "check"):
        ran = run_pallet(command, cwd=odd)
        assert ran.code == 0, ran.everything
