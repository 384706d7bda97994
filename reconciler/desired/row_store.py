"""Rows of bytes by key in one SQLite file, shared by processes, bounded in size, and allowed to vanish.

Decided here: a row that does not match its own digest is no row; a file that SQLite cannot read is
deleted; one that is locked for too long is left alone, and nothing is kept in this run.
Must never be added: what a row means.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

SIZE_MAX_BYTES: Final = 128 * 1024 * 1024
"""About a hundred thousand small documents."""
_WAIT_S: Final = 1.0
"""Another process writes once, at its end, for a fraction of this."""
_LOOKS_AT_ONCE: Final = 100
"""Taking and leaving the file's lock for each look takes longer than looking. After a miss it is left at
once: whoever finds nothing is busy for a while."""
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, row BLOB NOT NULL, proof BLOB NOT NULL, "
    "used INTEGER NOT NULL) WITHOUT ROWID"
)


class RowStore:
    """One file of rows.

    Args:
        path: created, with its folder, when something is first added.
        today: the number of the day; a row that is used again on another one counts as new.
        size_max_bytes: beyond this, those go that were not used for longest.
    """

    def __init__(self, path: Path, *, today: int, size_max_bytes: int = SIZE_MAX_BYTES) -> None:
        self._path, self._today, self._size_max_bytes = path, today, size_max_bytes
        self._connection: sqlite3.Connection | None = None
        self._is_usable = True
        self._looks = 0
        """How often was looked since others were let in, or since the beginning."""
        self._added: list[tuple[bytes, bytes, bytes, int]] = []
        self._used: list[tuple[int, bytes]] = []

    def find(self, key: bytes) -> bytes | None:
        """Return a row, as it was added; None where there is none."""
        if self._connection is None and not self._open():
            return None
        assert self._connection is not None
        if self._looks % _LOOKS_AT_ONCE == 0:
            self._attempt("BEGIN")
        self._looks += 1
        found = self._attempt("SELECT row, proof, used FROM rows WHERE key = ?", key)
        if found is None or self._looks % _LOOKS_AT_ONCE == 0:
            self._let_others_in()
        if found is None:
            return None
        row, proof, used = found
        if not isinstance(row, bytes) or _proof(key, row) != proof:
            return None
        if used != self._today:
            self._used.append((self._today, key))
        return row

    def add(self, key: bytes, row: bytes) -> None:
        """Keep a row from `close` on."""
        self._added.append((key, row, _proof(key, row), self._today))

    def close(self) -> None:
        """Write what was added, all or nothing, and trim."""
        try:
            self._let_others_in()
            if (self._added or self._used) and self._is_usable and self._open(create=True):
                self._write()
        finally:
            self._added, self._used = [], []
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self, *, create: bool = False) -> bool:
        """Say whether there is a connection, after trying to have one."""
        if self._connection is not None or not self._is_usable:
            return self._is_usable
        try:
            import sqlite3
        except ImportError:  # some builds of Python have none
            self._is_usable = False
            return False
        if not create and not self._path.is_file():
            return False
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
            # Nothing is synced to the disk: what a power cut spoils is found when it is read.
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_TABLE)
        except (sqlite3.Error, OSError) as exc:
            self._give_up(exc)
        return self._is_usable

    def _let_others_in(self) -> None:
        """End a transaction of reading: who writes waits for it."""
        self._looks = 0
        if self._connection is not None and self._connection.in_transaction:
            self._attempt("COMMIT")

    def _attempt(self, statement: str, *values: object) -> Any:
        import sqlite3

        assert self._connection is not None
        try:
            return self._connection.execute(statement, values).fetchone()
        except sqlite3.Error as exc:
            self._give_up(exc)
            return None

    def _write(self) -> None:
        import sqlite3

        assert self._connection is not None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", self._added)
            self._connection.executemany("UPDATE rows SET used = ? WHERE key = ?", self._used)
            self._connection.execute("COMMIT")
            if self._path.stat().st_size > self._size_max_bytes:
                self._trim()
        except (sqlite3.Error, OSError) as exc:
            self._give_up(exc)

    def _trim(self) -> None:
        """Let the half go that was not used for longest."""
        assert self._connection is not None
        oldest = "SELECT key FROM rows ORDER BY used LIMIT (SELECT (count(*) + 1) / 2 FROM rows)"
        self._connection.execute(f"DELETE FROM rows WHERE key IN ({oldest})")  # noqa: S608 (no value of anybody's)
        self._connection.execute("VACUUM")

    def _give_up(self, cause: Exception) -> None:
        """Use nothing more in this run; what is no file of SQLite's is deleted."""
        import sqlite3

        self._is_usable = False
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        is_spoilt = isinstance(cause, sqlite3.DatabaseError) and not isinstance(
            cause, sqlite3.OperationalError
        )
        if is_spoilt:
            with suppress(OSError):
                self._path.unlink()


def _proof(key: bytes, row: bytes) -> bytes:
    return hashlib.sha256(key + row).digest()[:16]
