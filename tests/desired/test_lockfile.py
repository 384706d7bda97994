"""pallet.lock on the disk: read, and written only where something changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.lockfile import (
    Lock,
    read_lock,
    render_lock,
    write_lock,
)
from reconciler.errors import LockError
from tests.desired.locks import BUNDLE, GOLDEN, NEWER, ROUTER
from tests.support.wanted import lock_of


def test_absent_lock_is_empty_and_has_no_text(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "pallet.lock") == Lock()


def test_written_lock_holds_the_rendered_bytes(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    assert write_lock(path, Lock(), [ROUTER, BUNDLE])
    assert path.read_bytes() == GOLDEN.encode()
    assert [child.name for child in tmp_path.iterdir()] == ["pallet.lock"]


def test_equal_lock_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(GOLDEN)
    os.utime(path, (1, 1))
    assert not write_lock(path, read_lock(path), [BUNDLE, ROUTER])
    assert path.stat().st_mtime == 1


def test_checkout_with_windows_line_ends_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_bytes(GOLDEN.replace("\n", "\r\n").encode())
    lock = read_lock(path)
    assert lock.entries == lock_of(BUNDLE, ROUTER)
    assert not write_lock(path, lock, lock.entries.values())
    assert write_lock(path, lock, [ROUTER])
    assert path.read_bytes() == render_lock([ROUTER]).encode()


def test_newer_revision_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(NEWER)
    with pytest.raises(LockError) as caught:
        write_lock(path, read_lock(path), [ROUTER])
    message = "revision: expected at most 1 to be able to write it, got 2"
    assert [str(problem) for problem in caught.value.problems] == [f"pallet.lock: {message}"]
    assert caught.value.problems[0].fix == "upgrade pallet"
    assert path.read_text() == NEWER


def test_newer_revision_with_the_same_entries_needs_no_write(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(NEWER)
    lock = read_lock(path)
    assert not write_lock(path, lock, lock.entries.values())


def test_lock_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pallet.lock").mkdir()
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path / "pallet.lock")
    assert str(caught.value).startswith("pallet.lock: cannot be read: ")


def test_lock_of_other_bytes_than_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pallet.lock").write_bytes(b"version = 1\n\xff")
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path / "pallet.lock")
    assert str(caught.value).startswith("pallet.lock: expected UTF-8, got byte ")
