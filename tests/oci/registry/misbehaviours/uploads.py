"""Blobs on their way up. Sources are named at the faults themselves."""

from __future__ import annotations

from reconciler.errors import DigestMismatchError, StoreError, UnauthorisedError, UnreachableError
from reconciler.oci.registry.profiles import BY_NAME, Profile
from tests.oci.registry.misbehaviours.row import BROKEN, Row, Table
from tests.oci.registry.scene import mount, publish, push, push_chunks
from tests.support.scripted_registry import Fault

_REFUSED_PLACE = "the upload's location is refused: expected a location on "

UPLOADS: Table = {
    Fault.LOCATION_RELATIVE: (Row(push), Row(push_chunks)),
    Fault.LOCATION_ABSOLUTE: (Row(push), Row(push_chunks)),
    Fault.LOCATION_WITHOUT_SCHEME: (Row(push), Row(push_chunks)),
    Fault.LOCATION_ODD_QUERY: (Row(push), Row(push_chunks)),
    Fault.LOCATION_MISSING: (Row(push, StoreError, "expected a Location for the upload, got none"),),
    Fault.LOCATION_CROSS_HOST: (
        Row(push, StoreError, _REFUSED_PLACE),
        Row(push_chunks, StoreError, _REFUSED_PLACE),
    ),
    Fault.LOCATION_CROSS_PORT: (
        Row(push, StoreError, _REFUSED_PLACE),
        Row(push_chunks, StoreError, _REFUSED_PLACE, bearer=True),
    ),
    Fault.RANGE_WITH_UNIT: (Row(push_chunks, counts={"PATCH upload": 5}),),
    Fault.RANGE_MISSING: (Row(push_chunks, counts={"PATCH upload": 5}),),
    Fault.RANGE_STALE: (
        Row(push_chunks, counts={"PATCH upload": 5}),
        Row(push_chunks, counts={"PATCH upload": 5}, profile=Profile("test", trusts_range=False)),
    ),
    Fault.PATCH_201: (Row(push_chunks, counts={"PATCH upload": 5, "PUT upload": 1}),),
    Fault.PATCH_CAPPED: (Row(push_chunks, turned={"chunk_max_bytes": 300}),),
    Fault.PATCH_REFUSED: (Row(push_chunks, counts={"PATCH upload": 1, "PUT upload": 1}),),
    Fault.PATCH_HALF_KEPT: (Row(push_chunks),),
    Fault.PATCH_FORGOTTEN: (Row(push_chunks, counts={"GET upload": 1, "PUT upload": 1}),),
    Fault.CHUNK_MINIMUM: (Row(push_chunks, counts={"PATCH upload": 3}, turned={"chunk_min_bytes": 2000}),),
    Fault.COMMIT_RESET: (
        Row(
            push_chunks, times=1, counts={"PATCH upload": 5, "PUT upload": 2, "GET upload": 1, "HEAD blob": 1}
        ),
        Row(push_chunks, UnreachableError, BROKEN, counts={"PATCH upload": 5, "PUT upload": 3}),
    ),
    Fault.COMMIT_LOST: (
        Row(push_chunks, counts={"PATCH upload": 5, "PUT upload": 1, "HEAD blob": 1}),
        Row(push, times=1, counts={"PUT upload": 2}),
    ),
    Fault.COMMIT_504: (
        Row(push_chunks, counts={"PATCH upload": 5, "PUT upload": 1, "HEAD blob": 1}),
        Row(push, times=1, counts={"PUT upload": 2}),
        # Small enough to be sent again before anybody asks.
        Row(push, counts={"PUT upload": 3, "HEAD blob": 1}),
    ),
    Fault.COMMIT_DIGEST_WRONG: (
        Row(push, DigestMismatchError, "the registry stored another blob: digest mismatch"),
        Row(push_chunks, DigestMismatchError, "the registry stored another blob: digest mismatch"),
        Row(
            push,
            DigestMismatchError,
            "the registry stored another blob: digest mismatch",
            also=(Fault.SINGLE_POST_201,),
            profile=BY_NAME["zot"],
        ),
    ),
    Fault.PATCH_502: (
        Row(push_chunks, times=1, counts={"PATCH upload": 5, "GET upload": 1}),
        Row(push_chunks, counts={"PATCH upload": 5, "GET upload": 5}),
    ),
    Fault.BODY_TOO_LARGE: (
        Row(push, StoreError, "413 ", profile=BY_NAME["gar"]),
        Row(push_chunks, turned={"fault_at_bytes": 300}, counts={"POST upload": 2}),
    ),
    Fault.PUT_TOO_LARGE: (Row(push, counts={"PATCH upload": 1}),),
    Fault.PUT_ANSWERED_EARLY: (Row(push, UnauthorisedError, "403 Forbidden: DENIED: you may not push"),),
    Fault.PUT_202: (Row(push, StoreError, "has not stored the blob: expected 201, got 202"),),
    Fault.PUT_204: (Row(push), Row(push_chunks)),
    Fault.UPLOAD_RESET: (
        Row(push, times=1),
        Row(push_chunks, times=1, turned={"fault_at_bytes": 300}),
        Row(push, UnreachableError, BROKEN),
        Row(push_chunks, UnreachableError, BROKEN, turned={"fault_at_bytes": 300}),
    ),
    Fault.UPLOAD_FORGOTTEN: (
        Row(push, times=1),
        Row(push_chunks, times=1),
        Row(push, StoreError, "404 Not Found: BLOB_UPLOAD_UNKNOWN"),
    ),
    Fault.UPLOAD_CORRUPTED: (
        Row(push, times=1),
        Row(push, StoreError, "400 Bad Request: DIGEST_INVALID", counts={"PUT upload": 2}),
    ),
    Fault.SINGLE_POST_201: (
        Row(push, profile=BY_NAME["zot"], counts={"POST upload": 2, "PUT upload": 0}),
        Row(push, never_shown=True),
    ),
    Fault.SINGLE_POST_404: (Row(push, profile=BY_NAME["zot"], counts={"PUT upload": 1}),),
    Fault.MOUNT_202: (Row(mount, counts={"POST upload": 2, "PUT upload": 1}), Row(mount, bearer=True)),
    Fault.MOUNT_400: (Row(mount, counts={"POST upload": 3, "PUT upload": 1}), Row(mount, bearer=True)),
    Fault.MOUNT_RESET: (Row(mount), Row(mount, bearer=True)),
    Fault.ACCEPT_406: (Row(push, never_shown=True), Row(publish, never_shown=True)),
}
