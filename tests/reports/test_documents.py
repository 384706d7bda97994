"""The JSON that other programs rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.errors import ConfigError, Problem, RefusedError, Severity, UnauthorisedError
from reconciler.reports.documents import (
    Document,
    failure_document,
    plan_document,
    problem_document,
    problems_document,
    render,
)
from tests.reports.plans import (
    CREATE,
    DRIFTED,
    EDITED,
    IN_SYNC,
    OTHER,
    every_verdict,
    settled,
    with_failure,
)
from tests.support.wanted import digest

TOP = {
    "format_version",
    "command",
    "target",
    "complete",
    "exit_code",
    "summary",
    "actions",
    "floating",
    "problems",
}
ACTION = {
    "name", "version", "reference", "verdict", "action", "outcome", "reason", "fix", "wanted", "locked",
    "seen", "seen_state", "source", "files",
}  # fmt: skip
FLOATING = {"name", "reference", "verdict", "outcome", "from", "to"}
PROBLEM = {"code", "message", "file", "line", "fix"}


def _read(document: Document) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render(document))
    return parsed


def _plan(*, with_results: bool = False) -> dict[str, Any]:
    plan = every_verdict()
    results = settled(plan) if with_results else None
    problem = Problem("lock-out-of-date", "has conflict markers", "pallet.lock", fix="run `pallet lock`")
    return _read(
        plan_document("sync" if results else "plan", plan, exit_code=1, results=results, problems=[problem])
    )


def _of(document: dict[str, Any], name: str, *, where: str = "actions") -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document[where] if item["name"] == name)
    return found


def test_document_has_the_keys_of_the_design() -> None:
    document = _plan()
    assert document.keys() >= TOP
    assert all(item.keys() >= ACTION for item in document["actions"])
    assert all(item.keys() >= FLOATING for item in document["floating"])
    assert all(item.keys() >= PROBLEM for item in document["problems"])


@pytest.mark.parametrize("with_results", [False, True], ids=["plan", "sync"])
def test_document_satisfies_its_schema(with_results: bool) -> None:
    schema = json.loads((schemas_directory() / "plan.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(_plan(with_results=with_results))


def test_head_of_the_document() -> None:
    document = _plan()
    assert {
        key: document[key] for key in ("format_version", "command", "target", "complete", "exit_code")
    } == {
        "format_version": "1.0",
        "command": "plan",
        "target": "local",
        "complete": False,
        "exit_code": 1,
    }
    assert document["summary"] == {
        "unknown": 1, "in-sync": 1, "adopt": 1, "create": 3, "drifted": 1, "edited": 1,
    }  # fmt: skip


def test_action_says_everything() -> None:
    action = _of(_plan(), "notes/edited")
    assert {key: action[key] for key in ACTION} == {
        "name": "notes/edited",
        "version": "1.0.0",
        "reference": "memory.test/notes/edited:1.0.0",
        "verdict": "edited",
        "action": "refuse",
        "outcome": None,
        "reason": "you changed files of a published version",
        "fix": "give it a new version, such as 1.0.1: pallet bump notes/edited patch; or take back the change",
        "wanted": EDITED.digest,
        "locked": OTHER,
        "seen": OTHER,
        "seen_state": "present",
        "source": {"file": "pallet.toml", "line": 1},
        "files": ["notes/edited.txt"],
    }


@pytest.mark.parametrize(
    ("name", "verdict", "action", "state"),
    [
        ("notes/adopt", "adopt", "lock", "present"),
        ("notes/create", "create", "push", "absent"),
        ("notes/drifted", "drifted", "restore", "present"),
        ("notes/edited", "edited", "refuse", "present"),
        ("notes/hidden", "create", "push", "hidden"),
        ("notes/in-sync", "in-sync", "none", "present"),
        ("notes/needy", "create", "none", "absent"),
        ("notes/unknown", "unknown", "none", "unknown"),
    ],
)
def test_verdict_action_and_state_are_words_of_the_design(
    name: str, verdict: str, action: str, state: str
) -> None:
    found = _of(_plan(), name)
    assert (found["verdict"], found["action"], found["seen_state"]) == (verdict, action, state)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("notes/adopt", "done"),
        ("notes/create", "done"),
        ("notes/edited", "refused"),
        ("notes/needy", "skipped"),
        ("notes/unknown", "failed"),
    ],
)
def test_outcome_is_a_word_of_the_design(name: str, outcome: str) -> None:
    assert _of(_plan(with_results=True), name)["outcome"] == outcome


def test_failure_stands_beside_its_outcome() -> None:
    plan = every_verdict()
    document = _read(plan_document("sync", plan, exit_code=5, results=with_failure(plan, CREATE.name)))
    action = _of(document, CREATE.name)
    assert (action["outcome"], action["error"], action["fix"]) == (
        "failed",
        "memory.test: 503",
        "try again later",
    )
    tag = _of(document, CREATE.name, where="floating")
    assert (tag["outcome"], tag["error"]) == (
        "skipped",
        "waits for notes/create 1.0.0, which was not published",
    )


def test_floating_tag_says_from_where_to_where() -> None:
    tag = next(
        item for item in _plan()["floating"] if item["reference"] == "memory.test/notes/in-sync:latest"
    )
    assert {key: tag[key] for key in FLOATING} == {
        "name": "notes/in-sync",
        "reference": "memory.test/notes/in-sync:latest",
        "verdict": "behind",
        "outcome": None,
        "from": OTHER,
        "to": IN_SYNC.digest,
    }


def test_foreign_tag_is_told() -> None:
    tag = _of(_plan(), EDITED.name, where="floating")
    assert (tag["verdict"], tag["from"]) == ("foreign", digest("foreign"))


def test_what_leaves_the_lock_is_listed() -> None:
    document = _plan()
    assert document["superseded"] == [{"name": "notes/create", "version": "0.9.0", "digest": OTHER}]
    assert document["orphans"] == [{"name": "notes/gone", "version": "1.0.0", "digest": OTHER}]


@pytest.mark.parametrize("written", [True, False])
def test_sync_says_whether_the_lock_was_written(written: bool) -> None:
    assert (
        _read(plan_document("sync", every_verdict(), exit_code=0, lock_written=written))["lock_written"]
        is written
    )


def test_plan_says_nothing_of_writing_the_lock() -> None:
    assert "lock_written" not in _plan()


def test_other_config_file_is_the_source() -> None:
    document = _read(plan_document("plan", every_verdict(), exit_code=0, config="other.toml"))
    assert _of(document, DRIFTED.name)["source"] == {"file": "other.toml", "line": 1}


def test_text_is_indented_and_ends_with_one_line_end() -> None:
    text = render(problems_document("validate", [], exit_code=0))
    assert text.startswith('{\n  "format_version": "1.0",\n')
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


PLACED = Problem("unknown-key", "unknown key 'x'", "pallet.toml", 3, 5, "artifact[0].x", "remove it")


def test_problem_says_where_and_what_to_do() -> None:
    assert problem_document(PLACED) == {
        "code": "unknown-key",
        "message": "unknown key 'x'",
        "file": "pallet.toml",
        "line": 3,
        "column": 5,
        "path": "artifact[0].x",
        "fix": "remove it",
    }


def test_problem_without_a_place_has_the_keys_all_the_same() -> None:
    bare = problem_document(Problem("failed", "no", severity=Severity.WARNING))
    assert bare == {
        "code": "failed", "message": "no", "file": None, "line": None, "severity": "warning", "fix": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "code", "problems"),
    [
        pytest.param(ConfigError([PLACED, PLACED]), 78, ["unknown-key", "unknown-key"], id="invalid"),
        pytest.param(RefusedError("no", fix="bump"), 4, ["failed"], id="refused"),
        pytest.param(UnauthorisedError("not you"), 77, ["failed"], id="not-authorised"),
    ],
)
def test_failure_is_a_document_too(failure: Any, code: int, problems: list[str]) -> None:
    document = _read(failure_document("plan", failure))
    assert document.keys() >= TOP
    assert (document["exit_code"], document["complete"], document["target"]) == (code, False, None)
    assert [problem["code"] for problem in document["problems"]] == problems
