"""pallet keeps OCI registries in step with the files that git holds; programs begin with its `Registry`.

Decided here: which names are public. They are imported when they are first asked for, so that `pallet --help`
stays instant. Must never be added: code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.entries import Entry
    from reconciler.discovery.identify import Identity, Sort
    from reconciler.discovery.listing import Listing, Published
    from reconciler.discovery.referring import Referring
    from reconciler.discovery.resolving import Resolved
    from reconciler.discovery.selecting import Candidate
    from reconciler.errors import (
        BaseUnknownError,
        ConfigError,
        DigestMismatchError,
        DocumentError,
        HiddenError,
        ImmutableTagError,
        IncompleteError,
        InvalidError,
        LockError,
        LockOutOfDateError,
        NotFoundError,
        PalletError,
        Problem,
        RefusedError,
        StoppedError,
        StoreError,
        ThrottledError,
        UnauthorisedError,
        UnreachableError,
        UnsupportedError,
        UsageError,
    )
    from reconciler.library.naming import Artifact
    from reconciler.library.registry import Registry
    from reconciler.library.values import Checked, Choice, FoundManifest, PulledTree, Searched, Synced
    from reconciler.oci.copying_terms import CopyResult
    from reconciler.oci.digest import Digest
    from reconciler.oci.pulling.pull import PullResult
    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.actions import Plan
    from reconciler.sync.attach import Attached
    from reconciler.sync.progress import Progress
    from reconciler.sync.push import Pushed
    from reconciler.sync.retag import Retagged
    from reconciler.sync.stop import Stop

__version__ = "0.1.0"

__all__ = [
    "Artifact",
    "Attached",
    "BaseUnknownError",
    "Candidate",
    "Checked",
    "Choice",
    "ConfigError",
    "CopyResult",
    "Dependencies",
    "Digest",
    "DigestMismatchError",
    "DocumentError",
    "Entry",
    "FoundManifest",
    "HiddenError",
    "Identity",
    "ImmutableTagError",
    "IncompleteError",
    "InvalidError",
    "Listing",
    "LockError",
    "LockOutOfDateError",
    "NotFoundError",
    "PalletError",
    "Plan",
    "Problem",
    "Progress",
    "Published",
    "PullResult",
    "PulledTree",
    "Pushed",
    "Referring",
    "RefusedError",
    "Registry",
    "Repository",
    "Resolved",
    "Retagged",
    "Searched",
    "Sort",
    "Stop",
    "StoppedError",
    "StoreError",
    "Synced",
    "Tag",
    "ThrottledError",
    "UnauthorisedError",
    "UnreachableError",
    "UnsupportedError",
    "UsageError",
    "Version",
    "__version__",
]

_NAMES = {
    "reconciler.desired.versions.version": ("Version",),
    "reconciler.discovery.dependencies": ("Dependencies",),
    "reconciler.discovery.entries": ("Entry",),
    "reconciler.discovery.identify": (
        "Identity",
        "Sort",
    ),
    "reconciler.discovery.listing": (
        "Listing",
        "Published",
    ),
    "reconciler.discovery.referring": ("Referring",),
    "reconciler.discovery.resolving": ("Resolved",),
    "reconciler.discovery.selecting": ("Candidate",),
    "reconciler.errors": (
        "BaseUnknownError",
        "ConfigError",
        "DigestMismatchError",
        "DocumentError",
        "HiddenError",
        "ImmutableTagError",
        "IncompleteError",
        "InvalidError",
        "LockError",
        "LockOutOfDateError",
        "NotFoundError",
        "PalletError",
        "Problem",
        "RefusedError",
        "StoppedError",
        "StoreError",
        "ThrottledError",
        "UnauthorisedError",
        "UnreachableError",
        "UnsupportedError",
        "UsageError",
    ),
    "reconciler.library.naming": ("Artifact",),
    "reconciler.library.registry": ("Registry",),
    "reconciler.library.values": (
        "Checked",
        "Choice",
        "FoundManifest",
        "PulledTree",
        "Searched",
        "Synced",
    ),
    "reconciler.oci.copying_terms": ("CopyResult",),
    "reconciler.oci.digest": ("Digest",),
    "reconciler.oci.pulling.pull": ("PullResult",),
    "reconciler.oci.reference": (
        "Repository",
        "Tag",
    ),
    "reconciler.sync.actions": ("Plan",),
    "reconciler.sync.attach": ("Attached",),
    "reconciler.sync.progress": ("Progress",),
    "reconciler.sync.push": ("Pushed",),
    "reconciler.sync.retag": ("Retagged",),
    "reconciler.sync.stop": ("Stop",),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker knows the names above, and no others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
