"""Manifests, tags and repositories. Sources are named at the faults themselves."""

from __future__ import annotations

from reconciler.errors import (
    DigestMismatchError,
    HiddenError,
    ImmutableTagError,
    NotFoundError,
    StoreError,
    UnauthorisedError,
)
from reconciler.oci.registry.profiles import BY_NAME
from tests.oci.registry.misbehaviours.row import Row, Table
from tests.oci.registry.scene import (
    delete_tag,
    fetch,
    fetch_by_digest,
    float_tag,
    head,
    head_absent,
    look,
    move_tag,
    move_two_tags,
    publish,
    publish_again,
    publish_incomplete,
    push,
    push_to_new,
)
from tests.support.scripted_registry import Fault

MANIFESTS: Table = {
    Fault.DIGEST_MISSING: (
        Row(head, counts={"GET manifest": 1}),
        Row(fetch),
        Row(publish, counts={"HEAD manifest": 1, "GET manifest": 1}),
        Row(push),
    ),
    Fault.DIGEST_WRONG: (
        Row(fetch, DigestMismatchError, "expected sha256:0000"),
        Row(fetch_by_digest),
        Row(publish, DigestMismatchError, "the registry stored another manifest"),
    ),
    Fault.TYPE_MISSING: (Row(head, counts={"GET manifest": 1}), Row(fetch)),
    Fault.LENGTH_MISSING: (Row(head, counts={"GET manifest": 1}), Row(look)),
    Fault.HEAD_REFUSED: (Row(head, counts={"GET manifest": 1}), Row(look, counts={"GET blob": 1})),
    Fault.MANIFEST_202: (Row(publish),),
    Fault.MANIFEST_WITHOUT_LOCATION: (Row(publish),),
    Fault.MANIFEST_BLOB_404: (Row(publish_incomplete, StoreError, "MANIFEST_BLOB_UNKNOWN"),),
    Fault.MANIFEST_LATE: (
        Row(publish, times=1, never_shown=True),
        Row(publish, times=2, also=(Fault.DIGEST_MISSING,), pauses_s=(0.2, 0.5)),
        Row(
            publish,
            StoreError,
            "took the manifest and does not show it: .*404",
            also=(Fault.DIGEST_MISSING,),
            pauses_s=(0.2, 0.5, 1.5),
        ),
        Row(float_tag, times=1, pauses_s=(0.2,)),
        Row(float_tag, StoreError, "stable: not there after it was put", pauses_s=(0.2, 0.5, 1.5)),
        Row(head, NotFoundError, "404 Not Found", pauses_s=()),
    ),
    Fault.TAG_IMMUTABLE_400: (
        Row(move_tag, ImmutableTagError, "because the tag is immutable"),
        Row(publish_again),
    ),
    Fault.TAG_IMMUTABLE_403: (Row(move_tag, ImmutableTagError, "tag is immutable"), Row(publish_again)),
    Fault.TAG_IMMUTABLE_409: (Row(move_tag, ImmutableTagError, "tag already exists"), Row(publish_again)),
    Fault.TAG_IMMUTABLE_412: (
        Row(move_tag, ImmutableTagError, "configured as immutable"),
        Row(publish_again),
    ),
    Fault.TAG_IMMUTABLE_INVALID: (Row(move_tag, ImmutableTagError, "MANIFEST_INVALID"), Row(publish_again)),
    Fault.TAG_IMMUTABLE_ASSETS: (
        Row(move_tag, ImmutableTagError, "does not allow updating assets"),
        Row(publish_again),
    ),
    Fault.TAG_DELETE_REFUSED: (Row(delete_tag, StoreError, "400 Bad Request: DIGEST_INVALID"),),
    Fault.DELETE_DISABLED: (Row(delete_tag, StoreError, "405 Method Not Allowed: UNSUPPORTED"),),
    Fault.OCI_TAG_PARTIAL: (
        Row(
            move_two_tags,
            profile=BY_NAME["zot"],
            counts={"PUT manifest": 3},
            turned={"multi_tag": True},
        ),
    ),
    Fault.REPOSITORY_REQUIRED: (
        Row(push_to_new, NotFoundError, "404 Not Found: NAME_UNKNOWN: The repository"),
    ),
    Fault.REPOSITORY_HIDDEN: (
        Row(head_absent, UnauthorisedError, "401 Unauthorized"),
        Row(head_absent, HiddenError, "401 Unauthorized", profile=BY_NAME["quay"]),
        Row(head_absent, HiddenError, "401 Unauthorized", profile=BY_NAME["quay"], bearer=True),
    ),
}
