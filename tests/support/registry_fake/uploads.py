"""Blobs as they arrive: end-4 to end-6, end-11 and end-13 of distribution-spec v1.1.1; cancelling as distribution has it.

The query of a Location is opaque state that must come back byte for byte, and changes with every chunk.
Must never be added: a misbehaviour; those are `faults`.
"""

from __future__ import annotations

import re

from tests.support.registry_fake.contents import Upload, digest_of
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.state import Registry

_CONTENT_RANGE = re.compile(r"([0-9]+)-([0-9]+)", re.ASCII)


def start(registry: Registry, request: Request, name: str) -> Reply:
    """POST: a session, a mounted blob, or a whole blob."""
    if request.method != "POST":
        return problem(405, "UNSUPPORTED", "method not allowed")
    mount, source = request.first("mount"), request.first("from")
    if mount and source and registry.mounts and mount in registry.held(source).blobs:
        registry.hold(name).blobs[mount] = registry.held(source).blobs[mount]
        return registry.stored(name, "blobs", mount)
    digest = request.first("digest")
    if digest and registry.single_post:
        return store(registry, name, digest, request.body)
    session = str(next(registry.numbers))
    registry.hold(name).sessions[session] = Upload()
    return Reply(202, {"Location": location(name, session, 0), "Docker-Upload-UUID": session})


def serve(registry: Registry, request: Request, name: str, session: str) -> Reply:
    """Everything that happens at a session's own Location."""
    upload = registry.held(name).sessions.get(session)
    if upload is None:
        return problem(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
    here = f"{request.path}?{request.raw_query}"
    if not here.startswith(location(name, session, 0)):
        return problem(400, "BLOB_UPLOAD_INVALID", "the state in the query was changed")
    match request.method:
        case "GET":
            return progress(name, session, upload, status=204)
        case "DELETE":
            del registry.hold(name).sessions[session]
            return Reply(204)
        case "PATCH":
            return _patch(request, name, session, upload)
        case "PUT":
            return _commit(registry, request, name, session, upload)
        case _:
            return problem(405, "UNSUPPORTED", "method not allowed")


def location(name: str, session: str, offset: int) -> str:
    """Where an upload goes on; the later states begin as the first one does."""
    return f"/v2/{name}/blobs/uploads/{session}?_state=a%2Fb%3D;c{offset or ''}"


def progress(name: str, session: str, upload: Upload, *, status: int) -> Reply:
    """How much has arrived; `0-0` for nothing and for one byte, as distribution says it."""
    end = max(0, len(upload.content) - 1)
    headers = {"Location": location(name, session, len(upload.content)), "Range": f"0-{end}"}
    return Reply(status, {**headers, "Docker-Upload-UUID": session})


def _patch(request: Request, name: str, session: str, upload: Upload) -> Reply:
    refusal = _append(request, name, session, upload)
    if refusal is not None:
        return refusal
    upload.chunks.append(len(request.body))
    return progress(name, session, upload, status=202)


def _append(request: Request, name: str, session: str, upload: Upload) -> Reply | None:
    """Take the body of a PATCH or of the last PUT; return a refusal of what does not follow."""
    content_range = request.headers.get("content-range")
    if content_range is not None:
        given = _CONTENT_RANGE.fullmatch(content_range)
        if given is None:
            return problem(400, "RANGE_INVALID", "the Content-Range header format is invalid")
        first, last = int(given[1]), int(given[2])
        if first != len(upload.content) or last - first + 1 != len(request.body):
            refusal = problem(416, "BLOB_UPLOAD_INVALID", "out of order")
            return Reply(416, refusal.pairs + progress(name, session, upload, status=416).pairs, refusal.body)
    if request.headers.get("content-type", "application/octet-stream") != "application/octet-stream":
        return problem(415, "UNSUPPORTED", "expected application/octet-stream")
    upload.content += request.body
    return None


def _commit(registry: Registry, request: Request, name: str, session: str, upload: Upload) -> Reply:
    if not request.raw_query.startswith(location(name, session, len(upload.content)).partition("?")[2] + "&"):
        return problem(400, "BLOB_UPLOAD_INVALID", "the state in the query is not the latest one")
    refusal = _append(request, name, session, upload)
    if refusal is not None:
        return refusal
    del registry.hold(name).sessions[session]
    return store(registry, name, request.first("digest"), bytes(upload.content))


def store(registry: Registry, name: str, digest: str, content: bytes) -> Reply:
    """Keep a blob that is what it is called."""
    algorithm = digest.partition(":")[0] or "sha256"
    if algorithm not in {"sha256", "sha512"} or digest != digest_of(content, algorithm):
        return problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    registry.hold(name).blobs[digest] = content
    return registry.stored(name, "blobs", digest)
