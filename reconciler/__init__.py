"""pallet keeps OCI registries in step with the files that git holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.library import Registry

__version__ = "0.1.0"
__all__ = ["Registry", "__version__"]


def __getattr__(name: str) -> Any:
    # Only who asks for it pays for the import: `pallet --help` is instant.
    if name == "Registry":
        from reconciler.library import Registry

        return Registry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
