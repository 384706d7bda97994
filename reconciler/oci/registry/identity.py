"""Who we are to one registry: looked up when it asks, shown once before it is relied on.

Decides which servers may see the secret. Must never be added: challenges, or tokens.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reconciler.errors import StoreError, UnauthorisedError
from reconciler.oci.registry import scopes as scoping
from reconciler.oci.registry import wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.challenge import UnmetChallengeError
from reconciler.oci.registry.failures import failure
from reconciler.oci.registry.realms import check_secret_may_go
from reconciler.oci.registry.tokens import direct
from reconciler.oci.registry.urls import Origin, Url
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.credentials import Credential, CredentialSource
    from reconciler.oci.registry.scopes import Scopes
    from reconciler.oci.registry.transport import Transport


class Identity:
    """The credentials of a run for one registry; safe to use from several threads.

    Args:
        host: the registry as credentials name it.
        is_insecure: whether it is written that a secret may travel to it over plain http.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: CredentialSource,
        *,
        origin: Origin,
        host: str,
        is_insecure: bool,
    ) -> None:
        self._transport, self._credentials, self._origin, self._host = transport, credentials, origin, host
        self._insecure_host = origin.host if is_insecure else None
        self._last: Credential | None = None
        self._found: dict[str | None, Credential | None] = {}
        """By repository, since some have a credential of their own."""
        self._refusals: dict[str, StoreError | None] = {}
        """What the registry's root said to each password; None where it took it."""
        self._lock = threading.Lock()

    @property
    def user(self) -> str | None:
        """The name that was given to the registry, None for none."""
        return self._last.username or None if self._last is not None else None

    def find(self, scopes: Scopes) -> Credential | None:
        """Return the credential for what scopes name, None for nobody; each is looked up once.

        Raises:
            UnauthorisedError: it cannot be said, or may not be sent to this registry.
        """
        repository = scoping.repository_of(scopes)
        with self._lock:
            if repository not in self._found:
                self._found[repository] = self._credentials.find(self._host, repository)
            credential = self._found[repository]
            self._last = credential or self._last
        if credential is not None:
            self.check_secret_may_go(self._origin)
        return credential

    def authorization(self, scopes: Scopes) -> str | None:
        """Return what is sent where no token is fetched; None where we hold no such thing.

        Raises:
            UnauthorisedError: as `find`, or the registry has refused the password.
        """
        credential = self.find(scopes)
        value = direct(credential) if credential is not None else None
        if value is None and credential is not None and credential.identity_token:
            raise UnmetChallengeError(
                f"{self._origin}: asks for a name and a password: expected a password in {credential.whose}, "
                "got an identity token alone",
                fix=f"log in with a password or an access token: pallet login {self._host}",
            )
        if value is not None and credential is not None and not credential.registry_token:
            self._show(value)
        return value

    def check_secret_may_go(self, origin: Origin) -> None:
        """Say no where a secret would travel unencrypted.

        Raises:
            UnauthorisedError: it would.
        """
        try:
            check_secret_may_go(origin, insecure_host=self._insecure_host)
        except ValueError as exc:
            raise UnmetChallengeError(str(exc), fix="write https:// in the target's url, or log out") from exc

    def fix(self, status: int) -> str | None:
        """Return what to do about an answer's status, None where it is not about who we are."""
        if status not in {401, 403}:
            return None
        if self._last is None:
            return f"log in: pallet login {self._host}"
        whose = self._last.whose
        return f"log in again, or mend {whose}" if status == 401 else f"check the rights of {whose}"

    def _show(self, authorization: str) -> None:
        """Show a password to the root first: a wrong one with every call would lock the account."""
        with self._lock:
            if authorization not in self._refusals:
                call = Call("GET", Url(self._origin, wire.PING), Kind.PING)
                answer = self._transport.send(call, authorization=authorization)
                refused = failure(answer.refusal(), fix=self.fix(401)) if answer.status == 401 else None
                answer.discard()
                self._refusals[authorization] = refused
            refused = self._refusals[authorization]
        if refused is not None:
            raise UnauthorisedError(str(refused), fix=refused.fix)
