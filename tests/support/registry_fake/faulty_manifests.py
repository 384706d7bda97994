"""Manifests, tags and repositories gone wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.registry_fake.faults import Fault, instead, spoil
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, place_of, route
from tests.support.registry_fake.tokens import unauthorised

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

_WRONG = "sha256:" + "0" * 64
_READS = frozenset({"GET", "HEAD"})


def _is_manifest(request: Request, *methods: str) -> bool:
    return request.method in methods and place_of(request.path) is Place.MANIFEST


@spoil(Fault.DIGEST_MISSING)
def _digest_missing(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    said = reply.header("Docker-Content-Digest")
    return replace(reply, headers=reply.with_headers(docker_content_digest=None)) if said else None


@spoil(Fault.DIGEST_WRONG)
def _digest_wrong(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if not _is_manifest(request, "GET", "HEAD", "PUT") or reply.status >= 300:
        return None
    return replace(reply, headers=reply.with_headers(docker_content_digest=_WRONG))


@spoil(Fault.TYPE_MISSING)
def _type_missing(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if not _is_manifest(request, *_READS) or reply.status != 200:
        return None
    return replace(reply, headers=reply.with_headers(content_type="application/octet-stream"))


@spoil(Fault.LENGTH_MISSING)
def _length_missing(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if request.method != "HEAD" or reply.status != 200:
        return None
    return replace(reply, headers=reply.with_headers(transfer_encoding="chunked"))


@instead(Fault.HEAD_REFUSED)
def _head_refused(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return problem(405, "UNSUPPORTED", "method not allowed") if request.method == "HEAD" else None


@spoil(Fault.MANIFEST_202)
def _manifest_202(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    stored = _is_manifest(request, "PUT") and reply.status == 201
    return replace(reply, status=202) if stored else None


@spoil(Fault.MANIFEST_WITHOUT_LOCATION)
def _manifest_without_location(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    stored = _is_manifest(request, "PUT") and reply.status == 201
    return replace(reply, headers=reply.with_headers(location=None)) if stored else None


@spoil(Fault.MANIFEST_BLOB_404)
def _manifest_blob_404(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    refused = _is_manifest(request, "PUT") and b"MANIFEST_BLOB_UNKNOWN" in reply.body
    return replace(reply, status=404) if refused else None


@instead(Fault.MANIFEST_LATE)
def _manifest_late(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if found is None or not _is_manifest(request, *_READS):
        return None
    stored = registry.held(found.names["name"]).find(found.names["reference"])
    return problem(404, "MANIFEST_UNKNOWN", "manifest unknown") if stored else None


_IMMUTABLE = {
    Fault.TAG_IMMUTABLE_400: problem(
        400,
        "TAG_INVALID",
        "The image tag '1.0.0' already exists in the 'workflows/plan' repository and cannot be overwritten "
        "because the tag is immutable.",
    ),
    Fault.TAG_IMMUTABLE_403: problem(403, "DENIED", "tag is immutable and cannot be overwritten"),
    Fault.TAG_IMMUTABLE_409: problem(409, "TAG_EXISTS", "tag already exists"),
    Fault.TAG_IMMUTABLE_412: problem(
        412, "PRECONDITION", "Failed to process request due to 'plan:1.0.0' configured as immutable."
    ),
    Fault.TAG_IMMUTABLE_INVALID: Reply(
        400,
        {"Content-Type": "application/json"},
        json.dumps(
            {
                "errors": [
                    {
                        "code": "MANIFEST_INVALID",
                        "message": "manifest invalid",
                        "detail": {"description": "HTTP 403 Forbidden: cannot overwrite"},
                    }
                ]
            }
        ).encode(),
    ),
    Fault.TAG_IMMUTABLE_ASSETS: problem(
        400, "BLOB_UPLOAD_INVALID", "Repository does not allow updating assets: docker-hosted"
    ),
}


def _immutable(fault: Fault, refusal: Reply) -> None:
    @instead(fault)
    def immutable(registry: ScriptedRegistry, request: Request) -> Reply | None:
        found = route(request.path)
        if found is None or not _is_manifest(request, "PUT"):
            return None
        return refusal if found.names["reference"] in registry.held(found.names["name"]).tags else None


for _fault, _refusal in _IMMUTABLE.items():
    _immutable(_fault, _refusal)


@instead(Fault.TAG_DELETE_REFUSED)
def _tag_delete_refused(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if found is None or not _is_manifest(request, "DELETE") or ":" in found.names["reference"]:
        return None
    return problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content")


@instead(Fault.DELETE_DISABLED)
def _delete_disabled(registry: ScriptedRegistry, request: Request) -> Reply | None:
    disabled = problem(405, "UNSUPPORTED", "The operation is unsupported.")
    return disabled if request.method == "DELETE" and place_of(request.path) is not Place.UPLOAD else None


@spoil(Fault.OCI_TAG_PARTIAL)
def _oci_tag_partial(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    found, tags = route(request.path), request.query.get("tag", [])
    if found is None or not _is_manifest(request, "PUT") or reply.status != 201 or len(tags) < 2:
        return None
    for tag in tags[1:]:
        registry.hold(found.names["name"]).tags.pop(tag, None)
    return replace(reply, headers=reply.with_headers(oci_tag=tags[0]))


@instead(Fault.REPOSITORY_REQUIRED)
def _repository_required(registry: ScriptedRegistry, request: Request) -> Reply | None:
    name = _absent_repository(registry, request)
    if name is None or request.method not in {"POST", "PUT"}:
        return None
    return problem(404, "NAME_UNKNOWN", f"The repository with name '{name}' does not exist in the registry")


@instead(Fault.REPOSITORY_HIDDEN)
def _repository_hidden(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return unauthorised() if _absent_repository(registry, request) else None


def _absent_repository(registry: ScriptedRegistry, request: Request) -> str | None:
    found = route(request.path)
    name = found.names.get("name") if found else None
    return name if name is not None and name not in registry.repositories else None
