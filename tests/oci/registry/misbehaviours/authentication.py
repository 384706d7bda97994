"""Challenges, tokens and the servers that give them. Sources are named at the faults themselves."""

from __future__ import annotations

from reconciler.errors import StoreError, UnauthorisedError
from tests.oci.registry.misbehaviours.row import Row, Table
from tests.oci.registry.scene import IDENTITY, head, push, push_chunks
from tests.support.scripted_registry import Fault

AUTHENTICATION: Table = {
    Fault.CHALLENGE_MISSING: (
        Row(head, counts={"GET ping": 2}),  # the second shows the password
        Row(head, bearer=True, counts={"GET ping": 1, "GET token": 1}),
    ),
    Fault.CHALLENGES_TWO: (Row(head), Row(head, bearer=True)),
    Fault.CHALLENGE_UNKNOWN: (
        Row(head, UnauthorisedError, "asks for authentication by negotiate: expected bearer or basic"),
    ),
    Fault.SCOPE_INSUFFICIENT: (Row(head, bearer=True, counts={"GET token": 2}),),
    Fault.TOKEN_WITHOUT_EXPIRY: (Row(push, bearer=True, counts={"GET token": 1}),),
    Fault.TOKEN_AS_ACCESS_TOKEN: (Row(push, bearer=True, counts={"GET token": 1}),),
    Fault.TOKEN_EXPIRES_MID_UPLOAD: (
        Row(push, times=1, bearer=True, counts={"GET token": 2, "PUT upload": 2}),
        Row(push_chunks, times=1, bearer=True, counts={"GET token": 2, "PATCH upload": 5}),
        Row(push, UnauthorisedError, "401 Unauthorized", bearer=True, counts={"PUT upload": 2}),
    ),
    Fault.TOKEN_POST_404: (
        Row(head, bearer=True, credential=IDENTITY, counts={"POST token": 1, "GET token": 1}),
    ),
    Fault.TOKEN_REDIRECT: (
        Row(head, StoreError, "307 Temporary Redirect, pointing to ", bearer=True),
        Row(head, StoreError, "307 Temporary Redirect, pointing to ", bearer=True, credential=IDENTITY),
    ),
    Fault.REALM_RELATIVE: (Row(head, bearer=True),),
    Fault.REALM_PRIVATE: (
        Row(head, UnauthorisedError, "its token server is refused", bearer=True, counts={"GET token": 0}),
    ),
    Fault.REALM_CROSS_PORT: (
        Row(head, StoreError, "404 Not Found: NOT_FOUND", bearer=True, token_server_elsewhere=True),
    ),
}
