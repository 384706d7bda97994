"""pallet.lock: text to values and back, and the one way it is written.

Decided here: the exact bytes of the lock, and what may be done with a lock of another version,
half a lock, or one that git left conflict markers in. Both sides of a conflict are read: an entry
that they agree on is locked, one that they do not is not, so that nothing is decided by chance.
Must never be added: a time, the tool's version, a target, or a hash of the whole file.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.desired.reading.toml_lines import Lines, syntax_problem
from reconciler.desired.versions.version import Version
from reconciler.errors import LockError, Problem
from reconciler.oci.digest import Digest
from reconciler.oci.files import disk_failures, remove_stale, write_atomically
from reconciler.oci.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    Loads = Callable[[str], dict[str, Any]]

VERSION = 1
REVISION = 1
"""The newest that can be written. 0: artifacts and their files. 1: what is attached to them. A lock has the
lowest that says all of it, so that an older pallet can go on where nothing is attached."""
HEADER = "# Written by pallet: run `pallet lock` instead of editing it, and commit it.\n"

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)

Key = tuple[Repository, Version]
"""What identifies an entry: one tree may hold two versions of one repository."""


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One layer of an artifact."""

    path: str
    digest: Digest
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class LockedAttachment:
    """What refers to an artifact."""

    artifact_type: str
    digest: Digest
    size_bytes: int
    files: tuple[LockedFile, ...]


@dataclass(frozen=True, slots=True)
class Locked:
    """What the lock says of one artifact."""

    name: Repository
    version: Version
    digest: Digest
    size_bytes: int
    media_type: str
    build: int
    files: tuple[LockedFile, ...]
    attachments: tuple[LockedAttachment, ...] = ()

    @property
    def key(self) -> Key:
        return (self.name, self.version)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock as it was found."""

    entries: Mapping[Key, Locked] = field(default_factory=dict)
    text: str | None = None
    """The file as it stands, with LF whatever the checkout made of it; None where there is none."""
    revision: int = 0
    has_conflict: bool = False
    contested: Mapping[Key, int] = field(default_factory=dict)
    """In a conflict, the rules of what the two sides do not agree about: the older ones."""

    @property
    def builds(self) -> Mapping[Key, int]:
        """The rules by which everything that was locked was built."""
        return {**self.contested, **{key: entry.build for key, entry in self.entries.items()}}


def read_lock(path: Path, *, loads: Loads = tomllib.loads) -> Lock:
    """Return the lock at `path`; an absent file is a lock without entries and without text.

    Args:
        path: of pallet.lock.
        loads: reads TOML, or remembers what it says.

    Raises:
        LockError: it cannot be read, is no lock, or is newer than this pallet.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return Lock()
    except OSError as exc:
        cause = (exc.strerror or str(exc)).lower()
        raise LockError([Problem("unreadable", f"cannot be read: {cause}", file=path.name)]) from exc
    except UnicodeDecodeError as exc:
        message = f"expected UTF-8, got byte {exc.object[exc.start]:#04x} at offset {exc.start}"
        raise LockError([Problem("not-utf-8", message, file=path.name, fix=_RECOVER)]) from exc
    return parse_lock(text, file=path.name, loads=loads)


def parse_lock(text: str, *, file: str, loads: Loads = tomllib.loads) -> Lock:
    """Read a lock's text.

    Raises:
        LockError: the text is no lock, or is newer than this pallet.
    """
    normal = text.replace("\r\n", "\n")
    return _parse_conflict(normal, file) if _CONFLICT.search(normal) else _parse_side(normal, file, loads)


def render_lock(entries: Iterable[Locked]) -> str:
    """Return the lock's text: sorted by name and version, LF, the same for the same entries."""
    ordered = sorted(entries, key=lambda entry: entry.key)
    revision = 1 if any(entry.attachments for entry in ordered) else 0
    blocks = [HEADER + f"version = {VERSION}\nrevision = {revision}\n"]
    blocks.extend(_render_entry(entry) for entry in ordered)
    return "\n".join(blocks)


def write_lock(path: Path, lock: Lock, entries: Iterable[Locked]) -> bool:
    """Bring the file to these entries, atomically and only when its bytes differ; say whether it was written.

    Raises:
        LockError: the lock on disk is of a newer revision, which this pallet reads but must not write.
        UnreachableError: the disk refused.
    """
    wanted = {entry.key: entry for entry in entries}
    if lock.revision > REVISION:
        if wanted == lock.entries and not lock.has_conflict:
            return False
        require_writable(path, lock)
    text = render_lock(wanted.values())
    if text == lock.text:
        return False
    with disk_failures(path.name, path.parent):
        remove_stale(path.parent)
        write_atomically(path, [text.encode()])
    return True


def require_writable(path: Path, lock: Lock) -> None:
    """Refuse to change a lock of a newer revision, which may say more than this pallet understands.

    Raises:
        LockError: it is one.
    """
    if lock.revision > REVISION:
        message = f"revision: expected at most {REVISION} to be able to write it, got {lock.revision}"
        raise LockError([Problem("newer-lock", message, file=path.name, fix="upgrade pallet")])


_RECOVER = "restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`"


def _render_entry(entry: Locked) -> str:
    return (
        "[[artifact]]\n"
        f"name = {_quote(entry.name)}\n"
        f"version = {_quote(entry.version.text)}\n"
        f"digest = {_quote(entry.digest)}\n"
        f"size = {entry.size_bytes}\n"
        f"media-type = {_quote(entry.media_type)}\n"
        f"build = {entry.build}\n"
        f"{_render_files(entry.files)}"
        f"{''.join(map(_render_attachment, entry.attachments))}"
    )


def _render_attachment(item: LockedAttachment) -> str:
    return (
        "\n[[artifact.attach]]\n"
        f"artifact-type = {_quote(item.artifact_type)}\n"
        f"digest = {_quote(item.digest)}\n"
        f"size = {item.size_bytes}\n"
        f"{_render_files(item.files)}"
    )


def _render_files(items: Iterable[LockedFile]) -> str:
    files = "".join(f"  {_render_file(item)},\n" for item in items)
    return f"files = [\n{files}]\n"


def _render_file(item: LockedFile) -> str:
    return (
        f"{{ path = {_quote(item.path)}, digest = {_quote(item.digest)}, "
        f"size = {item.size_bytes}, media-type = {_quote(item.media_type)} }}"
    )


def _quote(text: str) -> str:
    # JSON's escapes are a subset of those of TOML's basic strings, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parse_conflict(text: str, file: str) -> Lock:
    ours, theirs = (_parse_conflict_side(_take_side(text, side), file) for side in ("ours", "theirs"))
    agreed = {key: entry for key, entry in ours.entries.items() if theirs.entries.get(key) == entry}
    contested = {
        key: min(side.entries[key].build for side in (ours, theirs) if key in side.entries)
        for key in ours.entries.keys() | theirs.entries.keys()
    }
    revision = max(ours.revision, theirs.revision)
    return Lock(agreed, text, revision, has_conflict=True, contested=contested)


def _parse_conflict_side(text: str, file: str) -> Lock:
    """Read one side; one that is no lock agrees with nothing, since git may cut anywhere."""
    try:
        return _parse_side(text, file)
    except LockError as exc:
        if any(problem.code == "newer-lock" for problem in exc.problems):
            raise
        return Lock()


def _take_side(text: str, wanted: str) -> str:
    """Return the text as one side of the conflict has it; diff3's common ancestor is left out."""
    side = "both"
    lines = []
    for line in text.splitlines(keepends=True):
        if _CONFLICT.match(line):
            side = {"<": "ours", "|": "ancestor", "=": "theirs", ">": "both"}[line[0]]
        elif side in ("both", wanted):
            lines.append(line)
    return "".join(lines)


def _parse_side(text: str, file: str, loads: Loads = tomllib.loads) -> Lock:
    try:
        document = loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise LockError([replace(syntax_problem(text, exc, file), fix=_RECOVER)]) from exc
    except (ValueError, RecursionError) as exc:
        # Python reads no whole number of more than 4300 digits, and no arrays nested without end.
        message = "expected a lock, got a number or a nesting that nobody could read"
        raise LockError([Problem("not-a-lock", message, file=file, fix=_RECOVER)]) from exc
    version = _read_number(document, "version", f"{VERSION}", file)
    if version > VERSION:
        message = f"version: expected at most {VERSION}, got {version}: it was written by a newer pallet"
        raise LockError([Problem("newer-lock", message, file=file, fix="upgrade pallet")])
    if version < VERSION:
        message = f"version: expected {VERSION}, got {version}"
        raise LockError([Problem("not-a-lock", message, file=file, fix=_RECOVER)])
    revision = _read_number(document, "revision", "a whole number", file)
    return Lock(_parse_entries(document, text, file), text, revision)


def _read_number(document: Mapping[str, Any], key: str, expected: str, file: str) -> int:
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise LockError(
            [Problem("not-a-lock", f"{key}: expected {expected}, got {value!r}", file=file, fix=_RECOVER)]
        )
    return value


def _parse_entries(document: Mapping[str, Any], text: str, file: str) -> dict[Key, Locked]:
    entries: dict[Key, Locked] = {}
    problems: list[tuple[int, str]] = []
    try:
        items = _tables({"artifact": [], **document}, "artifact")
    except ValueError as exc:
        raise LockError([Problem("not-a-lock", str(exc), file=file, fix=_RECOVER)]) from exc
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
            fix=_RECOVER,
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
