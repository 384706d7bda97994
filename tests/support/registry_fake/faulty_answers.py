"""Answers of any kind gone wrong: bodies, errors, throttling, redirects of blobs and manifests."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.registry_fake import blobs
from tests.support.registry_fake.faults import Fault, instead, spoil
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, place_of, route

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Welcome</body></html>"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
THROTTLED_UNTIL = "Fri, 15 Jan 2027 08:00:07 GMT"
"""Seven seconds after NOW_S of tests/oci/registry/situations.py."""


def _content(request: Request, reply: Reply) -> bool:
    """Whether this is content on its way down."""
    place = place_of(request.path)
    return request.method == "GET" and reply.status in {200, 206} and place in {Place.MANIFEST, Place.BLOB}


def _read(request: Request, reply: Reply) -> bool:
    """Whether this is anything that somebody reads whole: content, or a page of a list."""
    is_list = place_of(request.path) in {Place.TAGS, Place.CATALOG, Place.REFERRERS}
    return _content(request, reply) or (is_list and reply.status == 200)


@spoil(Fault.GZIP)
def _gzip(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if not _content(request, reply):
        return None
    headers = reply.with_headers(content_encoding="gzip")
    return replace(reply, headers=headers, body=gzip.compress(reply.body, mtime=0))


@spoil(Fault.SHORT_BODY)
def _short_body(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, cut_at=len(reply.body) // 2) if _read(request, reply) else None


@spoil(Fault.CHANGED_BODY)
def _changed_body(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, body=reply.body[::-1]) if _content(request, reply) else None


@spoil(Fault.RESET_DOWN)
def _reset_down(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, reset_at=len(reply.body) // 2) if _read(request, reply) else None


@instead(Fault.RANGE_IGNORED)
def _range_ignored(registry: ScriptedRegistry, request: Request) -> Reply | None:
    found = route(request.path)
    if found is None or found.place is not Place.BLOB or "range" not in request.headers:
        return None
    kept = {name: value for name, value in request.headers.items() if name != "range"}
    return blobs.serve(registry, replace(request, headers=kept), **found.names)


@spoil(Fault.RANGE_WRONG)
def _range_wrong(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if reply.status != 206:
        return None
    size_bytes = len(reply.body)
    return replace(reply, headers=reply.with_headers(content_range=f"bytes 0-{size_bytes - 1}/{size_bytes}"))


def _throttled(fault: Fault, refusal: Reply) -> None:
    @instead(fault)
    def throttled(registry: ScriptedRegistry, request: Request) -> Reply | None:
        return None if place_of(request.path) in {Place.TOKEN, Place.PING} else refusal


_TOO_MANY = problem(429, "TOOMANYREQUESTS", "rate exceeded")
_throttled(Fault.THROTTLED_SECONDS, replace(_TOO_MANY, headers=_TOO_MANY.with_headers(retry_after="7")))
_throttled(
    Fault.THROTTLED_DATE, replace(_TOO_MANY, headers=_TOO_MANY.with_headers(retry_after=THROTTLED_UNTIL))
)
_throttled(Fault.THROTTLED_LONG, replace(_TOO_MANY, headers=_TOO_MANY.with_headers(retry_after="3600")))
_throttled(
    Fault.THROTTLED_403,
    problem(403, "DENIED", "You have exceeded a secondary rate limit. Please wait a few minutes."),
)
_throttled(Fault.UNAVAILABLE, problem(503, "UNAVAILABLE", "come back later"))


@spoil(Fault.HTML_ERRORS)
def _html_errors(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if reply.status < 400:
        return None
    page = f"<html><head><title>{reply.status} from the gateway</title></head></html>".encode()
    return replace(reply, headers=reply.with_headers(content_type="text/html"), body=page)


@spoil(Fault.CODELESS_ERRORS)
def _codeless_errors(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if reply.status < 400:
        return None
    body = json.dumps({"errors": [{"status": reply.status, "message": "it said no"}]}).encode()
    return replace(reply, body=body)


@instead(Fault.WEB_PAGE, at_the_gate=True)
def _web_page(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return Reply(200, _HTML, PAGE)


@spoil(Fault.COOKIES)
def _set_cookie(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    return replace(reply, headers=reply.with_headers(set_cookie="sid=secret; Path=/"))


@instead(Fault.COOKIES, at_the_gate=True)
def _cookie_came_back(registry: ScriptedRegistry, request: Request) -> Reply | None:
    return problem(403, "FORBIDDEN", "CSRF token invalid") if "cookie" in request.headers else None


@instead(Fault.REDIRECT_CROSS_HOST, Fault.REDIRECT_TO_401, at_the_gate=True)
def _redirect_cross_host(registry: ScriptedRegistry, request: Request) -> Reply | None:
    """Under the name localhost the same server is the storage, which takes a signed query and nothing else."""
    found = route(request.path)
    if found is None or found.place is not Place.BLOB or request.method not in {"GET", "HEAD"}:
        return None
    if not request.headers["host"].startswith("localhost"):
        passed = registry.refusal(request, registry.url) is None
        there = f"http://localhost:{registry.port}{request.path}?sig=a%2Fb"
        return Reply(307, {"Location": there}) if passed else None
    if Fault.REDIRECT_TO_401 in registry.faults:
        return Reply(401, {"WWW-Authenticate": 'Basic realm="storage"'}, b"who are you?")
    if "authorization" in request.headers or request.raw_query != "sig=a%2Fb":
        return Reply(400, body=b"Only one auth mechanism allowed")
    return blobs.serve(registry, request, **found.names)


@instead(Fault.REDIRECT_CROSS_PORT)
def _redirect_cross_port(registry: ScriptedRegistry, request: Request) -> Reply | None:
    there = Reply(307, {"Location": f"{registry.elsewhere}{request.path}?sig=a%2Fb"})
    return there if place_of(request.path) is Place.BLOB else None


@instead(Fault.REDIRECT_ENDLESS)
def _redirect_endless(registry: ScriptedRegistry, request: Request) -> Reply | None:
    hop = int(request.first("hop", "0")) + 1
    there = Reply(302, {"Location": f"{request.path}?hop={hop}"})
    return there if place_of(request.path) is Place.BLOB else None


@instead(Fault.MANIFEST_REDIRECT)
def _manifest_redirect(registry: ScriptedRegistry, request: Request) -> Reply | None:
    there = Reply(303, {"Location": f"{registry.elsewhere}{request.path}"})
    return there if place_of(request.path) is Place.MANIFEST else None
