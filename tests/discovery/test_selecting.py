"""Which workflow is chosen, who comes nearest where none is, and why the others lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.constraints import Constraint
from reconciler.discovery.conditions import parse_condition
from reconciler.discovery.current import Eligible
from reconciler.discovery.entries import Entry
from reconciler.discovery.selecting import Selection, select
from reconciler.discovery.wishes import Wish, count_failures, failures_of, fits
from tests.discovery.workflows import CARD, workflow

GB = 10**9
PLAN = {"skills": "plan,code"}


def chosen(selection: Selection) -> str | None:
    """Return what was chosen, such as `a:1.0.0`."""
    if selection.chosen is None:
        return None
    entry = selection.chosen.entry
    return f"{entry.repository.removeprefix('w/')}:{entry.tag}"


def test_all_skills_are_needed() -> None:
    shelf = [workflow("w/a", skills="plan"), workflow("w/b", skills="code, plan, test")]

    assert chosen(select(shelf, Wish(skills=("plan", "code")))) == "b:1.0.0"


def test_part_of_a_skill_is_none() -> None:
    assert chosen(select([workflow("w/a", skills="replan,plans")], Wish(skills=("plan",)))) is None


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        pytest.param(Wish(language="python"), "python:1.0.0", id="language"),
        pytest.param(Wish(language="Python", environment="prod"), "python:1.0.0", id="10-beats-5"),
        pytest.param(Wish(environment="prod"), "prod:1.0.0", id="environment"),
        pytest.param(Wish(environment="prod", memory_bytes=GB), "prod:1.0.0", id="5-and-3"),
        pytest.param(Wish(memory_bytes=GB // 2), "small:1.0.0", id="only-what-fits"),
        pytest.param(Wish(language="python", memory_bytes=GB // 2), "small:1.0.0", id="more-is-left-out"),
        pytest.param(Wish(language="cobol"), None, id="scoring-nothing"),
        pytest.param(Wish(memory_bytes=1), None, id="nothing-fits"),
        pytest.param(Wish(), "urgent:1.0.0", id="no-context-nobody-scores"),
    ],
)
def test_context_decides(wish: Wish, expected: str | None) -> None:
    shelf = [
        workflow("w/urgent", language="go", max_memory="4GB", priority="9"),
        workflow("w/python", language="go, python", max_memory="2GB"),
        workflow("w/prod", env="prod"),
        workflow("w/small", max_memory="256MiB"),
    ]

    assert chosen(select(shelf, wish)) == expected


@pytest.mark.parametrize(
    ("shelf", "expected", "why"),
    [
        pytest.param(
            [workflow("w/a", priority="1"), workflow("w/b", priority="2")],
            "b:1.0.0",
            "w/b has the higher priority: 2, not 1",
            id="priority",
        ),
        pytest.param(
            [workflow("w/a", cost="medium"), workflow("w/b")],
            "b:1.0.0",
            "w/b has the lower cost: low, not medium",
            id="cost",
        ),
        pytest.param(
            [workflow("w/a", "1.9.0"), workflow("w/b", "1.10.0")],
            "b:1.10.0",
            "w/b has the newer version: 1.10.0, not 1.9.0",
            id="version",
        ),
        pytest.param(
            [workflow("w/b"), workflow("w/a")], "a:1.0.0", "w/a has the name that comes first", id="name"
        ),
        pytest.param(
            [workflow("w/a", priority="9"), workflow("w/b", language="go")],
            "b:1.0.0",
            "w/b has the higher score: 13, not 3",
            id="score",
        ),
    ],
)
def test_ties_are_broken(shelf: list[Entry], expected: str, why: str) -> None:
    wish = Wish(language="go", memory_bytes=GB)
    told = select(shelf, wish, explain=True)

    assert chosen(select(shelf, wish)) == chosen(told) == expected
    assert [item.lost_by for item in told.candidates] == [None, why]


def test_newest_stable_version_stands_for_its_repository() -> None:
    shelf = [
        workflow("w/a", "1.0.0", skills="old", priority="9"),
        workflow("w/a", "1.1.0", skills="new"),
        workflow("w/a", "2.0.0-rc.1", skills="next"),
    ]

    assert chosen(select(shelf, Wish(skills=("new",)))) == "a:1.1.0"
    assert chosen(select(shelf, Wish(skills=("old",)))) is None
    assert chosen(select(shelf, Wish(skills=("next",)))) is None
    assert (
        chosen(select(shelf, Wish(skills=("next",), eligible=Eligible(prereleases=True)))) == "a:2.0.0-rc.1"
    )
    assert chosen(select(shelf, Wish(eligible=Eligible(Constraint("~1.0"))))) == "a:1.0.0"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(required=(parse_condition("type=parallel"),)), "b"),
        (Wish(required=(parse_condition("timeout<=60"),)), "a"),
        (Wish(repositories=("w/[bc]",)), "b"),
        (Wish(repositories=("x/*", "w/a")), "a"),
    ],
)
def test_filters_are_hard(wish: Wish, expected: str) -> None:
    shelf = [workflow("w/a", timeout="60"), workflow("w/b", type="parallel", timeout="600", priority="1")]

    assert chosen(select(shelf, wish)) == f"{expected}:1.0.0"


def test_only_workflows_are_candidates() -> None:
    selection = select([workflow("agents/a", "1.0.0", CARD)], Wish(repositories=("agents/*",)))

    assert (selection.chosen, selection.nearest, selection.considered) == (None, None, 0)


def test_nearest_miss_fails_the_fewest() -> None:
    shelf = [
        workflow("w/a", skills="plan", priority="9"),
        workflow("w/b", skills="plan,code", max_memory="8GB"),
        workflow("w/c"),
    ]

    selection = select(shelf, Wish(skills=("plan", "code", "test"), memory_bytes=10 * GB))

    assert selection.nearest is not None
    assert selection.nearest.entry.repository == "w/b"
    assert selection.nearest.failures == ("skill test: expected among its skills, got 'plan, code'",)
    assert (selection.fitting, selection.considered) == (0, 3)


@pytest.mark.parametrize(
    ("entry", "wish", "failure"),
    [
        (workflow(), Wish(skills=("x",)), "skill x: expected among its skills, got none"),
        (
            workflow(),
            Wish(memory_bytes=5),
            "memory: expected at most 5 bytes, got nothing said, which counts as 1000000000 bytes",
        ),
        (
            workflow(max_memory="lots"),
            Wish(memory_bytes=5 * GB),
            "memory: expected at most 5000000000 bytes, got 'lots'",
        ),
        (
            workflow(language="go"),
            Wish(language="python", environment="prod"),
            "context: expected language python or environment prod, got 'go'",
        ),
        (workflow(), Wish(environment="prod"), "context: expected environment prod, got nothing said"),
        (workflow("w/a", "1.0.0-rc.1"), Wish(), "version: expected a stable one, got 1.0.0-rc.1"),
        (workflow("w/a", "latest"), Wish(), "version: expected a stable one, got the tag latest"),
        (
            workflow("w/a", "latest"),
            Wish(eligible=Eligible(prereleases=True)),
            "version: expected any version, got the tag latest",
        ),
        (
            workflow("w/a", "1.0.0"),
            Wish(eligible=Eligible(Constraint("^2"))),
            "version: expected ^2, got 1.0.0",
        ),
        (
            workflow(type="parallel"),
            Wish(required=(parse_condition("type=sequential"),)),
            "type=sequential: expected it to hold, got 'parallel'",
        ),
        (
            workflow(),
            Wish(required=(parse_condition("timeout<5"),)),
            "timeout<5: expected it to hold, got nothing said",
        ),
        (
            workflow(),
            Wish(required=(parse_condition("version>1"),)),
            "version>1: expected it to hold, got 1.0.0",
        ),
        (
            workflow(),
            Wish(required=(parse_condition("size<5"),)),
            "size<5: expected it to hold, got 700 bytes",
        ),
    ],
)
def test_miss_says_what_was_expected(entry: Entry, wish: Wish, failure: str) -> None:
    selection = select([entry], wish)

    assert selection.nearest is not None
    assert selection.nearest.failures == (failure,)


def test_explanation_holds_everybody() -> None:
    shelf = [
        workflow("w/far", language="go"),
        workflow("w/near", skills="plan"),
        workflow("w/good", **PLAN),
        workflow("w/best", priority="1", **PLAN),
    ]

    told = select(shelf, Wish(skills=("plan", "code")), explain=True)

    assert [item.entry.repository for item in told.candidates] == ["w/best", "w/good", "w/near", "w/far"]
    assert [len(item.failures) for item in told.candidates] == [0, 0, 1, 2]
    assert select(shelf, Wish(skills=("plan", "code"))).candidates == ()


def test_lies_are_noted_and_nobody_else_suffers() -> None:
    shelf = [
        workflow("w/liar", priority="top", max_memory="lots", timeout="soon"),
        workflow("w/honest", priority="1", timeout="60"),
    ]

    selection = select(shelf, Wish(memory_bytes=GB, required=(parse_condition("timeout<100"),)))

    assert chosen(selection) == "honest:1.0.0"
    assert selection.notes == (
        "w/liar:1.0.0: org.pallet.workflow.timeout: expected seconds such as 600, got 'soon'",
    )
    (memory,) = select(shelf, Wish(memory_bytes=GB)).notes
    assert "max-memory: expected an amount such as 512MiB or 2GB, got 'lots'" in memory
    (priority,) = select(shelf, Wish()).notes
    assert "priority: expected a whole number, got 'top'" in priority


def test_unreadable_memory_is_not_known_to_fit() -> None:
    liar = workflow("w/liar", language="python", max_memory="lots")

    (judged,) = select([liar], Wish(language="python", memory_bytes=8 * GB), explain=True).candidates

    assert (judged.score.memory, judged.score.language) == (0, 10)
    assert judged.failures == ("memory: expected at most 8000000000 bytes, got 'lots'",)
    assert chosen(select([liar], Wish(language="python"))) == "liar:1.0.0"


def test_nearest_miss_lacks_the_least_memory() -> None:
    shelf = [
        workflow("w/liar", priority="9", max_memory="lots"),
        workflow("w/big", priority="5", max_memory="8GB"),
        workflow("w/near", max_memory="1GB"),
    ]

    told = select(shelf, Wish(memory_bytes=900 * 10**6), explain=True)

    assert told.nearest is not None
    assert told.nearest.entry.repository == "w/near"
    assert [item.entry.repository for item in told.candidates] == ["w/near", "w/big", "w/liar"]


SAID = st.fixed_dictionaries(
    {},
    optional={
        "skills": st.sampled_from(("plan", "plan,code", "code", "")),
        "language": st.sampled_from(("python", "go", "python,go")),
        "env": st.sampled_from(("prod", "dev")),
        "max_memory": st.sampled_from(("512MiB", "2GB", "lots")),
        "priority": st.sampled_from(("-1", "0", "5", "top")),
        "cost": st.sampled_from(("low", "high", "free")),
    },
)
TAGS = st.sampled_from(("1.0.0", "1.0.0_b1", "2.0.0", "2.1.0-rc.1", "latest"))
ENTRIES = st.lists(
    st.builds(
        lambda name, tag, said: workflow(name, tag, **said),
        st.sampled_from(("w/a", "w/b", "x/c")),
        TAGS,
        SAID,
    ),
    max_size=8,
    unique_by=lambda entry: (entry.repository, entry.tag),
)
WISHES = st.builds(
    Wish,
    skills=st.sampled_from(((), ("plan",), ("plan", "code"))),
    language=st.sampled_from((None, "python")),
    environment=st.sampled_from((None, "prod")),
    memory_bytes=st.sampled_from((None, GB, 4 * GB)),
    repositories=st.sampled_from(((), ("w/*",))),
    eligible=st.sampled_from((Eligible(), Eligible(prereleases=True), Eligible(Constraint("^1")))),
)


@given(ENTRIES, WISHES, st.randoms(use_true_random=False))
def test_order_of_entries_never_matters(entries: list[Entry], wish: Wish, chance: object) -> None:
    told = select(entries, wish, explain=True)
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis

    assert select(shuffled, wish, explain=True) == told
    assert select(entries, wish).chosen == told.chosen


@given(ENTRIES, WISHES, SAID, TAGS)
def test_worse_candidate_never_changes_the_winner(
    entries: list[Entry], wish: Wish, said: dict[str, str], tag: str
) -> None:
    before = select(entries, wish)
    added = workflow("w/zz", tag, **said)
    after = select([*entries, added], wish)

    if after.chosen is None or after.chosen.entry is not added:
        assert after.chosen == before.chosen
    else:
        assert before.chosen is None or select([before.chosen.entry, added], wish).chosen == after.chosen


@given(ENTRIES, WISHES)
def test_counts_and_reasons_agree(entries: list[Entry], wish: Wish) -> None:
    for entry in entries:
        reasons = list(failures_of(entry, wish))

        assert count_failures(entry, wish) == len(reasons)
        assert fits(entry, wish) is (not reasons)


@given(ENTRIES, WISHES)
def test_chosen_one_keeps_every_promise(entries: list[Entry], wish: Wish) -> None:
    selection = select(entries, wish, explain=True)

    assert (selection.chosen is None) is (selection.fitting == 0)
    assert selection.chosen is None or selection.nearest is None
    if selection.chosen is not None:
        assert not wish.has_context or selection.chosen.score.total > 0
        assert wish.eligible.allows(selection.chosen.entry)
    assert len(selection.candidates) == selection.considered
