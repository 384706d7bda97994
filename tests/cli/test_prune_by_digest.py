"""`pallet prune` on a registry that deletes no tags: a manifest goes only where nothing else loses by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from tests.cli.test_catalog import with_catalog
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, triage
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry, problem

SORT = Repository("workflows/sort")


@pytest.fixture
def orphaned(registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """One version that nobody wants any more, under two tags."""
    files = {"workflows/triage.yaml": triage(), "workflows/sort.yaml": triage()}
    desk = with_catalog(set_up(tmp_path / "desk", registry.url, capsys, files=files, floating=("latest",)))
    assert desk.pallet("sync").code == 0
    (desk.root / "workflows" / "sort.yaml").unlink()
    assert desk.pallet("sync").code == 0
    return desk


def refuse_tags(registry: ScriptedRegistry, meet: Callable[[], object] = lambda: None) -> None:
    """Let no tag be deleted, and something happen when the first is tried."""

    def refuse(_: Request) -> Reply:
        meet()
        return problem(405, "UNSUPPORTED")

    registry.on("DELETE", "/workflows/sort/manifests/latest", refuse)
    registry.on("DELETE", "/workflows/sort/manifests/1.0.0", problem(405, "UNSUPPORTED"))


def put_index(registry: ScriptedRegistry, tag: str) -> Digest:
    """Publish an index that lists the version."""
    store = open_registry(Endpoint.parse(registry.url), credentials=Anonymous())
    try:
        part = store.head_manifest(SORT, Tag("1.0.0"))
        listed = Descriptor(part.media_type, part.digest, part.size_bytes)
        return store.put_manifest(SORT, Tag(tag), render(Index((listed,))), media_types.OCI_INDEX)
    finally:
        store.close()


def prune(desk: Desk, code: int) -> list[str]:
    ran = desk.pallet("prune", "--floating", "--yes", "--format", "json")
    assert ran.code == code, ran.everything
    return [item["outcome"] for item in read_result(ran.stdout)["versions"] if item["outcome"]]


def test_manifest_goes_with_all_its_tags(orphaned: Desk, registry: ScriptedRegistry) -> None:
    refuse_tags(registry)

    assert prune(orphaned, 0) == ["done"]
    assert registry.hold(SORT).tags == {}


def test_index_under_another_tag_keeps_its_parts(orphaned: Desk, registry: ScriptedRegistry) -> None:
    part = registry.hold(SORT).tags["1.0.0"]
    put_index(registry, "nightly")
    refuse_tags(registry)

    assert prune(orphaned, 4) == ["refused"]
    assert part in registry.hold(SORT).manifests


@pytest.mark.parametrize("is_index", [False, True], ids=["shared", "listed"])
def test_tag_that_came_meanwhile_stays(orphaned: Desk, registry: ScriptedRegistry, *, is_index: bool) -> None:
    part = registry.hold(SORT).tags["1.0.0"]

    tags = registry.hold(SORT).tags
    put = put_index(registry, "kept") if is_index else part
    tags.pop("kept", None)

    def meet() -> None:
        tags["kept"] = put

    refuse_tags(registry, meet)

    assert prune(orphaned, 4) == ["refused"]
    held = registry.hold(SORT)
    assert part in held.manifests
    assert set(held.tags) == {"1.0.0", "latest", "kept"}
