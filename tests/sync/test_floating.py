"""Floating tags, verdict by verdict: what the tag holds, the word for it, and what sync does."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import STABLE
from reconciler.oci.digest import Digest
from reconciler.sync.actions import FloatingPlan, Observations, Outcome
from reconciler.sync.facts import (
    Absent,
    FloatingAbsent,
    FloatingPresent,
    FloatingSeen,
    Present,
    Seen,
    Unknown,
)
from reconciler.sync.floating import FloatingVerdict, judge_floating, newest_in_scope, set_goals
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Action, Permission
from tests.support.wanted import NAME, TIMEOUT, digest, floating_key, lock_of, terms, wanted

LATEST = floating_key(NAME, "latest")
ITEM = wanted(version="1.1.0", floating_tags=["latest"])
W = ITEM.digest
OTHER = digest("other")


def holds(version: str | None, held: Digest = OTHER) -> FloatingPresent:
    return FloatingPresent(held, Version(version) if version else None)


class Case(NamedTuple):
    """A row: the artifact as it was seen, the tag as it was seen, and what follows."""

    artifact: Seen
    tag: FloatingSeen
    verdict: FloatingVerdict
    action: Action
    settled: Outcome | None
    reason: str


IN_SYNC = Present(W)
V, NONE, PUSH, REFUSE = FloatingVerdict, Action.NONE, Action.PUSH, Action.REFUSE

CASES = {
    "holds what is wanted": Case(IN_SYNC, holds("1.1.0", W), V.CURRENT, NONE, Outcome.DONE, "holds 1.1.0"),
    "holds an older version": Case(
        IN_SYNC, holds("1.0.0"), V.BEHIND, PUSH, None, "holds 1.0.0, 1.1.0 is newer"
    ),
    "holds a pre-release of it": Case(
        IN_SYNC, holds("1.1.0-rc.1"), V.BEHIND, PUSH, None, "holds 1.1.0-rc.1, 1.1.0 is newer"
    ),
    "holds other content of the version": Case(
        IN_SYNC, holds("1.1.0"), V.BEHIND, PUSH, None, "holds other content of 1.1.0"
    ),
    "holds a newer version": Case(
        IN_SYNC,
        holds("2.0.0"),
        V.AHEAD,
        NONE,
        Outcome.DONE,
        "holds 2.0.0, which is newer than 1.1.0: left alone",
    ),
    "absent": Case(IN_SYNC, FloatingAbsent(), V.ABSENT, PUSH, None, "absent"),
    "absent, only older ones published": Case(
        IN_SYNC, FloatingAbsent((Version("1.0.9"), Version("1.1.0"))), V.ABSENT, PUSH, None, "absent"
    ),
    "deleted, and a newer one published": Case(
        IN_SYNC,
        FloatingAbsent((Version("1.0.0"), Version("2.0.0"))),
        V.ABSENT,
        NONE,
        Outcome.DONE,
        "absent, and the registry holds 2.0.0, newer than 1.1.0: left alone",
    ),
    "holds somebody else's artifact": Case(
        IN_SYNC,
        holds(None),
        V.FOREIGN,
        REFUSE,
        Outcome.REFUSED,
        "holds no version of this project's artifact",
    ),
    "could not be read": Case(
        IN_SYNC, TIMEOUT, V.UNKNOWN, NONE, Outcome.FAILED, "memory.test: no answer after 60 s"
    ),
    "new artifact, tag behind": Case(
        Absent(), holds("1.0.0"), V.BEHIND, PUSH, None, "holds 1.0.0, 1.1.0 is newer"
    ),
    "new artifact, no tag yet": Case(Absent(), FloatingAbsent(), V.ABSENT, PUSH, None, "absent"),
}


def _plan(artifact: Seen, tag: FloatingSeen, *, force: bool = False, held: str | None = None) -> FloatingPlan:
    at = {LATEST: Version(held)} if held else {}
    rules = terms(permit=lambda _: Permission(immutable=True, force=force), held=at)
    observed = Observations({ITEM.key: artifact}, {LATEST: tag})
    return make_plan([ITEM], lock_of(ITEM), observed, rules).floating[0]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_row_of_the_floating_tags(case: Case) -> None:
    plan = _plan(case.artifact, case.tag)
    got = (plan.verdict, plan.action, plan.settled, plan.reason)
    assert got == (case.verdict, case.action, case.settled, case.reason)


@pytest.mark.parametrize(
    ("tag", "now"),
    [
        (holds("1.0.0"), ""),
        (holds("2.0.0"), ", and holds 2.0.0"),
        (holds(None), ", and holds something else"),
        (holds("1.1.0", W), ", and holds 1.1.0"),
        (FloatingAbsent(), ", and holds something else"),
    ],
    ids=["there", "ahead", "foreign", "current", "absent"],
)
def test_held_tag_is_left_alone(tag: FloatingSeen, now: str) -> None:
    plan = _plan(IN_SYNC, tag, held="1.0.0", force=True)
    assert (plan.verdict, plan.action) == (V.HELD, NONE)
    assert plan.reason == f"held at 1.0.0 by pallet.toml{now}: left alone"
    assert (plan.fix is None) is (now == "")


def test_foreign_tag_is_not_forced_below_a_newer_version() -> None:
    tag = FloatingPresent(OTHER, None, (Version("0.9.0"), Version("2.0.0")))
    plan = _plan(IN_SYNC, tag, force=True)
    assert (plan.verdict, plan.action, plan.settled) == (V.FOREIGN, REFUSE, Outcome.REFUSED)
    assert plan.fix == f"pallet tag {ITEM.name} 2.0.0 --as latest --target local"


def test_unknown_held_tag_is_unknown() -> None:
    assert _plan(IN_SYNC, TIMEOUT, held="1.0.0").verdict is V.UNKNOWN


def test_force_takes_a_foreign_tag() -> None:
    plan = _plan(IN_SYNC, holds(None), force=True)
    assert (plan.verdict, plan.action, plan.settled) == (V.FOREIGN, PUSH, None)


def test_refused_foreign_tag_names_the_command() -> None:
    assert _plan(IN_SYNC, holds(None)).fix == f"pallet sync --force {NAME}"


def test_unknown_tag_says_how_to_mend_it() -> None:
    assert _plan(IN_SYNC, TIMEOUT).fix == "look whether the registry is up"


def test_force_never_takes_a_tag_backwards() -> None:
    assert _plan(IN_SYNC, holds("2.0.0"), force=True).action is NONE


def test_unknown_artifact_leaves_its_tag_alone() -> None:
    plan = _plan(TIMEOUT, holds("1.0.0"))
    assert (plan.verdict, plan.action, plan.settled) == (V.BEHIND, NONE, Outcome.SKIPPED)


def test_tag_with_the_wanted_digest_is_current_beside_an_unknown_artifact() -> None:
    plan = _plan(TIMEOUT, holds("1.1.0", W))
    assert (plan.verdict, plan.settled) == (V.CURRENT, Outcome.DONE)


def test_tag_with_the_wanted_digest_is_current_beside_a_drifted_artifact() -> None:
    plan = _plan(Present(OTHER), holds("1.1.0", W))
    assert (plan.verdict, plan.settled) == (V.CURRENT, Outcome.DONE)


def test_goal_is_the_highest_stable_version() -> None:
    items = [wanted(version=text, floating_tags=["latest"]) for text in ("1.9.0", "1.10.0", "2.0.0-rc.1")]
    assert [goal.wanted.version.text for goal in set_goals(items)] == ["1.10.0"]


def test_goal_does_not_depend_on_order() -> None:
    items = [wanted(version=text, floating_tags=["latest"]) for text in ("1.0.0", "2.0.0", "1.5.0")]
    assert set_goals(items) == set_goals(items[::-1]) == set_goals([items[1]])


def test_channel_follows_pre_releases_too() -> None:
    stable = replace(wanted(version="1.0.0", floating_tags=["latest"]), channels=("edge",))
    edge = replace(wanted(version="2.0.0-rc.1", floating_tags=["latest"]), channels=("edge",))
    goals = {str(goal.tag): goal.wanted.version.text for goal in set_goals([stable, edge])}
    assert goals == {"latest": "1.0.0", "edge": "2.0.0-rc.1"}


def test_deleted_channel_is_not_taken_from_a_newer_pre_release() -> None:
    goal = set_goals([replace(wanted(version="1.0.0"), channels=("edge",))])[0]
    newer = Version("2.0.0-rc.1")
    assert newest_in_scope(goal, [Version("0.9.0"), newer]) == newer


def test_what_says_that_it_is_unstable_follows_no_channel() -> None:
    denied = replace(wanted(floating_tags=["latest"]), channels=("edge",), annotations={STABLE: "false"})
    assert set_goals([denied]) == []


def test_version_called_unstable_takes_no_tag() -> None:
    unstable = wanted(version="2.0.0", floating_tags=["latest"], is_stable=False)
    assert set_goals([unstable]) == []


def test_each_major_has_its_own_goal() -> None:
    items = [
        wanted(version=text, floating_tags=["latest", "{major}", "{major}.{minor}"])
        for text in ("1.2.3", "2.0.1")
    ]
    goals = {str(goal.tag): goal.wanted.version.text for goal in set_goals(items)}
    assert goals == {"1": "1.2.3", "1.2": "1.2.3", "2": "2.0.1", "2.0": "2.0.1", "latest": "2.0.1"}


def test_version_without_the_template_does_not_take_the_tag() -> None:
    old = wanted(version="1.0.0", floating_tags=["latest"])
    new = wanted(version="2.0.0")
    assert [goal.wanted.version.text for goal in set_goals([old, new])] == ["1.0.0"]


@pytest.mark.parametrize(
    ("template", "version", "published", "newest"),
    [
        pytest.param("latest", "1.0.1", ["1.0.1", "2.0.0", "1.9.0"], "2.0.0", id="latest-sees-all"),
        pytest.param("{major}", "1.0.1", ["2.0.0"], None, id="another-major-is-out-of-scope"),
        pytest.param("{major}", "1.0.1", ["1.4.0", "2.0.0"], "1.4.0", id="same-major-is-in-scope"),
        pytest.param("{major}.{minor}", "1.0.1", ["1.1.0"], None, id="another-minor-is-out-of-scope"),
        pytest.param("latest", "1.0.1", ["2.0.0-rc.1"], None, id="pre-releases-do-not-count"),
        pytest.param("latest", "1.0.1", ["1.0.0", "1.0.1"], None, id="older-ones-do-not-count"),
    ],
)
def test_newest_published_version_in_scope(
    template: str, version: str, published: list[str], newest: str | None
) -> None:
    goal = set_goals([wanted(version=version, floating_tags=[template])])[0]
    found = newest_in_scope(goal, [Version(text) for text in published])
    assert (found.text if found else None) == newest


versions = st.builds(lambda a, b, c: f"{a}.{b}.{c}", *[st.integers(0, 3)] * 3)
tag_states = st.one_of(
    st.builds(
        FloatingPresent, st.integers(0, 3).map(lambda n: digest(str(n))), st.none() | versions.map(Version)
    ),
    st.lists(versions.map(Version), max_size=3).map(lambda found: FloatingAbsent(tuple(found))),
    st.just(TIMEOUT),
)


@given(version=versions, seen=tag_states, held=st.booleans(), force=st.booleans())
def test_tags_never_move_backwards(version: str, seen: FloatingSeen, held: bool, force: bool) -> None:
    item = wanted(version=version, floating_tags=["latest"])
    rules = terms(
        permit=lambda _: Permission(immutable=True, force=force),
        held={LATEST: Version("0.0.1")} if held else {},
    )
    observed = Observations({item.key: Absent()}, {LATEST: seen})
    plan = make_plan([item], {}, observed, rules).floating[0]
    if plan.action is not PUSH:
        return
    assert not held
    assert not isinstance(seen, Unknown)
    if isinstance(seen, FloatingPresent):
        assert force if seen.version is None else not seen.version > item.version
    else:
        assert not any(found > item.version for found in seen.published)


@given(version=versions, seen=tag_states, held=st.booleans())
def test_every_state_of_a_tag_has_one_verdict(version: str, seen: FloatingSeen, held: bool) -> None:
    goal = set_goals([wanted(version=version, floating_tags=["latest"])])[0]
    at = {LATEST: Version("1.0.0")} if held else {}
    verdict = judge_floating(goal, seen, held=at, stands=goal.wanted.digest)
    known = {
        V.UNKNOWN: isinstance(seen, Unknown),
        V.HELD: held and not isinstance(seen, Unknown),
        V.ABSENT: isinstance(seen, FloatingAbsent) and not held,
    }
    assert known.get(verdict, isinstance(seen, FloatingPresent) and not held)
