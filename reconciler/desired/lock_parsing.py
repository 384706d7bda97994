"""A lock's text as values; every problem of its entries at once. Pure.

Must never be added: reading a file, or a guess about what a broken entry meant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.desired.locked import VERSION, Key, Lock, Locked, LockedAttachment, LockedFile
from reconciler.desired.reading.toml_lines import Lines, syntax_problem
from reconciler.desired.versions.version import Version
from reconciler.errors import LockError, Problem
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository

Loads = Callable[[str], dict[str, Any]]
"""Reads TOML, or remembers what it says."""
RECOVER = "restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`"


def parse_side(text: str, file: str, loads: Loads = tomllib.loads) -> Lock:
    """Read a lock's text, which has no conflict in it and LF at the ends of its lines.

    Raises:
        LockError: the text is no lock, or is newer than this pallet.
    """
    try:
        document = loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise LockError([replace(syntax_problem(text, exc, file), fix=RECOVER)]) from exc
    except (ValueError, RecursionError) as exc:
        # Python reads no whole number of more than 4300 digits, and no arrays nested without end.
        message = "expected a lock, got a number or a nesting that nobody could read"
        raise LockError([Problem("not-a-lock", message, file=file, fix=RECOVER)]) from exc
    version = _read_number(document, "version", f"{VERSION}", file)
    if version > VERSION:
        message = f"version: expected at most {VERSION}, got {version}: it was written by a newer pallet"
        raise LockError([Problem("newer-lock", message, file=file, fix="upgrade pallet")])
    if version < VERSION:
        message = f"version: expected {VERSION}, got {version}"
        raise LockError([Problem("not-a-lock", message, file=file, fix=RECOVER)])
    revision = _read_number(document, "revision", "a whole number", file)
    return Lock(_parse_entries(document, text, file), text, revision)


def _read_number(document: Mapping[str, Any], key: str, expected: str, file: str) -> int:
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise LockError(
            [Problem("not-a-lock", f"{key}: expected {expected}, got {value!r}", file=file, fix=RECOVER)]
        )
    return value


def _parse_entries(document: Mapping[str, Any], text: str, file: str) -> dict[Key, Locked]:
    entries: dict[Key, Locked] = {}
    problems: list[tuple[int, str]] = []
    try:
        items = _tables({"artifact": [], **document}, "artifact")
    except ValueError as exc:
        raise LockError([Problem("not-a-lock", str(exc), file=file, fix=RECOVER)]) from exc
    for index, item in enumerate(items):
        try:
            entry = _parse_entry(item)
        except ValueError as exc:
            problems.append((index, str(exc)))
            continue
        if entry.key in entries:
            problems.append((index, f"expected one entry for {entry.name} {entry.version}, got two"))
        entries[entry.key] = entry
    if problems:
        raise LockError(_place(problems, text, file))
    return entries


def _place(problems: list[tuple[int, str]], text: str, file: str) -> list[Problem]:
    lines = Lines(text)
    return [
        Problem(
            "invalid-entry",
            message,
            file,
            lines.locate(("artifact", index)),
            path=f"artifact[{index}]",
            fix=RECOVER,
        )
        for index, message in problems
    ]


def _parse_entry(item: object) -> Locked:
    if not isinstance(item, dict):
        raise ValueError(f"expected a table, got {item!r}")
    return Locked(
        name=Repository(_text(item, "name")),
        version=Version(_text(item, "version")),
        digest=Digest(_text(item, "digest")),
        size_bytes=_number(item, "size"),
        media_type=_text(item, "media-type"),
        build=_number(item, "build"),
        files=tuple(_parse_file(file) for file in _tables(item, "files")),
        attachments=tuple(_parse_attachment(each) for each in _tables({"attach": [], **item}, "attach")),
    )


def _parse_attachment(item: object) -> LockedAttachment:
    if not isinstance(item, dict):
        raise ValueError(f"attach: expected a list of tables, got {item!r}")
    return LockedAttachment(
        artifact_type=_text(item, "artifact-type"),
        digest=Digest(_text(item, "digest")),
        size_bytes=_number(item, "size"),
        files=tuple(_parse_file(file) for file in _tables(item, "files")),
    )


def _parse_file(item: object) -> LockedFile:
    if not isinstance(item, dict):
        raise ValueError(f"files: expected a list of tables, got {item!r}")
    return LockedFile(
        _text(item, "path"), Digest(_text(item, "digest")), _number(item, "size"), _text(item, "media-type")
    )


def _tables(item: Mapping[str, Any], key: str) -> list[object]:
    value = _value(item, key)
    if not isinstance(value, list):
        raise ValueError(f"{key}: expected a list of tables, got {value!r}")
    return value


def _text(item: Mapping[str, Any], key: str) -> str:
    value = _value(item, key)
    if not isinstance(value, str):
        raise ValueError(f"{key}: expected text, got {value!r}")
    return value


def _number(item: Mapping[str, Any], key: str) -> int:
    value = _value(item, key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key}: expected a whole number, got {value!r}")
    return value


def _value(item: Mapping[str, Any], key: str) -> object:
    if key not in item:
        raise ValueError(f"missing key {key!r}")
    return item[key]
