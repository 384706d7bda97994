"""The targets of a pallet.toml: `[target.NAME]` and which of them is the default.

Must never be added: opening one; see `reconciler.compose`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.desired.config import Target
from reconciler.desired.config_access import read_access
from reconciler.oci.registry.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.desired.config_findings import Findings
    from reconciler.oci.registry.credentials.target import BearerToken, Login

_DEFAULT_TARGET = Target("local", "oci-layout:.pallet/registry", immutable=False)


def read_targets(
    document: Mapping[str, Any],
    findings: Findings,
    *,
    root: Path,
    credentials: Mapping[str, Login | BearerToken],
) -> dict[str, Target]:
    """Return the targets by name, in order; the embedded store where there is none.

    Args:
        credentials: what targets say of who we are, by name.
        root: the folder of pallet.toml, which the names of files start from.
    """
    audit = root / document["audit"]["file"] if "audit" in document else None
    targets = {
        name: Target(
            name,
            table["url"],
            table.get("immutable"),
            table.get("restore"),
            access=read_access(table, ("target", name), findings, root),
            audit=audit,
            credential=credentials.get(name),
        )
        for name, table in document.get("target", {}).items()
    }
    for target in targets.values():
        _check_url(target, findings)
    return targets or {_DEFAULT_TARGET.name: replace(_DEFAULT_TARGET, audit=audit)}


def read_default_target(
    document: Mapping[str, Any], targets: Mapping[str, Target], findings: Findings
) -> str:
    """Return the name of the target that is meant where none is named."""
    name = document.get("defaults", {}).get("target")
    if name is None:
        return "local" if "local" in targets else next(iter(targets))
    if name not in targets:
        message = f"expected one of {', '.join(sorted(targets))}, got {name!r}"
        findings.report(("defaults", "target"), "unknown-target", message)
    return str(name)


def _check_url(target: Target, findings: Findings) -> None:
    where = ("target", target.name, "url")
    directory = target.layout_directory
    if target.url.startswith(("/", ".", "~")):
        message = f"expected a registry, or oci-layout:{target.url} for a directory, got {target.url!r}"
        findings.report(where, "invalid-url", message)
    elif directory is None:
        findings.attempt(where, "invalid-url", lambda: Endpoint.parse(target.url))
    elif not directory:
        findings.report(where, "invalid-url", f"expected oci-layout:DIRECTORY, got {target.url!r}")
