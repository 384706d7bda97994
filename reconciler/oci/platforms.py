"""Which manifest of an index a platform means. Pure.

Decided here: how a platform is written, which spellings are the same, and which of several variants is
taken where none is named. Spec: image-spec v1.1.1, image-index.md, "platform"; the spellings are those of
containerd's platforms package. Must never be added: the platform of this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError
from reconciler.oci.manifest import Platform

if TYPE_CHECKING:
    from reconciler.oci.manifest import Descriptor, Index

_ARCHITECTURES = {
    "x86_64": ("amd64", None),
    "x86-64": ("amd64", None),
    "i386": ("386", None),
    "i686": ("386", None),
    "aarch64": ("arm64", None),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_SYSTEMS = {"macos": "darwin"}
_IMPLIED = {("arm64", "v8"): None, ("amd64", "v1"): None}
"""A variant that says nothing: it is what the architecture means without one."""
_UNKNOWN = "unknown"
"""What build tools write for attestations, which run nowhere."""


def read_platform(text: str) -> Platform:
    """Read `os/architecture[/variant]`, with `:os-version` behind it where it matters.

    Raises:
        ValueError: the text is none.
    """
    name, _, os_version = text.strip().partition(":")
    parts = name.lower().split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise ValueError(f"platform: expected os/architecture[/variant], such as linux/amd64, got {text!r}")
    variant = parts[2] if len(parts) == 3 else None
    return _normal(Platform(parts[0], parts[1], variant, os_version or None))


def choose(index: Index, platform: Platform, *, subject: str) -> Descriptor:
    """Return the first entry of an index that runs on a platform.

    Without a variant, an entry without one is taken before those with one, and of those the highest.

    Args:
        platform: as `read_platform` returns it.
        subject: the index as people write it.

    Raises:
        NotFoundError: there is none; the text says what there is.
    """
    fitting = [entry for entry in index.manifests if _fits(entry, platform)]
    if not fitting:
        names = ", ".join(dict.fromkeys(offered(index))) or "no platform at all"
        raise NotFoundError(
            f"{subject}: not for {platform}: expected one of its platforms, got {names}",
            fix="name one of these with --platform",
        )
    # The order of an index is its publisher's wish; a sort keeps it among equals.
    return sorted(fitting, key=_rank)[0]


def offered(index: Index) -> list[str]:
    """Return the platforms of an index as people write them, in its order; attestations are none."""
    return [str(entry.platform) for entry in index.manifests if entry.platform and _runs(entry.platform)]


def _runs(platform: Platform) -> bool:
    return bool(platform.os) and _UNKNOWN not in (platform.os, platform.architecture)


def _fits(entry: Descriptor, wanted: Platform) -> bool:
    if entry.platform is None or not _runs(entry.platform):
        return False
    got = _normal(entry.platform)
    if (got.os, got.architecture) != (wanted.os, wanted.architecture):
        return False
    if wanted.variant is not None and got.variant != wanted.variant:
        return False
    return wanted.os_version is None or _is_version(got.os_version or "", wanted.os_version)


def _is_version(got: str, wanted: str) -> bool:
    """10.0.17763 means every build of it."""
    return got == wanted or got.startswith(f"{wanted}.")


def _rank(entry: Descriptor) -> tuple[bool, int]:
    variant = _normal(entry.platform).variant if entry.platform else None
    digits = "".join(filter(str.isdecimal, variant or ""))
    return (variant is not None, -int(digits[:4] or 0))


def _normal(platform: Platform) -> Platform:
    architecture, implied = _ARCHITECTURES.get(
        platform.architecture.lower(), (platform.architecture.lower(), None)
    )
    variant = platform.variant.lower() if platform.variant else implied
    if variant is not None and variant.isdecimal():
        variant = f"v{variant}"
    variant = _IMPLIED.get((architecture, variant), variant) if variant else None
    system = _SYSTEMS.get(platform.os.lower(), platform.os.lower())
    return Platform(system, architecture, variant, platform.os_version, platform.os_features)
