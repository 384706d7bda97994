from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.cli.main import run
from reconciler.desired.kinds.schemas import load_schema
from tests.support.processes import PALLET, Ran
from tests.support.scenarios import NAMELESS, UNCLOSED, Desk, card, triage

EARLY = """\
metadata: {name: Early, version: 1.0.0}
steps:
  - id: review
    skill: review_code
    inputs:
      code: "{{ steps.build.outputs.code }}"
"""
SWITCH = """\
metadata: {name: Switch, version: 1.0.0}
steps:
  - id: route
    step_type: switch
    condition: "{{ workflow.input.topic }}"
    branches:
      code: [{id: code, skill: write_code}]
"""
PLACES = """\
metadata: {name: "é😀", version: 1.0.0}
defaults: &defaults
  skill: do_it
  timeout: 0
steps:
  - id: merged
    <<: *defaults
  - &third {id: third, skill: "😀", timeout: "5"}
  - *third
"""
CARD = '\ufeff{\r\n\t"name": "😀😀", "url": 5,\r\n\t"skills": [\r\n\t\t{"id": "a"},\r\n\t\t{"id": "é", "descripton": ""}]\r\n}\r\n'
TWICE = '{"skills": [], "url": "https://a", "name": "a",\r\n\t"é": 1, "name": "b"}'


def write(root: Path, **files: str) -> list[str]:
    """Write files, whose names have `_` for the dot; return the names."""
    names = [name.replace("_", ".") for name in files]
    for name, text in zip(names, files.values(), strict=True):
        (root / name).write_bytes(text.encode())
    return names


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


def test_named_files_need_no_project(tmp_path: Path, validate: Any) -> None:
    names = write(tmp_path, good_yaml=triage(), card_json=card("clerk", "sort"), early_yaml=EARLY)

    assert validate(*names[:2]) == Ran(0, "2 files are valid\n", "")
    assert validate(*names) == Ran(
        78,
        "",
        "pallet: early.yaml:6:7: steps[0].inputs.code: step 'review' reads 'steps.build', "
        "which is not defined [PLT012]\n  → expected one of review\n",
    )


def test_all_problems_of_all_files_are_told(tmp_path: Path, validate: Any) -> None:
    names = write(tmp_path, a_yaml=UNCLOSED, b_yaml=NAMELESS, c_yaml=EARLY, d_yaml=SWITCH)

    ran = validate(*names, "missing.yaml")

    found = re.findall(r"^pallet: (\S+?): .*?(?:(warning): )?.*\[(\S+)\]$", ran.stderr, re.MULTILINE)
    assert [(place, code) for place, _, code in found] == [
        ("a.yaml:7:13", "not-yaml"),
        ("b.yaml:1:1", "missing-key"),
        ("c.yaml:6:7", "PLT012"),
        ("d.yaml:6:5", "PLT015"),
        ("missing.yaml", "unreadable"),
    ]
    assert ran.stderr.endswith("pallet: 5 problems found; nothing was written\n")
    assert (ran.code, ran.stdout) == (78, "")


def test_places_are_those_of_editors(tmp_path: Path, validate: Any) -> None:
    crlf = PLACES.replace("\n", "\r\n")
    names = write(tmp_path, places_yaml=PLACES, crlf_yaml=crlf, card_json=CARD, twice_json=TWICE)

    problems = json.loads(validate("--format", "json", *names).stdout)["problems"]

    in_yaml = [
        (4, 3, "steps[0].timeout", "too-small"),
        (8, 13, "steps[2].id", "PLT010"),
        (8, 36, "steps[1].timeout", "wrong-type"),
    ]
    assert [(one["file"], one["line"], one["column"], one.get("path"), one["code"]) for one in problems] == [
        *(("places.yaml", *place) for place in in_yaml),
        *(("crlf.yaml", *place) for place in in_yaml),
        ("card.json", 2, 16, "url", "wrong-type"),
        ("card.json", 5, 15, "skills[1].descripton", "unknown-key"),
        ("twice.json", 2, 10, None, "duplicate-key"),
    ]


def test_warning_passes_unless_strict(tmp_path: Path, validate: Any) -> None:
    [name] = write(tmp_path, switch_yaml=SWITCH)

    passed, refused = validate(name), validate(name, "--strict")

    assert (passed.code, passed.stdout) == (0, "1 file is valid\n")
    assert passed.stderr.startswith("switch.yaml:6:5: warning: steps[0].branches: ")
    assert (refused.code, refused.stdout) == (78, "")
    assert refused.stderr.startswith("pallet: switch.yaml:6:5: warning: steps[0].branches: ")


def test_file_of_no_kind_is_skipped(tmp_path: Path, validate: Any) -> None:
    names = write(tmp_path, compose_yaml="services: {}\n", notes_md="# steps metadata\n", broken_json="{")

    ran = validate(*names)

    assert ran == Ran(0, "0 files are valid\n", f"skipped (belongs to no kind): {', '.join(names)}\n")


def test_many_skipped_files_are_one_line(tmp_path: Path, validate: Any) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").touch()

    ran = validate(*(f"{number:02}.txt" for number in range(30)))

    assert ran.stderr == "skipped (belongs to no kind): 00.txt, 01.txt, 02.txt and 27 more\n"


def test_folder_means_all_below_it(tmp_path: Path, validate: Any) -> None:
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    write(tmp_path / "below" / "deeper", early_yaml=EARLY)

    ran = validate("below")

    assert ran.code == 78
    assert "below/deeper/early.yaml:6:7: " in ran.stderr


def test_no_problem_is_told_twice(tmp_path: Path, validate: Any) -> None:
    [name] = write(tmp_path, early_yaml=EARLY)

    assert validate(name, f"./{name}", ".").stderr.count("[PLT012]") == 1


def test_pre_commit_hands_over_names(desk: Desk) -> None:
    [hook] = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    program, *arguments = hook["entry"].split()
    assert program == "pallet"
    changed = ["workflows/triage.yaml", "agents/clerk.json", "pallet.toml"]
    assert all(re.search(hook["files"], name) for name in changed)

    def commit() -> subprocess.CompletedProcess[str]:
        command = [*PALLET, *arguments, *changed]
        return subprocess.run(command, cwd=desk.root, capture_output=True, text=True, timeout=60, check=False)

    assert (commit().returncode, commit().stdout) == (0, "3 files are valid\n")
    desk.write("workflows/triage.yaml", EARLY)
    refused = commit()
    assert refused.returncode == 78
    assert refused.stderr.startswith("pallet: workflows/triage.yaml:6:7: ")


@pytest.mark.parametrize("code", ["PLT012", "PLT015"])
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "whole-project"])
def test_rules_are_switched_off_by_code(desk: Desk, code: str, is_named: bool) -> None:
    files = {"PLT012": EARLY, "PLT015": SWITCH}
    desk.write("workflows/triage.yaml", files[code])
    names = [desk.root / "workflows/triage.yaml"] if is_named else []
    toml = (desk.root / "pallet.toml").read_text()
    assert f"[{code}]" in desk.pallet("validate", *names).stderr

    desk.write("pallet.toml", f'{toml}\n[rules]\nignore = ["{code}"]\n')
    assert desk.pallet("validate", "--strict", *names).stderr == ""

    entry = toml.replace('kind = "workflow"\n', f'kind = "workflow"\nignore-rules = ["{code}"]\n')
    desk.write("pallet.toml", entry)
    assert desk.pallet("validate", "--strict", *names).stderr == ""


def test_unknown_rule_is_refused(desk: Desk) -> None:
    toml = (desk.root / "pallet.toml").read_text()
    desk.write("pallet.toml", f'{toml}\n[rules]\nignore = ["PLT015", "PLT999"]\n')

    ran = desk.pallet("validate")

    assert ran.code == 78
    assert "rules.ignore[1]: unknown rule: expected a code such as PLT015, got 'PLT999'" in ran.stderr


@pytest.mark.parametrize(
    ("comment", "is_found"),
    [
        pytest.param("    branches:  # pallet: ignore PLT015\n", False, id="same-line"),
        pytest.param("    # pallet: ignore PLT015\n    branches:\n", False, id="line-before"),
        pytest.param("    # pallet: ignore PLT012, PLT015\n    branches:\n", False, id="several"),
        pytest.param("    branches:  # pallet: ignore PLT012\n", True, id="other-code"),
        pytest.param("    # pallet: ignore PLT015\n\n    branches:\n", True, id="too-far"),
        pytest.param("    branches:  # pallet: ignore\n", True, id="no-code"),
    ],
)
def test_comment_switches_a_rule_off(tmp_path: Path, validate: Any, comment: str, is_found: bool) -> None:
    [name] = write(tmp_path, switch_yaml=SWITCH.replace("    branches:\n", comment))

    assert ("[PLT015]" in validate(name).stderr) is is_found


def test_schema_problem_cannot_be_ignored(tmp_path: Path, validate: Any) -> None:
    [name] = write(tmp_path, a_yaml=NAMELESS.replace("metadata:", "metadata:  # pallet: ignore missing-key"))

    assert "[missing-key]" in validate(name).stderr


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "whole-project"])
def test_json_follows_its_schema(desk: Desk, is_named: bool) -> None:
    desk.write("workflows/triage.yaml", EARLY)
    desk.write("workflows/fanout.yaml", SWITCH)
    names = [desk.root / "workflows", desk.root / "pallet.toml"] if is_named else []

    ran = desk.pallet("validate", "--format", "json", *names)

    document = json.loads(ran.stdout)
    schema = load_schema("validate.schema.json").document
    assert isinstance(schema, dict)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    assert (ran.code, document["exit_code"]) == (78, 78)
    found = {(one["file"], one["line"], one["code"], one.get("severity")) for one in document["problems"]}
    assert found == {
        ("workflows/fanout.yaml", 6, "PLT015", "warning"),
        ("workflows/triage.yaml", 6, "PLT012", None),
    }


@pytest.mark.parametrize(
    ("here", "has_git"), [(".", True), ("desk/agents", True), (".", False)], ids=["top", "below", "no-git"]
)
def test_annotations_name_files_from_the_top(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, here: str, has_git: bool
) -> None:
    monkeypatch.chdir(tmp_path / here)
    if has_git:
        (tmp_path / ".git").mkdir()
    desk.write("workflows/triage.yaml", EARLY)

    for names in ([], [desk.root / "workflows" / "triage.yaml"]):
        ran = desk.pallet("validate", "--format", "github", *names)
        place = "file=desk/workflows/triage.yaml,line=6,col=7,title=pallet PLT012"
        assert ran.stdout.startswith(f"::error {place}::steps[0].inputs.code: step 'review' reads")
        ran = desk.pallet("validate", "--format", "sarif", *names)
        assert '"uri": "desk/workflows/triage.yaml"' in ran.stdout
        assert ran.code == 78


@pytest.mark.parametrize("names", [[], ["."]], ids=["project", "named"])
@pytest.mark.parametrize("is_good", [True, False], ids=["good", "no-project"])
def test_every_form_is_whole(tmp_path: Path, validate: Any, names: list[str], is_good: bool) -> None:
    if is_good:
        write(tmp_path, pallet_toml='[project]\nname = "a"\n')
    code = 0 if is_good or names else 78

    ran = {form: validate("--format", form, *names) for form in ("json", "github", "sarif")}

    assert {form: one.code for form, one in ran.items()} == dict.fromkeys(ran, code)
    [log] = json.loads(ran["sarif"].stdout)["runs"]
    assert [result["ruleId"] for result in log["results"]] == (["no-config"] if code else [])
    assert (
        ran["github"].stdout.startswith("::error file=pallet.toml,") if code else ran["github"].stdout == ""
    )
    assert json.loads(ran["json"].stdout)["exit_code"] == code


def test_failure_has_every_form(validate: Any) -> None:
    ran = {form: validate("-C", "nowhere", "--format", form) for form in ("json", "github", "sarif")}

    complaint = "--directory nowhere: expected a directory, got none"
    assert {form: (one.code, complaint in one.stderr) for form, one in ran.items()} == dict.fromkeys(
        ran, (64, True)
    )
    [log] = json.loads(ran["sarif"].stdout)["runs"]
    assert log["results"] == []
    assert log["invocations"] == [
        {
            "executionSuccessful": False,
            "exitCode": 64,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": complaint}}],
        }
    ]
    assert ran["github"].stdout == f"::error title=pallet::{complaint}\n"


def test_named_settings_are_checked(desk: Desk) -> None:
    desk.write("pallet.toml", "[project]\n")

    ran = desk.pallet("validate", desk.root / "pallet.toml")

    assert ran.code == 78
    assert "missing key 'name'" in ran.stderr
    assert ran.stderr.count("missing key 'name'") == 1


def test_lock_is_checked_where_it_is_named(desk: Desk) -> None:
    desk.write("pallet.lock", "version = 99\n")

    ran = desk.pallet("validate", desk.root / "pallet.lock")

    assert ran.code == 78
    assert "pallet.lock: version: expected at most 1, got 99" in ran.stderr
