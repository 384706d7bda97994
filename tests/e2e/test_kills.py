"""kill -9 at any moment: the next run converges, and what a run leaves behind can be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.desired.lockfile import read_lock
from tests.support.docker_registry import PROJECT, DockerRegistry
from tests.support.processes import DEADLINE_S, finish, start_pallet
from tests.support.scenarios import NAMES, CountingProxy, set_up
from tests.support.scripted_registry import Request

KILLED = -signal.SIGKILL
STRIDE = 7
"""Every seventh write is the last one; a stride of 1 tries all of them, and takes 20 s."""
REQUESTS = 39
"""Of a first sync of the examples: HEAD, POST, PUT, PUT of six, and list, PUT, HEAD of five floating tags."""


def test_layout_survives_a_kill_at_every_write(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.killed_sync", str(tmp_path), str(STRIDE)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100 // STRIDE


@pytest.mark.parametrize("request_number", range(1, REQUESTS, 3))
def test_registry_converges_after_a_kill_at_a_request(
    request_number: int,
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with CountingProxy(docker_registry.host) as proxy:
        desk = set_up(tmp_path, f"{proxy.url}/{repository_prefix}", capsys)
        with start_pallet("sync", "--jobs", "2", cwd=desk.root) as process:

            def kill(_: Request) -> None:
                if len(proxy.requests) == request_number:
                    os.kill(process.pid, signal.SIGKILL)

            proxy.on("*", "", kill)
            assert finish(process).code == KILLED

        read_lock(desk.lock)
        again = desk.pallet("sync")
        assert again.code == 0, again.everything
        assert len(read_lock(desk.lock).entries) == len(NAMES)
        assert desk.pallet("check").code == 0
