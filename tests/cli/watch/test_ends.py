"""What a watch does while the registry is away, and when it is told to end."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow
from tests.support.scenarios import digest_at
from tests.support.watching import save, watching


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
