"""Lists and referrers gone wrong: odd entries, pages that never end or lead elsewhere, an API that is none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.registry_fake import listing, manifests
from tests.support.registry_fake.contents import INDEX, digest_of
from tests.support.registry_fake.faults import Fault, instead, spoil
from tests.support.registry_fake.faulty_answers import PAGE
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, place_of, route

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

_KEYS = {Place.TAGS: "tags", Place.CATALOG: "repositories", Place.REFERRERS: "manifests"}
_FALLBACK = re.compile(r"(sha256|sha512)-([a-f0-9]{64})")
ENOUGH_PAGES = 1500
"""Whoever asks for more would never stop."""
_JSON = {"Content-Type": "application/json"}


def _tags(request: Request, reply: Reply) -> list[object] | None:
    if place_of(request.path) is not Place.TAGS or reply.status != 200:
        return None
    tags: list[object] = json.loads(reply.body)["tags"]
    return tags


@spoil(Fault.TAGS_NULL)
def _tags_null(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if _tags(request, reply) is None:
        return None
    return replace(reply, body=json.dumps({"name": "plan", "tags": None}).encode())


@spoil(Fault.TAGS_ODD)
def _tags_odd(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    tags = _tags(request, reply)
    if tags is None:
        return None
    odd = [None, "sha256:" + "0" * 64, *tags, 7, "", "-no", {"name": "x"}]
    return replace(reply, body=json.dumps({"name": "plan", "tags": odd}).encode())


@instead(Fault.LINK_ENDLESS)
def _link_endless(registry: ScriptedRegistry, request: Request) -> Reply | None:
    place = place_of(request.path)
    if place not in _KEYS:
        return None
    number = int(request.first("page", "0"))
    if number > ENOUGH_PAGES:
        registry.unexpected.append(f"page after page: {request.described()}")
        return problem(500, "UNKNOWN", "nobody stops")
    headers = {"Link": f'<{request.path}?page={number + 1}>; rel="next"'}
    if place is Place.REFERRERS:
        entry = {"mediaType": INDEX, "digest": digest_of(str(number).encode()), "size": 2}
        return Reply(200, {"Content-Type": INDEX, **headers}, listing.index_of([entry]))
    return Reply(200, {**_JSON, **headers}, json.dumps({_KEYS[place]: [f"t{number}"]}).encode())


def _linked(fault: Fault, base: str) -> None:
    """Register a next page; `base` may name the fields of the registry."""

    @spoil(fault)
    def linked(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
        if place_of(request.path) not in _KEYS or reply.status != 200:
            return None
        there = base.format(port=registry.port, elsewhere=registry.elsewhere) + request.target
        return replace(reply, headers=reply.with_headers(link=f'<{there}>; rel="next"'))


_linked(Fault.LINK_LOOP, "")
_linked(Fault.LINK_CROSS_HOST, "http://localhost:{port}")
_linked(Fault.LINK_CROSS_PORT, "{elsewhere}")


def _no_api(fault: Fault, reply: Reply) -> None:
    @instead(fault)
    def no_api(registry: ScriptedRegistry, request: Request) -> Reply | None:
        return reply if place_of(request.path) is Place.REFERRERS else None


_no_api(Fault.REFERRERS_404, Reply(404, {"Content-Type": "text/plain"}, b"404 page not found\n"))
_no_api(Fault.REFERRERS_406, problem(406, "UNSUPPORTED", "not acceptable"))
_no_api(Fault.REFERRERS_WEB_PAGE, Reply(200, {"Content-Type": "text/html"}, PAGE))
_no_api(Fault.SUBJECT_WITHOUT_API, problem(404, "NOT_FOUND", "page not found"))


@instead(Fault.REFERRERS_303)
def _referrers_303(registry: ScriptedRegistry, request: Request) -> Reply | None:
    there = Reply(303, {"Location": f"{registry.elsewhere}{request.path}"})
    return there if place_of(request.path) is Place.REFERRERS else None


@instead(Fault.FALLBACK_IS_SUBJECT)
def _fallback_is_subject(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if found is None or found.place is not Place.MANIFEST or request.method not in {"GET", "HEAD"}:
        return None
    name, tag = found.names["name"], _FALLBACK.fullmatch(found.names["reference"])
    if tag is None or registry.held(name).find(f"{tag[1]}:{tag[2]}") is None:
        return None
    return manifests.serve(registry, request, name, f"{tag[1]}:{tag[2]}")


def _unfiltered(fault: Fault, *, claimed: str | None) -> None:
    @instead(fault)
    def unfiltered(registry: ScriptedRegistry, request: Request) -> Reply | None:
        found = route(request.path)
        if found is None or found.place is not Place.REFERRERS or not request.first("artifactType"):
            return None
        reply = listing.referrers(registry, replace(request, target=request.path), **found.names)
        return replace(reply, headers=reply.with_headers(oci_filters_applied=claimed))


_unfiltered(Fault.FILTER_IGNORED, claimed=None)
_unfiltered(Fault.FILTER_CLAIMED, claimed=" artifactType ")
