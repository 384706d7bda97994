"""`pallet watch --once`: one look, one answer, one exit code."""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import run_pallet
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow
from tests.support.scenarios import snapshot

DEV = "oci-layout:.pallet/registry"


def test_once_publishes_and_ends(folder: ProjectFolder) -> None:
    first = run_pallet("watch", "--once", cwd=folder.root)
    before = snapshot(folder.root / ".pallet")
    second = run_pallet("watch", "--once", cwd=folder.root)

    assert (first.code, second.code) == (0, 0)
    assert f"{DEV}/workflows/router:dev is " in first.stdout
    assert second.stdout == ""
    assert snapshot(folder.root / ".pallet") == before


def test_once_publishes_the_good_and_names_the_bad(folder: ProjectFolder) -> None:
    folder.write({"workflows/triage.yaml": "metadata: [\n"})

    ran = run_pallet("watch", "--once", cwd=folder.root)

    assert ran.code == 78
    assert "workflows/triage.yaml:" in ran.stdout
    assert f"{DEV}/workflows/router:dev is " in ran.stdout


def test_once_fails_where_its_command_does(folder: ProjectFolder) -> None:
    ran = run_pallet("watch", "--once", "--exec", "exit 5", cwd=folder.root)

    assert ran.code == 1
    assert f"{DEV}/workflows/router:dev is " in ran.stdout
    assert "--exec: failed with exit code 5" in ran.stdout


def test_once_says_where_nobody_answers(tmp_path: Path) -> None:
    target = '\n[target.lab]\nurl = "http://127.0.0.1:9"\n[defaults]\ntarget = "lab"\n'
    folder = make_project(tmp_path / "p", target + WORKFLOWS, {"workflows/router.yaml": workflow()})

    ran = run_pallet("watch", "--once", cwd=folder.root)

    assert ran.code == 1
    assert "the registry is away" in ran.stdout
