"""Wrong usage is 64, never click's 2, and says what was expected."""

from __future__ import annotations

import pytest

from reconciler.cli.main import run
from tests.support.scenarios import Desk


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            ["synk"],
            "pallet: no such command 'synk': did you mean 'sync'?\n  → pallet --help\n",
            id="misspelt",
        ),
        pytest.param(
            ["frobnicate"], "pallet: no such command 'frobnicate'\n  → pallet --help\n", id="unknown"
        ),
        pytest.param(["sync", "--fource", "x"], "No such option '--fource'", id="flag"),
        pytest.param(["sync", "--jobs", "many"], "'many' is not a valid integer", id="no-number"),
        pytest.param(["sync", "--jobs", "0"], "0 is not in the range 1<=x<=256", id="out-of-range"),
        pytest.param(["sync", "--timeout", "soon"], "'soon' is not a valid float", id="no-seconds"),
        pytest.param(["plan", "--format", "xml"], "'xml' is not one of 'text', 'json'", id="format"),
        pytest.param(
            ["check", "--allow", "unknown"], "'unknown' is not one of", id="unknown-cannot-be-allowed"
        ),
        pytest.param(["explain"], "Missing argument 'NAME'", id="no-name"),
        pytest.param(["plan", "extra"], "unexpected extra argument (extra)", id="too-much"),
        pytest.param(
            ["sync", "--restore"], "Option '--restore' requires an argument", id="restore-without-name"
        ),
        pytest.param(["sync", "--force"], "Option '--force' requires an argument", id="force-without-name"),
    ],
)
def test_wrong_usage_is_64(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(arguments)

    said = capsys.readouterr()
    assert code == 64
    assert complaint in said.err
    assert said.err.startswith("pallet: ")
    assert said.out == ""


@pytest.mark.parametrize(
    ("flag", "command"), [("--only", "plan"), ("--only", "check"), ("--restore", "sync"), ("--force", "sync")]
)
def test_glob_that_matches_nothing_is_64(desk: Desk, flag: str, command: str) -> None:
    ran = desk.pallet(command, flag, "workflows/triag")

    assert ran.code == 64
    assert ran.stderr.startswith(
        f"pallet: {flag} workflows/triag: expected a name or glob of pallet.toml's artifacts, got no match\n"
        "  → did you mean workflows/triage"
    )
    assert not (desk.root / ".pallet/registry").exists()


def test_unknown_target_is_64_and_names_those_there_are(desk: Desk) -> None:
    ran = desk.pallet("sync", "--target", "production")

    assert ran.code == 64
    assert ran.stderr == (
        "pallet: target production: expected one of main, got 'production'\n"
        '  → add [target.production] with url = "…" to pallet.toml\n'
    )


def test_against_without_offline_is_64(desk: Desk) -> None:
    ran = desk.pallet("check", "--against", "main")

    assert ran.code == 64
    assert "--offline" in ran.stderr


def test_directory_that_is_none_is_64(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "-C", "/nowhere/at/all"]) == 64
    assert "expected a directory, got none" in capsys.readouterr().err


def test_pallet_alone_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code = run([])

    said = capsys.readouterr()
    assert code == 64
    assert "Commands:" in said.err
    assert said.out == ""


def test_pallet_alone_begins_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    run([])

    assert capsys.readouterr().err.startswith("Usage: pallet ")


def test_explain_complains_about_what_was_typed(desk: Desk) -> None:
    ran = desk.pallet("explain", "workflows/triag")

    assert ran.code == 64
    assert ran.stderr.startswith("pallet: NAME workflows/triag: expected a name")
