"""Showing a credential to a registry, before anybody relies on it.

Spec: distribution-spec v1.1.1, "Determining Support" (end-1). Must never be added: keeping it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import StoreError
from reconciler.oci.registry import wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.failures import NOT_A_REGISTRY
from reconciler.oci.registry.read import refuse_web_page
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.registry.auth import Session


def prove_login(session: Session) -> bool:
    """Ask the registry's root as who we are; False where it lets everybody pass, so that nothing is proved.

    Raises:
        UnauthorisedError: the registry, or its token server, does not take the credential.
        PalletError: it could not be asked, or is no registry.
    """
    answer = session.send(Call("GET", session.url(wire.PING), Kind.PING), scopes=())
    if answer.status == 200:
        if answer.header(b"content-length") != "0":
            refuse_web_page(answer, "the root of a registry")
        answer.discard()
        return session.is_asking
    failure = session.failure(answer)
    if answer.status == 404:
        raise StoreError(f"{failure}: {NOT_A_REGISTRY}", fix="check host and port")
    raise failure
