"""Where this user's caches stand. Must never be added: what is kept there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def user_cache_folder(environment: Mapping[str, str], name: str) -> Path | None:
    """Return the folder of one cache: below PALLET_CACHE_DIR, else where the system has caches, if it has."""
    own = environment.get("PALLET_CACHE_DIR")
    if own:
        return Path(own).absolute() / name
    import platformdirs

    folder = platformdirs.user_cache_path("pallet", appauthor=False) / name
    # Without a home directory the system's answer begins with a literal `~`.
    return folder if folder.is_absolute() else None
