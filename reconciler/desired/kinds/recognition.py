"""How files of a kind are known where nobody says what they are: by name, by first bytes, by what they say.

Decided here: what each condition means. A condition is data of its kind. Pure.
Must never be added: a word about one kind, or reading a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from reconciler.desired.kinds.patterns import is_found
from reconciler.desired.reading.paths import find_field, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator


class FieldType(StrEnum):
    """What a field must hold."""

    ANY = "any"
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    OBJECT = "object"


_TYPES = {
    FieldType.ANY: (object,),
    FieldType.TEXT: (str,),
    FieldType.NUMBER: (int, float),
    FieldType.BOOLEAN: (bool,),
    FieldType.LIST: (list,),
    FieldType.OBJECT: (dict,),
}


@dataclass(frozen=True, slots=True)
class Recognition:
    """One way to know a file; everything that it says must be true of the file."""

    suffixes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Globs on the file's name; a suffix or a name is enough. Neither: any name."""
    except_names: tuple[str, ...] = ()
    """Globs on names of files that are something else all the same."""
    folders: tuple[str, ...] = ()
    """Folders in which such a file stands, from the project's root: a guess, which only `init` makes."""
    starts_with: bytes = b""
    fields: tuple[tuple[str, FieldType], ...] = ()
    """Paths that must be there, and what they must hold."""
    any_of: tuple[str, ...] = ()
    """Paths of which one must be there."""
    matches: tuple[tuple[str, str], ...] = ()
    """Paths that must hold text in which a regular expression is found."""
    holds: tuple[str, ...] = ()
    """Names that a folder or a tar archive must hold."""

    @property
    def needs_document(self) -> bool:
        """Whether it looks at what the file says."""
        return bool(self.fields or self.any_of or self.matches or self.folders)

    def fits_name(self, path: str) -> bool:
        """Say whether a file may be of the kind, by its path alone."""
        name = basename(path)
        if any(fnmatchcase(name, pattern) for pattern in self.except_names):
            return False
        if self.folders and dirname(path) not in self.folders:
            return False
        if not self.suffixes and not self.names:
            return True
        return name.endswith(self.suffixes) or any(fnmatchcase(name, pattern) for pattern in self.names)

    def fits_words(self, content: bytes) -> bool:
        """Say whether a file holds the names of all fields that it needs, so that it is worth reading."""
        return content.startswith(self.starts_with) and all(word in content for word in self._words())

    def fits_value(self, value: object) -> bool:
        """Say whether a document is of the kind; False where the kind does not look at what files say."""
        if not self.needs_document or not isinstance(value, dict):
            return False
        return (
            all(_holds(value, path, type_) for path, type_ in self.fields)
            and (not self.any_of or any(_holds(value, path, FieldType.ANY) for path in self.any_of))
            and all(_matches(value, path, pattern) for path, pattern in self.matches)
        )

    def _words(self) -> Iterator[bytes]:
        for path, _ in (*self.fields, *self.matches):
            yield _word(path)


def _word(path: str) -> bytes:
    """Return the last field of a path, which a document that has it must spell out."""
    names = [step for step in parse_path(path) if isinstance(step, str)]
    return names[-1].encode() if names else b""


def _holds(value: object, path: str, type_: FieldType) -> bool:
    _, found = find_field(value, path)
    if found is None or (isinstance(found, bool) and type_ is FieldType.NUMBER):
        # As find_field has it, nothing is as good as absent; JSON's null too.
        return False
    return isinstance(found, _TYPES[type_])


def _matches(value: object, path: str, pattern: str) -> bool:
    _, found = find_field(value, path)
    return isinstance(found, str) and is_found(pattern, found)
