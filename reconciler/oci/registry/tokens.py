"""Bearer tokens: fetched from the realm, kept while they are good, one request for each at a time.

Spec: distribution, docs/content/spec/auth/token.md and oauth.md (v3.1.1).
Must never be added: choosing a challenge, or sending a token anywhere.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.errors import NotFoundError, StoreError, UnauthorisedError
from reconciler.oci.registry import wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.failures import failure
from reconciler.oci.registry.scopes import wider
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.credentials import Credential
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.settings import Clock
    from reconciler.oci.registry.transport import Transport
    from reconciler.oci.registry.urls import Url

CLIENT_ID = "pallet"
TOKEN_BODY_MAX_BYTES = 128 * 1024
_LIFETIME_FLOOR_S = 60.0
"""Spec, token.md: a token lives at least this long, also where nothing is said."""
_LIFETIME_CEILING_S = 10**9
_MARGIN = 0.9
"""The part of a lifetime in which a token is still sent: the rest covers clocks and transfers."""
_TOKEN = re.compile(r"[\x21-\x7e]+")
"""What can stand in a header."""
_NO_SUCH_FORM = frozenset({404, 405})


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What makes two tokens the same."""

    realm: Url
    service: str
    scopes: Scopes
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    expires_at_s: float


_Login = tuple["Url", "Credential"]
"""Whom we tell who we are."""


class Tokens:
    """The tokens of one run, by what was asked for."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport, self._clock = transport, clock
        self._tokens: dict[TokenRequest, _Token] = {}
        self._flights: dict[TokenRequest | _Login, threading.Lock] = {}
        self._lock = threading.Lock()
        self._taken: set[_Login] = set()
        self._refused: dict[_Login, str] = {}
        self._refresh_tokens: dict[_Login, str] = {}
        """The newest one of each identity token: a server may give another one with every answer."""

    def get(self, request: TokenRequest, *, not_this: str | None = None) -> str:
        """Return a token, from the cache unless it is `not_this`, which a registry has refused.

        One that was fetched for more serves too, until it is refused.

        Raises:
            UnauthorisedError: the token server refuses us.
            PalletError: it could not be asked, or answers nonsense.
        """
        with self._flight(request):
            token = self._kept(request) or (self._wider(request) if not_this is None else None)
            if token is None or token.text == not_this:
                token = self._tokens[request] = self._fetch(request)
            return token.text

    def _kept(self, request: TokenRequest) -> _Token | None:
        token = self._tokens.get(request)
        return None if token is None or token.expires_at_s <= self._clock.monotonic_s() else token

    def _wider(self, request: TokenRequest) -> _Token | None:
        """A server need not grant all that was asked for, but never refuses the least of it for that."""
        kept = (self._kept(replace(request, scopes=scopes)) for scopes in wider(request.scopes))
        return next((token for token in kept if token is not None), None)

    def _flight(self, asked: TokenRequest | _Login) -> threading.Lock:
        with self._lock:
            return self._flights.setdefault(asked, threading.Lock())

    def _fetch(self, request: TokenRequest) -> _Token:
        login = (request.realm, request.credential) if request.credential is not None else None
        if login is None or login in self._taken:
            return self._fetch_as(request, login)
        # Until it is known to be taken, one at a time: a wrong one in many threads locks the account.
        with self._flight(login):
            token = self._fetch_as(request, login)
            self._taken.add(login)
            return token

    def _fetch_as(self, request: TokenRequest, login: _Login | None) -> _Token:
        if login in self._refused:  # asking again for every repository would lock the account
            raise UnauthorisedError(self._refused[login], fix=_login_fix(request))
        answer = self._ask(request)
        if answer.status != 200:
            error = failure(
                answer.refusal(), fix=_login_fix(request) if answer.status in {401, 403} else None
            )
            if answer.status == 401 and login is not None:
                self._refused[login] = str(error)
            raise StoreError(str(error)) if isinstance(error, NotFoundError) else error
        return self._parse(answer, request)

    def _ask(self, request: TokenRequest) -> Answer:
        if request.credential is not None and request.credential.identity_token:
            known = self._refresh_tokens.get((request.realm, request.credential))
            answer = self._transport.send(_refresh_call(request, known or request.credential.identity_token))
            if answer.status not in _NO_SUCH_FORM:
                return answer
            if not request.credential.password:
                raise self._refuse_empty_password(request, request.credential, answer)
            answer.discard()
        return self._transport.send(_get_call(request), authorization=_basic_of(request))

    def _refuse_empty_password(
        self, request: TokenRequest, credential: Credential, answer: Answer
    ) -> UnauthorisedError:
        """An empty password would be refused, and counted as an attempt."""
        text = (
            f"{failure(answer.refusal())}: the token server takes no identity token: "
            f"expected a password in {credential.whose}, got none"
        )
        self._refused[request.realm, credential] = text
        return UnauthorisedError(text, fix=_login_fix(request))

    def _parse(self, answer: Answer, request: TokenRequest) -> _Token:
        received_at_s = self._clock.monotonic_s()
        content = answer.read(TOKEN_BODY_MAX_BYTES)
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as exc:
            raise StoreError(f"{answer.request}: expected a token as JSON, got something else") from exc
        table = document if isinstance(document, dict) else {}
        text = table.get("token") or table.get("access_token")
        if not isinstance(text, str) or _TOKEN.fullmatch(text) is None:
            raise StoreError(f"{answer.request}: expected a token, got an answer without one")
        self._keep_refresh_token(request, table.get("refresh_token"))
        lifetime_s = _lifetime_s(table.get("expires_in"))
        age_s = _age_s(table.get("issued_at"), now_s=self._clock.now_s())
        # A server may hand out a token that it gave before. Where the two clocks cannot both be
        # right, because it would be over already or is yet to come, ours counts from now.
        left_s = lifetime_s - age_s if 0 < age_s < lifetime_s else lifetime_s
        return _Token(text, received_at_s + _MARGIN * left_s)

    def _keep_refresh_token(self, request: TokenRequest, text: object) -> None:
        credential = request.credential
        if credential is not None and credential.identity_token and isinstance(text, str) and text:
            self._refresh_tokens[request.realm, credential] = text


def direct(credential: Credential) -> str | None:
    """The value of `Authorization` where no token is fetched; None where we hold no such thing."""
    if credential.registry_token:
        return f"Bearer {credential.registry_token}"
    if credential.identity_token and not credential.password:
        return None  # it is for token servers, and an empty password is for nobody
    return basic(credential) if credential.username or credential.password else None


def basic(credential: Credential) -> str:
    """The value of `Authorization` that carries a name and a password."""
    return "Basic " + base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()


def _basic_of(request: TokenRequest) -> str | None:
    credential = request.credential
    return direct(credential) if credential is not None else None


def _age_s(issued_at: object, *, now_s: float) -> float:
    """Return how long ago a token was issued, 0 where that is not said in RFC 3339."""
    if not isinstance(issued_at, str):
        return 0.0
    try:
        issued = datetime.fromisoformat(issued_at)
        return now_s - issued.timestamp() if issued.tzinfo is not None else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _lifetime_s(expires_in: object) -> float:
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return _LIFETIME_FLOOR_S
    return max(_LIFETIME_FLOOR_S, float(min(expires_in, _LIFETIME_CEILING_S)))


def _get_call(request: TokenRequest) -> Call:
    pairs = [("service", request.service)] if request.service else []
    pairs += [("scope", scope) for scope in request.scopes]
    if request.credential is not None and request.credential.username:
        pairs.append(("account", request.credential.username))
    pairs.append(("client_id", CLIENT_ID))
    return Call("GET", request.realm.with_query(wire.form(pairs)), Kind.TOKEN)


def _refresh_call(request: TokenRequest, refresh_token: str) -> Call:
    pairs = [
        ("grant_type", "refresh_token"),
        ("service", request.service),
        ("client_id", CLIENT_ID),
        ("scope", " ".join(request.scopes)),
        ("refresh_token", refresh_token),
    ]
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return Call("POST", request.realm, Kind.TOKEN, headers, wire.form(pairs).encode("ascii"))


def _login_fix(request: TokenRequest) -> str:
    if request.credential is None:
        return "log in with pallet login"
    return f"log in again, or mend {request.credential.whose}"
