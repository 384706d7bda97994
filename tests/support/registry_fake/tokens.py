"""Who may do what: basic authentication, or bearer tokens from a token endpoint of the registry itself.

Spec: distribution, docs/content/spec/auth/token.md and oauth.md (v3.1.1).
Must never be added: a misbehaviour; those are `faults`.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.paths import NAME

_ACTIONS = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}
_OF_REPOSITORY = re.compile(rf"/v2/{NAME}/(?P<kind>manifests|blobs|tags|referrers)/(?P<rest>.*)")


@dataclass(eq=False)
class Gate:
    """Lets everybody in until there are users, or tokens are wanted."""

    users: dict[str, str] = field(default_factory=dict)
    bearer: bool = False
    """Ask for tokens instead of basic authentication."""
    open_to_all: bool = False
    """With bearer: give tokens to pull to anonymous clients."""
    expires_in: int | None = 300
    identity_tokens: set[str] = field(default_factory=set)
    tokens: dict[str, set[str]] = field(default_factory=dict)
    """Issued and not revoked: the scopes of each."""
    realm: str = ""
    """Where tokens are given, when not at the registry's own /token."""
    token_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def refusal(self, request: Request, url: str) -> Reply | None:
        """401 with a challenge; None for whoever may pass."""
        if not self.users and not self.bearer:
            return None
        given = request.headers.get("authorization", "")
        if not self.bearer:
            return None if _user(given) in self.users.items() else unauthorised('Basic realm="scripted"')
        scopes = needed(request)
        granted = self.tokens.get(given.removeprefix("Bearer "))
        if granted is not None and all(_covers(granted, scope) for scope in scopes):
            return None
        return unauthorised(self.challenge(url, scopes))

    def challenge(self, url: str, scopes: Iterable[str]) -> str:
        asked = " ".join(re.sub(r":push$", ":pull,push", scope) for scope in scopes)
        more = f',scope="{asked}"' if asked else ""
        return f'Bearer realm="{self.realm or f"{url}/token"}",service="scripted"{more}'

    def give_token(self, request: Request) -> Reply:
        """Answer the token endpoint: GET with basic authentication, or POST with a form."""
        if request.method == "POST":
            return self._exchange(request)
        given = request.headers.get("authorization", "")
        known = _user(given) in self.users.items()
        if (given and not known) or not (known or self.open_to_all):
            return problem(401, "UNAUTHORIZED", "incorrect username or password")
        wanted = request.query.get("scope", [])
        return self._issue(wanted if known else [re.sub(r":[^:]*$", ":pull", scope) for scope in wanted])

    def _exchange(self, request: Request) -> Reply:
        form = Request("GET", f"?{request.body.decode()}", {}, b"")
        known = form.first("refresh_token") in self.identity_tokens
        if form.first("grant_type") == "password":
            known = (form.first("username"), form.first("password")) in self.users.items()
        if not known:
            return problem(401, "UNAUTHORIZED", "refresh token unknown")
        return self._issue(form.first("scope").split())

    def _issue(self, scopes: list[str]) -> Reply:
        token = f"token-{next(self.token_numbers)}"
        self.tokens[token] = set(scopes)
        document: dict[str, object] = {"token": token}
        if self.expires_in is not None:
            document["expires_in"] = self.expires_in
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(document).encode())


def unauthorised(*challenges: str) -> Reply:
    """401 with a header for each challenge."""
    reply = problem(401, "UNAUTHORIZED", "authentication required")
    return Reply(401, [("WWW-Authenticate", challenge) for challenge in challenges] + reply.pairs, reply.body)


def needed(request: Request) -> list[str]:
    """The scopes that a request needs, of one action each; a mount reads from another repository too."""
    if request.path == "/v2/_catalog":
        return ["registry:catalog:*"]
    match = _OF_REPOSITORY.fullmatch(request.path)
    if match is None:
        return []
    uploads = match["kind"] == "blobs" and match["rest"].startswith("uploads/")
    action = "push" if uploads else _ACTIONS.get(request.method, "push")
    scopes = [f"repository:{match['name']}:{action}"]
    if request.first("mount") and request.first("from"):
        scopes.append(f"repository:{request.first('from')}:pull")
    return scopes


def _user(authorization: str) -> tuple[str, str]:
    if not authorization.startswith("Basic "):
        return ("", "")
    name, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return (name, password)


def _covers(granted: set[str], wanted: str) -> bool:
    resource, _, action = wanted.rpartition(":")
    return any(
        scope.rpartition(":")[0] == resource and action in scope.rpartition(":")[2].split(",")
        for scope in granted
    )
