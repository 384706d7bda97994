"""pallet watch, as a process: real files, a real registry, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.processes import run_pallet
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow
from tests.support.scenarios import digest_at, snapshot
from tests.support.watching import watching

DEV = "oci-layout:.pallet/registry"


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    """Two workflows that go to a layout."""
    files = {"workflows/router.yaml": workflow(), "workflows/triage.yaml": workflow("2.0.0")}
    return make_project(tmp_path / "project", WORKFLOWS, files)


@pytest.fixture
def online(
    docker_registry: DockerRegistry, repository_prefix: str, tmp_path: Path
) -> tuple[ProjectFolder, str, str]:
    """The same, in a registry: the folder, the registry's host, and the prefix of repositories."""
    target = (
        f'\n[target.lab]\nurl = "{docker_registry.url}/{repository_prefix}"\n[defaults]\ntarget = "lab"\n'
    )
    files = {"workflows/router.yaml": workflow(), "workflows/triage.yaml": workflow("2.0.0")}
    project = make_project(tmp_path / "online", target + WORKFLOWS, files)
    return project, docker_registry.host, repository_prefix


def save(folder: ProjectFolder, skill: str, name: str = "router") -> None:
    folder.write({f"workflows/{name}.yaml": workflow(skill=skill)})


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


def test_signal_ends_it_while_the_registry_keeps_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        target = f'\n[target.lab]\nurl = "{url}"\n[defaults]\ntarget = "lab"\n'
        folder = make_project(tmp_path / "p", target + WORKFLOWS, {"workflows/router.yaml": workflow()})
        with watching(folder.root, settled=False) as watch:
            watch.wait("watching")
            connection, _ = silent.accept()
            with connection:
                # It is in the middle of a request that nobody will answer.
                assert watch.end(signal.SIGINT) == 130

    assert watch.seen[-1]["event"] == "stopped"


def test_registry_that_goes_away_is_told_once_and_caught_up_with(
    own_docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    registry = own_docker_registry
    target = f'\n[target.lab]\nurl = "{registry.url}"\n[defaults]\ntarget = "lab"\n'
    folder = make_project(tmp_path / "p", target + WORKFLOWS, {"workflows/router.yaml": workflow()})
    with watching(folder.root, "--retries", "0") as watch:
        registry.stop()
        save(folder, "do_it")
        watch.wait("standing", state="waiting")
        watch.wait("away")
        save(folder, "do_more")
        watch.wait("changed")
        save(folder, "do_most")
        watch.wait("changed")
        registry.start()
        pushed = watch.wait("pushed")
        watch.wait("back")
        digest = digest_at(registry.host, "workflows/router", "dev")

        assert pushed["digest"] == digest
        assert watch.names().count("away") == 1
        # Only the newest state was published.
        assert [event["cause"] for event in watch.seen if event["event"] == "pushed"] == ["start", "save"]


def test_registry_that_is_away_at_the_start_is_waited_for(
    own_docker_registry: DockerRegistry, tmp_path: Path
) -> None:
    registry = own_docker_registry
    target = f'\n[target.lab]\nurl = "{registry.url}"\n[defaults]\ntarget = "lab"\n'
    folder = make_project(tmp_path / "p", target + WORKFLOWS, {"workflows/router.yaml": workflow()})
    registry.stop()
    with watching(folder.root, "--retries", "0", settled=False) as watch:
        watch.wait("away")
        registry.start()
        watch.wait("pushed", name="workflows/router")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_signal_ends_it_with_its_code(folder: ProjectFolder, number: signal.Signals, code: int) -> None:
    with watching(folder.root) as watch:
        assert watch.end(number) == code

    assert watch.seen[-1]["event"] == "stopped"
    assert watch.seen[-1]["reason"] == number.name


def test_command_follows_a_push_with_its_digest(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "echo $PALLET_NAME=$PALLET_DIGEST; exit 3") as watch:
        watch.wait("command", pushed=2, exit_code=3)
        save(folder, "do_it")
        digest = watch.wait("pushed")["digest"]
        watch.wait("output", line=f"workflows/router={digest}")
        watch.wait("command", pushed=1, exit_code=3)


def test_command_is_told_all_pushes_as_json(folder: ProjectFolder) -> None:
    with watching(
        folder.root, "--exec", 'printf %s "$PALLET_PUSHED"; cp "$PALLET_PUSHED_FILE" told.json'
    ) as watch:
        watch.wait("command")
        told = json.loads(next(event["line"] for event in watch.seen if event["event"] == "output"))

    assert sorted(item["name"] for item in told) == ["workflows/router", "workflows/triage"]
    assert {tuple(item["tags"]) for item in told} == {("dev",)}
    assert json.loads((folder.root / "told.json").read_text()) == told


def test_command_that_takes_too_long_is_ended(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "sleep 60 & wait", "--exec-timeout", "0.2") as watch:
        ended = watch.wait("command")

    assert (ended["exit_code"], ended["error"]) == (None, "took longer than 0.2 s, and was ended")


def test_commands_run_one_at_a_time_and_catch_up(folder: ProjectFolder) -> None:
    # It waits for a file, so that saves come in while it runs.
    command = "test -e running && exit 9; touch running; until test -e go; do sleep 0.02; done; rm running"
    with watching(folder.root, "--exec", command) as watch:
        for skill in ("one", "two", "three"):
            save(folder, skill)
            watch.wait("pushed", cause="save")
        folder.write({"go": ""})
        watch.wait("command", exit_code=0, pushed=2)
        watch.wait("command", exit_code=0, pushed=1)


def test_end_takes_the_command_with_it(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "echo $$; sleep 600") as watch:
        number = int(watch.wait("output")["line"])
        assert watch.end() == 143

    assert _ends(number)


def test_end_takes_a_command_that_will_not_go(folder: ProjectFolder, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    stubborn = "trap '' TERM; echo $$; while true; do sleep 0.05; done"
    with watching(folder.root, "--exec", stubborn, environment={"TMPDIR": str(temporary)}) as watch:
        number = int(watch.wait("output")["line"])
        assert [path.name for path in temporary.glob("pallet-watch-*/*")] == ["pushed.json"]
        assert watch.end(signal.SIGINT) == 130

    assert not list(temporary.glob("pallet-watch-*"))
    assert _ends(number)


def test_what_a_command_leaves_behind_holds_nothing_up(folder: ProjectFolder) -> None:
    with watching(folder.root, "--exec", "sleep 300 & echo $!") as watch:
        left = [int(watch.wait("output")["line"])]
        watch.wait("command", exit_code=0)
        save(folder, "do_it")
        left.append(int(watch.wait("output")["line"]))
        watch.wait("command", exit_code=0)

    for number in left:
        os.kill(number, signal.SIGKILL)


def _ends(number: int) -> bool:
    """Wait until a process is no more; say whether it came to that before the deadline."""
    deadline_s = time.monotonic() + 10
    while _is_running(number) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return not _is_running(number)


def _is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_interrupted_once_takes_its_command_with_it(folder: ProjectFolder) -> None:
    stubborn = "trap '' TERM; echo $$; while true; do sleep 0.05; done"
    with watching(folder.root, "--once", "--exec", stubborn, settled=False) as watch:
        number = int(watch.wait("output")["line"])
        assert watch.end(signal.SIGINT) == 130

    assert _ends(number)


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("1.2.3", "expected a tag that no release has, such as dev, got 1.2.3"),
        ("v1.2.3", "expected a tag that no release has, such as dev, got v1.2.3"),
        ("1.2", "expected a tag that no release has, such as dev, got 1.2"),
        ("latest", "expected a tag that no release has, such as dev, got latest"),
        ("-x", "not a tag: "),
    ],
)
def test_tag_of_a_release_is_refused(folder: ProjectFolder, tag: str, why: str) -> None:
    ran = run_pallet("watch", f"--tag={tag}", cwd=folder.root)

    assert ran.code == 64
    assert f"pallet: --tag {tag}: {why}" in ran.stderr


def test_floating_tag_of_an_artifact_is_refused(folder: ProjectFolder) -> None:
    folder.config.write_text(
        folder.config.read_text().replace(
            'kind = "workflow"', 'kind = "workflow"\nfloating-tags = ["edge-{major}"]'
        )
    )

    ran = run_pallet("watch", "--tag", "edge-1", cwd=folder.root)

    assert ran.code == 78
    assert "expected no release to have the tag edge-1, which is watch's" in ran.stderr
    assert not (folder.root / ".pallet").exists()


def test_config_that_takes_the_tag_for_releases_stops_publishing(folder: ProjectFolder) -> None:
    text = folder.config.read_text()
    with watching(folder.root) as watch:
        folder.write(
            {"pallet.toml": text.replace('kind = "workflow"', 'kind = "workflow"\nfloating-tags = ["dev"]')}
        )
        assert watch.wait("problem")["code"] == "tag-taken"
        save(folder, "do_it")
        watch.wait("changed", files=["workflows/router.yaml"])
        assert watch.wait("finished")["pushed"] == 0
        folder.write({"pallet.toml": text})
        watch.wait("pushed", name="workflows/router")


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


def test_layout_of_the_project_is_ignored_by_git(folder: ProjectFolder) -> None:
    run_pallet("watch", "--once", cwd=folder.root)

    assert (folder.root / ".pallet/.gitignore").exists()


def test_broken_config_at_the_start_ends_it(folder: ProjectFolder) -> None:
    folder.write({"pallet.toml": "broken"})

    ran = run_pallet("watch", cwd=folder.root, environment={"PYTHONWARNINGS": "error"})

    assert ran.code == 78
    assert ran.stderr.startswith("pallet: pallet.toml:1:")
