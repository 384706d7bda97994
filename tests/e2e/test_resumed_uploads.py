"""Kill pallet in the middle of a large blob, run it again: only the rest travels, where the registry allows."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from reconciler.oci.registry.uploads.chunks import Sizes
from tests.support.docker_registry import DockerRegistry
from tests.support.processes import finish, run_pallet, start_pallet
from tests.support.scenarios import CountingProxy, digest_at
from tests.support.scripted_registry import Reply, Request

KILLED = -signal.SIGKILL
CHUNK_BYTES = Sizes().resumable_chunk
SIZE_BYTES = 2 * CHUNK_BYTES + 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one large file, most of which is a hole."""
    with (tmp_path / "model.bin").open("wb") as stream:
        stream.write(os.urandom(1000))
        stream.truncate(SIZE_BYTES)
    return tmp_path


def push(folder: Path, target: str) -> tuple[str, ...]:
    return ("push", "model.bin:application/octet-stream", target)


def ranges(proxy: CountingProxy) -> list[str]:
    return [request.headers["content-range"] for request in proxy.seen("PATCH")]


def test_only_the_rest_travels_after_a_kill(
    docker_registry: DockerRegistry, repository_prefix: str, folder: Path
) -> None:
    # The proxy hands on whole requests, as nginx does by default: a chunk that was cut is none.
    environment = {"PALLET_CACHE_DIR": str(folder / "cache")}
    with CountingProxy(docker_registry.host) as proxy:
        target = f"{proxy.host}/{repository_prefix}/model:1.0.0"
        with start_pallet(*push(folder, target), cwd=folder, environment=environment) as process:

            def kill(_: Request) -> Reply | None:
                if len(proxy.seen("PATCH")) < 3:
                    return None
                os.kill(process.pid, signal.SIGKILL)
                return Reply(hang_up=True)

            proxy.on("PATCH", "", kill, times=1)
            assert finish(process).code == KILLED
        assert len(list((folder / "cache" / "uploads").glob("*.json"))) == 1
        before = ranges(proxy)
        proxy.forget()

        again = run_pallet(*push(folder, target), cwd=folder, environment=environment)

        assert again.code == 0, again.everything
        assert before[:2] == [f"0-{CHUNK_BYTES - 1}", f"{CHUNK_BYTES}-{2 * CHUNK_BYTES - 1}"]
        assert ranges(proxy) == [f"{2 * CHUNK_BYTES}-{SIZE_BYTES - 1}"]
        assert sum(len(request.body) for request in proxy.requests) < CHUNK_BYTES + 10_000
    assert list((folder / "cache" / "uploads").glob("*.json")) == []
    assert digest_at(docker_registry.host, f"{repository_prefix}/model", "1.0.0") is not None


def test_cut_chunk_is_sent_anew_to_the_reference_registry(
    docker_registry: DockerRegistry, repository_prefix: str, folder: Path
) -> None:
    # distribution keeps what it has of a cut chunk and refuses to go on behind it: a new upload is the way.
    environment = {"PALLET_CACHE_DIR": str(folder / "cache")}
    target = f"{docker_registry.host}/{repository_prefix}/model:1.0.0"
    journal = folder / "cache" / "uploads"
    with start_pallet(*push(folder, target), cwd=folder, environment=environment) as process:
        while process.poll() is None and not list(journal.glob("*.json")):
            pass
        process.kill()
        finish(process)

    again = run_pallet(*push(folder, target), cwd=folder, environment=environment)

    assert again.code == 0, again.everything
    assert list(journal.glob("*.json")) == []
    assert digest_at(docker_registry.host, f"{repository_prefix}/model", "1.0.0") is not None
