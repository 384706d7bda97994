"""One file with other versions in it, and everything else byte for byte as it was.

Decided here: that an edit is only given out after the old and the new text were both read and nothing
but the versions differs. Must never be added: writing, or which version is the next one.
"""

from __future__ import annotations

import codecs
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.editing.edit_places import Form
from reconciler.desired.editing.edit_splices import Region, Splice, apply_splices, touched_lines
from reconciler.desired.reading.documents import Document, Format, read_document
from reconciler.desired.reading.toml_lines import Lines
from reconciler.desired.reading.wording import say_path
from reconciler.errors import DocumentError, PalletError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.reading.wording import FieldPath

_Leaves = dict["FieldPath", tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One version and the one that takes its place."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A file before and after."""

    file: str
    """From the project's root, as it is named there."""
    real: Path
    """Where it is written: absolute, links followed."""
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    lines: Mapping[FieldPath, int]
    """Where each new version stands, 1 for the first line."""
    regions: Sequence[Region] = field(repr=False)
    """The lines that changed, for whoever shows them."""


def edit_file(real: Path, form: Form, changes: Mapping[FieldPath, Change], *, file: str) -> Edited:
    """Return a file with other versions; nothing is written.

    Args:
        real: the file, absolute.
        form: how it is written.
        changes: by path. In pallet.toml an entry of `[artifact.versions]` that is not there is added,
            and its old version is that of its `[[artifact]]`.
        file: how messages name it.

    Raises:
        DocumentError: a version stands where it cannot be changed without changing something else.
        PalletError: the file is not what it was when the versions were read, or the edit would change
            anything else, which is a mistake in pallet.
        OSError: it cannot be read.
    """
    before = real.read_bytes()
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) and form is not Form.TEXT else b""
    try:
        text = before.removeprefix(mark).decode()
        old = _Text(text, form, file)
    except ValueError as exc:
        raise _changed_meanwhile(file, str(exc)) from exc
    for path, change in changes.items():
        found = old.version(path)
        if found != change.old:
            raise _changed_meanwhile(file, f"expected version {change.old}, got {found}")
    splices = old.splices({path: change.new for path, change in changes.items()})
    after = apply_splices(text, splices)
    new = _read_again(after, form, file)
    _require_only(old, new, changes)
    regions = touched_lines(text, splices)
    return Edited(file, real, before, mark + after.encode(), new.lines(changes), regions)


class _Text:
    """A text that was read, in any of the forms."""

    def __init__(self, text: str, form: Form, file: str) -> None:
        self.text, self.form, self.file = text, form, file
        self.document: Document | None = None
        self.value: object = text.strip()
        if form is Form.TOML:
            self.value = tomllib.loads(text)
        elif form is not Form.TEXT:
            self.document = read_document(text.encode(), file=file, suffix_format=Format(form.value))
            self.value = self.document.value
        self.leaves: _Leaves = dict(_flatten(self.value))

    def version(self, path: FieldPath) -> str | None:
        """Return the text at a path, or the one that an entry of `versions` would stand for."""
        found = self.leaves.get(path)
        if found is None and self.form is Form.TOML:
            found = self.leaves.get((*path[:-2], "version"))
        return found[1] if found is not None and found[0] == "str" else None

    def splices(self, changes: Mapping[FieldPath, str]) -> list[Splice]:
        if self.form is Form.TOML:
            from reconciler.desired.editing.edit_toml import splice_versions

            return splice_versions(self.text, changes)
        if self.document is None:
            start = len(self.text) - len(self.text.lstrip())
            return [Splice(start, start + len(str(self.value)), new) for new in changes.values()]
        return [_splice(self.document, path, new) for path, new in changes.items()]

    def lines(self, paths: Iterable[FieldPath]) -> dict[FieldPath, int]:
        """Return the line of each path, found in one pass."""
        if self.form is Form.TOML:
            lines = Lines(self.text)
            return {path: lines.locate(path) or 1 for path in paths}
        if self.document is not None:
            return {path: place.line for path, place in self.document.places(paths).items()}
        before = self.text[: len(self.text) - len(self.text.lstrip())]
        return dict.fromkeys(paths, before.count("\n") + 1)


def _splice(document: Document, path: FieldPath, new: str) -> Splice:
    if document.format is Format.JSON:
        from reconciler.desired.editing.edit_json import splice_string

        return splice_string(document, path, new)
    from reconciler.desired.editing.edit_yaml import splice_scalar

    return splice_scalar(document, path, new)


def _read_again(text: str, form: Form, file: str) -> _Text:
    try:
        return _Text(text, form, file)
    except (ValueError, DocumentError) as exc:
        raise _abandoned(file, f"expected a text that can be read again, got {exc}") from exc


def _require_only(old: _Text, new: _Text, changes: Mapping[FieldPath, Change]) -> None:
    """Insist that the versions differ, and nothing else does."""
    for path, change in changes.items():
        if new.leaves.get(path) != ("str", change.new):
            raise _abandoned(old.file, f"{say_path(path)}: expected {change.new}, got {new.leaves.get(path)}")
    paths = old.leaves.keys() | new.leaves.keys()
    others = [path for path in paths - changes.keys() if old.leaves.get(path) != new.leaves.get(path)]
    # An empty table that gets its first entry is none any more.
    others = [path for path in others if not any(change[: len(path)] == path for change in changes)]
    if not others:
        return
    repeated = [path for path in others if new.leaves.get(path) in [new.leaves[change] for change in changes]]
    if old.form is Form.YAML and repeated == others and old.document is not None:
        raise _repeated(old.document, sorted(others, key=str), next(iter(changes)))
    raise _abandoned(old.file, f"expected only versions to change, got {', '.join(map(say_path, others))}")


def _flatten(value: object) -> Iterator[tuple[FieldPath, tuple[str, str]]]:
    """Yield every scalar with its type, and every container that is empty; deep ones need no recursion."""
    stack: list[tuple[FieldPath, object]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, dict) and item:
            stack.extend(((*path, key), child) for key, child in item.items())
        elif isinstance(item, list) and item:
            stack.extend(((*path, index), child) for index, child in enumerate(item))
        else:
            yield path, (type(item).__name__, item if isinstance(item, str) else repr(item))


def _changed_meanwhile(file: str, message: str) -> PalletError:
    return PalletError(f"{file}: changed while it was being edited: {message}", fix="run again")


def _abandoned(file: str, message: str) -> PalletError:
    return PalletError(
        f"{file}: edit given up, nothing was written: {message}",
        fix="change the version by hand, and report this: it is a mistake in pallet",
    )


def _repeated(document: Document, others: list[FieldPath], path: FieldPath) -> DocumentError:
    place = document.position(path)
    shown = ", ".join(say_path(other) for other in others[:5]) + (", …" if len(others) > 5 else "")
    message = f"expected a version that nothing repeats by an alias or a merge, got one that {shown} repeats"
    return DocumentError(
        [
            Problem(
                "repeated",
                message,
                document.file,
                place.line,
                place.column,
                say_path(path),
                "write the version out in both places",
            )
        ]
    )
