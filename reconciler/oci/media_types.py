"""Media types of the specifications, and which of them a manifest may have.

Spec: image-spec v1.1.1, media-types.md; Docker's image manifest version 2, schema 2.
Must never be added: media types of kinds, which are data in `schemas/kinds`.
"""

from __future__ import annotations

import re
from typing import Final

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
OCTET_STREAM: Final = "application/octet-stream"

MANIFESTS: Final = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEXES: Final = (OCI_INDEX, DOCKER_LIST)

ACCEPT_MANIFESTS: Final = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST))
"""All of them in one header: the reference registry answers 404 for a type that is not named."""

MANIFEST_MAX_BYTES: Final = 4 * 1024 * 1024
"""distribution, zot and ACR refuse more (oci-protocol, section 1.10)."""

_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}", re.ASCII
)


def is_media_type(text: str) -> bool:
    """Say whether a text is a type and a subtype, without parameters (RFC 6838, section 4.2)."""
    return _MEDIA_TYPE.fullmatch(text) is not None
