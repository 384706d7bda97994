"""Which files a watch looks at, and every way in which they are saved."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow
from tests.support.watching import save, watching


def test_version_file_rebuilds_the_project(tmp_path: Path) -> None:
    rule = (
        '\n[[artifact]]\nfiles = "notes/*.txt"\nrepository = "notes/{stem}"\nkind = "files"\n'
        'version = { file = "meta/VERSION" }\n'
    )
    files = {"notes/a.txt": "a", "notes/b.txt": "b", "meta/VERSION": "1.0.0\n"}
    folder = make_project(tmp_path / "p", rule, files)
    with watching(folder.root) as watch:
        folder.write({"meta/VERSION": "1.1.0\n"})
        watch.wait("reloaded", file="meta/VERSION")
        assert watch.settle()["pushed"] == 2


def test_schema_of_a_kind_rebuilds_the_project(tmp_path: Path) -> None:
    rule = (
        '\n[kind.note]\nmedia-type = "application/vnd.acme.note.v1+yaml"\nschema = "schemas/note.json"\n'
        '\n[[artifact]]\nfiles = "notes/*.yaml"\nrepository = "notes/{stem}"\nkind = "note"\nversion = "1.0.0"\n'
    )
    files = {"notes/a.yaml": "title: a\n", "schemas/note.json": '{"type": "object"}'}
    folder = make_project(tmp_path / "p", rule, files)
    with watching(folder.root) as watch:
        folder.write({"schemas/note.json": '{"type": "object", "required": ["owner"]}'})
        assert watch.wait("problem")["file"] == "notes/a.yaml"
        folder.write({"notes/a.yaml": "title: a\nowner: me\n"})
        watch.wait("mended", file="notes/a.yaml")
        watch.wait("pushed", name="notes/a")


def test_linked_folder_is_watched_where_it_is(tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "p", WORKFLOWS.replace("workflows/*", "workflows/**/*"), {"shared/flow.yaml": workflow()}
    )
    (folder.root / "workflows").mkdir()
    (folder.root / "workflows/linked").symlink_to("../shared")
    with watching(folder.root) as watch:
        folder.write({"shared/flow.yaml": workflow(skill="do_it")})
        assert watch.wait("pushed", cause="save")["name"] == "workflows/flow"


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown-folder", "known-folder"])
def test_link_that_leads_elsewhere_is_followed(tmp_path: Path, *, is_known: bool) -> None:
    rules = WORKFLOWS.replace("workflows/*", "link/*")
    if is_known:
        rules += WORKFLOWS.replace("workflows/*", "new/*").replace('"workflows/{stem}"', '"new/{stem}"')
    files = {"old/flow.yaml": workflow(), "new/flow.yaml": workflow(skill="do_it")}
    folder = make_project(tmp_path / "p", rules, files)
    link = folder.root / "link"
    link.symlink_to("old")
    with watching(folder.root) as watch:
        (folder.root / "link.new").symlink_to("new")
        (folder.root / "link.new").replace(link)
        first = watch.wait("pushed", cause="save", name="workflows/flow")
        watch.settle()

        folder.write({"new/flow.yaml": workflow(skill="do_more")})
        second = watch.wait("pushed", name="workflows/flow")

    assert first["digest"] != second["digest"]


def test_what_git_ignores_is_not_watched(folder: ProjectFolder) -> None:
    folder.write({".gitignore": "drafts/\n", "drafts/new.yaml": workflow(), ".git/HEAD": "x"})
    folder.config.write_text(folder.config.read_text().replace("workflows/*.yaml", "**/*.yaml"))
    with watching(folder.root) as watch:
        folder.write({"drafts/new.yaml": workflow(skill="do_it")})
        save(folder, "do_it")
        assert watch.wait("changed")["files"] == ["workflows/router.yaml"]

        # Ignored no more: it joins.
        folder.write({".gitignore": ""})
        watch.wait("joined", name="workflows/new")


def vim_saves(path: Path, text: str) -> None:
    """What vim does: a probe, the old file aside, a new one, the old one gone."""
    probe = path.parent / "4913"
    probe.write_text("")
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def replaces(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    temporary.replace(path)


def saves_twice(path: Path, text: str) -> None:
    path.write_text(text.replace("timeout: 60", "timeout:   60"))
    path.write_text(text)


def sed_saves(path: Path, text: str) -> None:
    subprocess.run(["sed", "-i", "s/plan_it/do_it/", str(path)], check=True)


@pytest.mark.parametrize("saves", [vim_saves, replaces, saves_twice, sed_saves])
def test_every_way_to_save_is_one_push(folder: ProjectFolder, saves: Callable[[Path, str], None]) -> None:
    with watching(folder.root, "--debounce", "0.2") as watch:
        saves(folder.root / "workflows/router.yaml", workflow(skill="do_it"))
        run = watch.settle()
        assert watch.end() == 143

    assert run["pushed"] == 1
    assert [event["name"] for event in watch.seen if event.get("cause") == "save"] == ["workflows/router"]
    assert not {"left", "problem"} & set(watch.names())


def test_checkout_of_many_files_is_taken_in_at_once(folder: ProjectFolder) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    flows = {f"workflows/flow-{number}.yaml": workflow() for number in range(60)}
    subprocess.run([*git, "init", "-q", "-b", "main"], cwd=folder.root, check=True)
    folder.write({".gitignore": ".pallet/\n"})
    subprocess.run([*git, "add", "-A"], cwd=folder.root, check=True)
    subprocess.run([*git, "commit", "-qm", "few"], cwd=folder.root, check=True)
    subprocess.run([*git, "checkout", "-qb", "many"], cwd=folder.root, check=True)
    folder.write(flows)
    subprocess.run([*git, "add", "-A"], cwd=folder.root, check=True)
    subprocess.run([*git, "commit", "-qm", "many"], cwd=folder.root, check=True)
    subprocess.run([*git, "checkout", "-q", "main"], cwd=folder.root, check=True)

    with watching(folder.root, "--debounce", "0.2") as watch:
        subprocess.run([*git, "checkout", "-q", "many"], cwd=folder.root, check=True)
        watch.settle()
        assert watch.names().count("joined") == 60
        subprocess.run([*git, "checkout", "-q", "main"], cwd=folder.root, check=True)
        watch.settle()
        assert watch.names().count("left") == 60


def test_swapped_folder_is_read_again(folder: ProjectFolder) -> None:
    folder.write({"other/router.yaml": workflow(skill="do_it"), "other/triage.yaml": workflow("2.0.0")})
    with watching(folder.root, "--debounce", "0.2") as watch:
        (folder.root / "workflows").rename(folder.root / "gone")
        (folder.root / "other").rename(folder.root / "workflows")
        watch.wait("pushed", name="workflows/router", cause="save")

        # The folder that stands there now is watched, and not the one that went.
        watch.settle()
        save(folder, "do_more")
        watch.wait("pushed", name="workflows/router")


def test_polling_notices_too(folder: ProjectFolder) -> None:
    with watching(folder.root, "--poll", "--poll-interval", "0.05") as watch:
        assert watch.seen[0]["polling"] == "--poll"
        save(folder, "do_it")
        watch.wait("pushed", name="workflows/router", cause="save")


@pytest.mark.parametrize("limit", ["max_inotify_instances", "max_inotify_watches"])
def test_kernel_that_refuses_is_told_and_folders_are_looked_at(folder: ProjectFolder, limit: str) -> None:
    # In a user namespace of its own the limit is ours to set.
    lowered = [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        f'echo 0 > /proc/sys/user/{limit} && exec "$@"',
        "sh",
    ]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*lowered, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("unshare cannot make a user namespace here: the kernel's limits stay as they are")

    with watching(folder.root, "--poll-interval", "0.05", prefix=lowered) as watch:
        assert watch.seen[0]["polling"].startswith("the kernel would not watch: inotify ")
        save(folder, "do_it")
        watch.wait("pushed", name="workflows/router", cause="save")
