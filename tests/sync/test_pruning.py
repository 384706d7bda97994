"""Which published versions may be deleted, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.desired.versions.version import Version
from reconciler.discovery.entries import Entry
from reconciler.discovery.surveying import Standing
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.pruning import Claims, Retention, choose, in_order, narrate_unread, withhold
from reconciler.sync.pruning_stock import Stock
from tests.discovery.catalogued import entry_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CREATED, REQUIRES = "org.opencontainers.image.created", "org.pallet.workflow.requires"
NOTHING = Claims("ours", frozenset(), frozenset(), frozenset(), frozenset())
ORPHANS = Retention(now=NOW)


def saying(entry: Entry, key: str, text: str) -> Entry:
    return replace(entry, annotations={**entry.annotations, key: text})


def stand(*entries: Entry, **floating: Entry) -> dict[Repository, Standing]:
    """Return repositories that hold these; floating tags are given with what they name."""
    found: dict[Repository, Standing] = {}
    for entry in entries:
        there = found.get(entry.repository, Standing())
        tags = {**there.tags, entry.tag: entry.digest}
        tags |= {Tag(tag): e.digest for tag, e in floating.items() if e.repository == entry.repository}
        found[entry.repository] = Standing(tags, {**there.entries, entry.tag: entry})
    return found


def going(
    standing: dict[Repository, Standing],
    claims: Claims = NOTHING,
    retention: Retention = ORPHANS,
    *others: Entry,
) -> list[str]:
    judged = choose(Stock(standing, others), claims, retention)
    return [f"{item.entry.repository}:{item.entry.tag}" for item in judged if not item.stays]


def why(standing: dict[Repository, Standing], claims: Claims = NOTHING, *others: Entry) -> list[str]:
    return [item.why for item in choose(Stock(standing, others), claims, ORPHANS)]


A, B = entry_of("a"), entry_of("b")
UNREADABLE = (
    "org.pallet.workflow.requires: '^1': not a repository name: expected lower-case letters and digits, "
    "parted by one of . _ - /, got '^1': this keeps nothing"
)
OLD = [entry_of("a", f"1.{minor}.0") for minor in range(4)]
WANTED = replace(NOTHING, wanted=frozenset({Repository("a"), Repository("b")}))


def test_orphans_go() -> None:
    assert going(stand(A, B), replace(NOTHING, wanted=frozenset({Repository("b")}))) == ["a:1.0.0"]


def test_what_is_anothers_is_no_candidate() -> None:
    assert choose(Stock(stand(entry_of("a", project="theirs"))), NOTHING, ORPHANS) == ()


def test_what_the_catalog_calls_ours_goes() -> None:
    whole = entry_of("a", project=None)

    assert going(stand(replace(whole, owner="ours"))) == ["a:1.0.0"]
    assert choose(Stock(stand(replace(whole, owner="theirs"))), NOTHING, ORPHANS) == ()


def test_what_is_nobodys_stays_and_is_said() -> None:
    nobodys = entry_of("a", project=None)

    assert going(stand(nobodys)) == []
    assert why(stand(nobodys)) == ["nobody says whose it is"]
    assert choose(Stock(stand(nobodys)), WANTED, ORPHANS) == ()


def test_what_is_nobodys_is_not_among_the_newest_of_ours() -> None:
    nobodys = [entry_of("a", f"{major}.0.0", project=None) for major in (2, 3)]

    assert going(stand(*OLD, *nobodys), WANTED, Retention(keep=3)) == ["a:1.0.0"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (
            replace(NOTHING, locked=frozenset({(Repository("a"), Version("1.0.0"))})),
            "pallet.lock holds it",
        ),
        (
            replace(NOTHING, locked_digests=frozenset({(Repository("a"), A.digest)})),
            "pallet.lock holds it",
        ),
        (
            replace(NOTHING, wanted_keys=frozenset({(Repository("a"), Version("1.0.0"))})),
            "pallet.toml wants it",
        ),
    ],
    ids=["locked", "locked-digest", "wanted"],
)
def test_what_is_claimed_stays(claims: Claims, reason: str) -> None:
    assert going(stand(A), claims) == []
    assert why(stand(A), claims) == [reason]


def test_what_a_floating_tag_holds_stays() -> None:
    standing = stand(A, entry_of("a", "0.9.0"), latest=A)

    assert going(standing) == ["a:0.9.0"]
    assert why(standing)[0] == "held by latest; --floating deletes these too"


def test_floating_tags_go_with_orphans_on_request() -> None:
    claims = replace(NOTHING, frees_orphans=True)

    (item,) = choose(Stock(stand(A, latest=A)), claims, ORPHANS)

    assert (item.stays, item.tags, item.is_whole) == (False, ("latest",), True)


def test_floating_tags_of_what_is_wanted_always_hold() -> None:
    claims = replace(WANTED, frees_orphans=True)

    assert going(stand(*OLD, latest=OLD[0]), claims, Retention(keep=1)) == ["a:1.2.0", "a:1.1.0"]


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        pytest.param(Retention(), [], id="nothing-asked"),
        pytest.param(Retention(keep=3), ["a:1.0.0"], id="keep"),
        pytest.param(Retention(keep=9), [], id="keep-more-than-there-are"),
        pytest.param(
            Retention(older_than=timedelta(days=90), now=NOW), ["a:1.1.0", "a:1.0.0"], id="older-than"
        ),
        pytest.param(Retention(3, timedelta(days=90), NOW), ["a:1.0.0"], id="both"),
    ],
)
def test_old_versions_by_request(retention: Retention, expected: list[str]) -> None:
    ages = {0: "2025-01-01", 1: "2026-01-01T10:00:00Z", 2: "2026-05-31", 3: "soon"}
    entries = [saying(entry, CREATED, ages[number]) for number, entry in enumerate(OLD)]

    assert going(stand(*entries), WANTED, retention) == expected


def test_nobody_knows_the_age_of_what_says_none() -> None:
    assert going(stand(*OLD), WANTED, Retention(older_than=timedelta(days=1), now=NOW)) == []


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        pytest.param("a@^1.0", ["a:1.2.0", "a:1.1.0", "a:1.0.0"], id="the-highest-that-is-allowed"),
        pytest.param("a@~1.1", ["a:1.3.0", "a:1.2.0", "a:1.0.0"], id="an-older-one"),
        pytest.param("a@=1.0.0, a@~1.1", ["a:1.3.0", "a:1.2.0"], id="two"),
        pytest.param("a", ["a:1.2.0", "a:1.1.0", "a:1.0.0"], id="any"),
        pytest.param("a@^9", ["a:1.3.0", "a:1.2.0", "a:1.1.0", "a:1.0.0"], id="none-fits"),
        pytest.param("!!a", ["a:1.3.0", "a:1.2.0", "a:1.1.0", "a:1.0.0"], id="nonsense"),
        pytest.param("a@!!", [], id="unclear-which"),
        pytest.param("a@", [], id="no-constraint-after-the-sign"),
    ],
)
def test_what_is_required_stays(requires: str, expected: list[str]) -> None:
    theirs = saying(entry_of("flow", project="theirs"), REQUIRES, requires)

    assert going(stand(*OLD), NOTHING, ORPHANS, theirs) == expected


def test_reason_names_who_requires() -> None:
    theirs = saying(entry_of("flow", project="theirs"), REQUIRES, "a")

    assert why(stand(A), NOTHING, theirs) == ["required by flow:1.0.0"]


def test_what_goes_itself_keeps_nothing() -> None:
    a, b = saying(A, REQUIRES, "b"), saying(B, REQUIRES, "a, b")

    assert going(stand(a, b)) == ["a:1.0.0", "b:1.0.0"]


def test_what_stays_keeps_all_the_way_down() -> None:
    a, b = saying(A, REQUIRES, "b"), saying(B, REQUIRES, "c")
    root = saying(entry_of("root", project="theirs"), REQUIRES, "a")

    assert going(stand(a, b, entry_of("c"), entry_of("d")), NOTHING, ORPHANS, root) == ["d:1.0.0"]


def test_both_tags_of_a_required_version_stay() -> None:
    twin = replace(A, tag=Tag("v1.0.0"))
    root = saying(entry_of("root", project="theirs"), REQUIRES, "a")

    assert going(stand(A, twin), NOTHING, ORPHANS, root) == []


def test_what_requires_goes_first() -> None:
    a, b, c = saying(A, REQUIRES, "b"), saying(B, REQUIRES, "c"), entry_of("c")

    judged = choose(Stock(stand(c, b, a)), NOTHING, ORPHANS)

    assert [item.entry.repository for item in in_order(judged)] == ["a", "b", "c"]


def test_circle_goes_as_it_comes() -> None:
    a, b = saying(A, REQUIRES, "b"), saying(B, REQUIRES, "a")

    ordered = in_order(choose(Stock(stand(a, b)), NOTHING, ORPHANS))

    assert [item.entry.repository for item in ordered] == ["a", "b"]
    assert ordered[0].needed_by == ((Repository("b"), Tag("1.0.0")),)


def test_manifest_of_an_index_that_stays_is_not_whole() -> None:
    index = replace(entry_of("a", "2.0.0"), media_type=media_types.OCI_INDEX)
    claims = replace(NOTHING, locked_digests=frozenset({(Repository("a"), index.digest)}))

    judged = {item.entry.tag: item for item in choose(Stock(stand(A, index)), claims, ORPHANS)}

    assert not judged[A.tag].is_whole
    assert judged[index.tag].stays


@pytest.mark.parametrize(
    ("tag", "media_type", "is_whole"),
    [
        pytest.param("nightly", media_types.OCI_INDEX, False, id="index"),
        pytest.param("nightly", None, False, id="unreadable"),
        pytest.param("nightly", media_types.OCI_MANIFEST, True, id="manifest"),
        pytest.param("sha256-" + "0" * 64, media_types.OCI_INDEX, True, id="referrers"),
        pytest.param("sha256-" + "0" * 64, None, True, id="unreadable-referrers"),
    ],
)
def test_index_under_another_tag_may_list_a_manifest(
    tag: str, media_type: str | None, *, is_whole: bool
) -> None:
    other = replace(entry_of("a", salt="other"), tag=Tag(tag), version=None, media_type=media_type or "")
    there = stand(A)[A.repository]
    others = {} if media_type is None else {other.tag: other}
    standing = {A.repository: Standing({**there.tags, other.tag: other.digest}, there.entries, others)}

    (item,) = choose(Stock(standing), NOTHING, ORPHANS)

    assert (item.stays, item.is_whole) == (False, is_whole)


def test_only_what_was_chosen_is_touched() -> None:
    assert going(stand(A, B), replace(NOTHING, chosen=frozenset({Repository("b")}))) == ["b:1.0.0"]


def test_digest_shared_with_another_version_is_not_whole() -> None:
    shared = Digest.of(b"shared")
    one, two = replace(A, digest=shared), replace(entry_of("a", "2.0.0"), digest=shared)

    judged = choose(Stock(stand(one, two)), WANTED, Retention(keep=1))

    assert [(item.stays, item.is_whole) for item in judged] == [(False, False)]


def test_requirement_that_cannot_be_read_keeps_nothing_and_is_said() -> None:
    standing, lying = stand(A), saying(entry_of("z", project="theirs"), REQUIRES, "^1, b@^^1")
    fooled = [saying(entry_of(f"x{number}"), REQUIRES, "^1") for number in range(9)]

    def said(*others: Entry, claims: Claims = NOTHING) -> list[str]:
        stock = Stock(standing, others)
        return narrate_unread(stock, choose(stock, claims, ORPHANS))

    assert said(lying, claims=WANTED) == []
    assert said(fooled[0]) == [f"x0:1.0.0: {UNREADABLE}"]
    assert said(*fooled)[-2:] == [f"x4:1.0.0: {UNREADABLE}", "and 4 more such"]
    assert said(A, saying(A, REQUIRES, "^1")) == []


def test_unclear_requirement_is_said_where_it_keeps_something() -> None:
    theirs = saying(entry_of("z", project="theirs"), REQUIRES, "a@^^1")
    stock = Stock(stand(A), (theirs,))

    (note,) = narrate_unread(stock, choose(stock, NOTHING, ORPHANS))

    assert note.startswith("z:1.0.0: org.pallet.workflow.requires: 'a@^^1': ")
    assert note.endswith(": every version of a stays")


def test_nothing_goes_where_nobody_can_tell() -> None:
    (item,) = withhold(choose(Stock(stand(A)), NOTHING, ORPHANS))

    assert (item.stays, item.is_withheld, item.why) == (True, True, "nobody can tell who requires it")
