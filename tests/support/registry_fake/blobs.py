"""Blobs as they are read and deleted: end-2 and end-10 of distribution-spec v1.1.1, ranges as RFC 9110 has them.

Must never be added: how they arrive, which is `uploads`.
"""

from __future__ import annotations

import re

from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.state import Registry

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII)


def serve(registry: Registry, request: Request, name: str, digest: str) -> Reply:
    content = registry.held(name).blobs.get(digest)
    if content is None:
        return problem(404, "BLOB_UNKNOWN", "blob unknown to registry")
    if request.method == "DELETE":
        return _delete(registry, name, digest)
    if request.method not in {"GET", "HEAD"}:
        return problem(405, "UNSUPPORTED", "method not allowed")
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    headers["Docker-Content-Digest"] = digest
    wanted = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if wanted is None or request.method == "HEAD" or wanted.groups() == ("", ""):
        return Reply(200, headers, content)  # several ranges are answered whole, which is allowed
    first, last = _bounds(wanted, len(content))
    if first >= len(content) or last < first:
        return Reply(416, {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, headers, content[first : last + 1])


def _bounds(wanted: re.Match[str], size_bytes: int) -> tuple[int, int]:
    if not wanted[1]:
        return max(0, size_bytes - int(wanted[2])), size_bytes - 1
    last = int(wanted[2]) if wanted[2] else size_bytes - 1
    return int(wanted[1]), min(last, size_bytes - 1)


def _delete(registry: Registry, name: str, digest: str) -> Reply:
    if not registry.deletes:
        return problem(405, "UNSUPPORTED", "The operation is unsupported.")
    del registry.held(name).blobs[digest]
    return Reply(202)
