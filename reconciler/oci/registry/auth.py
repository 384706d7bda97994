"""Calls to one registry, with whatever it asks for to prove who we are.

Decides which challenge is answered, and that credentials go to exactly one origin, or to the token
server that it names and that `realms` lets pass. Once a challenge is known, later calls carry their
answer at once. Must never be added: what a call is for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import StoreError, UnauthorisedError
from reconciler.oci.registry import challenge as challenges
from reconciler.oci.registry import scopes as scoping
from reconciler.oci.registry import wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.failures import failure
from reconciler.oci.registry.profiles import GENERIC
from reconciler.oci.registry.realms import check_secret_may_go, parse_realm
from reconciler.oci.registry.referrers_support import ReferrersSupport
from reconciler.oci.registry.tokens import TokenRequest, Tokens, basic
from reconciler.oci.registry.urls import Origin, Url
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.challenge import Challenge
    from reconciler.oci.registry.credentials import Credential, CredentialSource
    from reconciler.oci.registry.profiles import Profile
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.transport import Transport


@dataclass(frozen=True, slots=True)
class _Bearer:
    realm: Url
    service: str


class _Basic:
    """The registry takes a name and a password with every call."""


class Session:
    """One registry and who we are to it.

    Args:
        host: the registry as credentials name it.
        profile: what is known of it beforehand.
    """

    def __init__(
        self,
        transport: Transport,
        tokens: Tokens,
        credentials: CredentialSource,
        *,
        origin: Origin,
        host: str,
        profile: Profile = GENERIC,
    ) -> None:
        self.transport, self.profile = transport, profile
        self.page_size = profile.page_size
        """Entries of a list asked for at once; fewer once the registry has refused as many."""
        self.referrers = ReferrersSupport(expected=profile.referrers)
        self._tokens, self._credentials, self._origin, self._host = tokens, credentials, origin, host
        self._way: _Bearer | _Basic | None = None
        self._wider: dict[Scopes, Scopes] = {}
        self._credential: Credential | None = None
        self._looked_up = False
        self._lock = threading.Lock()

    def url(self, target: str) -> Url:
        """The URL of an endpoint."""
        return Url(self._origin, target)

    def send(self, call: Call, *, scopes: Scopes) -> Answer:
        """Send a call, with authentication where the registry asks for it; 401 comes back as an answer.

        Raises:
            UnauthorisedError: what the registry asks for cannot be given.
            PalletError: as the transport says.
        """
        sent = self._authorization(scopes)
        answer = self.transport.send(call, authorization=sent)
        if answer.status != 401 or answer.url.origin != self._origin:
            return answer
        renewed = self._answer_challenge(answer, scopes, sent)
        if renewed is None or renewed == sent:
            return answer
        answer.discard()
        return self.transport.send(call, authorization=renewed)

    def failure(self, answer: Answer, *, fix: str | None = None) -> StoreError:
        """Return the exception for an answer that is no success, with advice about who we are."""
        return failure(answer.refusal(), fix=fix or self._login_fix(answer.status))

    def _login_fix(self, status: int) -> str | None:
        if status not in {401, 403}:
            return None
        credential = self._credential
        if credential is None:
            return f"log in: docker login {self._host}"
        whose = f"{credential.username!r}, whose credential is from {credential.source}"
        return f"log in again as {whose}" if status == 401 else f"check the rights of {whose}"

    def _authorization(self, scopes: Scopes) -> str | None:
        match self._way:
            case None:
                return None
            case _Basic():
                credential = self._find_credential()
                return basic(credential) if credential is not None else None
            case _Bearer() as way:
                return f"Bearer {self._tokens.get(self._token_request(way, scopes))}"

    def _answer_challenge(self, answer: Answer, scopes: Scopes, sent: str | None) -> str | None:
        """Return what to send instead of `sent`, None where there is nothing better."""
        challenge = self._challenge_of(answer)
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            self._way = _Basic()
            return self._authorization(scopes)
        way = self._way = self._bearer(challenge)
        self._widen(scopes, challenge)
        refused = sent.removeprefix("Bearer ") if sent is not None else None
        return f"Bearer {self._tokens.get(self._token_request(way, scopes), not_this=refused)}"

    def _challenge_of(self, answer: Answer) -> Challenge | None:
        lines = answer.header_lines(b"www-authenticate")
        if not lines and answer.call.kind is not Kind.PING:
            # gcr.io was seen to send 401 without a challenge; the one of /v2/ counts then.
            ping = self.transport.send(Call("GET", self.url(wire.PING), Kind.PING))
            lines = ping.header_lines(b"www-authenticate")
            ping.discard()
        offered = challenges.parse(lines)
        chosen = challenges.choose(offered)
        if offered and chosen is None:
            schemes = ", ".join(sorted({challenge.scheme[:20] for challenge in offered}))
            raise UnauthorisedError(
                f"{self._origin}: asks for authentication by {schemes}: expected bearer or basic"
            )
        return chosen

    def _bearer(self, challenge: Challenge) -> _Bearer:
        try:
            realm = parse_realm(challenge.parameters["realm"], registry=self.url(wire.PING))
        except ValueError as exc:
            raise UnauthorisedError(f"{self._origin}: its token server is refused: {exc}") from exc
        return _Bearer(realm, challenge.parameters.get("service", ""))

    def _widen(self, scopes: Scopes, challenge: Challenge) -> None:
        """Remember what the registry wants beyond what we would have asked for."""
        wanted = scoping.merge((*scopes, *challenge.parameters.get("scope", "").split()))
        if wanted != scopes:
            self._wider[scopes] = wanted

    def _token_request(self, way: _Bearer, scopes: Scopes) -> TokenRequest:
        credential = self._find_credential()
        if credential is not None:
            self._check_secret_may_go(way.realm.origin)
        return TokenRequest(way.realm, way.service, self._wider.get(scopes, scopes), credential)

    def _find_credential(self) -> Credential | None:
        """Look once, and only when a registry asks: most public ones never do."""
        with self._lock:
            if not self._looked_up:
                self._credential = self._credentials.find(self._host)
                self._looked_up = True
        if self._credential is not None:
            self._check_secret_may_go(self._origin)
        return self._credential

    def _check_secret_may_go(self, origin: Origin) -> None:
        try:
            check_secret_may_go(origin)
        except ValueError as exc:
            raise UnauthorisedError(str(exc), fix="write https:// in the target's url, or log out") from exc
