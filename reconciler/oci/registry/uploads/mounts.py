"""A blob that another repository of the same registry has: taken over without moving its bytes.

Spec: distribution-spec v1.1.1, "Mounting a blob from another repository" (end-11).
Must never be added: looking for repositories that may have it; who copies knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import StoreError, ThrottledError, UnreachableError
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.uploads.places import opened
from reconciler.oci.registry.wire import Kind

if TYPE_CHECKING:
    from reconciler.oci.digest import Digest
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.uploads.places import Place


@dataclass(frozen=True, slots=True)
class Mounted:
    """What came of it."""

    is_there: bool
    place: Place | None = None
    """A session that the registry opened instead, to send the bytes to."""


NOT_MOUNTED = Mounted(is_there=False)


def mount(session: Session, name: str, digest: Digest, source: str) -> Mounted:
    """Ask a registry to take a blob from another of its repositories; a refusal is no failure.

    Some registries answer an error where they should open a session: whoever sends the bytes then asks
    for one without the mount.

    Raises:
        ThrottledError: the registry asks for patience.
    """
    if not session.profile.mounts or source == name:
        return NOT_MOUNTED
    url = session.url(wire.mount(name, digest, source))
    # What is pushed to comes first: a few registries look at the first scope alone.
    wanted = (*scopes.push(name), *scopes.pull(source))
    try:
        answer = session.send(Call("POST", url, Kind.UPLOAD, is_resent=False), scopes=wanted)
        answer.discard()
        if answer.status == 202:
            return Mounted(is_there=False, place=opened(answer))
    except ThrottledError:
        raise
    except (StoreError, UnreachableError):
        return NOT_MOUNTED
    stored = answer.header(b"docker-content-digest")
    return Mounted(is_there=answer.status == 201 and stored in {None, digest})
