"""pallet watch, as a process: real files, a real registry, real signals."""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import run_pallet
from tests.support.projects import ProjectFolder, make_project, workflow
from tests.support.scenarios import digest_at
from tests.support.watching import save, watching


def test_start_publishes_what_the_channel_lacks(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        pushed = [event for event in watch.seen if event["event"] == "pushed"]

    assert {event["name"] for event in pushed} == {"workflows/router", "workflows/triage"}
    assert {event["cause"] for event in pushed} == {"start"}


def test_second_start_publishes_nothing(folder: ProjectFolder) -> None:
    run_pallet("watch", "--once", cwd=folder.root)

    with watching(folder.root) as watch:
        assert watch.seen[-1]["current"] == 2
        assert "pushed" not in watch.names()


def test_saved_file_reaches_the_registry(online: tuple[ProjectFolder, str, str]) -> None:
    folder, host, prefix = online
    with watching(folder.root) as watch:
        save(folder, "do_it")
        pushed = watch.wait("pushed")

    assert pushed["cause"] == "save"
    assert pushed["since_quiet_ms"] <= pushed["since_save_ms"]
    assert digest_at(host, f"{prefix}/workflows/router", "dev") == pushed["digest"]


def test_channel_holds_what_sync_would_publish(online: tuple[ProjectFolder, str, str]) -> None:
    folder, host, prefix = online
    assert run_pallet("watch", "--once", cwd=folder.root).code == 0
    assert run_pallet("sync", cwd=folder.root).code == 0

    for name, version in (("router", "1.0.0"), ("triage", "2.0.0")):
        repository = f"{prefix}/workflows/{name}"
        assert digest_at(host, repository, "dev") == digest_at(host, repository, version)


def test_no_release_tag_and_no_lock_is_written(online: tuple[ProjectFolder, str, str]) -> None:
    folder, host, prefix = online
    with watching(folder.root) as watch:
        save(folder, "do_it")
        watch.wait("pushed")

    assert digest_at(host, f"{prefix}/workflows/router", "1.0.0") is None
    assert digest_at(host, f"{prefix}/workflows/router", "latest") is None
    assert not folder.lock.exists()


def test_builds_get_tags_of_their_own_when_asked(online: tuple[ProjectFolder, str, str]) -> None:
    folder, host, prefix = online
    with watching(folder.root, "--version-tags") as watch:
        save(folder, "do_it")
        pushed = watch.wait("pushed", cause="save")

    tag = f"1.0.0-dev.g{pushed['digest'].removeprefix('sha256:')[:12]}"
    assert pushed["tags"] == [tag, "dev"]
    assert digest_at(host, f"{prefix}/workflows/router", tag) == pushed["digest"]


def test_highest_version_of_a_repository_has_the_channel(tmp_path: Path) -> None:
    rule = '\n[[artifact]]\nfiles = "{0}/flow.yaml"\nrepository = "flow"\nkind = "workflow"\n'
    files = {"v1/flow.yaml": workflow("1.4.0"), "v2/flow.yaml": workflow("2.0.0")}
    folder = make_project(tmp_path / "p", rule.format("v1") + rule.format("v2"), files)

    with watching(folder.root) as watch:
        pushed = [event["version"] for event in watch.seen if event["event"] == "pushed"]

    assert pushed == ["2.0.0"]


def test_save_without_a_change_does_nothing(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        save(folder, "plan_it")
        assert watch.wait("unchanged")["files"] == ["workflows/router.yaml"]
        assert watch.settle()["pushed"] == 0


def test_foreign_file_is_nobody_s_concern(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        folder.write({"notes.txt": "hello", "workflows/notes.txt": "hello"})
        save(folder, "do_it")
        assert watch.wait("changed")["files"] == ["workflows/router.yaml"]


def test_only_what_changed_is_built_and_pushed(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        save(folder, "do_it")
        run = watch.settle()

    assert (run["pushed"], run["current"], run["artifacts"]) == (1, 0, 2)


def test_invalid_file_is_named_and_its_last_good_build_stays(online: tuple[ProjectFolder, str, str]) -> None:
    folder, host, prefix = online
    with watching(folder.root) as watch:
        before = digest_at(host, f"{prefix}/workflows/router", "dev")
        folder.write({"workflows/router.yaml": workflow().replace("timeout: 60", "timeout: soon")})
        problem = watch.wait("problem")
        standing = watch.wait("standing", name="workflows/router", state="invalid")
        assert standing["files"] == ["workflows/router.yaml"]
        watch.settle()
        assert digest_at(host, f"{prefix}/workflows/router", "dev") == before
        assert "left" not in watch.names()

        save(folder, "do_it")
        watch.wait("mended", file="workflows/router.yaml")
        watch.wait("pushed", name="workflows/router")

    assert (problem["file"], problem["line"], problem["code"]) == ("workflows/router.yaml", 7, "wrong-type")
    assert problem["message"] == "expected a whole number, got the text 'soon'"


def test_mending_as_it_was_is_told(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        folder.write({"workflows/router.yaml": "metadata: [\n"})
        watch.wait("standing", state="invalid")
        folder.write({"workflows/router.yaml": workflow()})
        watch.wait("standing", name="workflows/router", state="settled")


def test_problem_is_told_once(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        folder.write({"workflows/router.yaml": "metadata: [\n"})
        watch.wait("problem")
        watch.settle()
        save(folder, "do_it", "triage")
        watch.settle()

    assert watch.names().count("problem") == 1


def test_broken_config_keeps_the_last_good_one_running(folder: ProjectFolder) -> None:
    text = folder.config.read_text()
    with watching(folder.root) as watch:
        folder.write({"pallet.toml": f"{text}\nbroken"})
        assert watch.wait("problem", file="pallet.toml")["code"] == "not-toml"
        watch.settle()
        save(folder, "do_it")
        watch.wait("pushed", name="workflows/router")
        folder.write({"pallet.toml": text})
        watch.wait("mended", file="pallet.toml")


def test_new_artifacts_join_and_removed_ones_leave(folder: ProjectFolder) -> None:
    with watching(folder.root) as watch:
        rule = '\n[[artifact]]\nfiles = "prompts/**/*.md"\nrepository = "prompts/{stem}"\nkind = "files"\nversion = "1.0.0"\n'
        folder.write({"prompts/deep/er/hello.md": "hello", "pallet.toml": folder.config.read_text() + rule})
        watch.wait("joined", name="prompts/hello")
        watch.wait("pushed", name="prompts/hello")
        watch.settle()

        # The new folders are watched too, and those that come later.
        folder.write({"prompts/deep/er/hello.md": "hello again"})
        watch.wait("pushed", name="prompts/hello")
        folder.write({"prompts/other/new.md": "new"})
        watch.wait("pushed", name="prompts/new")
        folder.write({"prompts/other/new.md": "newer"})
        watch.wait("pushed", name="prompts/new")

        (folder.root / "prompts/other/new.md").unlink()
        watch.wait("left", name="prompts/new")


def test_changed_target_gets_everything_and_so_does_the_old_one(
    online: tuple[ProjectFolder, str, str],
) -> None:
    folder, host, prefix = online
    text = folder.config.read_text()
    with watching(folder.root) as watch:
        folder.write({"pallet.toml": text.replace(f"/{prefix}", f"/{prefix}/other")})
        assert watch.wait("retargeted")["url"].endswith("/other")
        assert watch.settle()["pushed"] == 2
        assert "unchanged" not in watch.names()
        save(folder, "do_it")
        newest = watch.wait("pushed")["digest"]
        assert digest_at(host, f"{prefix}/workflows/router", "dev") != newest

        folder.write({"pallet.toml": text})
        watch.wait("retargeted")
        run = watch.settle()

    assert (run["pushed"], run["current"]) == (1, 1)
    assert digest_at(host, f"{prefix}/workflows/router", "dev") == newest


def test_layout_of_the_project_is_ignored_by_git(folder: ProjectFolder) -> None:
    run_pallet("watch", "--once", cwd=folder.root)

    assert (folder.root / ".pallet/.gitignore").exists()


def test_broken_config_at_the_start_ends_it(folder: ProjectFolder) -> None:
    folder.write({"pallet.toml": "broken"})

    ran = run_pallet("watch", cwd=folder.root, environment={"PYTHONWARNINGS": "error"})

    assert ran.code == 78
    assert ran.stderr.startswith("pallet: pallet.toml:1:")
