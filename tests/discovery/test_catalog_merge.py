"""What a catalog should hold after a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.discovery.catalog_document import CatalogDocument, Item, item_of
from reconciler.discovery.catalog_merge import Confirmed, Learned, is_current
from reconciler.discovery.catalog_merge import merge as merge_with
from reconciler.discovery.entries import Entry
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from tests.discovery.catalogued import entry_of, learned

PLAN, ROUTER, THEIRS = entry_of("plan"), entry_of("router"), entry_of("theirs", project="theirs")
EDITED = entry_of("plan", salt="edited")


def ours(*entries: Entry) -> tuple[Item, ...]:
    return tuple(item_of(entry, "ours") for entry in entries)


def only_tags(tags: dict[str, Digest | None], *, whole: bool = False) -> Learned:
    """Return what a run knows that has confirmed nothing."""
    name = Repository("plan")
    seen = {name: {Tag(tag): digest for tag, digest in tags.items()}}
    return Learned("ours", {}, seen, frozenset({name} if whole else ()))


def merge(items: tuple[Item, ...], knows: Learned) -> tuple[Item, ...]:
    def describe(missing: Sequence[Confirmed]) -> list[Entry]:
        return [item.describe() for item in missing]

    return merge_with(items, knows, describe)


@pytest.mark.parametrize(
    ("before", "knows", "after"),
    [
        pytest.param((), learned(PLAN, ROUTER), ours(PLAN, ROUTER), id="new-ones-come"),
        pytest.param(ours(PLAN), learned(ROUTER), ours(PLAN, ROUTER), id="unseen-ones-stay"),
        pytest.param(ours(PLAN), learned(EDITED), ours(EDITED), id="overwritten-ones-are-replaced"),
        pytest.param(ours(PLAN), only_tags({"1.0.0": None}), (), id="absent-ones-go"),
        pytest.param(ours(PLAN), only_tags({"1.0.0": EDITED.digest}), (), id="others-in-place-go"),
        pytest.param(ours(PLAN), only_tags({"1.0.0": PLAN.digest}), ours(PLAN), id="refused-edit-stays"),
        pytest.param(ours(PLAN), only_tags({}, whole=True), (), id="not-among-all-tags-goes"),
        pytest.param(ours(PLAN, PLAN), learned(PLAN), ours(PLAN), id="twice-is-once"),
    ],
)
def test_own_entries(before: tuple[Item, ...], knows: Learned, after: tuple[Item, ...]) -> None:
    assert merge(before, knows) == after
    assert is_current(CatalogDocument(before), knows) is (before == after)


def test_other_projects_keep_theirs() -> None:
    odd = replace(item_of(THEIRS, "theirs"), source='{"repository": "theirs", "unknown" :1}')
    unreadable = Item("7", None, None, "expected an object, got int")

    merged = merge((unreadable, odd), learned(PLAN))

    assert [item.text for item in merged] == [item_of(PLAN, "ours").text, odd.text, "7"]


def test_tag_that_is_ours_now_is_no_longer_theirs() -> None:
    stale = item_of(entry_of("plan", project="theirs", salt="old"), "theirs")

    assert merge((stale,), learned(PLAN)) == ours(PLAN)


def test_same_manifest_of_two_projects_is_listed_once() -> None:
    image = entry_of("app", project=None)
    theirs = item_of(image, "theirs")

    assert merge((theirs,), learned(image)) == (theirs,)
    assert is_current(CatalogDocument((theirs,)), learned(image))


def test_floating_tags_follow_what_was_seen() -> None:
    old, new = entry_of("plan", tags=("1", "latest")), entry_of("plan", "1.1.0")
    seen = {Repository("plan"): {Tag("latest"): new.digest, Tag("1.1.0"): new.digest}}
    knows = replace(learned(new), tags=seen)

    merged = merge(ours(old), knows)

    assert [item.entry and item.entry.floating_tags for item in merged] == [("1",), ("latest",)]


def test_unreadable_own_entry_goes_when_all_is_made_anew() -> None:
    flawed = Item('{"project":"ours"}', None, "ours", "size: …")

    assert merge((flawed,), learned(PLAN))[-1] is flawed
    assert merge((flawed,), replace(learned(PLAN), is_rebuilt=True)) == ours(PLAN)


def test_everybodys_entries_are_made_anew_on_request() -> None:
    nobody = entry_of("tool", project=None)
    knows = replace(learned(nobody, project=None), whole=frozenset({Repository("theirs")}))

    merged = merge((item_of(THEIRS, "theirs"),), knows)

    assert [(item.entry, item.owner) for item in merged] == [(nobody, None)]
