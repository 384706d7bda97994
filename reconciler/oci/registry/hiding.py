"""Registries that answer 401 or 403 for a repository that does not exist, as Quay and Artifactory do.

Decided here: when such an answer means 'hidden' and not 'no right'. The token server must grant the right
to push, and say so in the token; or the registry's profile must know it to hide what is absent. And with
that right the registry must still refuse to say. Nobody is called hidden for want of a credential.
Must never be added: a conclusion from 'hidden' to 'absent'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import HiddenError, UnauthorisedError
from reconciler.oci.registry import scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.scopes import Scopes

_Read = TypeVar("_Read")


def read_unless_hidden(session: Session, name: str, read: Callable[[Scopes], _Read]) -> _Read:
    """Return what `read` gives with the right to read, else with the right to push.

    Raises:
        HiddenError: it may be pushed to the repository, but not be known whether that is there.
        UnauthorisedError: it may not be pushed either, for all that is known.
    """
    try:
        return read(scopes.pull(name))
    except UnauthorisedError as refusal:
        granted = session.grants(scopes.push(name))
        if granted is False or (granted is None and not session.profile.hides_absent):
            raise
        try:
            return read(scopes.push(name))
        except UnauthorisedError as exc:
            raise HiddenError(str(exc), fix=exc.fix) from refusal
