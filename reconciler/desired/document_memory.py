"""What files were found to say, remembered by their content: an unchanged file is not read again.

Decided here: below the user's cache folder stands one SQLite file. A row's key is the digest of the
content together with everything that the answer depends on: pallet's version and the bytes of its own
code, the libraries that read and check, the kind and its schema. Each row carries a digest of itself,
so whatever happens to the file, a wrong answer is impossible; SQLite locks it, so any number of
processes share it. Only files without errors are remembered. What cannot be read or written is no
memory: nothing fails because of it, and deleting it is safe at any time.
Must never be added: anything that does not follow from content and kind, such as a path or a time.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconciler import __version__
from reconciler.desired.reading.documents import Document, decode, read_document
from reconciler.desired.reading.notes import Notes
from reconciler.desired.row_store import RowStore
from reconciler.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.desired.kinds.kind import Kind
    from reconciler.oci.digest import Digest

FILE_NAME: Final = "documents.sqlite3"
_ROW_MAX_BYTES: Final = 256 * 1024
"""Larger documents are few, and aliases may make a small file mean a large one."""
_TOML_MIN_CHARACTERS: Final = 64 * 1024
"""Below this, reading takes as long as looking it up."""
_LIBRARIES: Final = ("PyYAML", "jsonschema", "jsonschema-specifications", "referencing", "regex")
_CODE: Final = Path(__file__).parent
_DAY_S: Final = 24 * 3600


class DocumentMemory:
    """Documents by content and kind.

    Args:
        folder: created when something is first remembered; None for a memory that keeps nothing.
        clock: seconds since 1970.
    """

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        today = int(clock() // _DAY_S)
        is_usable = folder is not None and _revision_of_code() is not None
        self._rows = RowStore(folder / FILE_NAME, today=today) if folder and is_usable else None
        self._revisions: dict[int, tuple[Kind, bytes]] = {}

    def read(self, content: bytes, digest: Digest, *, file: str, kind: Kind) -> Document:
        """Return what a file says, with notes of what was found out before.

        Raises:
            DocumentError: it cannot be understood; holds all problems, with `file` and line.
        """
        assert kind.format is not None
        recalled = self.recall(content, digest, file=file, kind=kind)
        if recalled is not None:
            return recalled
        return self.noted(read_document(content, file=file, suffix_format=kind.format), kind)

    def noted(self, document: Document, kind: Kind) -> Document:
        """Return a document that was read as one of `kind`, ready to be kept when it was checked."""
        if self._rows is None:
            return document
        return replace(document, notes=Notes(kind.of(document.value), asked=kind))

    def recall(self, content: bytes, digest: Digest, *, file: str, kind: Kind) -> Document | None:
        """Return what a file says where that is remembered, with notes of what was found out; else None."""
        known = self._rows.find(self._key(digest, kind)) if self._rows is not None else None
        if known is not None:
            with suppress(ValueError, KeyError, TypeError):  # a row of a form that was never written
                return _recall(known, content, file, kind)
        return None

    def load_toml(self, text: str) -> dict[str, Any]:
        """Return what TOML of pallet's own says; the lock of a large project takes a second to read.

        Raises:
            tomllib.TOMLDecodeError: it is no TOML.
        """
        if self._rows is None or len(text) < _TOML_MIN_CHARACTERS:
            return tomllib.loads(text)
        key = hashlib.sha256(f"toml {_revision_of_code()} {text}".encode(errors="surrogatepass")).digest()
        row = self._rows.find(key)
        if row is not None:
            with suppress(ValueError):
                document: dict[str, Any] = json.loads(row)
                return document
        document = tomllib.loads(text)
        with suppress(TypeError, ValueError):  # dates and times, which JSON has not
            self._rows.add(key, json.dumps(document, separators=(",", ":"), allow_nan=False).encode())
        return document

    def keep(self, digest: Digest, document: Document) -> None:
        """Remember a document that was checked, and has no errors."""
        notes = document.notes
        if self._rows is None or notes is None or notes.problems is None or notes.is_recalled:
            return
        if any(problem.severity is Severity.ERROR for problem in notes.problems):
            return
        kind: Any = notes.asked or notes.kind
        row = _row_of(document.value, notes)
        if row is not None:
            self._rows.add(self._key(digest, kind), row)

    def __enter__(self) -> DocumentMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what was remembered in this run."""
        if self._rows is not None:
            self._rows.close()

    def _key(self, digest: Digest, kind: Kind) -> bytes:
        known = self._revisions.get(id(kind))
        if known is None:
            # The kind is kept with its revision: an id is only an id while the object lives.
            known = self._revisions[id(kind)] = (kind, revision_of(kind))
        return hashlib.sha256(known[1] + digest.encode()).digest()


NO_DOCUMENTS: Final = DocumentMemory(None)
"""Remembers nothing."""


def revision_of(kind: Kind) -> bytes:
    """Return a digest of everything but the content that decides what is found out about a file.

    Raises:
        DocumentError: the kind's schema cannot be read.
    """
    schemas = [each.schema for each in (kind, *kind.variants)]
    variants = tuple(replace(variant, schema_root=None) for variant in kind.variants)
    said = (
        _revision_of_code(),
        repr(replace(kind, schema_root=None, variants=variants)),
        [None if schema is None else [schema.name, schema.document] for schema in schemas],
    )
    return hashlib.sha256(json.dumps(said).encode()).digest()


@functools.cache
def _revision_of_code() -> str | None:
    """Return a digest of pallet's own code that reads and checks, and of the libraries that it uses.

    None where they do not say what they are, as in some bundles: nothing is remembered there.
    """
    hasher = hashlib.sha256(f"python {sys.version}\n".encode())
    hasher.update(f"pallet {__version__}\n".encode())
    try:
        for name in _LIBRARIES:
            hasher.update(f"{name} {metadata.version(name)}\n".encode())
        files = [file for folder in ("reading", "kinds") for file in (_CODE / folder).rglob("*.py")]
        for file in sorted(files):
            hasher.update(file.read_bytes())
    except (metadata.PackageNotFoundError, OSError):
        return None
    return hasher.hexdigest() if files else None


def _row_of(value: object, notes: Notes) -> bytes | None:
    assert notes.problems is not None
    problems = [_as_list(problem) for problem in notes.problems]
    annotations = None if notes.annotations is None else dict(notes.annotations)
    row = json.dumps([value, problems, annotations], separators=(",", ":")).encode()
    return row if len(row) <= _ROW_MAX_BYTES else None


def _recall(row: bytes, content: bytes, file: str, kind: Kind) -> Document:
    value, problems, annotations = json.loads(row)
    assert kind.format is not None
    notes = Notes(kind.of(value), tuple(map(_as_problem, problems)), annotations, kind, is_recalled=True)
    return Document(file, kind.format, value, decode(content, file), notes)


def _as_list(problem: Problem) -> list[object]:
    return [
        problem.code,
        problem.message,
        problem.line,
        problem.column,
        problem.path,
        problem.fix,
        problem.severity.value,
    ]


def _as_problem(fields: Sequence[Any]) -> Problem:
    code, message, line, column, path, fix, severity = fields
    return Problem(code, message, None, line, column, path, fix, Severity(severity))
