"""Bodies, errors, throttling and redirects of any answer. Sources are named at the faults themselves."""

from __future__ import annotations

from reconciler.errors import (
    DigestMismatchError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
)
from reconciler.oci.registry.profiles import BY_NAME
from tests.oci.registry.misbehaviours.row import BROKEN, Row, Table
from tests.oci.registry.scene import (
    delete_tag,
    fetch,
    fetch_by_digest,
    find_attached,
    head,
    head_absent,
    list_repositories,
    list_tags,
    look,
    publish,
    publish_incomplete,
    pull,
    pull_large,
    pull_rest,
    push,
)
from tests.support.scripted_registry import Fault

_NO_REGISTRY = "does not look like a registry"
_STORAGE_REFUSES = "the storage that it points to, http://localhost:[0-9]+, refuses: .*: who are you"
_BROKEN_PAGES = (
    Row(list_tags, times=1, counts={"GET tags": 3}, pauses_s=(0.25,)),
    Row(list_tags, UnreachableError, BROKEN, counts={"GET tags": 4}, pauses_s=(0.25, 0.5)),
    Row(list_repositories, times=1, counts={"GET catalog": 3}),
    Row(list_repositories, UnreachableError, BROKEN, counts={"GET catalog": 4}),
    Row(find_attached, times=1, counts={"GET referrers": 4}),
    Row(find_attached, UnreachableError, BROKEN, counts={"GET referrers": 4}),
)

ANSWERS: Table = {
    Fault.GZIP: (
        Row(pull, StoreError, "encoded on its way: expected it "),
        Row(fetch, DigestMismatchError),
        Row(fetch_by_digest, DigestMismatchError),
    ),
    Fault.SHORT_BODY: (
        Row(pull_large, times=1, counts={"GET blob": 3}),
        Row(pull, UnreachableError, "bytes too early"),
        Row(fetch, times=1, counts={"GET manifest": 3}),
        Row(fetch, UnreachableError, "bytes too early", counts={"GET manifest": 4}),
        *_BROKEN_PAGES,
    ),
    Fault.CHANGED_BODY: (
        Row(pull, DigestMismatchError),
        Row(fetch, DigestMismatchError),
        Row(fetch_by_digest, DigestMismatchError),
    ),
    Fault.RESET_DOWN: (
        Row(pull_large, times=1, counts={"GET blob": 3}),
        Row(pull, UnreachableError, BROKEN),
        Row(fetch, times=1, counts={"GET manifest": 3}),
        Row(fetch, UnreachableError, BROKEN),
        *_BROKEN_PAGES,
    ),
    Fault.RANGE_IGNORED: (Row(pull_rest),),
    Fault.RANGE_WRONG: (Row(pull_rest),),
    Fault.THROTTLED_SECONDS: (
        Row(fetch, times=1, pauses_s=(7.0,)),
        Row(head, ThrottledError, "429 Too Many Requests; it asks to wait 7 s", pauses_s=(7.0, 7.0)),
        Row(push, ThrottledError, "429 Too Many Requests"),
    ),
    Fault.THROTTLED_DATE: (Row(fetch, times=1, pauses_s=(7.0,)),),
    Fault.THROTTLED_LONG: (Row(fetch, ThrottledError, "it asks to wait 3600 s", pauses_s=()),),
    Fault.THROTTLED_403: (
        Row(fetch, times=1, profile=BY_NAME["ghcr"]),
        Row(fetch, ThrottledError, "secondary rate limit", profile=BY_NAME["ghcr"]),
    ),
    Fault.UNAVAILABLE: (
        Row(fetch, times=1),
        Row(fetch, ThrottledError, "503 Service Unavailable: UNAVAILABLE"),
    ),
    Fault.HTML_ERRORS: (
        Row(publish_incomplete, StoreError, "400 Bad Request: 400 from the gateway$"),
        Row(head_absent, StoreError, _NO_REGISTRY),
    ),
    Fault.CODELESS_ERRORS: (Row(publish_incomplete, StoreError, "400 Bad Request: it said no$"),),
    Fault.WEB_PAGE: (
        Row(head, StoreError, _NO_REGISTRY),
        Row(fetch, StoreError, _NO_REGISTRY),
        Row(pull, DigestMismatchError),
        Row(list_tags, StoreError, "expected a list of tags as JSON"),
        Row(push, StoreError, "200 OK: Sign in"),
        Row(publish, StoreError, _NO_REGISTRY),
        Row(look, StoreError, _NO_REGISTRY),
        Row(delete_tag, StoreError, _NO_REGISTRY),
    ),
    Fault.COOKIES: (Row(push), Row(push, bearer=True), Row(head)),
    Fault.REDIRECT_CROSS_HOST: (Row(pull), Row(look), Row(pull, bearer=True)),
    Fault.REDIRECT_CROSS_PORT: (
        Row(pull, StoreError, "its storage has lost what it points to"),
        Row(pull, StoreError, "its storage has lost what it points to", bearer=True),
        Row(look, StoreError, "its storage has lost what it points to"),
    ),
    Fault.REDIRECT_TO_401: (
        Row(pull, UnauthorisedError, _STORAGE_REFUSES, counts={"GET blob": 3}),
        Row(pull, UnauthorisedError, _STORAGE_REFUSES, bearer=True, counts={"GET token": 1}),
    ),
    Fault.REDIRECT_ENDLESS: (Row(pull, StoreError, "more than 10 redirects"),),
    Fault.MANIFEST_REDIRECT: (
        Row(head, StoreError, "303 See Other, pointing to "),
        Row(fetch, StoreError, "303 See Other, pointing to "),
    ),
}
