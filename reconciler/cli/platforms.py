"""What --platform says, for commands that take one entry of an index.

Must never be added: which entry fits, which is `reconciler.oci.platforms`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.oci.platforms import read_platform

if TYPE_CHECKING:
    from reconciler.oci.manifest import Platform


def choose_platform(text: str | None) -> Platform | None:
    """Return the platform that is asked for; None for any.

    Raises:
        UsageError: it is none.
    """
    try:
        return None if text is None else read_platform(text)
    except ValueError as exc:
        raise UsageError(f"--{exc}") from exc
