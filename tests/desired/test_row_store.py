from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.desired.row_store import RowStore

KEY, OTHER = b"k" * 32, b"o" * 32


def stored(path: Path, rows: dict[bytes, bytes], *, today: int = 1) -> Path:
    store = RowStore(path, today=today)
    for key, row in rows.items():
        store.add(key, row)
    store.close()
    return path


def found(path: Path, key: bytes, *, today: int = 1) -> bytes | None:
    store = RowStore(path, today=today)
    try:
        return store.find(key)
    finally:
        store.close()


def test_row_is_found_by_another_run(tmp_path: Path) -> None:
    path = stored(tmp_path / "deep" / "er" / "rows", {KEY: b"row"})
    assert (found(path, KEY), found(path, OTHER)) == (b"row", None)


def test_nothing_is_created_by_looking(tmp_path: Path) -> None:
    assert found(tmp_path / "a" / "rows", KEY) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", ["row", "proof"])
def test_changed_row_is_no_row(tmp_path: Path, column: str) -> None:
    path = stored(tmp_path / "rows", {KEY: b"row", OTHER: b"other"})
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE rows SET {column} = ? WHERE key = ?", (b"another", KEY))
    connection.close()
    assert (found(path, KEY), found(path, OTHER)) == (None, b"other")


def garble(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [garble, cut, empty], ids=["garbled", "cut", "emptied"])
def test_spoilt_file_is_no_store_and_heals(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = stored(tmp_path / "rows", {KEY: b"row" * 5000})
    spoil(path)
    assert found(path, KEY) is None
    for _ in range(2):
        stored(path, {KEY: b"new"})
    assert found(path, KEY) == b"new"


def test_locked_file_is_left_alone(tmp_path: Path) -> None:
    path = stored(tmp_path / "rows", {KEY: b"row"})
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        stored(path, {OTHER: b"other"})
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert (found(path, KEY), found(path, OTHER)) == (b"row", None)


def test_file_may_vanish_while_it_is_used(tmp_path: Path) -> None:
    path = stored(tmp_path / "rows", {KEY: b"row"})
    store = RowStore(path, today=1)
    assert store.find(KEY) == b"row"
    path.unlink()
    store.add(OTHER, b"other")
    store.close()
    assert store.find(KEY) is None


def test_folder_that_cannot_be_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "rows"
    stored(path, {KEY: b"row"})
    assert found(path, KEY) is None


def test_least_recently_used_rows_go_first(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    stored(path, {bytes([number]) * 32: b"x" * 1000 for number in range(10)}, today=1)
    assert found(path, bytes([3]) * 32, today=2) == b"x" * 1000
    store = RowStore(path, today=3, size_max_bytes=1)
    store.add(KEY, b"new")
    store.close()
    kept = [number for number in range(10) if found(path, bytes([number]) * 32) is not None]
    assert (3 in kept, len(kept), found(path, KEY)) == (True, 4, b"new")
