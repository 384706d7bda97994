"""Lists in pages: end-8 and end-12 of distribution-spec v1.1.1, and distribution's catalog.

Must never be added: a misbehaviour; those are `faults`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.support.registry_fake.contents import INDEX
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.state import Registry


def tags(registry: Registry, request: Request, name: str) -> Reply:
    held = registry.repositories.get(name)
    if held is None:
        return problem(404, "NAME_UNKNOWN", "repository name not known to registry")
    return _page(registry, request, "tags", sorted(held.tags), name=name)


def catalog(registry: Registry, request: Request) -> Reply:
    return _page(registry, request, "repositories", sorted(registry.repositories))


def referrers(registry: Registry, request: Request, name: str, digest: str) -> Reply:
    """What refers to a digest; absence is an empty list, never a 404."""
    if not registry.referrers_api:
        return Reply(404, {"Content-Type": "text/plain"}, b"404 page not found\n")
    found = sorted(registry.held(name).referring_to(digest), key=lambda entry: str(entry["digest"]))
    headers = {"Content-Type": INDEX}
    wanted = request.first("artifactType")
    if wanted:
        found = [entry for entry in found if entry.get("artifactType") == wanted]
        headers["OCI-Filters-Applied"] = "artifactType"
    start = int(request.first("from", "0"))
    end = start + registry.page_size
    if len(found) > end:
        kept = f"artifactType={quote(wanted)}&" if wanted else ""
        headers["Link"] = f'<{request.path}?{kept}from={end}>; rel="next"'
    return Reply(200, headers, index_of(found[start:end]))


def index_of(entries: list[dict[str, Any]]) -> bytes:
    """An index as an answer of the referrers API."""
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def _page(registry: Registry, request: Request, key: str, entries: list[str], **more: str) -> Reply:
    size = min(registry.page_size, int(request.first("n", "1000")))
    last = request.first("last")
    rest = [entry for entry in entries if entry > last]
    headers = {"Content-Type": "application/json"}
    if len(rest) > size > 0:
        headers["Link"] = f'<{request.path}?n={size}&last={rest[size - 1]}>; rel="next"'
    return Reply(200, headers, json.dumps({**more, key: rest[:size]}).encode())
