"""Every misbehaviour that the registry can be told to show, each under a name.

    server.misbehave(Fault.RANGE_MISSING)
    server.misbehave(Fault.THROTTLED_SECONDS, times=2)

What each does stands in the module of its theme, `faulty_*`, as one function that is called either
instead of the right answer (`instead`) or with it (`spoil`). A function that returns None has nothing to
say about that request. Must never be added: a fault without a row in tests/oci/registry/test_misbehaviour.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tests.support.registry_fake.messages import Reply, Request

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

Instead = Callable[["ScriptedRegistry", Request], Reply | None]
Spoil = Callable[["ScriptedRegistry", Request, Reply], Reply | None]


class Fault(Enum):
    """What may be wrong; where one registry is known for it, it is named."""

    # Uploads, where they go on
    LOCATION_RELATIVE = "Location is relative to the request's own folder"
    LOCATION_ABSOLUTE = "Location is a whole URL"
    LOCATION_WITHOUT_SCHEME = "Location is //host/path"
    LOCATION_ODD_QUERY = "Location carries a query that does not survive being parsed and written again"
    LOCATION_MISSING = "no Location"
    LOCATION_CROSS_HOST = "Location is on another host, same port"
    LOCATION_CROSS_PORT = "Location is on the same host, another port"
    # Uploads, in chunks
    RANGE_WITH_UNIT = "Range is bytes=0-N, and bytes=0--1 for nothing (Quay)"
    RANGE_MISSING = "no Range"
    RANGE_STALE = "Range stays at the first chunk while everything is stored (ECR)"
    PATCH_201 = "201 to a PATCH (ECR)"
    PATCH_CAPPED = "416 to a PATCH above 4 MiB (GHCR)"
    PATCH_REFUSED = "405 to every PATCH (Google)"
    PATCH_HALF_KEPT = "half of a chunk is kept, and Range says so"
    PATCH_FORGOTTEN = "a byte is lost: the next chunk is out of order, and only a GET says where to go on"
    CHUNK_MINIMUM = "OCI-Chunk-Min-Length, and 400 after a chunk below it"
    # Uploads, the rest
    COMMIT_RESET = "the connection is reset by the last PUT, and nothing is stored"
    COMMIT_LOST = "the connection is reset by the last PUT, and the blob is stored"
    COMMIT_504 = "504 to the last PUT, and the blob is stored (gateways that are in a hurry)"
    COMMIT_DIGEST_WRONG = "Docker-Content-Digest of something else for a blob"
    PATCH_502 = "502 to a PATCH, and the chunk is kept"
    BODY_TOO_LARGE = "413 to every long body, as a web page (nginx)"
    PUT_TOO_LARGE = "413 to a long PUT, as a web page (nginx)"
    PUT_ANSWERED_EARLY = "403 before the body was read, and the connection closed"
    PUT_202 = "202 to the last PUT: nothing was stored"
    PUT_204 = "204 to the last PUT"
    UPLOAD_RESET = "the connection is reset in the middle of a body going up"
    UPLOAD_FORGOTTEN = "404 to the last PUT: the session has vanished"
    UPLOAD_CORRUPTED = "400 DIGEST_INVALID: the bytes were changed on their way"
    SINGLE_POST_201 = "a POST with a digest stores its body (zot)"
    SINGLE_POST_404 = "a POST with a digest is refused"
    MOUNT_202 = "a mount is answered with a session"
    MOUNT_400 = "a mount is refused (Docker Hub, for another registry's repository)"
    MOUNT_RESET = "the connection is reset by a mount"
    ACCEPT_406 = "406 to a push with an Accept of manifests (Artifactory)"
    # Manifests
    DIGEST_MISSING = "no Docker-Content-Digest"
    DIGEST_WRONG = "Docker-Content-Digest of something else"
    TYPE_MISSING = "Content-Type is application/octet-stream"
    LENGTH_MISSING = "no Content-Length in the answer to a HEAD"
    HEAD_REFUSED = "405 to HEAD"
    MANIFEST_202 = "202 to the PUT of a manifest (Quay)"
    MANIFEST_WITHOUT_LOCATION = "no Location in the answer to the PUT of a manifest (ECR)"
    MANIFEST_BLOB_404 = "404 to a manifest whose blobs are missing"
    MANIFEST_LATE = "404 to a manifest that was stored (stores that settle later)"
    TAG_IMMUTABLE_400 = "400 TAG_INVALID where a tag would move (ECR)"
    TAG_IMMUTABLE_403 = "403 where a tag would move (Docker Hub)"
    TAG_IMMUTABLE_409 = "409 where a tag would move"
    TAG_IMMUTABLE_412 = "412 PRECONDITION where a tag would move (Harbor)"
    TAG_IMMUTABLE_INVALID = (
        "400 MANIFEST_INVALID with HTTP 403 in its detail, where a tag would move (Artifactory)"
    )
    TAG_IMMUTABLE_ASSETS = "400 BLOB_UPLOAD_INVALID: no updating of assets, where a tag would move (Nexus)"
    TAG_DELETE_REFUSED = "400 to the deletion of a tag (distribution 2)"
    DELETE_DISABLED = "405 to every deletion (distribution as installed)"
    OCI_TAG_PARTIAL = "of several tags in a PUT only the first is set, and OCI-Tag says so"
    REPOSITORY_REQUIRED = "404 NAME_UNKNOWN to a push where there is no repository (ECR)"
    REPOSITORY_HIDDEN = "401 where there is no repository (Quay, Artifactory)"
    # Any answer
    GZIP = "bodies come with Content-Encoding: gzip, unasked"
    SHORT_BODY = "a body ends too early"
    CHANGED_BODY = "a body of the right length with other bytes"
    RESET_DOWN = "the connection is reset in the middle of a body coming down"
    RANGE_IGNORED = "200 with everything where a range was asked for"
    RANGE_WRONG = "206 with another range than was asked for"
    THROTTLED_SECONDS = "429 with Retry-After in seconds"
    THROTTLED_DATE = "429 with Retry-After as a date"
    THROTTLED_LONG = "429 with Retry-After: 3600"
    THROTTLED_403 = "403 that means 429 (GHCR)"
    UNAVAILABLE = "503"
    HTML_ERRORS = "errors are web pages"
    CODELESS_ERRORS = "errors without a code (Artifactory)"
    WEB_PAGE = "200 and a web page, whatever is asked for"
    COOKIES = "answers set a cookie; whoever sends one back is refused (Harbor)"
    # Redirects
    REDIRECT_CROSS_HOST = "blobs are on another host, same port"
    REDIRECT_CROSS_PORT = "blobs are on the same host, another port"
    REDIRECT_TO_401 = "the blobs' other host asks for a password"
    REDIRECT_ENDLESS = "blobs are always one redirect further"
    MANIFEST_REDIRECT = "manifests are redirected to another server"
    # Lists
    TAGS_NULL = "tags: null"
    TAGS_ODD = "tags with null and digests among them (Nexus, Artifactory)"
    LINK_ENDLESS = "always one more page, with something new"
    LINK_LOOP = "the next page is this one"
    LINK_CROSS_HOST = "the next page is on another host, same port"
    LINK_CROSS_PORT = "the next page is on the same host, another port"
    # Referrers
    REFERRERS_303 = "303 to a web page elsewhere (GHCR)"
    REFERRERS_404 = "no referrers API"
    REFERRERS_406 = "406"
    REFERRERS_WEB_PAGE = "200 and a web page"
    SUBJECT_WITHOUT_API = "OCI-Subject is sent, but there is no referrers API (ECR, 2024)"
    FALLBACK_IS_SUBJECT = "the fallback tag is answered with the subject itself (GitLab)"
    FILTER_IGNORED = "artifactType is ignored, and nothing is claimed"
    FILTER_CLAIMED = "artifactType is ignored, although OCI-Filters-Applied claims it"
    # Authentication
    CHALLENGE_MISSING = "401 without a challenge, except at /v2/ (gcr.io)"
    CHALLENGES_TWO = "two challenges, the one that cannot be answered first"
    CHALLENGE_UNKNOWN = "a challenge that nobody here can answer"
    SCOPE_INSUFFICIENT = 'error="insufficient_scope": one more scope is wanted than was asked for'
    TOKEN_WITHOUT_EXPIRY = "a token without expires_in"
    TOKEN_AS_ACCESS_TOKEN = "a token called access_token"
    TOKEN_EXPIRES_MID_UPLOAD = "a token is not good any more when the last PUT comes"
    TOKEN_POST_404 = "no OAuth2: 404 to a POST for a token"
    TOKEN_REDIRECT = "the token server redirects elsewhere"
    REALM_RELATIVE = "the realm is a path"
    REALM_PRIVATE = "the realm is an address in a private network"
    REALM_CROSS_PORT = "the realm is on the same host, another port"


@dataclass(eq=False)
class FaultSettings:
    """The numbers and places that some faults need."""

    elsewhere: str = ""
    """The URL of another server, for the faults that point to one."""
    fault_at_bytes: int = 1000
    """Where a body going up is reset, and what is too long for a PUT."""
    chunk_max_bytes: int = 4 * 1024 * 1024
    chunk_min_bytes: int = 1024


INSTEAD: dict[Fault, Instead] = {}
AT_THE_GATE: set[Fault] = set()
"""Those of INSTEAD that come before anybody is asked who they are."""
SPOIL: dict[Fault, Spoil] = {}
READS_BYTES: dict[Fault, Callable[[ScriptedRegistry, str, str], int | None]] = {}
"""How much of a body is read before the answer."""


def instead(*faults: Fault, at_the_gate: bool = False) -> Callable[[Instead], Instead]:
    """Register a function that answers instead of the registry."""

    def register(function: Instead) -> Instead:
        INSTEAD.update(dict.fromkeys(faults, function))
        AT_THE_GATE.update(faults if at_the_gate else ())
        return function

    return register


def spoil(*faults: Fault) -> Callable[[Spoil], Spoil]:
    """Register a function that changes the right answer."""

    def register(function: Spoil) -> Spoil:
        SPOIL.update(dict.fromkeys(faults, function))
        return function

    return register
