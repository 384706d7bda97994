"""Where the endpoints are. Spec: distribution-spec v1.1.1, "Endpoints"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

NAME = r"(?P<name>[a-z0-9][a-z0-9._/-]*)"
_DIGEST = r"(?P<digest>[a-z0-9]+:[a-f0-9]+)"


class Place(StrEnum):
    """The kinds of endpoints."""

    PING = "ping"
    TOKEN = "token"
    CATALOG = "catalog"
    TAGS = "tags"
    REFERRERS = "referrers"
    MANIFEST = "manifest"
    UPLOAD = "upload"
    START = "start"
    BLOB = "blob"


_PATTERNS = {
    Place.PING: re.compile(r"/v2/"),
    Place.TOKEN: re.compile(r"/token"),
    Place.CATALOG: re.compile(r"/v2/_catalog"),
    Place.TAGS: re.compile(rf"/v2/{NAME}/tags/list"),
    Place.REFERRERS: re.compile(rf"/v2/{NAME}/referrers/{_DIGEST}"),
    Place.MANIFEST: re.compile(rf"/v2/{NAME}/manifests/(?P<reference>[^/]+)"),
    Place.UPLOAD: re.compile(rf"/v2/{NAME}/blobs/uploads/(?P<session>[0-9]+)"),
    Place.START: re.compile(rf"/v2/{NAME}/blobs/uploads/"),
    Place.BLOB: re.compile(rf"/v2/{NAME}/blobs/{_DIGEST}"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and what its path names."""

    place: Place
    names: dict[str, str]


def route(path: str) -> Route | None:
    """Return the endpoint of a path, None where there is none."""
    for place, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(path):
            return Route(place, match.groupdict())
    return None


def place_of(path: str) -> Place | None:
    """Return the kind of endpoint of a path."""
    found = route(path)
    return found.place if found else None
