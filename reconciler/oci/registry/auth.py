"""Calls to one registry, with whatever it asks for to prove who we are.

Decides which challenge is answered, and that credentials go to exactly one origin, or to the token
server that it names and that `realms` lets pass. Once a challenge is known, later calls carry their
answer at once. Must never be added: what a call is for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.errors import PalletError, StoreError, UnauthorisedError
from reconciler.oci.registry import challenge as challenges
from reconciler.oci.registry import scopes as scoping
from reconciler.oci.registry import token_rights, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.challenge import UnmetChallengeError
from reconciler.oci.registry.failures import failure
from reconciler.oci.registry.identity import Identity
from reconciler.oci.registry.profiles import GENERIC
from reconciler.oci.registry.realms import parse_realm
from reconciler.oci.registry.referrers_support import ReferrersSupport
from reconciler.oci.registry.settling import Writes
from reconciler.oci.registry.tokens import TokenRequest, Tokens
from reconciler.oci.registry.urls import Origin, Url
from reconciler.oci.registry.whereabouts import PRIVATE_FIX
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.challenge import Challenge
    from reconciler.oci.registry.credentials import CredentialSource
    from reconciler.oci.registry.failures import Refusal
    from reconciler.oci.registry.profiles import Profile
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.transport import Transport


@dataclass(frozen=True, slots=True)
class _Bearer:
    realm: Url
    service: str


class _Direct:
    """The registry takes with every call what we hold: a name and a password, or a token."""


class Session:
    """One registry and who we are to it.

    Args:
        host: the registry as credentials name it.
        profile: what is known of it beforehand.
        is_insecure: whether it is written that a secret may travel to it over plain http.
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
        is_insecure: bool = False,
    ) -> None:
        self.transport, self.profile = transport, profile
        self.page_size = profile.page_size
        """Entries of a list asked for at once; fewer once the registry has refused as many."""
        self.referrers = ReferrersSupport(expected=profile.referrers)
        self.writes = Writes(transport.clock)
        self._tokens, self._origin, self._host = tokens, origin, host
        self._identity = Identity(transport, credentials, origin=origin, host=host, is_insecure=is_insecure)
        self._way: _Bearer | _Direct | None = None
        self._wider: dict[Scopes, Scopes] = {}
        self._unwanted: dict[Scopes, UnauthorisedError] = {}
        """Where our credential was refused and we read as nobody instead."""

    def url(self, target: str) -> Url:
        """The URL of an endpoint."""
        return Url(self._origin, target)

    @property
    def user(self) -> str | None:
        """The name that was given to the registry, None for none."""
        return self._identity.user

    @property
    def is_asking(self) -> bool:
        """Whether the registry has asked who we are."""
        return self._way is not None

    def send(self, call: Call, *, scopes: Scopes) -> Answer:
        """Send a call, with authentication where the registry asks for it; 401 comes back as an answer.

        Raises:
            UnauthorisedError: what the registry asks for cannot be given.
            PalletError: as the transport says.
        """
        sent = self._authorization(scopes)
        answer = self.transport.send(call, authorization=sent)
        # Once for a token that is missing or has expired, once more for one that allows too little.
        for _ in range(2):
            if answer.status != 401 or answer.url.origin != self._origin:
                break
            try:
                renewed = self._answer_challenge(answer, scopes, sent)
            except PalletError:
                answer.discard()  # its connection would stay taken
                raise
            if renewed is None or renewed == sent:
                break
            answer.discard()
            sent = renewed
            answer = self.transport.send(call, authorization=sent)
            if not _allows_too_little(answer):
                break
        self._blame_credential(answer, scopes)
        return answer

    def send_once(self, call: Call, *, scopes: Scopes) -> Answer:
        """Send a call as who we are known to be; nothing is asked for because of the answer.

        Raises:
            PalletError: as the transport says, or the token that we have cannot be renewed.
        """
        return self.transport.send(call, authorization=self._authorization(scopes))

    def grants(self, scopes: Scopes) -> bool | None:
        """Say whether we hold rights, as the token for them says; None where nothing says so.

        Without a credential, where the registry has not asked for one yet, or where the token server
        refuses, we hold none.
        """
        try:
            credential = self._identity.find(scopes) if self.is_asking else None
            if credential is None:
                return False
            if credential.registry_token:
                return token_rights.grants(credential.registry_token, scopes[0])
            if not isinstance(self._way, _Bearer):
                return None
            token = self._token(self._way, scopes)
        except PalletError:
            return False
        return token_rights.grants(token, scopes[0])

    def failure(self, answer: Answer, *, fix: str | None = None) -> StoreError:
        """Return the exception for an answer that is no success, with advice about who we are."""
        refusal = answer.refusal()
        return failure(refusal, fix=fix or self._identity.fix(answer.status) or self._create_fix(refusal))

    def _create_fix(self, refusal: Refusal) -> str | None:
        """What to do where a push finds no repository, in a registry that does not create any by itself."""
        name = wire.repository_of(refusal.url)
        if refusal.status != 404 or refusal.method in {"GET", "HEAD"} or name is None:
            return None
        if "NAME_UNKNOWN" not in refusal.complaint.codes or self.profile.create_fix is None:
            return None
        return self.profile.create_fix.format(repository=name)

    def _authorization(self, scopes: Scopes) -> str | None:
        match self._way:
            case None:
                return None
            case _Direct():
                return self._identity.authorization(scopes)
            case _Bearer() as way:
                return f"Bearer {self._token(way, scopes)}"

    def _answer_challenge(self, answer: Answer, scopes: Scopes, sent: str | None) -> str | None:
        """Return what to send instead of `sent`, None where there is nothing better."""
        credential = self._identity.find(scopes)
        if credential is not None and credential.registry_token:
            self._way = _Direct()  # whoever gives us a bearer token knows that it is taken
            return self._authorization(scopes)
        challenge = self._challenge_of(answer)
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            self._way = _Direct()
            return self._authorization(scopes)
        way = self._way = self._bearer(challenge)
        self._widen(scopes, challenge)
        refused = sent.removeprefix("Bearer ") if sent is not None else None
        return f"Bearer {self._token(way, scopes, not_this=refused)}"

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
            raise UnmetChallengeError(
                f"{self._origin}: asks for authentication by {schemes}: expected bearer or basic",
                fix=challenges.unmet_fix(offered),
            )
        return chosen

    def _bearer(self, challenge: Challenge) -> _Bearer:
        try:
            realm = parse_realm(challenge.parameters["realm"], registry=self.url(wire.PING))
        except ValueError as exc:
            raise UnmetChallengeError(
                f"{self._origin}: its token server is refused: {exc}",
                fix="reach the registry by https, and by its address in the network of its token server; "
                "else whoever runs it has to name a token server that may be asked",
            ) from exc
        addresses = self.transport.whereabouts.private_addresses(realm.origin, registry=self._origin)
        if addresses:
            raise UnmetChallengeError(
                f"{self._origin}: its token server is refused: expected a public token server, "
                f"got one in a private network: {realm.origin} ({addresses[0]})",
                fix=PRIVATE_FIX,
            )
        return _Bearer(realm, challenge.parameters.get("service", ""))

    def _widen(self, scopes: Scopes, challenge: Challenge) -> None:
        """Remember what the registry wants beyond what we would have asked for."""
        known = self._wider.get(scopes, scopes)
        wanted = scoping.merge((*known, *challenge.parameters.get("scope", "").split()))
        if wanted != scopes:
            self._wider[scopes] = wanted

    def _token(self, way: _Bearer, scopes: Scopes, *, not_this: str | None = None) -> str:
        credential = self._identity.find(scopes)
        wanted = self._wider.get(scopes, scopes)
        if credential is not None:
            self._identity.check_secret_may_go(way.realm.origin)
        anonymous = TokenRequest(way.realm, way.service, wanted, None)
        if scopes in self._unwanted:
            return self._tokens.get(anonymous, not_this=not_this)
        try:
            return self._tokens.get(replace(anonymous, credential=credential), not_this=not_this)
        except UnauthorisedError as refused:
            if credential is None or not scoping.is_pull_only(wanted):
                raise
            return self._token_of_nobody(anonymous, scopes, refused)

    def _token_of_nobody(self, request: TokenRequest, scopes: Scopes, refused: UnauthorisedError) -> str:
        """Read as nobody: some token servers refuse an expired login even where everybody may read.

        Seen on GHCR, 2023. Raises:
            UnauthorisedError: nobody may read it either; says why our credential was refused.
        """
        try:
            token = self._tokens.get(request)
        except UnauthorisedError:
            raise refused from None
        self._unwanted[scopes] = refused
        return token

    def _blame_credential(self, answer: Answer, scopes: Scopes) -> None:
        """Tell what we read as nobody from what our refused credential would have opened."""
        refused = self._unwanted.get(scopes)
        if refused is None or answer.url.origin != self._origin:
            return
        if answer.status in {401, 403}:
            answer.discard()
            raise refused
        self.transport.notices.say(f"{self._host}: read anonymously, because the login is refused: {refused}")


def _allows_too_little(answer: Answer) -> bool:
    """Spec: RFC 6750, section 3.1."""
    offered = challenges.parse(answer.header_lines(b"www-authenticate"))
    return any(challenge.parameters.get("error") == "insufficient_scope" for challenge in offered)
