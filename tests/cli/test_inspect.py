"""`pallet inspect`: what people and programs read, and the bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Platform
from reconciler.oci.reference import Repository, Tag
from tests.discovery.published import manifest_of
from tests.support.docker_registry import DockerRegistry
from tests.support.graphs import put_image, put_index, put_signature
from tests.support.processes import run_pallet
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up
from tests.support.scripted_registry import ScriptedRegistry

NAME = "workflows/triage"
IMAGE = Repository("images/base")
OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


def test_workflow_is_told(synced: Desk) -> None:
    ran = synced.pallet("inspect", f"{NAME}:1.0.0")

    lines = ran.stdout.splitlines()
    assert (ran.code, ran.stderr) == (0, "")
    assert lines[0] == "oci-layout:.pallet/registry/workflows/triage:1.0.0"
    assert lines[1].split() == ["what", "workflow"]
    layer = lines[lines.index("layers") + 1].split()
    assert (layer[0], layer[-1]) == ("triage.yaml", "application/vnd.pallet.workflow.v1+yaml")
    assert "  org.pallet.workflow.skills = classify_ticket,choose_team" in lines
    assert "referrers" not in lines


def test_json_tells_it_whole(synced: Desk) -> None:
    document = read_result(synced.pallet("inspect", f"{NAME}@latest", "--format", "json").stdout)

    assert (document["kind"], document["type"]) == ("workflow", "application/vnd.pallet.workflow.v1+yaml")
    assert document["digest"] in synced.lock.read_text()
    assert (document["platforms"], document["manifests"], document["referrers"]) == ([], [], [])
    assert [layer["title"] for layer in document["layers"]] == ["triage.yaml"]
    assert document["content_size"] == document["config"]["size"]
    assert document["annotations"]["org.pallet.project"] == "desk"


def test_index_and_its_referrers_are_told(desk: Desk) -> None:
    store = open_layout(desk.root / ".pallet/registry", label=".pallet/registry")
    arm = put_image(store, IMAGE, None, b"arm", platform=Platform("linux", "arm64", "v8"))
    inner = put_index(store, IMAGE, None, arm)
    index = put_index(
        store,
        IMAGE,
        "1.0.0",
        put_image(store, IMAGE, None, b"amd", platform=Platform("linux", "amd64")),
        inner,
    )
    signature = put_signature(store, IMAGE, index, b"signed")
    cosign = put_image(store, IMAGE, f"sha256-{index.digest.encoded}.sig", b"signed elsewhere")
    store.close()

    ran = desk.pallet("inspect", "images/base:1.0.0")

    lines = ran.stdout.splitlines()
    assert lines[1].split() == ["what", "index"]
    assert "  platforms      linux/amd64, linux/arm64/v8" in lines
    nested = lines[lines.index("manifests") + 3]
    assert nested == f"    linux/arm64/v8  {arm.digest}  {OCI}"
    assert lines[lines.index("referrers") + 1 :] == [
        f"  ├── application/vnd.test.signature.v1  {signature.digest}",
        f"  └── signature  {cosign.digest}  sha256-{index.digest.encoded}.sig",
    ]
    document = read_result(desk.pallet("inspect", "images/base:1.0.0", "--format", "json").stdout)
    assert [child["platform"] for child in document["manifests"]] == ["linux/amd64", None]
    assert document["manifests"][1]["manifests"][0]["platform"] == "linux/arm64/v8"
    assert [item["tag"] for item in document["signer_tags"]] == [f"sha256-{index.digest.encoded}.sig"]


def test_raw_is_the_bytes(synced: Desk, tmp_path: Path) -> None:
    store = open_layout(synced.root / ".pallet/registry", label="x")
    content = store.fetch_manifest(Repository(NAME), Tag("1.0.0")).content
    store.close()

    ran = synced.pallet("inspect", f"{NAME}:1.0.0", "--raw")
    to_file = synced.pallet("inspect", f"{NAME}:1.0.0", "--raw", "-o", tmp_path / "raw.json")

    assert (ran.code, ran.stdout.encode()) == (0, content)
    assert (to_file.code, to_file.stdout, (tmp_path / "raw.json").read_bytes()) == (0, "", content)


def test_raw_survives_a_pipe(synced: Desk) -> None:
    ran = run_pallet("inspect", f"{NAME}:1.0.0", "--raw", cwd=synced.root)

    assert ran.code == 0
    assert json.loads(ran.stdout)["mediaType"] == OCI
    assert not ran.stdout.endswith("\n")


def test_what_is_no_manifest_is_refused_and_printed_raw(online: Desk, registry: ScriptedRegistry) -> None:
    registry.put("w/html", b"<html>", OCI, "1.0.0")

    ran = online.pallet("inspect", "w/html:1.0.0")
    raw = online.pallet("inspect", "w/html:1.0.0", "--raw")

    assert ran.code == 1
    assert ran.stderr == (
        f"pallet: {registry.host}/w/html:1.0.0: not a manifest: expected JSON, got b'<html>'\n"
        "  → --raw prints the bytes as they are\n"
    )
    assert (raw.code, raw.stdout) == (0, "<html>")


def test_control_characters_never_reach_a_terminal(online: Desk, registry: ScriptedRegistry) -> None:
    evil = {"org.\x1b[31m": "red\x07\u202e", "org.opencontainers.image.title": "\x1b]0;x\x07"}
    registry.put("w/evil", manifest_of(evil), OCI, "1.0.0")

    text = online.pallet("inspect", "w/evil:1.0.0").everything

    assert "red" in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    document = read_result(online.pallet("inspect", "w/evil:1.0.0", "--format", "json").stdout)
    assert document["annotations"] == evil


@pytest.mark.parametrize(
    "command", [["inspect"], ["referrers"], ["pull", "-o", "out"]], ids=lambda item: item[0]
)
def test_repository_alone_means_its_newest_stable_version(synced: Desk, command: list[str]) -> None:
    arguments = [*command, "--format", "json"]

    alone = synced.pallet(*arguments, NAME)

    assert alone.code == 0, alone.everything
    wanted = read_result(synced.pallet(*arguments, f"{NAME}@latest").stdout)
    assert read_result(alone.stdout)["digest"] == wanted["digest"]


def test_repository_without_versions_means_latest(online: Desk, registry: ScriptedRegistry) -> None:
    digest = registry.put("w/image", manifest_of({}), OCI, "latest", "nightly")

    ran = online.pallet("inspect", "w/image", "--format", "json")
    needs = online.pallet("deps", "w/image", "--format", "json")

    assert (ran.code, read_result(ran.stdout)["digest"]) == (0, digest)
    assert [node["digest"] for node in read_result(needs.stdout)["nodes"]] == [digest]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((f"{NAME}:1.0.0", "--raw", "--format", "json"), "--raw: expected it or --format json, got both"),
    ],
)
def test_impossible_questions_are_refused(synced: Desk, arguments: tuple[str, ...], message: str) -> None:
    ran = synced.pallet("inspect", *arguments)

    assert ran.code == 64
    assert ran.stderr.startswith(f"pallet: {message}\n")


def test_missing_one_is_a_failure(synced: Desk) -> None:
    ran = synced.pallet("inspect", f"{NAME}:9.9.9", "--format", "json")

    assert ran.code == 1
    assert read_result(ran.stdout)["exit_code"] == 1


def test_registry_without_referrers_is_asked_by_tag(online: Desk, registry: ScriptedRegistry) -> None:
    registry.referrers_api = False
    registry.put(NAME, manifest_of({}), OCI, "1.0.0")

    document = read_result(online.pallet("inspect", f"{NAME}:1.0.0", "--format", "json").stdout)

    assert (document["referrers"], document["referrers_source"], document["notes"]) == ([], "tag", [])


def test_real_registry_is_inspected(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = set_up(tmp_path / "real", f"{docker_registry.url}/{repository_prefix}", capsys)
    assert desk.pallet("sync").code == 0

    ran = desk.pallet("inspect", f"{NAME}:1.0.0")

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[1].split() == ["what", "workflow"]
