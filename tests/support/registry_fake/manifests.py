"""Manifests: end-3, end-7 and end-9 of distribution-spec v1.1.1; tags in a PUT's query as later drafts have them.

Must never be added: a misbehaviour; those are `faults`.
"""

from __future__ import annotations

from tests.support.registry_fake.contents import Held, blobs_of, children_of, digest_of, document_of
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.state import Registry


def serve(registry: Registry, request: Request, name: str, reference: str) -> Reply:
    match request.method:
        case "PUT":
            return _put(registry, request, name, reference)
        case "GET" | "HEAD":
            return _get(registry, request, name, reference)
        case "DELETE":
            return _delete(registry, name, reference)
        case _:
            return problem(405, "UNSUPPORTED", "method not allowed")


def _get(registry: Registry, request: Request, name: str, reference: str) -> Reply:
    held = registry.held(name)
    digest = held.find(reference)
    if digest is None:
        return problem(404, "MANIFEST_UNKNOWN", "manifest unknown")
    content, media_type = held.manifests[digest]
    if media_type not in request.headers.get("accept", ""):
        return problem(404, "MANIFEST_UNKNOWN", "not in Accept")
    return Reply(200, {"Content-Type": media_type, **registry.digest_header(digest)}, content)


def _put(registry: Registry, request: Request, name: str, reference: str) -> Reply:
    algorithm = reference.partition(":")[0] if ":" in reference else "sha256"
    digest = digest_of(request.body, algorithm)
    if ":" in reference and digest != reference:
        return problem(400, "DIGEST_INVALID")
    media_type = request.headers.get("content-type", "")
    document = document_of(request.body)
    if document.get("mediaType", media_type) != media_type:
        return problem(400, "MANIFEST_INVALID", "mediaType and Content-Type differ")
    held = registry.hold(name)
    if not (
        blobs_of(request.body) <= held.blobs.keys() and children_of(request.body) <= held.manifests.keys()
    ):
        return problem(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
    held.manifests[digest] = (request.body, media_type)
    if ":" not in reference:
        held.tags[reference] = digest
    reply = registry.stored(name, "manifests", digest)
    return Reply(201, reply.pairs + _more_headers(registry, request, held, digest))


def _more_headers(registry: Registry, request: Request, held: Held, digest: str) -> list[tuple[str, str]]:
    headers = []
    subject = document_of(held.manifests[digest][0]).get("subject")
    if subject and registry.referrers_api:
        headers.append(("OCI-Subject", subject["digest"]))
    tags = request.query.get("tag", []) if registry.multi_tag else []
    held.tags.update(dict.fromkeys(tags, digest))
    if tags:
        headers.append(("OCI-Tag", ", ".join(tags)))
    return headers


def _delete(registry: Registry, name: str, reference: str) -> Reply:
    if not registry.deletes:
        return problem(405, "UNSUPPORTED", "The operation is unsupported.")
    held = registry.held(name)
    digest = held.find(reference)
    if digest is None:
        return problem(404, "MANIFEST_UNKNOWN", "manifest unknown")
    if ":" in reference:
        del held.manifests[digest]
        held.tags = {tag: other for tag, other in held.tags.items() if other != digest}
    else:
        del held.tags[reference]
    return Reply(202)
