"""`pallet validate` of whatever a hook hands over: other programs' files, and broken ones of our kinds."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from tests.support.foreign_files import FOREIGN
from tests.support.processes import PALLET, Ran
from tests.support.scenarios import card, triage


@pytest.fixture
def validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`pallet validate` in a folder without a pallet.toml."""
    monkeypatch.chdir(tmp_path)

    def validate(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(["validate", *arguments])
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return validate


def lay_out(root: Path) -> list[str]:
    for name, text in FOREIGN.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return list(FOREIGN)


def test_files_of_other_programs_pass(tmp_path: Path, validate: Any) -> None:
    names = lay_out(tmp_path)
    (tmp_path / "flow.yaml").write_text(triage())

    ran = validate("--strict", *names, "flow.yaml")

    assert (ran.code, ran.stdout) == (0, "1 file is valid\n")
    assert ran.stderr.count("\n") == 1
    assert validate("--strict", ".").code == 0


UTF_16 = {
    "u.yaml": triage().encode("utf-16"),
    "v.yaml": triage().encode("utf-16-le"),
    "a.json": card("clerk", "sort").encode("utf-16"),
    "b.json": card("clerk", "sort").encode("utf-16-be"),
    "other.yaml": "a: b\n".encode("utf-16"),
}


def test_utf_16_is_not_passed_over(tmp_path: Path, validate: Any) -> None:
    for name, content in UTF_16.items():
        (tmp_path / name).write_bytes(content)

    ran = validate("--format", "json", *UTF_16)

    problems = json.loads(ran.stdout)["problems"]
    assert ran.code == 78
    assert [(one["file"], one["line"], one["column"], one["code"]) for one in problems] == [
        (name, 1, 1, "not-utf-8") for name in UTF_16
    ]
    assert {one["message"] for one in problems} == {"expected UTF-8, got UTF-16"}
    # Below a folder, what is of no kind is nobody's business.
    below = json.loads(validate("--format", "json", ".").stdout)
    assert [one["file"] for one in below["problems"]] == ["a.json", "b.json", "u.yaml", "v.yaml"]


def test_size_of_a_large_file_is_its_own(tmp_path: Path, validate: Any) -> None:
    (tmp_path / "large.yaml").write_text(f"{triage()}#")
    with (tmp_path / "large.yaml").open("ab") as file:
        file.truncate(104_857_670)

    ran = validate("large.yaml")

    assert ran.code == 78
    assert "expected at most 8 MiB (8,388,608 bytes), got 104,857,670 bytes [too-large]" in ran.stderr


def test_empty_name_is_no_folder(validate: Any) -> None:
    assert validate("") == Ran(64, "", "pallet: FILES: expected a file or a folder, got an empty name\n")


def test_what_is_wrong_beside_equal_keys_is_told(tmp_path: Path, validate: Any) -> None:
    (tmp_path / "two.yaml").write_text(
        "metadata: {name: Two, version: 1.0.0, cost: enormous, cost: low}\n"
        "steps:\n"
        "  - {id: a, skill: do_it, timeout: -1}\n"
        "  - {id: a, skill: do_it}\n"
    )

    problems = json.loads(validate("--format", "json", "two.yaml").stdout)["problems"]

    assert [(one["line"], one["code"]) for one in problems] == [
        (1, "not-allowed"),
        (1, "duplicate-key"),
        (3, "too-small"),
        (4, "PLT010"),
    ]


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not on PATH")
def test_hook_passes_a_repository_of_other_programs(tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "flow.yaml").write_text(triage())
    hook = "{id: pallet, name: pallet, language: system, entry: ENTRY, types_or: [yaml, json]}"
    hook = hook.replace("ENTRY", " ".join([*PALLET, "validate"]))
    (tmp_path / ".pre-commit-config.yaml").write_text(f"repos: [{{repo: local, hooks: [{hook}]}}]\n")
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)

    ran = subprocess.run(
        ["pre-commit", "run", "--all-files"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stdout.split("\n")[0][-6:]) == (0, "Passed")
