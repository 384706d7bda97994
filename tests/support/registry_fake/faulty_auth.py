"""Authentication gone wrong: challenges, token servers, and tokens that end too early."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.support.registry_fake.faults import Fault, instead, spoil
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import Place, place_of
from tests.support.registry_fake.tokens import needed, unauthorised

if TYPE_CHECKING:
    from tests.support.registry_fake.registry import ScriptedRegistry

ONE_MORE_SCOPE = "repository:base/layers:pull"
PRIVATE_REALM = "http://10.255.255.1/token"


def _challenge(reply: Reply) -> str | None:
    return reply.header("WWW-Authenticate") if reply.status == 401 else None


@spoil(Fault.CHALLENGE_MISSING)
def _challenge_missing(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if _challenge(reply) is None or place_of(request.path) is Place.PING:
        return None
    return replace(reply, headers=reply.with_headers(www_authenticate=None))


@spoil(Fault.CHALLENGES_TWO)
def _challenges_two(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if _challenge(reply) is None:
        return None
    return replace(reply, headers=[("WWW-Authenticate", "Negotiate"), *reply.pairs])


@spoil(Fault.CHALLENGE_UNKNOWN)
def _challenge_unknown(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    if _challenge(reply) is None:
        return None
    return replace(reply, headers=reply.with_headers(www_authenticate="Negotiate"))


def _realm(fault: Fault, realm: Callable[[ScriptedRegistry], str]) -> None:
    @spoil(fault)
    def moved(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
        challenge = _challenge(reply)
        if challenge is None or "Bearer" not in challenge:
            return None
        other = re.sub(r'realm="[^"]*"', f'realm="{realm(registry)}"', challenge)
        return replace(reply, headers=reply.with_headers(www_authenticate=other))


_realm(Fault.REALM_RELATIVE, lambda _: "/token")
_realm(Fault.REALM_PRIVATE, lambda _: PRIVATE_REALM)
_realm(Fault.REALM_CROSS_PORT, lambda registry: f"{registry.elsewhere}/token")


@instead(Fault.SCOPE_INSUFFICIENT)
def _scope_insufficient(registry: ScriptedRegistry, request: Request) -> Reply | None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if place_of(request.path) is not Place.MANIFEST or ONE_MORE_SCOPE in registry.tokens.get(token, set()):
        return None
    challenge = registry.challenge(registry.url, [*needed(request), ONE_MORE_SCOPE])
    return unauthorised(f'{challenge},error="insufficient_scope"')


def _token(request: Request, reply: Reply) -> dict[str, Any] | None:
    if place_of(request.path) is not Place.TOKEN or reply.status != 200:
        return None
    token: dict[str, Any] = json.loads(reply.body)
    return token


@spoil(Fault.TOKEN_WITHOUT_EXPIRY)
def _token_without_expiry(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    token = _token(request, reply)
    if token is None:
        return None
    return replace(reply, body=json.dumps({"token": token["token"]}).encode())


@spoil(Fault.TOKEN_AS_ACCESS_TOKEN)
def _token_as_access_token(registry: ScriptedRegistry, request: Request, reply: Reply) -> Reply | None:
    token = _token(request, reply)
    if token is None:
        return None
    return replace(reply, body=json.dumps({"access_token": token["token"]}).encode())


@instead(Fault.TOKEN_EXPIRES_MID_UPLOAD)
def _token_expires_mid_upload(registry: ScriptedRegistry, request: Request) -> Reply | None:
    if request.method != "PUT" or place_of(request.path) is not Place.UPLOAD:
        return None
    registry.revoke_tokens()
    return registry.refusal(request, registry.url)


@instead(Fault.TOKEN_POST_404)
def _token_post_404(registry: ScriptedRegistry, request: Request) -> Reply | None:
    asked = request.method == "POST" and place_of(request.path) is Place.TOKEN
    return problem(404, "NOT_FOUND", "page not found") if asked else None


@instead(Fault.TOKEN_REDIRECT)
def _token_redirect(registry: ScriptedRegistry, request: Request) -> Reply | None:
    there = Reply(307, {"Location": f"{registry.elsewhere}{request.target}"})
    return there if place_of(request.path) is Place.TOKEN else None
