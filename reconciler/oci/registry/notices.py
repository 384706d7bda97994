"""What a run has to say beside its result: each text once, whoever says it.

A registry warns in `Warning: 299 - "text"` (distribution-spec v1.1.1, "Warnings"), and the client itself
has things to say, such as that a certificate is not verified. Texts of servers are untrusted: those with
control characters are dropped, and there is an end to how many are said.
Must never be added: acting on a warning.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTICES_MAX: Final = 50
WARNING_MAX_CHARACTERS: Final = 4096
"""Spec: a client may ignore what is longer."""

_WARNING: Final = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(.)")


def _nobody_listens(_: str) -> None:
    pass


class Notices:
    """Says every text once; safe to use from several threads.

    Args:
        say: hears what is worth knowing.
        shout: hears what must not be missed; None for `say`.
    """

    def __init__(
        self, say: Callable[[str], None] = _nobody_listens, shout: Callable[[str], None] | None = None
    ) -> None:
        self._say, self._shout = say, shout or say
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Say something worth knowing, unless it was said before."""
        self._once(text, self._say)

    def shout(self, text: str) -> None:
        """Say something that must be heard, unless it was said before."""
        self._once(text, self._shout)

    def _once(self, text: str, tell: Callable[[str], None]) -> None:
        with self._lock:
            if text in self._said or len(self._said) > NOTICES_MAX:
                return
            if len(self._said) == NOTICES_MAX:
                text, tell = "there are more warnings than these: the rest is not shown", self._say
            self._said.add(text)
            tell(text)


def read_warning(line: str) -> Iterator[str]:
    """Yield the texts of one `Warning` header; what the specification does not know is passed over."""
    if len(line) > WARNING_MAX_CHARACTERS:
        return
    for match in _WARNING.finditer(line):
        text = _ESCAPE.sub(r"\1", match[1])
        if text.isprintable() and text.strip():
            yield text
