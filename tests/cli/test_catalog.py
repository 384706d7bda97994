"""[catalog]: what sync publishes, what plan and check say of it, and `pallet catalog`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler.discovery.catalog import LATEST
from reconciler.oci.layout import LayoutStore, open_layout
from reconciler.oci.reference import Repository, Tag
from tests.discovery.catalogued import CATALOG, listed, names_in, put_artifact, put_catalog
from tests.support.image_layouts import ImageLayout
from tests.support.processes import Ran
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, triage

TRIAGE = Repository("workflows/triage")
IMAGE = """
[[artifact]]
kind = "image"
files = "build/app"
repository = "images/app"
version = { file = "VERSION" }
floating-tags = []
"""
REFERENCE = "oci-layout:../registry/catalog:latest"


def with_catalog(desk: Desk, *, project: str = "desk") -> Desk:
    """Let a project publish its catalog, under a name of its own."""
    config = (desk.root / "pallet.toml").read_text(encoding="utf-8").replace('"desk"', f'"{project}"', 1)
    desk.write("pallet.toml", f'{config}\n[catalog]\nrepository = "catalog"\n')
    return desk


def write_image(desk: Desk, version: str = "1.0.0") -> None:
    """Let a project publish an image that is copied whole, so that it says nothing of a project."""
    shutil.rmtree(desk.root / "build", ignore_errors=True)
    layout = ImageLayout(desk.root / "build" / "app")
    layout.name(layout.add_image(text=version))
    desk.write("VERSION", f"{version}\n")
    config = (desk.root / "pallet.toml").read_text(encoding="utf-8")
    if IMAGE not in config:
        desk.write("pallet.toml", config + IMAGE)


@pytest.fixture
def ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """One workflow, and a catalog."""
    files = {"workflows/triage.yaml": triage()}
    return with_catalog(set_up(tmp_path / "ours", "oci-layout:../registry", capsys, files=files))


@pytest.fixture
def theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Another project in the same registry."""
    files = {"workflows/sort.yaml": triage()}
    desk = set_up(tmp_path / "theirs", "oci-layout:../registry", capsys, files=files)
    return with_catalog(desk, project="theirs")


@pytest.fixture
def store(tmp_path: Path) -> LayoutStore:
    return open_layout(tmp_path / "registry")


def rows_of(ran: Ran) -> list[str]:
    """Return repository and version of each line of a table."""
    assert ran.code == 0, ran.everything
    return [" ".join(line.split()[::2][:2]) for line in ran.stdout.splitlines()[1:]]


def catalog_of(desk: Desk, command: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return what a command's JSON says of the catalog."""
    ran = desk.pallet(command, "--format", "json", *arguments)
    assert ran.code == code, ran.everything
    said: dict[str, Any] = json.loads(ran.stdout)["catalog"]
    return said


def test_sync_publishes_what_was_confirmed(ours: Desk, store: LayoutStore) -> None:
    assert catalog_of(ours, "plan")["verdict"] == "absent"
    assert catalog_of(ours, "check", code=6)["action"] == "push"

    said = catalog_of(ours, "sync")

    assert (said["verdict"], said["outcome"]) == ("absent", "done")
    (item,) = listed(store)
    assert item.entry is not None
    assert item.entry.digest == store.head_manifest(TRIAGE, Tag("1.0.0")).digest
    assert (item.entry.floating_tags, item.owner) == (("latest",), "desk")
    assert catalog_of(ours, "check")["verdict"] == "current"


def test_second_sync_writes_nothing(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    before = store.head_manifest(CATALOG, LATEST)

    said = catalog_of(ours, "sync")

    assert (said["verdict"], said["action"], said["outcome"]) == ("current", "none", "done")
    assert store.head_manifest(CATALOG, LATEST) == before


def test_older_versions_stay_listed(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    ours.write("workflows/triage.yaml", triage("1.1.0"))

    assert ours.pallet("sync").code == 0

    assert [(i.entry.tag, i.entry.floating_tags) for i in listed(store) if i.entry] == [
        ("1.0.0", ()),
        ("1.1.0", ("latest",)),
    ]


def test_two_projects_share_one(ours: Desk, theirs: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    assert theirs.pallet("sync").code == 0
    ours.write("workflows/triage.yaml", triage("2.0.0"))

    assert ours.pallet("sync").code == 0

    assert names_in(store) == ["workflows/sort:1.0.0", "workflows/triage:1.0.0", "workflows/triage:2.0.0"]
    assert theirs.pallet("check").code == 0


def test_lost_catalog_is_pending_work(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    store.delete_manifest(CATALOG, LATEST)

    ran = ours.pallet("check")

    assert ran.code == 2, ran.everything
    assert "there is no catalog yet" in ran.stdout
    assert "1 catalog to publish" in ran.stdout
    assert ours.pallet("check", "--allow", "catalog").code == 0
    assert ours.pallet("plan", "--detailed-exitcode").code == 2
    assert ours.pallet("sync").code == 0
    assert ours.pallet("check").code == 0


def test_something_else_in_its_place_is_refused(ours: Desk, store: LayoutStore) -> None:
    digest = put_artifact(store, b"hello", "text/plain")

    ran = ours.pallet("sync")

    assert ran.code == 4, ran.everything
    assert f"catalog {REFERENCE}" in ran.stdout
    assert "expected a catalog, got an artifact of type text/plain" in ran.stdout
    assert "pallet sync --force catalog" in ran.stdout
    assert store.head_manifest(CATALOG, LATEST).digest == digest
    assert store.list_tags(TRIAGE) == ["1.0.0", "latest"]
    assert ours.pallet("check").code == 4
    assert ours.pallet("sync", "--force", "catalog").code == 0
    assert names_in(store) == ["workflows/triage:1.0.0"]


def test_refused_artifact_is_not_listed(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    ours.write("workflows/triage.yaml", triage(skill="another"))
    before = listed(store)

    assert ours.pallet("sync").code == 4

    assert listed(store) == before


def test_only_what_was_chosen_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: LayoutStore
) -> None:
    desk = with_catalog(set_up(tmp_path / "ours", "oci-layout:../registry", capsys))

    assert desk.pallet("sync", "--only", "agents/clerk").code == 0

    assert names_in(store) == ["agents/clerk:1.0.0"]


def test_catalog_may_not_be_an_artifacts_repository(ours: Desk) -> None:
    config = (ours.root / "pallet.toml").read_text(encoding="utf-8")
    ours.write("pallet.toml", config.replace('repository = "catalog"', 'repository = "workflows/triage"'))

    ran = ours.pallet("plan")

    assert ran.code == 78
    assert "expected a repository of its own, got workflows/triage, which is an artifact's" in ran.everything


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('repository = "UPPER"', "not a repository name"),
        ("repository = 5", "catalog.repository"),
        ('repo = "catalog"', "catalog"),
    ],
)
def test_bad_settings_are_named(ours: Desk, table: str, message: str) -> None:
    config = (ours.root / "pallet.toml").read_text(encoding="utf-8")
    ours.write("pallet.toml", config.replace('repository = "catalog"', table))

    ran = ours.pallet("plan")

    assert ran.code == 78
    assert message in ran.everything


def test_catalog_shows_what_is_listed(ours: Desk) -> None:
    assert ours.pallet("sync").code == 0

    ran = ours.pallet("catalog")
    document = read_result(ours.pallet("catalog", "--format", "json").stdout)

    assert ran.code == 0
    assert ran.stdout.splitlines()[0].split() == ["repository", "tag", "tags", "type", "project", "digest"]
    assert "workflows/triage  1.0.0  latest" in ran.stdout
    assert document["written"] is None
    assert [entry["project"] for entry in document["entries"]] == ["desk"]


def test_no_catalog_is_said(ours: Desk) -> None:
    ran = ours.pallet("catalog")

    assert ran.code == 1
    assert f"{REFERENCE}: there is no catalog yet" in ran.stderr


@pytest.mark.parametrize("argument", ["--all", "--force"])
def test_flags_of_rebuilding_need_it(ours: Desk, argument: str) -> None:
    ran = ours.pallet("catalog", argument)

    assert ran.code == 64
    assert f"{argument}: expected --rebuild with it, got none" in ran.stderr


def test_project_without_catalog_is_told_how(desk: Desk) -> None:
    ran = desk.pallet("catalog")

    assert ran.code == 64
    assert 'add [catalog] with repository = "catalog", then pallet sync' in ran.stderr


def test_rebuilding_finds_what_is_there(ours: Desk, theirs: Desk, store: LayoutStore) -> None:
    assert theirs.pallet("sync").code == 0
    assert ours.pallet("sync").code == 0
    ours.write("workflows/triage.yaml", triage("1.1.0"))
    assert ours.pallet("sync").code == 0
    for tag in store.list_tags(CATALOG):
        store.delete_manifest(CATALOG, tag)

    own = read_result(ours.pallet("catalog", "--rebuild", "--format", "json").stdout)
    again = read_result(ours.pallet("catalog", "--rebuild", "--format", "json").stdout)
    everybody = ours.pallet("catalog", "--rebuild", "--all")

    assert [entry["tag"] for entry in own["entries"]] == ["1.0.0", "1.1.0"]
    assert (own["written"], again["written"]) == (True, False)
    assert everybody.code == 0
    assert names_in(store) == ["workflows/sort:1.0.0", "workflows/triage:1.0.0", "workflows/triage:1.1.0"]
    assert theirs.pallet("check").code == 0


def test_rebuilding_drops_what_was_deleted(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    ours.write("workflows/triage.yaml", triage("1.1.0"))
    assert ours.pallet("sync").code == 0
    store.delete_manifest(TRIAGE, Tag("1.0.0"))

    assert ours.pallet("catalog", "--rebuild").code == 0

    assert names_in(store) == ["workflows/triage:1.1.0"]


def test_rebuilding_mends_a_broken_catalog(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    put_catalog(store, b"hello")
    broken = ours.pallet("catalog")

    mended = ours.pallet("catalog", "--rebuild")

    assert broken.code == 1
    assert "pallet catalog --rebuild" in broken.stderr
    assert mended.code == 0, mended.everything
    assert names_in(store) == ["workflows/triage:1.0.0"]


def test_rebuilding_overwrites_another_artifact_by_force(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync", "--only", "workflows/*").code == 0
    put_artifact(store, b"hello", "text/plain")

    refused = ours.pallet("catalog", "--rebuild")

    assert refused.code == 4
    assert "not overwritten: expected a catalog, got an artifact of type text/plain" in refused.stderr
    assert "or overwrite it: pallet catalog --rebuild --force\n" in refused.stderr
    assert ours.pallet("catalog", "--rebuild", "--force").code == 0
    assert names_in(store) == ["workflows/triage:1.0.0"]
    assert ours.pallet("check").code == 0


def test_rebuilding_for_everybody_lists_what_only_latest_holds(ours: Desk, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    put_artifact(store, b"hello", "text/plain", name=Repository("tools/fetch"))
    put_artifact(store, b"hullo", "text/plain", name=Repository("tools/fetch"), tag=Tag("nightly"))

    assert ours.pallet("catalog", "--rebuild", "--all").code == 0
    before = rows_of(ours.pallet("list"))

    assert names_in(store) == ["tools/fetch:latest", "workflows/triage:1.0.0"]
    assert before == ["tools/fetch latest", "workflows/triage 1.0.0"]
    assert ours.pallet("check").code == 0
    put_artifact(store, b"hello", "text/plain", name=Repository("tools/fetch"), tag=Tag("1.0.0"))
    assert ours.pallet("catalog", "--rebuild", "--all").code == 0
    assert names_in(store) == ["tools/fetch:1.0.0", "workflows/triage:1.0.0"]


def test_rebuilding_for_everybody_knows_whose_locked_images_are(ours: Desk, store: LayoutStore) -> None:
    write_image(ours)
    assert ours.pallet("sync").code == 0
    for tag in store.list_tags(CATALOG):
        store.delete_manifest(CATALOG, tag)

    assert ours.pallet("catalog", "--rebuild", "--all").code == 0

    assert [item.owner for item in listed(store)] == ["desk", "desk"]
    assert ours.pallet("check").code == 0


def test_images_are_found_by_the_project_that_the_catalog_names(ours: Desk) -> None:
    write_image(ours)
    assert ours.pallet("sync").code == 0

    assert rows_of(ours.pallet("list", "--project", "desk", "--all", "images/*")) == ["images/app 1.0.0"]
    assert rows_of(ours.pallet("search", "project=desk", "app")) == ["images/app 1.0.0"]
    assert rows_of(ours.pallet("list", "--project", "other")) == []


def test_rebuilding_says_what_is_gone(ours: Desk, tmp_path: Path, store: LayoutStore) -> None:
    assert ours.pallet("sync").code == 0
    shutil.rmtree(tmp_path / "registry" / TRIAGE)

    ran = ours.pallet("catalog", "--rebuild")

    assert ran.code == 0, ran.everything
    assert "listed, and not there: left out: workflows/triage\n" in ran.stderr
    assert names_in(store) == []


def test_catalog_is_a_file_for_other_tools(ours: Desk, tmp_path: Path) -> None:
    assert ours.pallet("sync").code == 0

    assert ours.pallet("pull", "catalog:latest", "-o", str(tmp_path / "out")).code == 0

    document = json.loads((tmp_path / "out" / "catalog.json").read_text(encoding="utf-8"))
    assert [entry["repository"] for entry in document["entries"]] == ["workflows/triage"]


def test_promoting_keeps_the_other_catalog_up_to_date(ours: Desk, tmp_path: Path) -> None:
    config = (ours.root / "pallet.toml").read_text(encoding="utf-8")
    ours.write("pallet.toml", f'{config}\n[target.other]\nurl = "oci-layout:../other"\n')
    assert ours.pallet("sync").code == 0

    ran = ours.pallet("promote", "--from", "main", "--to", "other")

    assert ran.code == 0, ran.everything
    assert "catalog published" in ran.stdout
    assert listed(open_layout(tmp_path / "other")) == listed(open_layout(tmp_path / "registry"))
    assert ours.pallet("check", "--target", "other").code == 0
