"""`pallet prune`: shown first, deleted with --yes, and never more than was shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.oci.layout import LayoutStore, open_layout
from reconciler.oci.reference import Repository, Tag
from tests.cli.test_catalog import with_catalog
from tests.discovery.catalogued import names_in, put_artifact
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import CountingProxy, Desk, set_up, triage
from tests.support.scripted_registry import Reply

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
