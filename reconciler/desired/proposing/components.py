"""What a folder or file may be called as a part of a repository's name.

Must never be added: which names a project's artifacts get.
"""

from __future__ import annotations

import re
import unicodedata

from reconciler.oci.reference import Repository


def legalise(text: str) -> str | None:
    """Return the nearest text that can be a component of a repository; None where nothing is left."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain if is_component(plain) else re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or None


def is_component(text: str) -> bool:
    """Say whether a text is one component of a repository as it stands."""
    try:
        return "/" not in text and bool(Repository(text))
    except ValueError:
        return False
