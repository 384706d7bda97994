"""What stays because something that stays needs it: whatever goes, `deps` answers as it did before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reconciler.discovery.catalog_document import Key
from reconciler.discovery.dependencies import Dependencies, find_dependencies
from reconciler.discovery.entries import Entry
from reconciler.discovery.shelves import EntryShelf
from reconciler.discovery.surveying import Standing
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.pruning_needs import WORK_MAX, Needs
from reconciler.sync.pruning_stock import Stock, key_of
from tests.discovery.needs import entry

NAMES = "abcde"
VERSIONS = ("1.0.0", "1.1.0", "1.5.0", "2.0.0-rc.1", "2.0.0")
CONSTRAINTS = ("", "@^1", "@^2", "@<2", "@~1.1", "@1.0.0 || 2.0.0", "@^2.0.0-rc.1", "@1.1.0", "@^^1")


def stock_of(published: Iterable[Entry], *listed: Entry, wanted: tuple[Entry, ...] = ()) -> Stock:
    standing: dict[Repository, Standing] = {}
    for item in published:
        there = standing.setdefault(item.repository, Standing())
        standing[item.repository] = replace(there, entries={**there.entries, item.tag: item})
    return Stock(standing, listed, wanted)


def going(
    candidates: str, published: Iterable[Entry], *listed: Entry, wanted: tuple[Entry, ...] = ()
) -> list[str]:
    """Return which of the repositories' versions nothing keeps."""
    stock = stock_of(published, *listed, wanted=wanted)
    names = {Repository(f"w/{name}") for name in candidates.split()}
    may_go = [key_of(item) for item in published if item.repository in names]
    stays = Needs(stock, may_go).keep(())
    return [f"{name.removeprefix('w/')}:{tag}" for name, tag in may_go if (name, tag) not in stays]


@pytest.mark.parametrize(
    ("candidates", "published", "expected"),
    [
        pytest.param(
            "good",
            [
                entry("n", requires="good@^1"),
                entry("good", "1.0.0"),
                entry("good", "1.1.0", stable="false"),
                entry("good", "0.9.0"),
            ],
            ["good:0.9.0"],
            id="the-one-that-is-not-called-unstable",
        ),
        pytest.param(
            "p q",
            [
                entry("c", requires="p, q@^1"),
                entry("p", "1.0.0", "q@^1"),
                entry("p", "2.0.0", "q@^2"),
                entry("q", "1.0.0"),
                entry("q", "2.0.0"),
                entry("q", "3.0.0"),
            ],
            ["q:3.0.0"],
            id="the-older-one-that-can-be-combined",
        ),
        pytest.param(
            "gap",
            [
                entry("a", requires="gap@1.0.0 || 2.0.0"),
                entry("b", requires="gap@^1"),
                entry("c", requires="a, b"),
                entry("gap", "1.0.0"),
                entry("gap", "1.2.0"),
                entry("gap", "1.5.0"),
                entry("gap", "2.0.0"),
            ],
            ["gap:1.2.0"],
            id="what-only-constraints-with-gaps-share",
        ),
        pytest.param(
            "bare good",
            [entry("n", requires="good@^^1, !!odd", dependencies="bare@"), entry("good"), entry("bare"), entry("odd")],
            [],
            id="every-version-where-it-is-unclear-which",
        ),
        pytest.param(
            "x y",
            [entry("n", requires="x"), entry("x", "1.0.0", "y@^1"), entry("x", "0.9.0", "y"), entry("y"), entry("y", "2.0.0")],
            ["x:0.9.0", "y:2.0.0"],
            id="what-is-kept-keeps",
        ),
        pytest.param("x y", [entry("x", requires="y"), entry("y", requires="x")], ["x:1.0.0", "y:1.0.0"], id="circle-goes"),
    ],
)  # fmt: skip
def test_what_deps_takes_stays(candidates: str, published: list[Entry], expected: list[str]) -> None:
    assert going(candidates, published) == expected


def test_all_that_an_answer_could_come_to_stays_where_it_would_change() -> None:
    published = [
        entry("a", requires="b@^1, c@1.1.0"),
        entry("b", "1.0.0", "c@1.1.0"),
        entry("b", "1.5.0", "c@<1.5"),
        entry("c", "1.0.0", stable="false"),
        entry("c", "1.1.0", stable="false"),
        entry("c", "1.5.0", "b@1.1.0"),
        entry("c", "2.0.0", "b"),
        entry("c", "3.0.0", "b@<2"),
        entry("d"),
    ]

    # Of b 1.0.0, c 1.1.0 and what each requirement means by itself alone, `deps` would find no answer.
    assert going("b c d", published) == ["d:1.0.0"]


def test_graphs_that_take_too_long_are_kept_whole() -> None:
    published = [
        entry("c", requires="p"),
        entry("p", requires="q"),
        entry("q"),
        entry("q", "2.0.0"),
        entry("d"),
    ]
    needs = Needs(stock_of(published), map(key_of, published[1:]), work_max=0)

    assert needs.keep(()) == {key_of(item): "may be required by w/c:1.0.0" for item in published[1:4]}


def test_who_requires_is_named_directly() -> None:
    published = [entry("c", requires="p"), entry("p", requires="q"), entry("q")]
    needs = Needs(stock_of(published), map(key_of, published[1:]))

    assert list(needs.keep(()).values()) == ["required by w/c:1.0.0", "required by w/p:1.0.0"]


def test_what_the_catalog_lists_requires_and_is_taken() -> None:
    there = [entry("q"), entry("q", "2.0.0"), entry("q", "3.0.0")]
    listed = entry("c", requires="p, q@<3"), entry("p", "1.0.0", "q@^1"), entry("p", "2.0.0", "q@^4")

    # Of p, which was not read, 1.0.0 is taken: so q 1.0.0 is needed, and 2.0.0 is what c alone would take.
    assert going("q", there, *listed) == ["q:3.0.0"]


def test_gone_version_of_the_catalog_is_not_taken() -> None:
    assert going("q", [entry("q")], entry("q", "2.0.0"), entry("c", requires="q")) == []


def test_what_is_under_another_tag_requires() -> None:
    stock = stock_of([entry("q")])
    main = replace(entry("c", requires="q"), tag=Tag("main"), version=None)
    other = {main.repository: Standing(others={main.tag: main})}

    needs = Needs(Stock({**stock.standing, **other}), [key_of(entry("q"))])

    assert list(needs.keep(()).values()) == ["required by w/c:main"]


def test_what_is_wanted_counts_before_and_after_it_is_published() -> None:
    there = [entry("q", "1.0.0"), entry("q", "1.1.0"), entry("q", "1.2.0"), entry("p", "1.0.0", "q@1.0.0")]
    wanted = entry("c", requires="p"), entry("p", "1.1.0", "q@1.1.0")

    assert going("q", there, wanted=wanted) == ["q:1.2.0"]


def test_wanted_edit_keeps_what_it_requires() -> None:
    edited = replace(entry("p", requires="q"), digest=Digest.of(b"edited"))

    assert going("p q", [entry("p"), entry("q")], wanted=(edited,)) == ["p:1.0.0"]


def test_those_that_go_are_named_with_who_requires_them() -> None:
    published = [entry("p", requires="q"), entry("q", "1.0.0"), entry("q", "0.9.0")]
    may_go = [*map(key_of, published)]

    found = Needs(stock_of(published), may_go).among(may_go)

    assert found == {("w/q", "1.0.0"): {("w/p", "1.0.0")}}


@st.composite
def graphs(draw: st.DrawFn) -> list[Entry]:
    """Artifacts that require each other as it comes: cycles, gaps, what is missing, what is unstable."""
    entries = []
    for name in NAMES:
        for version in sorted(draw(st.sets(st.sampled_from(VERSIONS), min_size=1, max_size=4))):
            requires = draw(
                st.lists(
                    st.tuples(st.sampled_from(NAMES), st.sampled_from(CONSTRAINTS)),
                    max_size=draw(st.integers(0, 2)),
                )
            )
            text = ", ".join(f"{other}{constraint}" for other, constraint in requires if other != name)
            stable = draw(st.sampled_from(("true", "true", "false")))
            entries.append(entry(name, version, text, stable=stable))
    return entries


def _answer(found: Dependencies) -> tuple[list[Key], int]:
    return sorted(map(key_of, found.needed)), len(found.unmet)


@settings(max_examples=200)
@given(st.data(), graphs(), st.sampled_from((0, 3, WORK_MAX)))
def test_whatever_goes_answers_stay(data: st.DataObject, graph: list[Entry], work_max: int) -> None:
    chosen = data.draw(st.sets(st.sampled_from(range(len(graph)))), label="staying")
    candidates = [key_of(item) for place, item in enumerate(graph) if place not in chosen]
    kept = {key for key in candidates if data.draw(st.integers(0, 3), label=f"kept {key}") == 0}
    unread = data.draw(st.sets(st.sampled_from([item.repository for item in graph])), label="unread")
    unread -= {name for name, _ in candidates}
    read = [item for item in graph if item.repository not in unread]
    stock = stock_of(read, *(item for item in graph if item.repository in unread))

    stays = kept | Needs(stock, candidates, work_max=work_max).keep(kept).keys()
    left = [item for item in graph if key_of(item) not in candidates or key_of(item) in stays]
    event(f"something goes: {len(left) < len(graph)}")
    for item in left:
        before, after = (find_dependencies(item, EntryShelf(shelf)) for shelf in (graph, left))
        if not before.unmet:
            assert after.unmet == ()
        assert _answer(after) == _answer(before)
