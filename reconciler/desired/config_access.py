"""How a target is reached, as its table in a pallet.toml says: certificates, and how much is asked at once.

Decided here: which of these keys go together. Must never be added: opening a file that they name.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reconciler.oci.registry.private_storage import NOWHERE, PrivateStorage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.desired.config_findings import Findings

_CERTIFICATES: Final = ("ca", "client-certificate", "client-key")
_ACCESS: Final = (*_CERTIFICATES, "insecure", "profile", "concurrency", "private-storage")


@dataclass(frozen=True, slots=True)
class Access:
    """What is written of the way to a registry."""

    ca: Path | None = None
    """Authorities that count beside the system's, in PEM."""
    client_certificate: Path | None = None
    client_key: Path | None = None
    """None where the certificate's file holds it too."""
    insecure: bool = False
    profile: str | None = None
    """A name of `reconciler.oci.registry.profiles`; None for what the host's name tells."""
    concurrency: int | None = None
    """Requests in flight; None for what the profile says."""
    private_storage: PrivateStorage = NOWHERE
    """Where in a private network the registry may redirect to."""


def read_access(table: Mapping[str, Any], where: tuple[str, ...], findings: Findings, root: Path) -> Access:
    """Return what a target's table says of the way to it; paths start from `root`."""
    _check_together(table, where, findings)

    def path(key: str) -> Path | None:
        return root / table[key] if key in table else None

    return Access(
        path("ca"),
        path("client-certificate"),
        path("client-key"),
        table.get("insecure", False),
        table.get("profile"),
        table.get("concurrency"),
        _read_storage(table.get("private-storage", []), (*where, "private-storage"), findings),
    )


def _read_storage(entries: list[str], where: tuple[str, ...], findings: Findings) -> PrivateStorage:
    good = []
    for place, entry in enumerate(entries):
        read = functools.partial(PrivateStorage.parse, [entry])
        if findings.attempt((*where, place), "invalid-storage", read) is not None:
            good.append(entry)
    return PrivateStorage.parse(good)


def _check_together(table: Mapping[str, Any], where: tuple[str, ...], findings: Findings) -> None:
    url = table["url"]
    if url.startswith("oci-layout:"):
        for key in (key for key in _ACCESS if key in table):
            message = f"expected it of a registry only, got it of the directory {url!r}"
            findings.report((*where, key), "not-a-registry", message)
        return
    if url.startswith("http://"):
        for key in (key for key in _CERTIFICATES if key in table):
            message = f"expected it with https:// only, got {url!r}"
            findings.report((*where, key), "not-encrypted", message)
    if "client-key" in table and "client-certificate" not in table:
        message = "expected client-certificate beside it, got none"
        findings.report((*where, "client-key"), "key-without-certificate", message)
