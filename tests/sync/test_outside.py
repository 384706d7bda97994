"""What is required from outside the project: looked for only where it counts, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired.requirements import parse_requires
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.errors import StoreError
from reconciler.oci.reference import Repository
from reconciler.sync.actions import ArtifactPlan, Observations, Outcome
from reconciler.sync.facts import Absent, Present, Seen, Unknown
from reconciler.sync.observe import Observer
from reconciler.sync.outside import look_for
from reconciler.sync.plan import make_plan
from reconciler.sync.progress import Silent
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Action
from tests.support.artifacts import publish
from tests.support.memory_store import MemoryStore
from tests.support.wanted import TIMEOUT, digest, key, terms, wanted

TOOL = Repository("tools/search")


def _needy(requires: str = "tools/search@^2", name: str = "notes/a") -> Wanted:
    item = wanted(name)
    return replace(item, requires=parse_requires(requires, of=item.name))


def _plan(
    there: tuple[Version, ...] | Unknown | None,
    *,
    is_part: bool,
    seen: Seen | None = None,
    requires: str = "tools/search@^2",
) -> ArtifactPlan:
    item = _needy(requires)
    observed = Observations({item.key: seen or Absent()}, {}, required={} if there is None else {TOOL: there})
    return make_plan([item], {}, observed, replace(terms(), is_part=is_part)).artifacts[0]


@pytest.mark.parametrize(
    ("there", "said"),
    [
        pytest.param((), "there is no version of it", id="absent"),
        pytest.param((Version("1.0.0"),), "there is 1.0.0", id="another"),
        pytest.param(
            tuple(Version(f"1.{minor}.0") for minor in range(5)),
            "there is 1.4.0, 1.3.0, 1.2.0 and 2 more",
            id="others",
        ),
    ],
)
def test_part_is_refused_where_what_it_requires_is_absent(there: tuple[Version, ...], said: str) -> None:
    plan = _plan(there, is_part=True)
    assert (plan.action, plan.settled) == (Action.REFUSE, Outcome.REFUSED)
    assert plan.reason == f"requires tools/search@^2, which is not published: {said}"
    assert plan.fix == "publish tools/search first"


def test_whole_project_says_it_and_goes_on() -> None:
    plan = _plan((), is_part=False)
    assert plan.action is Action.PUSH
    assert plan.reason == (
        "not in the registry yet; requires tools/search@^2, which is not published: there is no version of it"
    )


def test_unknown_is_not_absent() -> None:
    part, whole = _plan(TIMEOUT, is_part=True), _plan(TIMEOUT, is_part=False)
    assert (part.action, part.settled) == (Action.NONE, Outcome.FAILED)
    assert part.reason.startswith("requires tools/search@^2, whose state is unknown: memory.test: no answer")
    assert whole.action is Action.PUSH
    assert "whose state is unknown" in whole.reason


@pytest.mark.parametrize("there", [(Version("2.1.0"),), (Version("1.0.0"), Version("2.0.0-rc.1"))])
def test_what_is_there_changes_nothing(there: tuple[Version, ...]) -> None:
    plan = _plan(there, is_part=True, requires="tools/search@^2.0.0-0")
    assert (plan.action, plan.reason) == (Action.PUSH, "not in the registry yet")


def test_refusal_holds_back_what_requires_it() -> None:
    items = [_needy(), wanted("notes/b", requires=["notes/a"])]
    observed = Observations({item.key: Absent() for item in items}, {}, required={TOOL: ()})
    plans = make_plan(items, {}, observed, replace(terms(), is_part=True)).artifacts
    assert [plan.settled for plan in plans] == [Outcome.REFUSED, Outcome.SKIPPED]


def _look(*items: Wanted, seen: dict[str, Seen] | None = None) -> list[Repository]:
    states = {item.key: (seen or {}).get(item.name, Absent()) for item in items}
    return look_for(items, items, states)


def test_each_repository_is_looked_for_once() -> None:
    assert _look(_needy(), _needy("tools/search, tools/other", name="notes/b")) == ["tools/other", TOOL]


def test_nothing_is_looked_for_where_nothing_is_pushed() -> None:
    item = _needy()
    assert _look(item, seen={item.name: Present(item.digest)}) == []
    assert _look(item, seen={item.name: TIMEOUT}) == []
    assert _look(item, seen={item.name: Present(digest("other"))}) == [TOOL]


def test_what_the_project_wants_is_not_looked_for() -> None:
    assert _look(_needy(), wanted("tools/search", "2.0.0")) == []
    assert _look(_needy(), wanted("tools/search", "1.0.0")) == [TOOL]


def test_one_tag_list_is_asked_for() -> None:
    store = MemoryStore()
    publish(store, TOOL, "2.0.0", b"x")
    publish(store, TOOL, "latest", b"x")
    store.failing["list_tags", "tools/down"] = StoreError("memory.test: 503")
    store.calls.clear()

    names = [TOOL, Repository("tools/absent"), Repository("tools/down")]
    seen = Observer(store, None, 2, Stop(), Silent()).see_required(names)

    assert seen == {names[0]: (Version("2.0.0"),), names[1]: (), names[2]: Unknown("memory.test: 503", 1)}
    assert sorted(store.calls) == [("list_tags", name) for name in sorted(names)]


def test_nothing_required_asks_nothing() -> None:
    store = MemoryStore()
    assert Observer(store, None, 1, Stop(), Silent()).see_required([]) == {}
    assert store.calls == []
    assert key("notes/a") == _needy().key
