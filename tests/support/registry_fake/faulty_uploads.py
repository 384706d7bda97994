"""Uploads gone wrong: where they go on, what they say has arrived, and how they end.

Sources: the threads in which users reported them; the registry is named at each fault in `faults`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.registry_fake import uploads
from tests.support.registry_fake.contents import Upload
from tests.support.registry_fake.faults import READS_BYTES, Fault, instead, spoil
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, place_of, route

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

ODD = "&sig=%ff/~'()%20+;;&&empty=&plus=a+b"
"""Bytes of a query that parsing and writing again would change."""


def _moved(fault: Fault, move: Callable[[ScriptedRegistry, str], str | None]) -> None:
    """Register what becomes of the Location of an upload that goes on."""

    @spoil(fault)
    def moved(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
        here = reply.header("Location")
        if here is None or place_of(here.partition("?")[0]) is not Place.UPLOAD:
            return None
        return replace(reply, headers=reply.with_headers(location=move(registry, here)))


_moved(Fault.LOCATION_RELATIVE, lambda _, here: here.rpartition("/")[2])
_moved(Fault.LOCATION_ABSOLUTE, lambda registry, here: f"{registry.url}{here}")
_moved(Fault.LOCATION_WITHOUT_SCHEME, lambda registry, here: f"//{registry.host}{here}")
_moved(Fault.LOCATION_ODD_QUERY, lambda _, here: f"{here}{ODD}")
_moved(Fault.LOCATION_MISSING, lambda *_: None)
_moved(Fault.LOCATION_CROSS_HOST, lambda registry, here: f"http://localhost:{registry.port}{here}")
_moved(Fault.LOCATION_CROSS_PORT, lambda registry, here: f"{registry.elsewhere}{here}")


@instead(Fault.LOCATION_ODD_QUERY)
def _odd_query_was_changed(registry: ScriptedRegistry, request: Request) -> Reply | None:
    if place_of(request.path) is not Place.UPLOAD or ODD in request.raw_query:
        return None
    return problem(400, "BLOB_UPLOAD_INVALID", "the query was changed on its way")


@spoil(Fault.RANGE_WITH_UNIT)
def _range_with_unit(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    upload = _upload(registry, reply)
    if upload is None:
        return None
    return replace(reply, headers=reply.with_headers(range=f"bytes=0-{len(upload.content) - 1}"))


@spoil(Fault.RANGE_MISSING)
def _range_missing(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, headers=reply.with_headers(range=None)) if reply.header("Range") else None


@spoil(Fault.RANGE_STALE)
def _range_stale(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    upload = _upload(registry, reply)
    if upload is None or not upload.chunks:
        return None
    return replace(reply, headers=reply.with_headers(range=f"0-{upload.chunks[0] - 1}"))


@spoil(Fault.PATCH_201)
def _patch_201(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, status=201) if (request.method, reply.status) == ("PATCH", 202) else None


@instead(Fault.PATCH_CAPPED)
def _patch_capped(registry: ScriptedRegistry, request: Request) -> Reply | None:
    if request.method != "PATCH" or len(request.body) <= registry.chunk_max_bytes:
        return None
    text = f"request body is too large and exceeds the maximum permissible limit of {_mib(registry)}MiB"
    return problem(416, "REQUESTED_RANGE_NOT_SATISFIABLE", text)


def _mib(registry: ScriptedRegistry) -> str:
    return f"{registry.chunk_max_bytes / 2**20:.2f}"


@instead(Fault.PATCH_REFUSED)
def _patch_refused(registry: ScriptedRegistry, request: Request) -> Reply | None:
    refused = problem(405, "UNSUPPORTED", "must use monolithic uploads")
    return refused if request.method == "PATCH" else None


@instead(Fault.PATCH_HALF_KEPT)
def _patch_half_kept(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if request.method != "PATCH" or found is None or len(request.body) < 2:
        return None
    name, session = found.names["name"], found.names["session"]
    upload = registry.hold(name).sessions[session]
    upload.content += request.body[: len(request.body) // 2]
    return uploads.progress(name, session, upload, status=202)


@spoil(Fault.PATCH_FORGOTTEN)
def _patch_forgotten(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    upload = _upload(registry, reply)
    if request.method != "PATCH" or upload is None:
        return None
    if reply.status == 416:
        return replace(reply, headers=reply.with_headers(range=None, location=None))
    if len(upload.chunks) != 1:
        return None
    del upload.content[-1:]
    return reply


@spoil(Fault.CHUNK_MINIMUM)
def _chunk_minimum_is_said(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if place_of(request.path) is not Place.START or reply.status != 202:
        return None
    return replace(reply, headers=reply.with_headers(oci_chunk_min_length=str(registry.chunk_min_bytes)))


@instead(Fault.CHUNK_MINIMUM)
def _chunk_minimum_is_wanted(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if request.method != "PATCH" or found is None or found.place is not Place.UPLOAD:
        return None
    upload = registry.held(found.names["name"]).sessions.get(found.names["session"])
    if upload is None or not upload.chunks or upload.chunks[-1] >= registry.chunk_min_bytes:
        return None
    return problem(400, "BLOB_UPLOAD_INVALID", "the chunk before this one was too small")


@instead(Fault.COMMIT_RESET)
def _commit_reset(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return Reply(hang_up=True) if _commits(request.method, request.target) else None


@spoil(Fault.COMMIT_LOST)
def _commit_lost(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return Reply(hang_up=True) if _has_committed(request, reply) else None


@spoil(Fault.COMMIT_504)
def _commit_504(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return (
        Reply(504, {"Content-Type": "text/html"}, b"<h1>504</h1>") if _has_committed(request, reply) else None
    )


@spoil(Fault.COMMIT_DIGEST_WRONG)
def _commit_digest_wrong(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if reply.status != 201 or place_of(request.path) not in {Place.UPLOAD, Place.START}:
        return None
    return replace(reply, headers=reply.with_headers(docker_content_digest=f"sha256:{'a' * 64}"))


@spoil(Fault.PATCH_502)
def _patch_502(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return Reply(502) if (request.method, reply.status) == ("PATCH", 202) else None


@instead(Fault.PUT_TOO_LARGE)
def _put_too_large(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return _body_too_large(registry, request) if _commits(request.method, request.target) else None


@instead(Fault.BODY_TOO_LARGE)
def _body_too_large(registry: ScriptedRegistry, request: Request) -> Reply | None:
    if len(request.body) <= registry.fault_at_bytes:
        return None
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    return Reply(413, {"Content-Type": "text/html"}, page)


@instead(Fault.PUT_ANSWERED_EARLY)
def _put_answered_early(registry: ScriptedRegistry, request: Request) -> Reply | None:
    denied = problem(403, "DENIED", "you may not push")
    return denied if _commits(request.method, request.target) else None


@instead(Fault.PUT_202)
def _put_202(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return Reply(202, {"Location": request.target}) if _commits(request.method, request.target) else None


@spoil(Fault.PUT_204)
def _put_204(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    done = _commits(request.method, request.target) and reply.status == 201
    return replace(reply, status=204) if done else None


@instead(Fault.UPLOAD_RESET)
def _upload_reset(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return Reply(hang_up=True) if _carries(request.method, request.target) else None


@instead(Fault.UPLOAD_FORGOTTEN)
def _upload_forgotten(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return _ended(registry, request, problem(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"))


@instead(Fault.UPLOAD_CORRUPTED)
def _upload_corrupted(registry: ScriptedRegistry, request: Request) -> Reply | None:
    refusal = problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    return _ended(registry, request, refusal)


def _ended(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    found = route(request.path)
    if found is None or not _commits(request.method, request.target):
        return None
    registry.hold(found.names["name"]).sessions.pop(found.names["session"], None)
    return reply


def _commits(method: str, target: str) -> bool:
    return method == "PUT" and place_of(target.partition("?")[0]) is Place.UPLOAD


def _has_committed(request: Request, reply: Reply) -> bool:
    return _commits(request.method, request.target) and reply.status == 201


def _carries(method: str, target: str) -> bool:
    return method in {"PUT", "PATCH"} and place_of(target.partition("?")[0]) is Place.UPLOAD


def _upload(registry: ScriptedRegistry, reply: Reply) -> Upload | None:
    """The upload that an answer is about, by its Location."""
    found = route((reply.header("Location") or "").partition("?")[0])
    if found is None or found.place is not Place.UPLOAD:
        return None
    return registry.held(found.names["name"]).sessions.get(found.names["session"])


READS_BYTES[Fault.PUT_ANSWERED_EARLY] = lambda _, method, target: 0 if _commits(method, target) else None
READS_BYTES[Fault.UPLOAD_RESET] = lambda registry, method, target: (
    registry.fault_at_bytes if _carries(method, target) else None
)
