"""What was probably meant by words that are not known: for the first few, however many there are.

Each look compares a word with every known one, which both come from somebody's file.
Must never be added: what is right or wrong about a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.desired.reading.wording import near_key, say_choices

if TYPE_CHECKING:
    from collections.abc import Collection

ASKED_MAX: Final = 20
"""Different words of one document for which an answer is looked for."""
KNOWN_MAX: Final = 1_000
"""Beyond this, the nearest of so many names is a guess, and a slow one."""


class Suggestions:
    """What may have been meant among words that a document itself declares."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._answers: dict[str, str | None] = {}
        self._choices: str | None = None

    @property
    def looked(self) -> int:
        """For how many words an answer was looked for."""
        return len(self._answers)

    def near(self, word: str) -> str | None:
        """Return the known word that is nearest; None where none is near, or too much was asked."""
        if word not in self._answers:
            if len(self._answers) >= ASKED_MAX or len(self._known) > KNOWN_MAX:
                return None
            self._answers[word] = near_key(word, self._known)
        return self._answers[word]

    @property
    def choices(self) -> str:
        """The first known words as a list, sorted."""
        if self._choices is None:
            self._choices = say_choices(sorted(self._known))
        return self._choices
