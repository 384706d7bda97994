"""Ctrl-C and its like: what is in flight is finished, what is done is locked, the next run does the rest."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.desired.lockfile import read_lock
from tests.support.processes import DEADLINE_S, Ran, finish, start_pallet
from tests.support.scenarios import NAMES, Desk, set_up
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry

SAYS = "pallet: stopping: finishing what is in flight; once more to stop at once\n"


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with ScriptedRegistry() as server:
        yield server


@pytest.fixture
def desk(registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return set_up(tmp_path / "desk", registry.url, capsys)


def interrupt(desk: Desk, registry: ScriptedRegistry, number: int, method: str, pattern: str) -> Ran:
    """Run sync, and send it a signal while the registry has this request in its hands."""
    heard = threading.Event()
    with start_pallet("sync", "--jobs", "1", cwd=desk.root) as process:

        def send(_: Request) -> None:
            os.kill(process.pid, number)
            # Only answered when the narration says that the signal has arrived.
            assert heard.wait(DEADLINE_S)

        registry.on(method, pattern, send, times=1)
        assert process.stderr is not None
        first = process.stderr.readline()
        heard.set()
        ran = finish(process)
    return Ran(ran.code, ran.stdout, first + ran.stderr)


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGINT, 130, id="sigint"), pytest.param(signal.SIGTERM, 143, id="sigterm")],
)
def test_signal_while_pushing_locks_what_is_done(
    desk: Desk, registry: ScriptedRegistry, number: int, code: int
) -> None:
    ran = interrupt(desk, registry, number, "PUT", r"/v2/agents/editor/manifests/1\.0\.0")

    assert ran.code == code, ran.everything
    assert ran.stderr.startswith(SAYS)
    assert "Traceback" not in ran.stderr
    locked = {str(name) for name, _ in read_lock(desk.lock).entries}
    published = {name for name, held in registry.repositories.items() if held.tags}
    assert "agents/editor" in locked
    assert locked == published
    assert locked < set(NAMES)
    assert "skipped" in ran.stdout

    again = desk.pallet("sync")

    assert again.code == 0, again.everything
    assert desk.pallet("check").code == 0


@pytest.mark.parametrize("command", ["sync", "plan", "check"])
def test_signal_while_looking_ends_without_a_result(
    desk: Desk, registry: ScriptedRegistry, command: str
) -> None:
    with start_pallet(command, "--jobs", "1", cwd=desk.root) as process:
        registry.on("HEAD", "", lambda _: os.kill(process.pid, signal.SIGINT), times=1)
        ran = finish(process)

    assert ran.code == 130
    assert ran.stdout == ""
    assert ran.stderr.startswith(SAYS)
    assert "Traceback" not in ran.stderr
    assert not desk.lock.exists()
    assert registry.seen("PUT") == []


def test_second_signal_ends_at_once(desk: Desk, registry: ScriptedRegistry) -> None:
    answer = threading.Event()
    try:
        with start_pallet("sync", "--jobs", "1", cwd=desk.root) as process:

            def hang(_: Request) -> None:
                os.kill(process.pid, signal.SIGINT)
                assert answer.wait(DEADLINE_S)

            registry.on("PUT", "/manifests/", hang, times=1)
            assert process.stderr is not None
            assert process.stderr.readline() == SAYS
            process.send_signal(signal.SIGINT)
            assert finish(process).code == 130
    finally:
        answer.set()


def test_signal_ends_the_patience_with_a_throttling_registry(desk: Desk, registry: ScriptedRegistry) -> None:
    with start_pallet("sync", "--jobs", "1", cwd=desk.root) as process:

        def throttle(_: Request) -> Reply:
            os.kill(process.pid, signal.SIGINT)
            return Reply(429, {"Retry-After": "50"})

        registry.on("HEAD", "", throttle, times=1)
        ran = finish(process)

    assert ran.code == 130, ran.everything
    assert len(registry.requests) == 1
