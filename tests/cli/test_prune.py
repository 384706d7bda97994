"""`pallet prune`: shown first, deleted with --yes, and never more than was shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.requirements import REQUIRES
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.layout import LayoutStore, open_layout
from reconciler.oci.reference import Repository, Tag
from tests.cli.test_catalog import with_catalog, write_image
from tests.discovery.catalogued import annotated, listed, names_in, put_artifact, put_catalog
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import CountingProxy, Desk, overwrite, set_up, triage
from tests.support.scripted_registry import Reply, ScriptedRegistry

TRIAGE, SORT = Repository("workflows/triage"), Repository("workflows/sort")


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Desk]:
    """Return what publishes two workflows, the one in three versions, and forgets the other."""

    def publish(url: str = "oci-layout:registry", *, floating: tuple[str, ...] = ()) -> Desk:
        files = {"workflows/triage.yaml": triage(), "workflows/sort.yaml": triage()}
        desk = with_catalog(set_up(tmp_path / "desk", url, capsys, files=files, floating=floating))
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            desk.write("workflows/triage.yaml", triage(version))
            assert desk.pallet("sync").code == 0
        (desk.root / "workflows" / "sort.yaml").unlink()
        return desk

    return publish


def store_of(desk: Desk) -> LayoutStore:
    return open_layout(desk.root / "registry")


def put_needing(store: LayoutStore, name: str, requires: str, tag: str = "1.0.0") -> None:
    """Publish a workflow of another project that requires something."""
    blob = Blob.of_bytes(b"{}")
    said = {"org.pallet.project": "other", REQUIRES: requires}
    store.put_blob(Repository(name), blob)
    store.put_manifest(Repository(name), Tag(tag), annotated(said, blob=blob), media_types.OCI_MANIFEST)


def prune(desk: Desk, *arguments: str, code: int = 0) -> dict[str, Any]:
    ran = desk.pallet("prune", "--format", "json", *arguments)
    assert ran.code == code, ran.everything
    return read_result(ran.stdout)


def going(document: dict[str, Any]) -> list[str]:
    versions = document["versions"]
    return [f"{item['repository']}:{item['tag']}" for item in versions if item["action"] == "delete"]


def test_orphans_are_shown_and_stay(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0

    ran = desk.pallet("prune")

    assert ran.code == 0
    assert ran.stdout.startswith("- workflows/sort:1.0.0  ")
    assert "an orphan: pallet.toml wants nothing of this name" in ran.stdout
    assert "nothing was deleted: pallet prune --yes deletes what is shown" in ran.stderr
    assert store_of(desk).list_tags(SORT) == ["1.0.0"]


def test_locked_orphan_stays(make: Callable[..., Desk]) -> None:
    document = prune(make())

    assert going(document) == []
    assert [item["reason"] for item in document["versions"]] == ["pallet.lock holds it"]


def test_yes_deletes_and_tells_the_catalog(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0

    document = prune(desk, "--keep", "2", "--yes")

    assert going(document) == ["workflows/sort:1.0.0", "workflows/triage:1.0.0"]
    assert [item["outcome"] for item in document["versions"]] == ["done", "done"]
    assert document["catalog"] == "done"
    assert names_in(store_of(desk)) == ["workflows/triage:1.1.0", "workflows/triage:2.0.0"]
    assert store_of(desk).list_tags(TRIAGE) == ["1.1.0", "2.0.0"]
    assert desk.pallet("check").code == 0
    assert going(prune(desk, "--keep", "2")) == []


def test_floating_tags_hold_orphans(make: Callable[..., Desk]) -> None:
    desk = make(floating=("latest",))
    assert desk.pallet("sync").code == 0

    held, freed = prune(desk), prune(desk, "--floating", "--yes")

    assert [item["reason"] for item in held["versions"]] == ["held by latest; --floating deletes these too"]
    assert (going(freed), freed["versions"][0]["tags"]) == (["workflows/sort:1.0.0"], ["latest"])
    assert store_of(desk).list_tags(SORT) == []


def test_only_what_was_chosen_goes(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0

    assert going(prune(desk, "--keep", "1", "--only", "*/triage")) == [
        "workflows/triage:1.1.0",
        "workflows/triage:1.0.0",
    ]


def test_lost_catalog_lets_everything_be_read(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    store_of(desk).delete_manifest(Repository("catalog"), Tag("latest"))

    document = prune(desk)

    assert going(document) == ["workflows/sort:1.0.0"]
    assert document["notes"] == [
        "oci-layout:registry/catalog:latest: there is none: everything is read instead"
    ]


def test_vanished_repository_is_said(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    shutil.rmtree(desk.root / "registry" / SORT)
    desk.write("workflows/later.yaml", triage())

    document = prune(desk, "--keep", "2")

    assert document["notes"] == ["listed, and not there: left out: workflows/sort"]
    assert going(document) == ["workflows/triage:1.0.0"]


def test_overwritten_catalog_is_said_with_what_helps(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    put_artifact(store_of(desk), b"hello", "text/plain")

    ran = desk.pallet("prune", "--keep", "1", "--yes")

    assert ran.code == 4
    assert ran.stderr == (
        "oci-layout:registry/catalog:latest: expected a catalog, got an artifact of type text/plain: "
        "everything is read instead\n"
    )
    assert ran.stdout.splitlines()[-3:] == [
        "! catalog: oci-layout:registry/catalog:latest: not overwritten: expected a catalog, "
        "got an artifact of type text/plain",
        "  → give [catalog] another repository in pallet.toml, "
        "or overwrite it: pallet catalog --rebuild --force",
        "3 deleted",
    ]
    assert desk.pallet("catalog", "--rebuild", "--force").code == 0
    assert names_in(store_of(desk)) == ["workflows/triage:2.0.0"]


@pytest.mark.parametrize("age", ["90", "0d", "d", "-1d", "1h", ""])
def test_odd_ages_are_refused(make: Callable[..., Desk], age: str) -> None:
    ran = make().pallet("prune", "--older-than", age)

    assert ran.code == 64
    assert f"--older-than: expected an age such as 90d, 12w or 2y, got {age!r}" in ran.stderr


def test_registry_that_deletes_no_tags_loses_manifests(
    make: Callable[..., Desk], docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    desk = make(f"{docker_registry.url}/{repository_prefix}", floating=("latest", "{major}"))
    assert desk.pallet("sync").code == 0

    document = prune(desk, "--keep", "2", "--floating", "--yes")

    assert going(document) == ["workflows/sort:1.0.0", "workflows/triage:1.0.0"]
    assert [item["outcome"] for item in document["versions"]] == ["done", "done"]
    assert document["versions"][0]["tags"] == ["1", "latest"]
    assert going(prune(desk, "--keep", "2", "--floating")) == []
    assert desk.pallet("check").code == 0


def test_registry_that_refuses_deletion_is_said(
    make: Callable[..., Desk], docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    with CountingProxy(docker_registry.host) as proxy:
        desk = make(f"{proxy.url}/{repository_prefix}")
        assert desk.pallet("sync").code == 0
        refusal = b'{"errors":[{"code":"UNSUPPORTED","message":"deletion is switched off"}]}'
        proxy.on("DELETE", "/", Reply(405, [("Content-Type", "application/json")], refusal))

        document = prune(desk, "--keep", "1", "--yes", code=4)
        ran = desk.pallet("prune", "--keep", "1", "--yes")

    assert [item["outcome"] for item in document["versions"]] == ["refused"] * 3
    assert "405" in document["versions"][0]["error"]
    assert document["catalog"] is None
    assert ran.stdout.splitlines()[-2:] == [
        "  → enable deleting in the registry (distribution: storage.delete.enabled), "
        "or delete with its own tools (3 times)",
        "3 refused",
    ]
    assert ran.stdout.count("→") == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v2/_catalog", 401), ("/v2/workflows/secret/tags/list", 403)],
    ids=["nothing-is-listed", "one-cannot-be-read"],
)
def test_nothing_goes_where_nobody_can_tell_who_requires_what(
    registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, status: int
) -> None:
    desk = set_up(tmp_path / "desk", registry.url, capsys, files={"workflows/triage.yaml": triage()})
    for version in ("1.0.0", "1.1.0"):
        desk.write("workflows/triage.yaml", triage(version))
        assert desk.pallet("sync").code == 0
    overwrite(registry.host, "workflows/secret", "1.0.0")
    registry.on("GET", path, Reply(status, [("Content-Type", "application/json")], b"{}"))

    shown = desk.pallet("prune", "--keep", "1", "-v")
    document = prune(desk, "--keep", "1", "--yes", code=4)
    ran = desk.pallet("prune", "--keep", "1", "--yes")

    assert "= workflows/triage:1.0.0  " in shown.stdout
    assert "nobody can tell who requires it" in shown.stdout
    assert "nothing goes: nobody can tell who requires what\n" in shown.stderr
    assert going(document) == []
    (version,) = [item for item in document["versions"] if item["outcome"]]
    assert version["reference"].endswith("workflows/triage:1.0.0")
    assert (version["outcome"], version["reason"]) == ("refused", "nobody can tell who requires it")
    assert str(status) in version["error"]
    assert ran.stdout.splitlines()[-2:] == [
        "  → publish a catalog: [catalog] in pallet.toml, then pallet catalog --rebuild --all, "
        "as somebody who may read everything",
        "1 refused",
    ]
    assert "DELETE" not in {request.method for request in registry.requests}


def test_catalog_says_who_requires_what_where_nothing_is_listed(
    registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = with_catalog(
        set_up(tmp_path / "desk", registry.url, capsys, files={"workflows/triage.yaml": triage()})
    )
    for version in ("1.0.0", "1.1.0"):
        desk.write("workflows/triage.yaml", triage(version))
        assert desk.pallet("sync").code == 0
    registry.on("GET", "/v2/_catalog", Reply(401, [], b""))

    assert going(prune(desk, "--keep", "1")) == ["workflows/triage:1.0.0"]


def test_flawed_catalog_lets_everything_be_read(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    entries = ",".join([*(item.text for item in listed(store_of(desk))), '{"bad":1}'])
    put_catalog(store_of(desk), f'{{"format_version":"1.0","entries":[{entries}]}}'.encode())
    put_needing(store_of(desk), "other/flow", "workflows/sort")

    document = prune(desk)

    assert going(document) == []
    assert [item["reason"] for item in document["versions"]] == ["required by other/flow:1.0.0"]
    assert document["notes"] == [
        "oci-layout:registry/catalog:latest: entries cannot be read: 1, such as one with "
        "tag: expected text, got None: everything is read as well"
    ]


def test_what_only_latest_holds_requires(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    for tag in store_of(desk).list_tags(Repository("catalog")):
        store_of(desk).delete_manifest(Repository("catalog"), tag)
    put_needing(store_of(desk), "other/flow", "workflows/sort", "latest")

    assert [item["reason"] for item in prune(desk)["versions"]] == ["required by other/flow:latest"]


def test_unclear_requirement_keeps_and_is_said(make: Callable[..., Desk]) -> None:
    desk = make()
    assert desk.pallet("sync").code == 0
    put_needing(store_of(desk), "other/flow", "workflows/sort@^^1")
    assert desk.pallet("catalog", "--rebuild", "--all").code == 0

    ran = desk.pallet("prune", "--yes")

    assert (ran.code, ran.stdout) == (0, "1 kept\n")
    assert "'workflows/sort@^^1'" in ran.stderr
    assert ran.stderr.endswith("every version of workflows/sort stays\n")


@pytest.mark.parametrize("is_listed", [True, False], ids=["catalog", "no-catalog"])
def test_images_go_where_the_catalog_says_whose_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_listed: bool
) -> None:
    desk = set_up(tmp_path / "desk", "oci-layout:registry", capsys, files={})
    desk = with_catalog(desk) if is_listed else desk
    bare = (desk.root / "pallet.toml").read_text(encoding="utf-8")
    for version in ("1.0.0", "1.1.0"):
        write_image(desk, version)
        assert desk.pallet("sync").code == 0
    whys = {True: "older than the newest 1", False: "nobody says whose it is"}

    old = prune(desk, "--keep", "1")
    desk.write("pallet.toml", bare)
    assert desk.pallet("sync").code == 0
    orphans = prune(desk, "--yes")

    assert [(item["tag"], item["reason"]) for item in old["versions"]] == [("1.0.0", whys[is_listed])]
    assert going(orphans) == (["images/app:1.1.0", "images/app:1.0.0"] if is_listed else [])
    assert store_of(desk).list_tags(Repository("images/app")) == ([] if is_listed else ["1.0.0", "1.1.0"])
    assert desk.pallet("prune", "-v").stdout.count("nobody says whose it is") == (0 if is_listed else 2)
