"""Where the schemas are, and each of them read once.

They stand at the top of a checkout, where editors and people find them, and below the package in a
wheel. Must never be added: checking, which needs a library that is slow to import.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, eq=False, slots=True)
class Schema:
    """A JSON Schema; equal only to itself, so that what was compiled from it can be kept."""

    name: str
    """The file, as messages name it."""
    document: Mapping[str, Any] | bool = field(repr=False)
    is_foreign: bool = False
    """Whether somebody else wrote it, so that its regular expressions are searched with a time limit."""


@functools.cache
def schemas_directory() -> Path:
    """Return where the schemas that come with pallet are.

    A wheel carries them inside the package; an editable install has them beside it.
    """
    packaged = _PACKAGE / "schemas"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "schemas"


@functools.cache
def load_schema(name: str) -> Schema:
    """Return a schema that comes with pallet, such as `workflow.schema.json`; the same object every time.

    Raises:
        FileNotFoundError: no schema has that name.
    """
    return Schema(name, json.loads((schemas_directory() / name).read_text("utf-8")))
