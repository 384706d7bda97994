"""--format json: one document on stdout, valid by its schema, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.docker_registry import PROJECT
from tests.support.scenarios import NAMES, UNCLOSED, Desk, triage
from tests.support.scripted_registry import Reply, ScriptedRegistry

SCHEMA = json.loads((PROJECT / "schemas" / "plan.schema.json").read_text())
ARTIFACT_KEYS = {
    "name", "version", "reference", "verdict", "action", "outcome", "reason", "fix",
    "wanted", "locked", "seen", "seen_state", "source", "files",
}  # fmt: skip
COMMANDS = ("plan", "sync", "check", "explain", "validate", "lock")


def read(desk: Desk, command: str, *arguments: str, code: int) -> Mapping[str, Any]:
    """Run a command for JSON; check what holds for every document, and return it."""
    name = ("workflows/triage",) if command == "explain" else ()
    ran = desk.pallet(command, *name, "--format", "json", *arguments)
    assert ran.code == code, ran.everything
    document: Mapping[str, Any] = json.loads(ran.stdout)
    errors = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert errors == []
    assert document["format_version"].startswith("1.")
    assert document["exit_code"] == code
    assert document["command"] == command
    return document


@pytest.mark.parametrize("command", COMMANDS)
def test_success_is_one_document(synced: Desk, command: str) -> None:
    document = read(synced, command, code=0)

    assert document["complete"] is True
    assert document["problems"] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_invalid_file_is_a_problem_with_its_line(desk: Desk, command: str) -> None:
    desk.write("workflows/unclosed.yaml", UNCLOSED)

    problems = read(desk, command, code=78)["problems"]

    assert [(one["code"], one["file"], one["line"]) for one in problems] == [
        ("not-yaml", "workflows/unclosed.yaml", 7)
    ]


def test_missing_lock_in_ci_is_a_problem(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    problems = read(desk, "sync", code=6)["problems"]

    assert [one["fix"] for one in problems] == ["run `pallet lock` and commit it"]


def test_lock_check_that_fails_is_a_document(desk: Desk) -> None:
    assert "expected a lock, got none" in read(desk, "lock", "--check", code=6)["problems"][0]["message"]


@pytest.mark.parametrize(
    ("flag", "value"), [("--target", "nowhere"), ("--only", "nothing"), ("--directory", "/nowhere")]
)
def test_wrong_name_is_a_document(desk: Desk, flag: str, value: str) -> None:
    problem = read(desk, "plan", flag, value, code=64)["problems"][0]

    assert value in problem["message"]


@pytest.mark.parametrize("command", ["plan", "sync", "check"])
def test_every_artifact_has_its_action(desk: Desk, command: str) -> None:
    document = read(desk, command, code={"check": 6}.get(command, 0))

    assert [action["name"] for action in document["actions"]] == sorted(NAMES)
    assert document["summary"] == {"create": 6}
    assert document["target"] == "main"
    outcome = "done" if command == "sync" else None
    for action in document["actions"]:
        assert action.keys() >= ARTIFACT_KEYS
        assert (action["verdict"], action["action"], action["outcome"]) == ("create", "push", outcome)
        assert action["source"]["file"] == "pallet.toml"
        assert (desk.root / action["files"][0]).is_file()
    for tag in document["floating"]:
        assert tag.keys() >= {"name", "reference", "verdict", "outcome", "from", "to"}
        assert (tag["verdict"], tag["outcome"]) == ("absent", outcome)


def test_refused_artifact_says_what_to_do(synced: Desk) -> None:
    synced.write("workflows/triage.yaml", triage(skill="somebody_else"))

    for command in ("sync", "check"):
        document = read(synced, command, code=4)
        action = next(one for one in document["actions"] if one["name"] == "workflows/triage")
        assert (action["verdict"], action["action"]) == ("edited", "refuse")
        assert action["outcome"] == ("refused" if command == "sync" else None)
        assert action["fix"].startswith("give it a new version, such as 1.0.1")
        assert action["locked"] == action["seen"] != action["wanted"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [pytest.param(Reply(503), 75), pytest.param(Reply(429), 75), pytest.param(Reply(401), 77)],
)
def test_unknown_is_incomplete(online: Desk, registry: ScriptedRegistry, reply: Reply, code: int) -> None:
    registry.on("*", "", reply)

    for command in ("plan", "check", "sync"):
        document = read(online, command, "--retries", "0", code=code)
        assert document["complete"] is False
        assert document["summary"] == {"unknown": 6}
        assert {action["seen_state"] for action in document["actions"]} == {"unknown"}


def test_failed_push_has_its_error(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("PUT", "/v2/agents/clerk/manifests/", Reply(500))

    document = read(online, "sync", "--retries", "0", code=5)

    outcomes = {action["name"]: action["outcome"] for action in document["actions"]}
    assert outcomes == {**dict.fromkeys(NAMES, "done"), "agents/clerk": "failed"}
    failed = next(action for action in document["actions"] if action["name"] == "agents/clerk")
    assert "500" in failed["error"]


def test_document_can_go_to_a_file(desk: Desk) -> None:
    ran = desk.pallet("plan", "--format", "json", "-o", desk.root / "plan.json")

    assert (ran.code, ran.stdout) == (0, "")
    assert json.loads((desk.root / "plan.json").read_text())["command"] == "plan"


def test_failure_goes_to_the_file_too(desk: Desk) -> None:
    desk.write("pallet.toml", "")

    ran = desk.pallet("plan", "--format", "json", "-o", desk.root / "plan.json")

    assert (ran.code, ran.stdout) == (78, "")
    assert json.loads((desk.root / "plan.json").read_text())["exit_code"] == 78


def test_narration_stays_out_of_the_document(desk: Desk) -> None:
    for style in ("lines", "bar"):
        assert json.loads(desk.pallet("plan", "--format", "json", "--progress", style, "--verbose").stdout)
