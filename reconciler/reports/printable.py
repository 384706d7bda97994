"""What publishers wrote, as far as a terminal may see it.

Must never be added: a text for programs; JSON carries everything as it is.
"""

from __future__ import annotations

NOTHING_SAID = "–"
LINE_MAX_CHARACTERS = 100


def printable(text: str) -> str:
    """Return a text in which whatever a terminal would obey is a replacement character."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def one_line(text: str | None, *, max_characters: int = LINE_MAX_CHARACTERS) -> str:
    """Return the first line that is not empty, printable and cut; a dash where there is none."""
    first = next((line for line in (text or "").splitlines() if line.strip()), "")
    safe = printable(first.strip())
    if len(safe) > max_characters:
        return safe[: max_characters - 1] + "…"
    return safe or NOTHING_SAID
