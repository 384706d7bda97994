"""What `[audit]` of pallet.toml leaves behind after real runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.scenarios import set_up, triage
from tests.support.scripted_registry import ScriptedRegistry, problem

AUDIT = '\n[audit]\nfile = ".pallet/audit.jsonl"\n'


def lines(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / ".pallet/audit.jsonl").read_text("utf-8").splitlines()]


def test_sync_is_told_and_check_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedRegistry() as server:
        desk = set_up(
            tmp_path, server.url, capsys, files={"workflows/triage.yaml": triage()}, floating=["latest"]
        )
        desk.write("pallet.toml", (desk.root / "pallet.toml").read_text("utf-8") + AUDIT)

        assert desk.pallet("check").code == 6
        assert not (desk.root / ".pallet/audit.jsonl").exists()
        assert desk.pallet("sync").code == 0

    told = [
        (line["action"], line["reference"].rpartition(":")[2], line["outcome"]) for line in lines(desk.root)
    ]
    assert [item[0] for item in told] == ["blob", "manifest", "tag"]
    assert told[1:] == [("manifest", "1.0.0", "accepted"), ("tag", "latest", "accepted")]


def test_refusal_names_user_but_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedRegistry() as server:
        server.users["ci"] = "hush-hush"
        server.on("PUT", "/manifests/", problem(403, "DENIED", "read only"))
        host = server.url.removeprefix("http://")
        (tmp_path / "auth.json").write_text(
            json.dumps({"auths": {host: {"username": "ci", "password": "hush-hush"}}})
        )
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
        desk = set_up(tmp_path / "desk", server.url, capsys, files={"workflows/triage.yaml": triage()})
        desk.write("pallet.toml", (desk.root / "pallet.toml").read_text("utf-8") + AUDIT)

        assert desk.pallet("sync").code == 77

    assert [(line["action"], line["outcome"], line["user"]) for line in lines(desk.root)] == [
        ("blob", "accepted", "ci"),
        ("manifest", "refused", "ci"),
    ]
    assert "hush" not in (desk.root / ".pallet/audit.jsonl").read_text("utf-8")
