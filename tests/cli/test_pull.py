"""`pallet pull`: what lands in the folder, and that ORAS and pallet read what the other one published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository
from tests.support.docker_registry import DockerRegistry
from tests.support.graphs import put_files, put_image
from tests.support.processes import run_command
from tests.support.results import read_result
from tests.support.scenarios import Desk, snapshot

APP = Repository("team/app")
FILES = {"a.txt": b"one", "docs/b.md": b"two"}
HERE = "oci-layout:one/team/app"


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    put_files(open_layout(desk.root / "one"), APP, "1.2.0", FILES)
    return desk


def test_text_is_a_path_for_each_file(shelf: Desk) -> None:
    ran = shelf.pallet("pull", f"{HERE}:1.2.0", "-o", "build")

    assert (ran.code, ran.stdout) == (0, "build/a.txt\nbuild/docs/b.md\n")
    assert ran.stderr.endswith(": 2 written (6 bytes)\n")
    assert snapshot(shelf.root / "build") == FILES


def test_constraint_names_the_highest(shelf: Desk) -> None:
    put_files(open_layout(shelf.root / "one"), APP, "1.3.0", {"a.txt": b"newer"})

    shelf.pallet("pull", f"{HERE}@^1", "-o", "build")

    assert snapshot(shelf.root / "build") == {"a.txt": b"newer"}


def test_json_says_what_was_there(shelf: Desk) -> None:
    shelf.pallet("pull", f"{HERE}:1.2.0", "-o", "build")
    (shelf.root / "build/a.txt").unlink()

    document = read_result(shelf.pallet("pull", f"{HERE}:1.2.0", "-o", "build", "--format", "json").stdout)

    assert [(file["path"], file["change"]) for file in document["files"]] == [
        ("a.txt", "written"),
        ("docs/b.md", "unchanged"),
    ]


def test_current_folder_is_the_default(shelf: Desk) -> None:
    assert shelf.pallet("pull", f"{HERE}:1.2.0").code == 0
    assert (shelf.root / "a.txt").read_bytes() == b"one"


def test_other_files_are_refused(shelf: Desk) -> None:
    (shelf.root / "a.txt").write_text("mine")

    ran = shelf.pallet("pull", f"{HERE}:1.2.0")

    assert (ran.code, ran.stdout) == (4, "")
    assert "a.txt: something else is there: expected nothing, or the same content" in ran.stderr
    assert shelf.pallet("pull", f"{HERE}:1.2.0", "--overwrite").code == 0


def test_image_is_wrong_usage(desk: Desk) -> None:
    put_image(open_layout(desk.root / "one"), APP, "1.0.0", b"layer")

    ran = desk.pallet("pull", f"{HERE}:1.0.0", "-o", "build")

    assert ran.code == 64
    assert (
        "  → keep it as an image: pallet copy oci-layout:one/team/app:1.0.0 oci-layout:DIR/NAME" in ran.stderr
    )


def test_published_workflow_comes_back(synced: Desk) -> None:
    ran = synced.pallet("pull", "workflows/triage@*", "-o", "back")

    assert ran.code == 0, ran.stderr
    assert (synced.root / "back/triage.yaml").read_bytes() == (
        synced.root / "workflows/triage.yaml"
    ).read_bytes()


def test_pull_is_told_to_the_audit(synced: Desk) -> None:
    config = synced.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')

    assert synced.pallet("pull", "workflows/triage@*", "-o", "back").code == 0

    last = json.loads((synced.root / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["outcome"]) == ("pull", "accepted")


@pytest.mark.parametrize(
    ("reference", "outcome", "code"),
    [
        pytest.param("team/app:2.0.0", "rejected", 4, id="by-us"),
        pytest.param("team/app:3.0.0", "refused", 1, id="by-the-store"),
        pytest.param("team/app@^9", "refused", 1, id="before-it-had-a-version"),
    ],
)
def test_pull_that_fails_is_told_too(desk: Desk, reference: str, outcome: str, code: int) -> None:
    put_files(open_layout(desk.root / "one"), APP, "2.0.0", {"../evil": b"evil"})
    (desk.root / "pallet.toml").write_text(
        '[project]\nname = "acme"\n[target.one]\nurl = "oci-layout:one"\n[audit]\nfile = "audit.jsonl"\n'
    )

    assert desk.pallet("pull", reference, "-o", "back").code == code

    [line] = map(json.loads, (desk.root / "audit.jsonl").read_text().splitlines())
    assert (line["action"], line["outcome"]) == ("pull", outcome)


# --- ORAS -------------------------------------------------------------------------------------------------


def _oras(*arguments: str, cwd: Path) -> None:
    if shutil.which("oras") is None:
        pytest.skip("oras is not installed")
    ran = run_command(("oras", *arguments), cwd=cwd)
    assert ran.code == 0, ran.everything


def test_what_oras_pushed_is_pulled(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    (sources / "docs/deep").mkdir(parents=True)
    for name, content in {"a.txt": b"one", "docs/b.md": b"two", "docs/deep/c.md": b"three"}.items():
        (sources / name).write_bytes(content)
    there = f"{docker_registry.host}/{repository_prefix}/app:1.0.0"
    _oras("push", "--plain-http", there, "a.txt", "docs", cwd=sources)

    ran = desk.pallet("pull", f"http://{there}", "-o", "back")

    assert ran.code == 0, ran.stderr
    assert snapshot(desk.root / "back") == snapshot(sources)


def test_oras_pulls_what_pallet_pushed(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, tmp_path: Path
) -> None:
    (desk.root / "note.txt").write_text("hello")
    there = f"{docker_registry.host}/{repository_prefix}/note:1.0.0"
    assert desk.pallet("push", "note.txt", f"http://{there}").code == 0

    _oras("pull", "--plain-http", there, "-o", "out", cwd=tmp_path)

    assert (tmp_path / "out/note.txt").read_text() == "hello"
