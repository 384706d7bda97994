"""The first request of an upload gone wrong: single POSTs, mounts, and headers that are not liked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.registry_fake import uploads
from tests.support.registry_fake.faults import Fault, instead
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, route

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry


@instead(Fault.SINGLE_POST_201)
def _single_post_201(registry: ScriptedRegistry, request: Request) -> Reply | None:
    name, digest = _starts(request), request.first("digest")
    return uploads.store(registry, name, digest, request.body) if name and digest else None


@instead(Fault.SINGLE_POST_404)
def _single_post_404(registry: ScriptedRegistry, request: Request) -> Reply | None:
    refused = problem(404, "UNSUPPORTED", "no monolithic uploads")
    return refused if _starts(request) and request.first("digest") else None


@instead(Fault.MOUNT_202)
def _mount_202(registry: ScriptedRegistry, request: Request) -> Reply | None:
    name = _starts(request)
    if not name or not request.first("mount"):
        return None
    return uploads.start(registry, replace(request, target=request.path), name)


@instead(Fault.MOUNT_400)
def _mount_400(registry: ScriptedRegistry, request: Request) -> Reply | None:
    body = json.dumps({"details": "invalid repository name"}).encode()
    refused = Reply(400, {"Content-Type": "application/json"}, body)
    return refused if _starts(request) and request.first("mount") else None


@instead(Fault.MOUNT_RESET)
def _mount_reset(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return Reply(hang_up=True) if _starts(request) and request.first("mount") else None


@instead(Fault.ACCEPT_406)
def _accept_406(registry: ScriptedRegistry, request: Request) -> Reply | None:
    accepted = request.headers.get("accept", "")
    if request.method not in {"POST", "PUT", "PATCH"} or "/vnd." not in accepted:
        return None
    body = json.dumps({"errors": [{"status": 406, "message": "Not Acceptable"}]}).encode()
    return Reply(406, {"Content-Type": "application/json"}, body)


def _starts(request: Request) -> str | None:
    """The repository in which an upload begins."""
    found = route(request.path)
    starting = request.method == "POST" and found is not None and found.place is Place.START
    return found.names["name"] if starting and found is not None else None
