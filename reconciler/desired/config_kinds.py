"""The kinds of a project: `[kind.NAME]` of pallet.toml, and the files that it names instead.

Decided here: where each problem of a kind is said. Must never be added: what a kind may say; see `kinds`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from reconciler.desired.config_named_rules import media_type_warnings
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind, with_editions
from reconciler.desired.reading.documents import Document, Format, decode, read_document
from reconciler.desired.reading.toml_lines import Lines, syntax_problem
from reconciler.desired.reading.wording import say_path
from reconciler.errors import DocumentError, Problem
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.desired.config_findings import Findings
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.kinds.violations import Violation
    from reconciler.desired.reading.wording import FieldPath

KIND_MAX_BYTES: Final = 1024 * 1024


class _Places(Protocol):
    """Knows where the parts of one kind are written."""

    def problem(self, violation: Violation) -> Problem: ...


def read_kinds(
    tables: Mapping[str, Any], findings: Findings, root: Path
) -> tuple[Mapping[str, Kind], list[Problem]]:
    """Return all kinds by name, and what is doubtful about the project's own; what is wrong is reported.

    Args:
        tables: `[kind]` of pallet.toml, as its schema allows it.
        findings: of pallet.toml.
        root: its folder.
    """
    own: list[Kind] = []
    doubtful: list[Problem] = []
    for name, said in tables.items():
        try:
            table, places, origin = _look_up(name, said, findings, root)
        except DocumentError as exc:
            findings.problems += exc.problems
            continue
        kind, violations = parse_kind(name, table, root=root, origin=origin)
        findings.problems += map(places.problem, violations)
        if kind is not None:
            own.append(kind)
            doubtful += map(places.problem, media_type_warnings(kind))
    # A broken kind is not replaced by the built-in one of its name: whoever names it means no other.
    others = (kind for kind in builtin_kinds().values() if kind.base_name not in tables)
    return {**with_editions(own), **{kind.name: kind for kind in others}}, doubtful


def kind_files(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files in which kinds stand, sorted."""
    return tuple(sorted({table["file"] for table in tables.values() if "file" in table}))


def _look_up(
    name: str, said: Mapping[str, Any], findings: Findings, root: Path
) -> tuple[Mapping[str, Any], _Places, str]:
    """Return what a kind says, where that is written, and the name of the file.

    Raises:
        DocumentError: the file cannot be read.
    """
    if "file" not in said:
        return said, _InConfig(findings, ("kind", name)), findings.file
    file: str = said["file"]
    where = findings.lines.locate(("kind", name, "file"))
    path = root / file
    if not path.resolve().is_relative_to(root.resolve()):
        message = f"expected a file inside the project, got {file}"
        raise DocumentError([Problem("outside", message, findings.file, where, path=f"kind.{name}.file")])
    try:
        content = read_bounded(path, max_bytes=KIND_MAX_BYTES)
    except OSError as exc:
        message = f"{file} cannot be read: {exc.strerror}"
        raise DocumentError(
            [Problem("unreadable", message, findings.file, where, path=f"kind.{name}.file")]
        ) from exc
    table, places = _read_json(content, file) if file.endswith(".json") else _read_toml(content, file)
    return table, places, file


def _read_json(content: bytes, file: str) -> tuple[Mapping[str, Any], _Places]:
    document = read_document(content, file=file, suffix_format=Format.JSON)
    if not isinstance(document.value, dict):
        raise DocumentError([Problem("wrong-type", "expected an object, which is a kind", file, 1)])
    # Editors know the file by it.
    return {key: value for key, value in document.value.items() if key != "$schema"}, _InJson(document)


def _read_toml(content: bytes, file: str) -> tuple[Mapping[str, Any], _Places]:
    text = decode(content, file).replace("\r\n", "\n")
    try:
        return tomllib.loads(text), _InToml(file, Lines(text))
    except tomllib.TOMLDecodeError as exc:
        raise DocumentError([syntax_problem(text, exc, file)]) from exc
    except (ValueError, RecursionError) as exc:
        # Python reads no whole number of more than 4300 digits, and no arrays nested without end.
        message = "expected a kind, got a number or a nesting that nobody could read"
        raise DocumentError([Problem("not-toml", message, file)]) from exc


@dataclass(frozen=True, slots=True)
class _InConfig:
    findings: Findings
    where: FieldPath

    def problem(self, violation: Violation) -> Problem:
        path = (*self.where, *violation.path)
        return _problem(violation, self.findings.file, self.findings.lines.locate(path), path)


@dataclass(frozen=True, slots=True)
class _InToml:
    file: str
    lines: Lines

    def problem(self, violation: Violation) -> Problem:
        return _problem(violation, self.file, self.lines.locate(violation.path) or 1, violation.path)


@dataclass(frozen=True, slots=True)
class _InJson:
    document: Document

    def problem(self, violation: Violation) -> Problem:
        line = self.document.position(violation.path).line
        return _problem(violation, self.document.file, line, violation.path)


def _problem(violation: Violation, file: str, line: int | None, path: Iterable[str | int]) -> Problem:
    return Problem(
        violation.code,
        violation.message,
        file,
        line,
        path=say_path(tuple(path)) or None,
        fix=violation.fix,
        severity=violation.severity,
    )
