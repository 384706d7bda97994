"""Where the endpoints are, where answers point to, and what of a URL may be shown.

Spec: distribution-spec v1.1.1, "Endpoints"; RFC 8288 for `Link`. Pure.
Must never be added: sending anything.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.oci.registry.urls import Url

HEADER_MAX_CHARACTERS = 8 * 1024
"""What is parsed of one header line; longer ones are no registry's."""

_LINK = re.compile(
    r"<(?P<target>[^<>]*+)>(?P<parameters>(?:\s*+;\s*+[^\s=;,\"]++(?:\s*+=\s*+(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*+))?)*)"
)
_RELATION = re.compile(r";\s*+rel\s*+=\s*+(?:\"([^\"]*+)\"|([^\s;,\"]++))", re.IGNORECASE)
_SHOWN = frozenset(
    {"n", "last", "mount", "from", "digest", "digest-algorithm", "tag", "artifacttype", "scope", "service"}
)  # the others may carry signatures or tokens


_OF_REPOSITORY = re.compile(r"/v2/(?P<name>[^?]+)/(?:manifests|blobs|tags|referrers)/")


class Kind(StrEnum):
    """The kinds of endpoints, as requests are counted."""

    PING = "ping"
    MANIFEST = "manifest"
    BLOB = "blob"
    UPLOAD = "upload"
    TAGS = "tags"
    CATALOG = "catalog"
    REFERRERS = "referrers"
    TOKEN = "token"  # noqa: S105 - a kind of endpoint


PING = "/v2/"


def manifest(name: str, reference: str) -> str:
    """end-3, end-7 and end-9; `name` is the repository with its prefix."""
    return f"/v2/{name}/manifests/{reference}"


def blob(name: str, digest: str) -> str:
    """end-2."""
    return f"/v2/{name}/blobs/{digest}"


def uploads(name: str, *, algorithm: str = "sha256") -> str:
    """end-4a, and end-4c for digests of another algorithm; the slash at the end belongs to it."""
    query = "" if algorithm == "sha256" else f"?digest-algorithm={algorithm}"
    return f"/v2/{name}/blobs/uploads/{query}"


def single_upload(name: str, digest: str) -> str:
    """end-4b."""
    return f"/v2/{name}/blobs/uploads/?digest={digest}"


def mount(name: str, digest: str, source: str) -> str:
    """end-11; `source` is another repository with its prefix."""
    return f"/v2/{name}/blobs/uploads/?mount={digest}&from={source}"


def tags(name: str, *, count: int, last: str = "") -> str:
    """end-8b; `last` is the entry that the page begins behind."""
    return f"/v2/{name}/tags/list?{_page_query(count, last)}"


def referrers(name: str, digest: str, artifact_type: str | None = None) -> str:
    """end-12a, and end-12b with a type."""
    query = "" if artifact_type is None else f"?artifactType={quote(artifact_type, safe='')}"
    return f"/v2/{name}/referrers/{digest}{query}"


def catalog(*, count: int, last: str = "") -> str:
    """Not in the specification any more; distribution, zot and Harbor answer it."""
    return f"/v2/_catalog?{_page_query(count, last)}"


def _page_query(count: int, last: str) -> str:
    return f"n={count}&last={quote(last, safe='')}" if last else f"n={count}"


def repository_of(url: Url) -> str | None:
    """Return the repository that a request was about, with its prefix; None where it was about none."""
    match = _OF_REPOSITORY.match(url.target)
    return match["name"] if match else None


def upload_location(url: Url, location: str) -> Url:
    """Return where an upload goes on, given the request's URL and the answer's `Location`.

    Raises:
        ValueError: it leads to another server, or nowhere.
    """
    resolved = url.join(location)
    if resolved.origin != url.origin:
        raise ValueError(f"expected a location on {url.origin}, got one on {resolved.origin}")
    return resolved


def commit_location(location: Url, digest: str) -> Url:
    """Append the digest to the raw query, which may hold signed state."""
    return location.with_query(f"digest={digest}")


def next_page(url: Url, link_lines: Iterable[str]) -> Url | None:
    """Return where the first link with `rel="next"` leads, None without one.

    Raises:
        ValueError: it leads to another server, which would see our credentials, or nowhere.
    """
    for target, relation in links(link_lines):
        if "next" in relation.lower().split():
            page = url.join(target)
            if page.origin != url.origin:
                raise ValueError(f"expected a next page on {url.origin}, got one on {page.origin}")
            return page
    return None


def links(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield target and relation of every link; what is no link is passed over."""
    for line in lines:
        for match in _LINK.finditer(line[:HEADER_MAX_CHARACTERS]):
            relation = _RELATION.search(match["parameters"])
            yield match["target"], (relation[1] or relation[2] or "") if relation else ""


def redacted(url: Url) -> str:
    """Return the URL with the values of its query hidden, save those known to be harmless."""
    path, mark, query = url.target.partition("?")
    shown = "&".join(_redacted_pair(pair) for pair in query.split("&")) if mark else ""
    return f"{url.origin}{path}{mark}{shown}"


def _redacted_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return pair if not equals or name.lower() in _SHOWN else f"{name}=***"


def form(pairs: Iterable[tuple[str, str]]) -> str:
    """Return pairs as a query or a form; `:`, `/` and `,` stay readable, as registries expect."""
    return "&".join(f"{name}={quote(value, safe=':/,')}" for name, value in pairs)
