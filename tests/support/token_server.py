"""A real token server for docker-registry: names, passwords, and tokens that it checks by a certificate.

Spec: distribution, docs/content/spec/auth/jwt.md (v2.8). Everybody who is known may do everything;
who is not known may pull where `open_to_all` says so.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import time

from tests.support import certificates
from tests.support.registry_fake.messages import Reply, Request, problem
from tests.support.registry_fake.server import ScriptedServer
from tests.support.signing import der_of, signed_token

ISSUER, SERVICE = "pallet tests", "registry.test"
_LIFETIME_S = 300
_SCOPE = re.compile(r"(?P<type>[a-z]+):(?P<name>.+):(?P<actions>[a-z*,]+)")


class TokenServer(ScriptedServer):
    """Answers GET and POST at /token."""

    def __init__(self, users: dict[str, str]) -> None:
        super().__init__()
        self.users = users
        self.open_to_all = False
        self._numbers = itertools.count(1)

    def default(self, request: Request) -> Reply:
        if request.path != "/token":
            return super().default(request)
        user, scopes = self._asked(request)
        if user is None:
            return problem(401, "UNAUTHORIZED", "incorrect username or password")
        answer = {"token": self._token(user, scopes), "expires_in": _LIFETIME_S}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def _asked(self, request: Request) -> tuple[str | None, list[str]]:
        """Who asks, None for nobody known, an empty name for anybody; and for what."""
        if request.method == "POST":
            form = Request("GET", f"?{request.body.decode()}", {}, b"")
            pair = (form.first("username"), form.first("password"))
            return (pair[0] if pair in self.users.items() else None), form.first("scope").split()
        scopes = request.query.get("scope", [])
        given = request.headers.get("authorization", "")
        if not given:
            return ("" if self.open_to_all else None), scopes
        name, _, password = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        return (name if (name, password) in self.users.items() else None), scopes

    def _token(self, user: str, scopes: list[str]) -> str:
        now_s = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": SERVICE,
            "iat": now_s,
            "nbf": now_s - 10,
            "exp": now_s + _LIFETIME_S,
            "jti": str(next(self._numbers)),
            "access": [_access(scope, everything=bool(user)) for scope in scopes],
        }
        certificate = base64.b64encode(der_of(certificates.TOKEN)).decode()
        header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        return signed_token(header, claims, certificates.TOKEN_KEY)


def _access(scope: str, *, everything: bool) -> dict[str, object]:
    match = _SCOPE.fullmatch(scope)
    assert match is not None, f"scope: expected type:name:actions, got {scope!r}"
    actions = match["actions"].split(",") if everything else ["pull"]
    return {"type": match["type"], "name": match["name"], "actions": actions}
