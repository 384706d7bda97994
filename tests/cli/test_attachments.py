"""`[[artifact.attach]]` on the command line: plan, sync, check and lock say what becomes of attachments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.support.docker_registry import PROJECT
from tests.support.scenarios import Desk, set_up, triage

NAME = "workflows/triage"
ATTACH = '\n[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n'
CYCLONEDX = "application/vnd.cyclonedx+json"
PLAN_SCHEMA = json.loads((PROJECT / "schemas" / "plan.schema.json").read_text("utf-8"))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """One workflow with an SBOM, which go to a layout."""
    made = set_up(
        tmp_path / "desk",
        "oci-layout:.pallet/registry",
        capsys,
        files={"workflows/triage.yaml": triage()},
        floating=(),
    )
    made.write("pallet.toml", (made.root / "pallet.toml").read_text("utf-8") + ATTACH)
    made.write("sbom/triage.json", '{"bomFormat": "CycloneDX"}')
    return made


def document(desk: Desk, *arguments: str) -> dict[str, object]:
    ran = desk.pallet(*arguments, "--format", "json")
    found: dict[str, object] = json.loads(ran.stdout)
    assert not list(Draft202012Validator(PLAN_SCHEMA).iter_errors(found))
    assert found["exit_code"] == ran.code
    return found


def actions(found: dict[str, object]) -> list[dict[str, object]]:
    listed = found["actions"]
    assert isinstance(listed, list)
    return listed


def test_plan_shows_attachments(desk: Desk) -> None:
    ran = desk.pallet("plan")
    assert f"{NAME}:1.0.0 ← {CYCLONEDX}" in ran.stdout
    assert "1 to push · 1 to attach" in ran.stdout


def test_json_says_what_it_is_attached_to(desk: Desk) -> None:
    found = document(desk, "sync")
    artifact, attachment = actions(found)
    assert attachment["attached_to"] == artifact["reference"]
    assert attachment["reference"] == str(artifact["reference"]).replace(":1.0.0", f"@{attachment['wanted']}")
    assert (attachment["name"], attachment["version"]) == (NAME, "1.0.0")
    assert (attachment["verdict"], attachment["outcome"]) == ("create", "done")
    assert attachment["artifact_type"] == CYCLONEDX
    assert attachment["files"] == ["sbom/triage.json"]
    assert found["summary"] == {"create": 2}
    assert "attached_to" not in artifact


def test_everything_is_in_step_afterwards(desk: Desk) -> None:
    assert desk.pallet("sync").code == 0
    lock = desk.lock.read_text("utf-8")
    assert "revision = 1" in lock
    assert desk.pallet("check").code == 0
    assert desk.pallet("lock", "--check").code == 0
    assert desk.pallet("lock").code == 0
    assert desk.lock.read_text("utf-8") == lock
    assert desk.pallet("check", "--offline").code == 0


def test_changed_file_is_pending(desk: Desk) -> None:
    desk.pallet("sync")
    desk.write("sbom/triage.json", '{"bomFormat": "CycloneDX", "version": 2}')
    found = document(desk, "check")
    assert found["exit_code"] == 6
    assert [item["verdict"] for item in actions(found)] == ["in-sync", "create"]
    assert desk.pallet("lock", "--check").code == 6
    ran = desk.pallet("sync")
    assert ran.code == 0
    assert "1 attached" in ran.stdout
    assert len(desk.pallet("referrers", f"{NAME}:1.0.0").stdout.splitlines()) == 3


def test_attachment_that_is_wanted_no_more_leaves_the_lock(desk: Desk) -> None:
    desk.pallet("sync")
    desk.write("pallet.toml", (desk.root / "pallet.toml").read_text("utf-8").replace(ATTACH, ""))
    ran = desk.pallet("check")
    assert ran.code == 6
    assert f"{NAME} 1.0.0: same digest, other attachments" in ran.stdout
    assert desk.pallet("sync").code == 0
    assert "revision = 0" in desk.lock.read_text("utf-8")
    assert desk.pallet("check").code == 0
    assert CYCLONEDX in desk.pallet("referrers", f"{NAME}:1.0.0").stdout


def test_missing_file_is_a_problem_of_pallet_toml(desk: Desk) -> None:
    (desk.root / "sbom/triage.json").unlink()
    ran = desk.pallet("validate")
    assert ran.code == 78
    assert "artifact[0].attach[0].files: sbom/triage.json:" in ran.stdout + ran.stderr
