"""The plan beyond single rows: what waits for what, what is held back, what leaves the lock."""

from __future__ import annotations

import pytest

from reconciler.desired.lockfile import Key, Locked
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.sync.actions import ArtifactPlan, Observations, Outcome, Plan, Terms, seen_digest, seen_state
from reconciler.sync.facts import Absent, FloatingAbsent, FloatingPresent, Hidden, Present, Seen
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Action, Permission, Verdict
from tests.support.wanted import NAME, TIMEOUT, digest, floating_key, key, lock_of, locked, terms, wanted

OTHER = digest("other")

Facts = list[tuple[Wanted, Seen]]
"""Artifacts, and what was seen of each."""


def _plan(
    facts: Facts,
    lock: dict[Key, Locked] | None = None,
    rules: Terms | None = None,
    *,
    chosen: list[str] | None = None,
) -> dict[str, ArtifactPlan]:
    observed = Observations({item.key: seen for item, seen in facts}, {})
    plan = make_plan([item for item, _ in facts], lock or {}, observed, rules or terms(only=chosen))
    return {f"{item.wanted.name}": item for item in plan.artifacts}


def _chain(a: Seen, b: Seen, c: Seen) -> Facts:
    """A requires b, b requires c."""
    return [
        (wanted("notes/a", requires=["notes/b"]), a),
        (wanted("notes/b", requires=["notes/c"]), b),
        (wanted("notes/c"), c),
    ]


def _lock_all(facts: Facts) -> dict[Key, Locked]:
    return lock_of(*(item for item, _ in facts))


def test_plan_is_sorted_by_name_and_precedence() -> None:
    keys = [("notes/b", "1.10.0"), ("notes/b", "1.9.0"), ("notes/a", "2.0.0"), ("notes/b", "1.9.0-rc.1")]
    items = [wanted(*each) for each in keys]
    observed = Observations({item.key: Absent() for item in items}, {})
    plan = make_plan(items, {}, observed, terms())
    assert [(item.wanted.name, item.wanted.version.text) for item in plan.artifacts] == [
        ("notes/a", "2.0.0"),
        ("notes/b", "1.9.0-rc.1"),
        ("notes/b", "1.9.0"),
        ("notes/b", "1.10.0"),
    ]


def test_artifact_waits_for_what_it_requires() -> None:
    plans = _plan(_chain(Absent(), Absent(), Absent()))
    assert plans["notes/a"].waits_for == (key("notes/b"),)
    assert plans["notes/b"].waits_for == (key("notes/c"),)
    assert plans["notes/c"].waits_for == ()


def test_artifact_waits_for_every_version_of_a_name() -> None:
    facts: Facts = [
        (wanted("notes/a", requires=["notes/b"]), Absent()),
        (wanted("notes/b", "1.0.0"), Absent()),
        (wanted("notes/b", "2.0.0"), Absent()),
    ]
    waits = _plan(facts)["notes/a"].waits_for
    assert waits == (key("notes/b", "1.0.0"), key("notes/b", "2.0.0"))


def test_requirement_outside_the_project_is_nothing_to_wait_for() -> None:
    plans = _plan([(wanted("notes/a", requires=["others/b"]), Absent())])
    assert (plans["notes/a"].action, plans["notes/a"].waits_for) == (Action.PUSH, ())


def test_unknown_holds_back_what_requires_it() -> None:
    plans = _plan(_chain(Absent(), Absent(), TIMEOUT))
    for name in ("notes/a", "notes/b"):
        assert (plans[name].action, plans[name].settled) == (Action.NONE, Outcome.SKIPPED)
        assert plans[name].reason == "requires notes/c, whose state is unknown"
        assert plans[name].fix == "mend notes/c first"


def test_unknown_holds_back_through_what_is_in_sync() -> None:
    facts = _chain(Absent(), Absent(), TIMEOUT)
    facts = [(item, Present(item.digest) if item.name == "notes/b" else seen) for item, seen in facts]
    plans = _plan(facts, _lock_all(facts))
    assert plans["notes/b"].verdict is Verdict.IN_SYNC
    assert plans["notes/a"].action is Action.NONE


def test_unknown_holds_back_what_would_be_adopted() -> None:
    facts: Facts = [(wanted("notes/c"), TIMEOUT)]
    adopted = wanted("notes/b", requires=["notes/c"])
    facts.append((adopted, Present(adopted.digest)))
    plans = _plan(facts)
    assert plans["notes/b"].verdict is Verdict.ADOPT
    assert plans["notes/b"].action is Action.NONE


def test_unknown_holds_back_no_stranger() -> None:
    plans = _plan([(wanted("notes/a"), Absent()), (wanted("notes/b"), TIMEOUT)])
    assert plans["notes/a"].action is Action.PUSH


def test_floating_tag_of_what_is_held_back_stays() -> None:
    held_back = wanted("notes/a", requires=["notes/b"], floating_tags=["latest"])
    stuck = wanted("notes/b")
    observed = Observations(
        {held_back.key: Absent(), stuck.key: TIMEOUT}, {floating_key("notes/a", "latest"): FloatingAbsent()}
    )
    tag = make_plan([held_back, stuck], {}, observed, terms()).floating[0]
    assert (tag.action, tag.settled) == (Action.NONE, Outcome.SKIPPED)
    assert tag.reason == "absent; waits for notes/a 1.0.0, which is held back"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        pytest.param(Present(OTHER), "absent; waits for notes/a 1.0.0, which is refused", id="refused"),
        pytest.param(TIMEOUT, "absent; waits for notes/a 1.0.0, whose state is unknown", id="unknown"),
        pytest.param(Absent(), "absent", id="published now"),
    ],
)
def test_floating_tag_says_what_it_waits_for(seen: Seen, reason: str) -> None:
    item = wanted("notes/a", floating_tags=["latest"])
    observed = Observations({item.key: seen}, {floating_key("notes/a", "latest"): FloatingAbsent()})
    assert make_plan([item], {}, observed, terms()).floating[0].reason == reason


def test_plan_foresees_that_a_refusal_holds_back_what_requires_it() -> None:
    refused = wanted("notes/b")
    facts: Facts = [
        (wanted("notes/a", requires=["notes/b"]), Absent()),
        (refused, Present(OTHER)),
    ]
    plans = _plan(facts)
    assert plans["notes/b"].action is Action.REFUSE
    assert plans["notes/a"].action is Action.NONE
    assert plans["notes/a"].settled is Outcome.SKIPPED


def test_only_touches_nothing_else() -> None:
    items = [wanted("notes/a"), wanted("notes/b")]
    lock = lock_of(locked("notes/b", "0.9.0", holds=OTHER), locked("notes/gone", holds=OTHER))
    observed = Observations({items[0].key: Absent()}, {})
    plan = make_plan(items, lock, observed, terms(only=["notes/a"]))
    assert [item.wanted.name for item in plan.artifacts] == ["notes/a"]
    assert plan.superseded == ()
    assert plan.orphans == ()


def test_only_refuses_where_a_required_one_is_not_there() -> None:
    facts: Facts = [
        (wanted("notes/a", requires=["notes/b"]), Absent()),
        (wanted("notes/b"), Absent()),
    ]
    plan = _plan(facts, chosen=["notes/a"])["notes/a"]
    assert (plan.action, plan.settled) == (Action.REFUSE, Outcome.REFUSED)
    assert plan.reason == "requires notes/b 1.0.0, which is not published and left out by --only"
    assert plan.fix == "add --only notes/b"


def test_only_passes_where_a_required_one_is_there() -> None:
    required = wanted("notes/b")
    facts: Facts = [
        (wanted("notes/a", requires=["notes/b"]), Absent()),
        (required, Present(OTHER)),
    ]
    plan = _plan(facts, chosen=["notes/a"])["notes/a"]
    assert (plan.action, plan.waits_for) == (Action.PUSH, ())


def test_only_calls_nothing_unknown_not_published() -> None:
    facts: Facts = [
        (wanted("notes/a", requires=["notes/b"]), Absent()),
        (wanted("notes/b"), TIMEOUT),
    ]
    plan = _plan(facts, chosen=["notes/a"])["notes/a"]
    assert (plan.action, plan.settled) == (Action.NONE, Outcome.SKIPPED)
    assert plan.reason == "requires notes/b, whose state is unknown"


def test_other_version_of_a_wanted_name_is_superseded() -> None:
    old, item = locked(version="0.9.0", holds=OTHER), wanted()
    plan = make_plan([item], lock_of(old, item), Observations({item.key: Present(item.digest)}, {}), terms())
    assert (plan.superseded, plan.orphans) == ((old,), ())
    assert plan.writes


def test_name_that_nobody_wants_is_an_orphan() -> None:
    gone, item = locked("notes/gone", holds=OTHER), wanted()
    plan = make_plan([item], lock_of(gone, item), Observations({item.key: Present(item.digest)}, {}), terms())
    assert (plan.superseded, plan.orphans) == ((), (gone,))
    assert plan.writes


def test_in_sync_plan_writes_nothing() -> None:
    item = wanted()
    plan = make_plan([item], lock_of(item), Observations({item.key: Present(item.digest)}, {}), terms())
    assert not plan.writes
    assert plan.is_complete


def test_unknown_makes_a_plan_incomplete() -> None:
    item = wanted(floating_tags=["latest"])
    observed = Observations({item.key: Present(item.digest)}, {floating_key(NAME, "latest"): TIMEOUT})
    assert not make_plan([item], {}, observed, terms()).is_complete


def test_summary_counts_verdicts_in_their_order() -> None:
    items = [wanted(f"notes/n{index}") for index in range(4)]
    seen: list[Seen] = [Absent(), Present(OTHER), Absent(), TIMEOUT]
    observed = Observations({item.key: state for item, state in zip(items, seen, strict=True)}, {})
    plan = make_plan(items, {}, observed, terms())
    assert list(plan.summary.items()) == [("unknown", 1), ("create", 2), ("taken", 1)]


def test_blobs_are_probed_where_other_content_stands() -> None:
    forced = terms(permit=lambda _: Permission(immutable=True, force=True))
    assert _plan([(wanted(), Present(OTHER))], rules=forced)[NAME].probe
    assert not _plan([(wanted(), Absent())])[NAME].probe


FIXES: dict[str, tuple[Seen, str | None, str, str | None]] = {
    "in-sync": (Present(wanted().digest), "wanted", "files, lock and registry agree", None),
    "adopt": (
        Present(wanted().digest),
        None,
        "the registry holds it already, the lock does not say so yet",
        "pallet sync",
    ),
    "missing": (Absent(), "wanted", "locked, and not in the registry", "pallet sync"),
    "create": (Absent(), None, "not in the registry yet", "pallet sync"),
    "hidden": (
        Hidden("401"),
        None,
        "not in the registry yet (the registry hides it)",
        "pallet sync",
    ),
    "drifted": (
        Present(OTHER),
        "wanted",
        "somebody changed the registry: files and lock agree, the tag holds something else",
        f"pallet sync --restore {NAME}; or, where the files changed, "
        f"give it a new version, such as 1.0.1: pallet bump {NAME} patch",
    ),
    "edited": (
        Present(OTHER),
        "other",
        "you changed files of a published version",
        f"give it a new version, such as 1.0.1: pallet bump {NAME} patch; or take back the change",
    ),
    "taken": (
        Present(OTHER),
        None,
        "somebody published other content under this version, and the lock does not know it",
        f"give it a new version, such as 1.0.1: pallet bump {NAME} patch; or overwrite what is there: pallet sync --force {NAME}",
    ),
    "diverged": (
        Present(OTHER),
        "third",
        "files, lock and registry are three different things",
        f"give it a new version, such as 1.0.1: pallet bump {NAME} patch; or overwrite what is there: pallet sync --force {NAME}",
    ),
    "unknown": (TIMEOUT, None, "memory.test: no answer after 60 s", "look whether the registry is up"),
}


@pytest.mark.parametrize(("seen", "holds", "reason", "fix"), FIXES.values(), ids=FIXES.keys())
def test_every_verdict_says_why_and_what_next(
    seen: Seen, holds: str | None, reason: str, fix: str | None
) -> None:
    item = wanted()
    entry = {"wanted": item.digest, "other": OTHER, "third": digest("third")}.get(holds or "")
    lock = lock_of(locked(holds=entry)) if entry else {}
    plan = _plan([(item, seen)], lock)[NAME]
    assert (plan.reason, plan.fix) == (reason, fix)


def test_overwriting_is_said() -> None:
    mutable = terms(permit=lambda _: Permission(immutable=False))
    item = wanted()
    plan = _plan([(item, Present(OTHER))], lock_of(locked(holds=OTHER)), mutable)[NAME]
    assert plan.reason == "you changed files of a published version: overwriting it"
    assert plan.fix == "pallet sync"


@pytest.mark.parametrize(
    ("seen", "state", "holds"),
    [
        pytest.param(Present(OTHER), "present", OTHER, id="present"),
        pytest.param(FloatingPresent(OTHER, Version("1.0.0")), "present", OTHER, id="tag-present"),
        pytest.param(Absent(), "absent", None, id="absent"),
        pytest.param(FloatingAbsent(), "absent", None, id="tag-absent"),
        pytest.param(Hidden("401"), "hidden", None, id="hidden"),
        pytest.param(TIMEOUT, "unknown", None, id="unknown"),
    ],
)
def test_states_have_a_word_and_perhaps_a_digest(
    seen: Seen | FloatingPresent | FloatingAbsent, state: str, holds: str | None
) -> None:
    assert (seen_state(seen), seen_digest(seen)) == (state, holds)


def test_empty_project_has_an_empty_plan() -> None:
    plan = make_plan([], {}, Observations({}, {}), terms())
    assert plan == Plan("local", ())
    assert (plan.writes, plan.is_complete, dict(plan.summary)) == (False, True, {})
