"""A layout is never torn: killed at every call into the kernel, and read while other processes write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.oci.files import STALE_AFTER_S
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository, Tag
from tests.support.artifacts import publish
from tests.support.docker_registry import PROJECT

REPOSITORY = Repository("workflows/plan")

WRITER = """
import sys
from pathlib import Path
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository
from tests.support.artifacts import publish
store, repository = open_layout(Path(sys.argv[1])), Repository("workflows/plan")
for number in range(int(sys.argv[3])):
    publish(store, repository, f"{sys.argv[2]}.{number}", b"x" * number)
    publish(store, repository, "latest", b"y" * number)
    print(number, flush=True)
"""


@pytest.mark.parametrize(("situation", "at_least"), [("new", 30), ("move", 20)])
def test_kill_at_any_point_leaves_a_whole_layout(tmp_path: Path, situation: str, at_least: int) -> None:
    command = [sys.executable, "-m", "tests.support.killed_writer", str(tmp_path), situation]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= at_least


def test_two_processes_lose_no_tag(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, name, 20) for name in ("a", "b")]
    for writer in writers:
        assert writer.wait() == 0
        assert writer.stdout is not None
        writer.stdout.close()
    expected = sorted(["latest", *(f"{name}.{number}" for name in "ab" for number in range(20))])
    assert open_layout(tmp_path).list_tags(REPOSITORY) == expected


def test_readers_never_meet_half_an_index(tmp_path: Path) -> None:
    writer = _writer(tmp_path, "a", 1_000_000)
    assert writer.stdout is not None
    try:
        for line in writer.stdout:
            store, number = open_layout(tmp_path), int(line)
            for _ in range(20):
                assert len(store.list_tags(REPOSITORY)) >= number + 2
                store.fetch_manifest(REPOSITORY, Tag("latest"))
            if number == 15:
                break
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    note = publish(open_layout(tmp_path), REPOSITORY, "latest", b"after the kill")
    assert open_layout(tmp_path).fetch_manifest(REPOSITORY, Tag("latest")).content == note.manifest


def test_old_leftovers_are_swept_and_young_ones_kept(tmp_path: Path) -> None:
    publish(open_layout(tmp_path), REPOSITORY, "1.0.0", b"content")
    blobs = tmp_path / REPOSITORY / "blobs" / "sha256"
    old, young = [blobs / ".pallet-old", tmp_path / REPOSITORY / ".pallet-old"], blobs / ".pallet-young"
    for path in (*old, young):
        path.write_bytes(b"half")
    for path in old:
        before = time.time() - STALE_AFTER_S - 60
        os.utime(path, (before, before))
    publish(open_layout(tmp_path), REPOSITORY, "2.0.0", b"more")
    assert [path.exists() for path in (*old, young)] == [False, False, True]


def _writer(root: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(root), name, str(count)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
