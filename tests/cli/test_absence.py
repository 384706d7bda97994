"""What is said of a reference that names nothing, by every command that reads one."""

from __future__ import annotations

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository
from tests.support.artifacts import publish
from tests.support.docker_registry import DockerRegistry
from tests.support.scenarios import Desk, set_up
from tests.support.scripted_registry import Reply, ScriptedRegistry

COMMANDS = [
    pytest.param(["deps"], id="deps"),
    pytest.param(["diff", "workflows/triage:1.0.0"], id="diff"),
    pytest.param(["pull", "--with-deps", "-o", "out"], id="pull-with-deps"),
    pytest.param(["pull", "-o", "out"], id="pull"),
    pytest.param(["inspect"], id="inspect"),
    pytest.param(["inspect", "--raw"], id="inspect-raw"),
    pytest.param(["referrers"], id="referrers"),
]
MISSING = f"sha256:{'0' * 64}"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("named", "message", "fix"),
    [
        pytest.param(
            "workflows/nope:1.0.0",
            "workflows/nope: no such repository: expected one with versions, got none",
            "check the name; `pallet list --target main` shows what is there",
            id="repository",
        ),
        pytest.param(
            "workflows/triage:1.0.1",
            "workflows/triage:1.0.1: no such tag: expected 1.0.1, got 1.0.0, latest",
            "ask for one of these; `pallet tags oci-layout:.pallet/registry/workflows/triage` lists all",
            id="tag",
        ),
        pytest.param(
            f"workflows/triage@{MISSING}",
            f"workflows/triage@{MISSING}: no such manifest: expected one of this repository, got none",
            "check the digest, or whether it was deleted; "
            "`pallet tags oci-layout:.pallet/registry/workflows/triage` lists what is there",
            id="digest",
        ),
    ],
)
def test_absence_is_told(synced: Desk, command: list[str], named: str, message: str, fix: str) -> None:
    ran = synced.pallet(*command, named)

    assert ran.code == 1
    assert ran.stderr == f"pallet: oci-layout:.pallet/registry/{message}\n  → {fix}\n"


def test_tag_that_is_listed_and_gone_is_told(online: Desk, registry: ScriptedRegistry) -> None:
    assert online.pallet("sync").code == 0
    registry.on("GET", "/v2/workflows/triage/manifests/1.0.0", Reply(404))
    registry.on("HEAD", "/v2/workflows/triage/manifests/1.0.0", Reply(404))

    ran = online.pallet("inspect", "workflows/triage:1.0.0")

    assert ran.code == 1
    assert ran.stderr.startswith(
        f"pallet: {registry.host}/workflows/triage:1.0.0: no such manifest: "
        "expected what the list of tags names, got none\n  → it was deleted, and is listed still: "
    )


@pytest.mark.parametrize("command", ["resolve", "tags", "tag"])
def test_absent_repository_is_told(synced: Desk, command: str) -> None:
    more = {"resolve": ["^1"], "tags": [], "tag": ["^1", "--as", "x"]}[command]

    ran = synced.pallet(command, "workflows/nope", *more)

    assert ran.code == 1
    assert "workflows/nope: no such repository: expected one with versions, got none\n" in ran.stderr


def test_many_tags_are_not_all_told(desk: Desk) -> None:
    store = open_layout(desk.root / "one")
    for number in range(9):
        publish(store, Repository("app"), f"1.{number}.0", b"hello")

    ran = desk.pallet("inspect", "oci-layout:one/app:1.8.1")

    assert "no such tag: expected 1.8.1, got 1.8.0, " in ran.stderr
    assert " and 4 more\n" in ran.stderr


def test_registry_that_pallet_toml_does_not_know_is_listed_by_name(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    ran = desk.pallet("deps", f"{docker_registry.host}/{repository_prefix}/nope:1.0.0")

    assert ran.stderr == (
        f"pallet: {docker_registry.host}/{repository_prefix}/nope: no such repository: "
        "expected one with versions, got none\n"
        f"  → check the name; `pallet list --registry {docker_registry.host}` shows what is there\n"
    )


def test_tag_of_a_registry_is_told_with_those_there_are(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"{docker_registry.url}/{repository_prefix}/team"
    desk = set_up(tmp_path_factory.mktemp("desk"), url, capsys)
    assert desk.pallet("sync").code == 0

    ran = desk.pallet("deps", "workflows/triage:7")

    name = f"{docker_registry.host}/{repository_prefix}/team/workflows/triage"
    assert ran.stderr == (
        f"pallet: {name}:7: no such tag: expected 7, got 1.0.0, latest\n"
        f"  → ask for one of these; `pallet tags {name}` lists all\n"
    )


def test_what_a_lock_names_and_is_gone_is_told(synced: Desk) -> None:
    taken = synced.pallet("pull", "workflows/triage", "--with-deps", "-o", "out").stdout
    digest = next(line.split('"')[1] for line in taken.splitlines() if line.startswith("digest"))
    synced.write("taken.lock", taken.replace(digest, MISSING))

    ran = synced.pallet("pull", "workflows/triage", "--from-lock", "taken.lock", "-o", "again")

    assert ran.code == 1
    assert f"workflows/triage@{MISSING}: no such manifest: expected one of this repository, got" in ran.stderr
    assert "\n  → deleted, or never here: pull from where " in ran.stderr


@pytest.mark.parametrize(
    ("repository", "lock", "fix"),
    [
        pytest.param(
            "workflows/triage",
            "none.lock",
            "make one: pallet pull workflows/triage --with-deps --lock ",
            id="none",
        ),
        pytest.param(
            "workflows/fanout", "taken.lock", "pallet pull workflows/triage --from-lock ", id="other"
        ),
        pytest.param(
            "workflows/triage",
            "broken.lock",
            "make it anew: pallet pull REPOSITORY --with-deps --lock FILE",
            id="broken",
        ),
    ],
)
def test_lock_that_does_not_fit_is_advised(synced: Desk, repository: str, lock: str, fix: str) -> None:
    synced.write("broken.lock", "broken")
    made = synced.pallet("pull", "workflows/triage", "--with-deps", "-o", "out", "--lock", "taken.lock")
    assert made.code == 0, made.everything

    ran = synced.pallet("pull", repository, "--from-lock", lock, "-o", "again")

    assert ran.code in (64, 78)
    assert f"\n  → {fix}" in ran.stderr
