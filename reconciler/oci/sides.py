"""Which side of a transfer failed: the word in front of an error's text.

Must never be added: an error of its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from reconciler.errors import PalletError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = "source"
DESTINATION: Final = "destination"
_MARKS: Final = (f"{SOURCE}: ", f"{DESTINATION}: ")


@contextmanager
def blamed(side: str) -> Iterator[None]:
    """Put `source: ` or `destination: ` in front of an error's text, unless a side was named already.

    While a destination stores a blob, the source is read: what fails there is the source's.
    """
    try:
        yield
    except PalletError as exc:
        text = str(exc)
        if not text.startswith(_MARKS):
            exc.args = (f"{side}: {text}", *exc.args[1:])
        raise
