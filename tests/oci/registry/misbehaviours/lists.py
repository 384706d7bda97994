"""Pages of tags, repositories and referrers. Sources are named at the faults themselves."""

from __future__ import annotations

from reconciler.errors import RefusedError, StoreError
from tests.oci.registry.misbehaviours.row import Row, Table
from tests.oci.registry.scene import (
    attach,
    fallback_is_an_index,
    find_attached,
    list_no_tags,
    list_repositories,
    list_tags,
)
from tests.support.scripted_registry import Fault

_NO_END = "the list does not end: page "
_ELSEWHERE = "its next page is refused: expected a next page on "

LISTS: Table = {
    Fault.TAGS_NULL: (Row(list_no_tags),),
    Fault.TAGS_ODD: (Row(list_tags),),
    Fault.LINK_ENDLESS: (
        Row(list_tags, StoreError, _NO_END, counts={"GET tags": 1001}),
        Row(list_repositories, StoreError, _NO_END, counts={"GET catalog": 1001}),
        Row(find_attached, StoreError, _NO_END, counts={"GET referrers": 1001}),
    ),
    Fault.LINK_LOOP: (
        Row(list_tags, StoreError, _NO_END),
        Row(list_repositories, StoreError, _NO_END),
        Row(find_attached, StoreError, _NO_END),
    ),
    Fault.LINK_CROSS_HOST: (
        Row(list_tags, StoreError, _ELSEWHERE),
        Row(list_repositories, StoreError, _ELSEWHERE),
        Row(find_attached, StoreError, _ELSEWHERE),
    ),
    Fault.LINK_CROSS_PORT: (
        Row(list_tags, StoreError, _ELSEWHERE),
        Row(list_repositories, StoreError, _ELSEWHERE, bearer=True),
        Row(find_attached, StoreError, _ELSEWHERE),
    ),
    Fault.REFERRERS_303: (Row(attach), Row(fallback_is_an_index)),
    Fault.REFERRERS_404: (Row(attach), Row(fallback_is_an_index)),
    Fault.REFERRERS_406: (Row(attach), Row(fallback_is_an_index)),
    Fault.REFERRERS_WEB_PAGE: (Row(attach), Row(fallback_is_an_index)),
    Fault.SUBJECT_WITHOUT_API: (Row(attach), Row(fallback_is_an_index)),
    Fault.FALLBACK_IS_SUBJECT: (
        Row(
            attach,
            RefusedError,
            "not a list of referrers: expected an index, got the artifact itself",
            also=(Fault.REFERRERS_404,),
        ),
    ),
    Fault.FILTER_IGNORED: (Row(find_attached),),
    Fault.FILTER_CLAIMED: (Row(find_attached),),
}
