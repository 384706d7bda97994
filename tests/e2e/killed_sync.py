"""Runs `pallet sync` in processes that end at one write after another, and looks after each.

    python -m tests.e2e.killed_sync ROOT STRIDE

A process of its own, because it forks: pytest has threads. Prints how many were killed.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from reconciler.cli.main import run
from reconciler.desired.lockfile import read_lock
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Manifest, parse
from tests.support.dying import WRITES, die_at
from tests.support.scenarios import write_project

_FROM = ("posix", "fcntl")
FILES = ("workflows/triage.yaml", "agents/clerk.json")


def main(root: Path, stride: int) -> int:
    # Here once, so that no child has anything left to import.
    assert _quietly(["sync", "-C", str(_prepare(root / "first"))]) == 0
    point = 0
    while _dies_at(point, folder := _prepare(root / str(point))):
        _check_wreck(folder, point)
        _check_next_run(folder, point)
        point += stride
    sys.stdout.write(f"{point // stride}\n")
    return 0


def _prepare(folder: Path) -> Path:
    write_project(folder, "oci-layout:registry", paths=FILES)
    return folder


def _dies_at(point: int, folder: Path) -> bool:
    def sync() -> int:
        die_at(point, _reaches_the_disk)
        return _quietly(["sync", "-C", str(folder)])

    return os.WIFSIGNALED(_fork(sync))


def _reaches_the_disk(function: object) -> bool:
    if getattr(function, "__name__", "") not in WRITES:
        return False
    owner = getattr(function, "__self__", None)
    return getattr(function, "__module__", "") in _FROM or isinstance(owner, io.FileIO | io.BufferedWriter)


def _fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        os._exit(work())
    return os.waitpid(child, 0)[1]


def _quietly(arguments: Sequence[str]) -> int:
    with redirect_stdout(io.StringIO()):
        return run(arguments)


def _check_wreck(folder: Path, point: int) -> None:
    """The lock is absent or whole, and everything that a layout names can be read."""
    read_lock(folder / "pallet.lock")
    store = open_layout(folder / "registry")
    for name in store.list_repositories():
        for tag in store.list_tags(name):
            manifest = parse(store.fetch_manifest(name, tag).content)
            assert isinstance(manifest, Manifest), (point, name, tag)
            for blob in manifest.blobs:
                assert b"".join(store.fetch_blob(name, blob)), (point, name, tag)


def _check_next_run(folder: Path, point: int) -> None:
    for command in ("sync", "check"):
        arguments = (command, "-C", str(folder))
        status = _fork(partial(_quietly, arguments))
        assert os.waitstatus_to_exitcode(status) == 0, (point, command, status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
