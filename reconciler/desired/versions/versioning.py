"""Which version a file has: pallet.toml's word for it, or the place where it stands.

Order: `[artifact.versions]` by path, then by stem; then `version`; then the field that the kind
names. Must never be added: a guess where none of them answers.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.config import ArtifactRule, FieldVersion, FileVersion, LiteralVersion, VersionSource
from reconciler.desired.reading.fields import FieldValueError, read_text_field
from reconciler.desired.versions.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.reading.documents import Document

VERSION_FILE_MAX_BYTES = 256
"""A semantic version fits a tag, and a tag has at most 128 characters."""


def resolve_version(
    root: Path, rule: ArtifactRule, kind: Kind, path: str, document: Document | None
) -> Version:
    """Return the version of one file.

    Raises:
        FieldValueError: the field that should hold it does not; it knows where that is in the file.
        ValueError: there is no version, or it is none.
    """
    source = version_source(rule, kind, path)
    match source:
        case LiteralVersion(text):
            return Version(text)
        case FileVersion(file):
            return _read_version_file(root, file)
        case FieldVersion(field):
            return _read_version_field(document, field)
        case None:
            raise ValueError(
                'no version: expected version = "1.0.0", { field = "…" } or { file = "…" }, got none'
            )


def version_source(rule: ArtifactRule, kind: Kind, path: str) -> VersionSource | None:
    """Return where the version of one file stands; None where nobody says."""
    entry = own_entry(rule, path)
    if entry is not None:
        own = rule.versions[entry]
        return LiteralVersion(own) if isinstance(own, str) else own
    if rule.version is not None:
        return rule.version
    return FieldVersion(kind.version) if kind.version else None


def own_entry(rule: ArtifactRule, path: str) -> str | None:
    """Return the key of `[artifact.versions]` that speaks for a file; None where none does."""
    if not rule.versions:
        return None
    return next((key for key in (path, PurePosixPath(path).stem) if key in rule.versions), None)


def unused_versions(rule: ArtifactRule, paths: Iterable[str]) -> list[tuple[str, str]]:
    """Return each entry of `[artifact.versions]` that fits no file, or several, with the reason."""
    if not rule.versions:
        return []
    files = list(paths)
    stems = Counter(PurePosixPath(path).stem for path in files)
    complaints = []
    for entry in rule.versions:
        if entry in files:
            continue
        if stems[entry] == 0:
            complaints.append((entry, "expected the path or stem of one of the files, got neither"))
        elif stems[entry] > 1:
            complaints.append(
                (entry, f"expected the stem of one file, got that of {stems[entry]}: write the path")
            )
    return complaints


def _read_version_field(document: Document | None, field: str) -> Version:
    if document is None:
        raise ValueError(f"version field {field}: expected a kind that reads its files")
    text = read_text_field(document, field)
    try:
        return Version(text)
    except ValueError as exc:
        raise FieldValueError(document, field, str(exc)) from exc


def _read_version_file(root: Path, file: str) -> Version:
    path = root / file
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"version file {file}: expected a file of the project, got one outside it")
    try:
        with path.open("rb") as stream:
            text = stream.read(VERSION_FILE_MAX_BYTES).decode().strip()
    except OSError as exc:
        raise ValueError(f"version file {file}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ValueError(f"version file {file}: expected text, got bytes that are no UTF-8") from exc
    try:
        return Version(text)
    except ValueError as exc:
        raise ValueError(f"version file {file}: {exc}") from exc
