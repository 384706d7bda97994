"""`pallet doctor`: what a target can do, found out without leaving anything behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, triage
from tests.support.scripted_registry import Reply, ScriptedRegistry, problem


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as server:
        yield server


@pytest.fixture
def desk(registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return set_up(tmp_path, registry.url, capsys, files={"workflows/triage.yaml": triage()})


def examine(desk: Desk, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return the findings by name."""
    ran = desk.pallet("doctor", *arguments, "--retries", "0", "--format", "json")
    assert ran.code == code, ran.everything
    document = read_result(ran.stdout)
    assert document["exit_code"] == code
    return {check["name"]: check for check in document["checks"]}


def health(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: check["health"] for name, check in found.items()}


def test_able_registry_is_praised(desk: Desk, registry: ScriptedRegistry) -> None:
    registry.multi_tag = registry.referrers_api = registry.single_post = True

    found = examine(desk)

    assert set(health(found).values()) == {"good"}
    assert found.keys() == {
        "reach", "clock", "who", "list", "push", "chunks", "single-post", "delete", "referrers", "multi-tag",
        "clean-up",
    }  # fmt: skip
    assert 'write profile = "zot"' in found["multi-tag"]["fix"]


def test_nothing_stays_behind(desk: Desk, registry: ScriptedRegistry) -> None:
    registry.multi_tag = True

    examine(desk)

    held = registry.repositories["pallet-doctor"]
    assert (held.manifests, held.tags, held.sessions) == ({}, {}, {})


def test_empty_name_that_stays_is_said(desk: Desk) -> None:
    assert examine(desk)["clean-up"]["message"] == (
        "what was tried is gone again; the registry may go on listing the empty name pallet-doctor"
    )


def test_plain_registry_gets_notes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], docker_registry: DockerRegistry
) -> None:
    desk = set_up(tmp_path, docker_registry.url, capsys, files={"workflows/triage.yaml": triage()})

    found = health(examine(desk))

    assert {name for name, state in found.items() if state == "note"} == {
        "single-post",
        "referrers",
        "multi-tag",
    }
    assert found["clean-up"] == "good"


def test_name_that_a_registry_goes_on_listing_is_not_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    docker_registry: DockerRegistry,
    repository_prefix: str,
) -> None:
    url = f"{docker_registry.url}/{repository_prefix}"
    desk = set_up(tmp_path, url, capsys, files={"workflows/triage.yaml": triage()})
    assert desk.pallet("sync").code == 0
    examine(desk)
    examine(desk, "--repository", "probed/here")

    ran = desk.pallet("list")

    assert ran.code == 0
    assert ran.stderr.startswith("listed, and not there: left out: probed/here\n1 repository, ")


def test_without_deleting_no_tag_is_tried(desk: Desk, registry: ScriptedRegistry) -> None:
    registry.on("DELETE", "/manifests/", problem(405, "UNSUPPORTED", "deleting is switched off"))

    found = examine(desk)

    assert found["delete"]["health"] == "note"
    assert "deleting is switched off" in found["delete"]["message"]
    assert found["multi-tag"]["health"] == "unknown"
    assert registry.seen("PUT", "/manifests/") == []


def test_missing_rights_are_told(desk: Desk, registry: ScriptedRegistry) -> None:
    registry.on("POST", "/blobs/uploads/", problem(403, "DENIED", "read only"))

    found = examine(desk, code=77)

    assert found["push"]["health"] == "bad"
    assert "read only" in found["push"]["message"]


def test_wrong_password_is_told_without_it(
    desk: Desk, registry: ScriptedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.users["ci"] = "right"
    login = {"auths": {registry.host: {"username": "ci", "password": "hush-hush"}}}
    (tmp_path / "auth.json").write_text(json.dumps(login))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))

    found = examine(desk, code=77)

    assert health(found) == {"reach": "good", "clock": "good", "who": "bad", "rights": "unknown"}
    assert "hush" not in json.dumps(found)
    assert {request.path for request in registry.requests} == {"/v2/"}


@pytest.mark.parametrize(
    ("method", "place", "name", "otherwise"),
    [
        pytest.param("GET", "/_catalog", "list", "a catalog names them", id="list"),
        pytest.param("DELETE", "/manifests/", "delete", "allow it in the registry", id="delete"),
    ],
)
def test_nobody_is_told_to_log_in(
    desk: Desk,
    registry: ScriptedRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    place: str,
    name: str,
    otherwise: str,
) -> None:
    registry.on(method, place, problem(401, "UNAUTHORIZED", "who are you"))

    assert examine(desk)[name]["fix"] == f"log in: pallet login {registry.host}"

    registry.users["ci"] = "right"
    login = {"auths": {registry.host: {"username": "ci", "password": "right"}}}
    (tmp_path / "auth.json").write_text(json.dumps(login))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    registry.on(method, place, problem(403, "DENIED", "not you"))

    assert otherwise in examine(desk)[name]["fix"]


def test_dead_registry_is_asked_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = set_up(tmp_path, "http://127.0.0.1:1", capsys, files={"workflows/triage.yaml": triage()})

    assert health(examine(desk, code=1)) == {"reach": "bad"}


@pytest.mark.parametrize("status", [200, 404])
def test_web_server_is_asked_once(desk: Desk, registry: ScriptedRegistry, status: int) -> None:
    registry.on("GET", "/v2/$", Reply(status, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"))

    found = examine(desk, code=1)

    assert health(found) == {"reach": "bad"}
    assert "not the API of a registry" in found["reach"]["message"]
    assert len(registry.requests) == 1


def test_host_needs_no_project(
    registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, "", capsys)

    assert health(examine(desk, registry.host, "--repository", "acme/probe"))["push"] == "good"
    assert list(registry.repositories) == ["acme/probe"]


def test_prefix_is_honoured(desk: Desk, registry: ScriptedRegistry) -> None:
    examine(desk, f"{registry.host}/acme")

    assert list(registry.repositories) == ["acme/pallet-doctor"]


def test_unknown_name_is_wrong_usage(desk: Desk) -> None:
    ran = desk.pallet("doctor", "production")

    assert ran.code == 64
    assert "expected one of" in ran.stderr


def test_directory_is_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = set_up(tmp_path, "oci-layout:.pallet/registry", capsys, files={"workflows/triage.yaml": triage()})
    assert desk.pallet("sync").code == 0

    found = examine(desk)

    assert set(health(found).values()) == {"good"}
    assert "1 repositories with 2 tags" in found["list"]["message"]


def test_damaged_layout_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = set_up(tmp_path, "oci-layout:.pallet/registry", capsys, files={"workflows/triage.yaml": triage()})
    assert desk.pallet("sync").code == 0
    for blob in (desk.root / ".pallet/registry/workflows/triage/blobs/sha256").iterdir():
        blob.write_bytes(b"")

    found = examine(desk, code=1)

    assert found["content"]["health"] == "bad"
    assert "layout is damaged" in found["content"]["message"]
