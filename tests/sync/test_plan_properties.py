"""What holds in every world: whatever the tree, the lock, the registry and the policy are."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.lockfile import Key
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.errors import PalletError, StoreError, ThrottledError, UnauthorisedError
from reconciler.oci.digest import Digest
from reconciler.sync.actions import Observations, Outcome, Plan
from reconciler.sync.floating import set_goals
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Action, Permission
from tests.support.wanted import digest, locked, make_manifest, wanted
from tests.sync.worlds import World, put_tags, someone_elses

NAMES = [f"notes/n{index}" for index in range(4)]
VERSIONS = ("0.9.0", "1.0.0", "1.1.0-rc.1", "1.1.0", "2.0.0")
TEMPLATES = ("latest", "{major}")
FAILURES: tuple[PalletError, ...] = (
    StoreError("memory.test: 503"),
    ThrottledError("memory.test: 429"),
    UnauthorisedError("memory.test: 401"),
)
WORLDS = settings(max_examples=50)
"""Each example is a whole run or two, with threads."""
WRITES = (Action.PUSH, Action.RESTORE, Action.LOCK)


@st.composite
def trees(draw: st.DrawFn) -> list[Wanted]:
    """Artifacts that require only names before theirs, so that there is an order."""
    items = []
    for index, name in enumerate(NAMES):
        for version in sorted(draw(st.sets(st.sampled_from(VERSIONS), max_size=2))):
            items.append(
                wanted(
                    name,
                    version,
                    draw(st.sampled_from((b"one", b"two"))),
                    requires=sorted(
                        draw(st.sets(st.sampled_from(NAMES[:index] or ["others/x"]), max_size=2))
                    ),
                    floating_tags=sorted(draw(st.sets(st.sampled_from(TEMPLATES)))),
                )
            )
    return items


@st.composite
def worlds(draw: st.DrawFn, *, failing: bool = True) -> World:
    """A tree, and a lock and a registry that agree with it, with each other, or with nobody."""
    world = World(draw(trees()), jobs=draw(st.sampled_from((1, 4))))
    for item in world.wanted:
        _draw_lock_and_tag(draw, world, item)
    _draw_leftovers(draw, world)
    for goal in set_goals(world.wanted):
        _draw_floating(draw, world, goal.name, goal.tag)
        if draw(st.integers(0, 5)) == 0:
            world.held = {**world.held, goal.key: Version("1.0.0")}
    world.permissions = {
        name: draw(st.builds(Permission, immutable=st.booleans(), restore=st.booleans(), force=st.booleans()))
        for name in NAMES
    }
    if failing:
        methods = st.sampled_from(("head_manifest", "list_tags", "put_blob", "put_manifest"))
        broken = draw(st.dictionaries(st.tuples(methods, st.sampled_from(NAMES)), st.sampled_from(FAILURES)))
        world.store.failing = broken
    return world


def _draw_lock_and_tag(draw: st.DrawFn, world: World, item: Wanted) -> None:
    other = make_manifest(item.name, item.version.text, b"other")
    third = make_manifest(item.name, item.version.text, b"third")
    held = draw(st.sampled_from((None, item.manifest, other, third)))
    if held is not None:
        entry = locked(item.name, item.version.text, holds=Digest.of(held))
        world.locked[item.key] = item.as_locked if held == item.manifest else entry
    seen = draw(st.sampled_from((None, item.manifest, other, someone_elses(item.name))))
    if seen is not None:
        world.hold(item.name, item.tag, seen)


def _draw_leftovers(draw: st.DrawFn, world: World) -> None:
    keys = {item.key for item in world.wanted}
    for name in (*NAMES, "notes/gone"):
        if draw(st.booleans()):
            entry = locked(name, "0.1.0", holds=digest("long ago"))
            if entry.key not in keys:
                world.locked[entry.key] = entry
        if draw(st.booleans()):
            world.hold(name, "3.0.0", make_manifest(name, "3.0.0", b"newer than the tree"))


def _draw_floating(draw: st.DrawFn, world: World, name: str, tag: str) -> None:
    mine = [item.manifest for item in world.wanted if item.name == name]
    others = [make_manifest(name, version, b"another time") for version in VERSIONS]
    content = draw(st.sampled_from((None, *mine, *others, someone_elses(name))))
    if content is not None:
        world.hold(name, tag, content)


def _requires_transitively(world: World, keys: set[Key]) -> set[Key]:
    """Return these artifacts and every one that needs one of them: any version of what it names."""
    while True:
        names = {key[0] for key in keys}
        more = {
            item.key
            for item in world.wanted
            if item.key not in keys and any(need.name in names for need in item.requires)
        }
        if not more:
            return keys
        keys = keys | more


@WORLDS
@given(worlds())
def test_next_run_writes_nothing(world: World) -> None:
    _, results = world.run()
    if not any(result.outcome is Outcome.FAILED for result in results.everything):
        before, lock = len(world.store.writes), world.locked
        world.run()
        assert world.store.writes[before:] == []
        assert world.locked == lock


@WORLDS
@given(worlds())
def test_what_is_done_stays_done(world: World) -> None:
    plan, results = world.run()
    done = {item.key for item in plan.artifacts if results.artifacts[item.key].outcome is Outcome.DONE}
    world.store.failing = {}
    again = {item.key: item.action for item in world.plan().artifacts}
    assert {again[key] for key in done} <= {Action.NONE}


@WORLDS
@given(worlds())
def test_run_again_converges_after_failures(world: World) -> None:
    world.run()
    world.store.failing = {}
    world.run()
    before, lock = len(world.store.writes), world.locked
    _, results = world.run()
    assert world.store.writes[before:] == []
    assert world.locked == lock
    assert Outcome.FAILED not in {result.outcome for result in results.everything}


@WORLDS
@given(worlds(failing=False), st.randoms(use_true_random=False))
def test_planning_never_depends_on_order(world: World, chance: random.Random) -> None:
    observed = world.observe()
    plan = make_plan(world.wanted, world.locked, observed, world.terms)
    shuffled = Observations(
        dict(_shuffle(chance, observed.artifacts.items())), dict(_shuffle(chance, observed.floating.items()))
    )
    wanted_again = _shuffle(chance, world.wanted)
    locked_again = dict(_shuffle(chance, world.locked.items()))
    again = make_plan(wanted_again, locked_again, shuffled, world.terms)
    assert _facts(again) == _facts(plan)


def _shuffle(chance: random.Random, items: Any) -> list[Any]:
    shuffled = list(items)
    chance.shuffle(shuffled)
    return shuffled


def _facts(plan: Plan) -> object:
    return (
        [
            (item.key, item.verdict, item.action, item.settled, item.reason, item.fix, item.waits_for)
            for item in plan.artifacts
        ],
        [(item.key, item.verdict, item.action, item.settled, item.reason) for item in plan.floating],
        plan.superseded,
        plan.orphans,
    )


@WORLDS
@given(worlds())
def test_unknown_is_never_written(world: World) -> None:
    plan = world.plan()
    lock = dict(world.locked)
    unknown = {item.key for item in plan.artifacts if item.verdict == "unknown"}
    world.apply(plan)
    written = put_tags(world.store.writes)
    for name, version in unknown:
        assert (name, version.tag) not in written
        assert world.locked.get((name, version)) == lock.get((name, version))


@WORLDS
@given(worlds())
def test_what_requires_something_unknown_is_never_written(world: World) -> None:
    plan = world.plan()
    lock = dict(world.locked)
    unknown = {item.key for item in plan.artifacts if item.verdict == "unknown"}
    needy = _requires_transitively(world, unknown)
    world.apply(plan)
    written = put_tags(world.store.writes)
    for name, version in needy:
        assert (name, version.tag) not in written
        assert world.locked.get((name, version)) == lock.get((name, version))
    for tag in plan.floating:
        if tag.goal.wanted.key in needy:
            assert tag.key not in written


@WORLDS
@given(worlds())
def test_nothing_immutable_is_overwritten_unasked(world: World) -> None:
    held = {item.key: world.holds(item.name, item.tag) for item in world.wanted}
    world.run()
    written = put_tags(world.store.writes)
    for item in world.wanted:
        permission = world.permissions[item.name]
        asked = permission.restore or permission.force or not permission.immutable
        if held[item.key] is not None and not asked:
            assert (item.name, item.tag) not in written
            assert world.holds(item.name, item.tag) == held[item.key]


@WORLDS
@given(worlds())
def test_floating_tags_never_go_backwards(world: World) -> None:
    goals = set_goals(world.wanted)
    before = {goal.key: world.holds(goal.name, goal.tag) for goal in goals}
    world.run()
    known = {
        Digest.of(make_manifest(name, text, b"another time")): text for name in NAMES for text in VERSIONS
    }
    known |= {item.digest: item.version.text for item in world.wanted}
    for goal in goals:
        was, now = before[goal.key], world.holds(goal.name, goal.tag)
        if was in known:
            assert now in known
            assert Version(known[now]) >= Version(known[was])
        if goal.key in world.held:
            assert now == was


@WORLDS
@given(worlds())
def test_foreign_tag_is_taken_only_by_force(world: World) -> None:
    goals = set_goals(world.wanted)
    before = {goal.key: world.holds(goal.name, goal.tag) for goal in goals}
    world.run()
    for goal in goals:
        foreign = Digest.of(someone_elses(goal.name))
        if before[goal.key] == foreign and not world.permissions[goal.name].force:
            assert world.holds(goal.name, goal.tag) == foreign


@WORLDS
@given(worlds())
def test_lock_changes_only_for_what_was_confirmed(world: World) -> None:
    before = dict(world.locked)
    plan, results = world.run()
    names = {item.wanted.name for item in plan.artifacts}
    for item in plan.artifacts:
        if results.artifacts[item.key].outcome is Outcome.DONE:
            assert world.locked[item.key] == item.wanted.as_locked
            assert world.holds(item.wanted.name, item.wanted.tag) == item.wanted.digest
        else:
            assert world.locked.get(item.key) == before.get(item.key)
    assert all(name in names for name, _ in world.locked)


@WORLDS
@given(worlds())
def test_only_what_the_plan_says_is_written(world: World) -> None:
    plan = world.plan()
    seen = len(world.store.calls)
    world.apply(plan)
    allowed = {(item.wanted.name, item.wanted.tag) for item in plan.artifacts if item.action in WRITES}
    allowed |= {(item.goal.name, item.goal.tag) for item in plan.floating if item.action in WRITES}
    assert set(put_tags(world.store.calls[seen:])) <= allowed


@WORLDS
@given(worlds())
def test_every_step_has_an_outcome(world: World) -> None:
    plan, results = world.run()
    assert set(results.artifacts) == {item.key for item in plan.artifacts} == {i.key for i in world.wanted}
    assert set(results.floating) == {item.key for item in plan.floating}
    for result in results.everything:
        assert (result.error is None) == (result.outcome is Outcome.DONE)


@WORLDS
@given(worlds())
def test_tags_come_after_what_they_need(world: World) -> None:
    plan, results = world.run()
    calls = [call[:3] for call in world.store.calls]
    for item in plan.artifacts:
        if item.action not in (Action.PUSH, Action.RESTORE):
            continue
        if results.artifacts[item.key].outcome is not Outcome.DONE:
            continue
        mine = calls.index(("put_manifest", item.wanted.name, item.wanted.tag))
        for key in item.waits_for:
            tag = ("put_manifest", key[0], key[1].tag)
            assert tag not in calls[mine:]
        for blob in item.wanted.blobs:
            put = ("put_blob", item.wanted.name, blob.digest)
            assert item.probe or put in calls[:mine]
