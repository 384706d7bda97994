"""What a workflow needs: which versions are taken, and what is said where they cannot be."""

from __future__ import annotations

import random
from itertools import product

import pytest

from reconciler.desired.cycles import find_cycles
from reconciler.desired.requirements import Requirement
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.entries import Entry
from reconciler.discovery.requiring import read_said
from reconciler.discovery.shelves import EntryShelf
from tests.discovery.needs import CountingShelf, chosen, entry, needs_of

CHOICES = [
    pytest.param([entry("x")], {}, id="nothing"),
    pytest.param([entry("x", requires="a"), entry("a", requires="b"), entry("b")], {"a": "1.0.0", "b": "1.0.0"}, id="transitive"),
    pytest.param(
        [entry("x", requires="a@^1"), entry("a", "1.2.0"), entry("a", "1.10.0"), entry("a", "2.0.0")],
        {"a": "1.10.0"},
        id="highest-that-fits",
    ),
    pytest.param(
        [entry("x", requires="c@^1,a"), entry("a", requires="c@~1.2"), entry("c", "1.2.5"), entry("c", "1.3.0")],
        {"c": "1.2.5", "a": "1.0.0"},
        id="all-constraints-hold-together",
    ),
    pytest.param(
        [entry("x", requires="a,c"), entry("a", "1.1.0", "c@~1.2"), entry("a", "1.0.0"), entry("c", "1.2.0"), entry("c", "1.3.0")],
        {"a": "1.1.0", "c": "1.2.0"},
        id="the-one-that-requires-stays-newest",
    ),
    pytest.param(
        [entry("x", requires="a"), entry("a", dependencies="b"), entry("b")],
        {"a": "1.0.0", "b": "1.0.0"},
        id="older-publishers",
    ),
    pytest.param(
        [entry("x", requires="a", dependencies="a@~1.2, b"), entry("a", "1.2.0"), entry("a", "1.3.0"), entry("b")],
        {"a": "1.2.0", "b": "1.0.0"},
        id="union-of-both-annotations",
    ),
    pytest.param([entry("x", requires="tools/a"), entry("tools/a"), entry("tools/b")], {"tools/a": "1.0.0"}, id="of-the-target"),
    pytest.param([entry("x", requires="a"), entry("a", "1.0.0"), entry("a", "2.0.0-rc.1")], {"a": "1.0.0"}, id="no-prerelease"),
    pytest.param([entry("x", requires="a@^2.0.0-rc.1"), entry("a", "1.0.0"), entry("a", "2.0.0-rc.2")], {"a": "2.0.0-rc.2"}, id="named-prerelease"),
    pytest.param([entry("x", requires="a"), entry("a", "1.0.0"), entry("a", "1.1.0", stable="false")], {"a": "1.0.0"}, id="unstable-passed-over"),
    pytest.param([entry("x", requires="a@1.1.0"), entry("a", "1.0.0"), entry("a", "1.1.0", stable="false")], {"a": "1.1.0"}, id="unstable-by-name"),
    pytest.param(
        [entry("x", requires="a,b"), entry("a", "1.1.0", "c@~1.2"), entry("a", "1.0.0", "c@~1.3"), entry("b", requires="c@~1.3"), entry("c", "1.2.0"), entry("c", "1.3.0")],
        {"a": "1.0.0", "b": "1.0.0", "c": "1.3.0"},
        id="an-older-one-where-the-newest-cannot",
    ),
    pytest.param(
        [entry("x", requires="a"), entry("a", "2.0.0", "b"), entry("a", "1.0.0"), entry("b", requires="a@<2")],
        {"a": "1.0.0"},
        id="those-that-would-go-round-come-to-an-end",
    ),
    pytest.param(
        [entry("x", requires="a,c@~1.2"), entry("a", requires="c,old"), entry("c", "1.3.0", "gone"), entry("c", "1.2.0"), entry("old")],
        {"a": "1.0.0", "c": "1.2.0", "old": "1.0.0"},
        id="what-only-a-former-choice-required-is-forgotten",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), CHOICES)
def test_each_repository_is_taken_once(entries: list[Entry], expected: dict[str, str]) -> None:
    found = needs_of(*entries)
    assert (chosen(found), found.unmet) == (expected, ())


@pytest.mark.parametrize(("entries", "expected"), CHOICES)
def test_order_of_entries_never_matters(entries: list[Entry], expected: dict[str, str]) -> None:
    found = find_dependencies(entries[0], EntryShelf(reversed(entries)))
    assert chosen(found) == expected


UNMET = [
    pytest.param(
        [entry("x", requires="a"), entry("a", requires="b")],
        "w/b: missing: expected a repository with versions, got none\n  w/x 1.0.0 → w/a 1.0.0 → w/b",
        id="missing",
    ),
    pytest.param(
        [entry("x", requires="a@^3"), entry("a", "1.0.0"), entry("a", "2.0.0")],
        "w/a: no such version: expected ^3, got 2.0.0, 1.0.0\n  w/x 1.0.0 → w/a@^3",
        id="no-such-version",
    ),
    pytest.param(
        [entry("x", requires="a"), entry("a", "1.0.0-beta.1")],
        "w/a: no such version: expected a stable version, got 1.0.0-beta.1\n  w/x 1.0.0 → w/a",
        id="no-stable-version",
    ),
    pytest.param(
        [entry("x", requires="a,b"), entry("a", requires="c@~1.2"), entry("b", requires="c@~1.3"), entry("c", "1.2.0"), entry("c", "1.3.0")],
        "w/c: constraints that cannot all hold: expected one version for ~1.2 and ~1.3, got 1.3.0, 1.2.0\n"
        "  w/x 1.0.0 → w/a 1.0.0 → w/c@~1.2\n  w/x 1.0.0 → w/b 1.0.0 → w/c@~1.3",
        id="both-demands-with-their-ways",
    ),
    pytest.param(
        [entry("x", requires="x")],
        "w/x: a cycle: expected requirements that end, got one of itself: w/x 1.0.0 → w/x 1.0.0\n  w/x 1.0.0",
        id="itself",
    ),
    pytest.param(
        [entry("x", requires="a"), entry("a", requires="b"), entry("b", requires="a")],
        "w/a: a cycle: expected requirements that end, got one: w/a 1.0.0 → w/b 1.0.0 → w/a 1.0.0\n  w/x 1.0.0 → w/a 1.0.0",
        id="cycle",
    ),
    pytest.param(
        [entry("x", requires="a"), entry("a", requires="x@^9")],
        "w/x: a cycle: expected requirements that end, got one: w/x 1.0.0 → w/a 1.0.0 → w/x 1.0.0\n  w/x 1.0.0",
        id="cycle-through-the-root",
    ),
    pytest.param(
        [entry("x", requires="BAD")],
        "w/x 1.0.0: org.pallet.workflow.requires: 'BAD': not a repository name: expected lower-case letters and "
        "digits, parted by one of . _ - /; upper case is not allowed, got 'w/BAD'\n  w/x 1.0.0",
        id="unreadable",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "expected"), UNMET)
def test_trouble_is_named_with_its_ways(entries: list[Entry], expected: str) -> None:
    assert [str(item) for item in needs_of(*entries).unmet] == [expected]


def test_all_troubles_are_named_at_once() -> None:
    found = needs_of(
        entry("x", requires="a,b,gone,a b,n@^3"),
        entry("a", requires="a,c@1"),
        entry("b", requires="c@2"),
        entry("c", "1.0.0"),
        entry("c", "2.0.0"),
        entry("n"),
    )
    assert [(item.repository, item.why) for item in found.unmet] == [
        ("w/a", "cycle"),
        ("w/c", "conflict"),
        ("w/gone", "missing"),
        ("w/n", "unsatisfied"),
        ("w/x", "unreadable"),
    ]


def test_conflict_that_has_a_way_out_is_none_beside_one_that_has_none() -> None:
    found = needs_of(
        entry("x", requires="a,b,p,q"),
        entry("a", "1.1.0", "c@1"),
        entry("a", "1.0.0", "c@2"),
        entry("b", requires="c@2"),
        entry("c", "1.0.0"),
        entry("c", "2.0.0"),
        entry("p", requires="r@1"),
        entry("q", requires="r@2"),
        entry("r", "1.0.0"),
        entry("r", "2.0.0"),
    )
    assert [item.repository for item in found.unmet] == ["w/r"]
    assert chosen(found)["a"] == "1.0.0"


def test_missing_is_not_escaped_by_an_older_version() -> None:
    found = needs_of(entry("x", requires="a"), entry("a", "1.1.0", "gone"), entry("a", "1.0.0"))
    assert (chosen(found)["a"], [item.why for item in found.unmet]) == ("1.1.0", ["missing"])


def test_way_out_must_not_lead_to_something_missing() -> None:
    found = needs_of(
        entry("x", requires="a,b"),
        entry("a", "1.2.0", "c@1"),
        entry("a", "1.1.0", "gone"),
        entry("a", "1.0.0"),
        entry("b", requires="c@2"),
        entry("c", "1.0.0"),
        entry("c", "2.0.0"),
    )
    assert (chosen(found)["a"], found.unmet) == ("1.0.0", ())


def test_many_versions_that_ask_for_the_same_end() -> None:
    """Forty versions on each side that cannot be combined are no sixteen hundred attempts."""
    sides = [
        entry(name, f"1.{minor}.0", f"c@{number}")
        for name, number in (("a", 1), ("b", 2))
        for minor in range(40)
    ]
    found = needs_of(entry("x", requires="a,b"), *sides, entry("c", "1.0.0"), entry("c", "2.0.0"))
    assert [item.why for item in found.unmet] == ["conflict"]


def test_chain_of_ten_thousand_is_no_recursion() -> None:
    last = 10_000
    links = [
        entry(f"n{place}", requires=f"n{place + 1}@^1" if place < last else "") for place in range(last + 1)
    ]
    found = needs_of(*links)
    assert (len(found.needed), found.unmet) == (last, ())


def test_long_way_loses_its_middle() -> None:
    links = [entry(f"n{place}", requires=f"n{place + 1}") for place in range(100)]
    (unmet,) = needs_of(*links).unmet
    assert unmet.ways[0][11:14] == ("w/n11 1.0.0", "… 77 more …", "w/n89 1.0.0")


def test_wave_is_asked_for_at_once() -> None:
    shelf = CountingShelf(entry("x"), entry("a", requires="c"), entry("b", requires="c"), entry("c"))
    find_dependencies(entry("x", requires="a,b"), shelf)
    assert shelf.asked == [("w/a", "w/b"), ("w/a 1.0.0", "w/b 1.0.0"), ("w/c",), ("w/c 1.0.0",)]


def test_root_without_a_version_is_taken_as_it_is() -> None:
    from dataclasses import replace

    root = replace(entry("x", requires="a"), version=None)
    found = find_dependencies(root, EntryShelf([entry("a")]))
    assert chosen(found) == {"a": "1.0.0"}


def test_same_answer_as_trying_everything() -> None:
    """Against a search that tries all combinations: one is found exactly where there is one."""
    seed = random.Random(20)
    for _ in range(150):
        entries = [entry("x", requires=_some(seed, ("a", "b", "c")))]
        for place, name in enumerate("abcd"):
            for version in ("1.0.0", "1.1.0", "2.0.0"):
                entries.append(entry(name, version, _some(seed, tuple("abcd"[place + 1 :]))))
        found = needs_of(*entries)
        assert _is_solution(entries, {"x": "1.0.0", **chosen(found)}) == (not found.unmet)
        assert bool(found.unmet) != any(
            _is_solution(entries, {"x": "1.0.0", **dict(zip("abcd", picks, strict=True))})
            for picks in product(("1.0.0", "1.1.0", "2.0.0", None), repeat=4)
        )


def _some(seed: random.Random, names: tuple[str, ...]) -> str:
    chosen = seed.sample(names, seed.randint(0, min(2, len(names))))
    return ",".join(f"{name}@{seed.choice(('^1', '~1.0', '1.1.0', '2', '>=1.1', '*'))}" for name in chosen)


def _is_solution(entries: list[Entry], picks: dict[str, str | None]) -> bool:
    by_key = {(item.repository.removeprefix("w/"), str(item.version)): item for item in entries}
    taken = {name: by_key[name, version] for name, version in picks.items() if version is not None}

    def holds(need: Requirement) -> bool:
        other = taken.get(need.name.removeprefix("w/"))
        return other is not None and other.version is not None and need.allows(other.version)

    return all(holds(need) for item in taken.values() for need in read_said(item).needs)


def test_every_edge_back_is_a_cycle() -> None:
    graph = {"a": "bc", "b": "a", "c": "cd", "d": "a"}
    assert find_cycles(["a"], lambda node: graph[node]) == [("a", "b"), ("c",), ("a", "c", "d")]


def test_cycles_are_bounded() -> None:
    assert len(find_cycles([0], lambda _: range(50), at_most=7)) == 7
