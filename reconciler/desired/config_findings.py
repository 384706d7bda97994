"""What is wrong with a pallet.toml, collected while it is read, so that no problem hides another.

Must never be added: what pallet.toml must say; see `config_reader` and the modules beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from reconciler.desired.reading.toml_lines import Lines
from reconciler.desired.reading.wording import say_path
from reconciler.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

Where = tuple[str | int, ...]
"""Keys and indexes, from the top of the document."""
_T = TypeVar("_T")
_USER_OF_URL = re.compile(r"(?<=//)[^/\s@]*:[^/\s@]*@")


class Findings:
    """The problems of one document, each with its line."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.lines = file, Lines(text)
        self.problems: list[Problem] = []

    def report(self, where: Where, code: str, message: str, *, fix: str | None = None) -> None:
        """Add a problem; what looks like a password in a URL is not repeated."""
        line = self.lines.locate(where)
        message = _USER_OF_URL.sub("***@", message)
        self.problems.append(Problem(code, message, self.file, line, path=say_path(where), fix=fix))

    def attempt(self, where: Where, code: str, read: Callable[[], _T]) -> _T | None:
        """Return what `read` gives; a ValueError becomes a problem at `where`."""
        try:
            return read()
        except ValueError as exc:
            self.report(where, code, str(exc))
            return None

    def raise_if_any(self) -> None:
        """Raise everything that was found, in the order of the file.

        Raises:
            ConfigError: there is something.
        """
        if self.problems:
            raise ConfigError(
                sorted(self.problems, key=lambda problem: (problem.line or 0, problem.path or ""))
            )
