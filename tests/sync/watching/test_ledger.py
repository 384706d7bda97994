"""What is to be done about the difference between what is wanted and what the channel holds."""

from __future__ import annotations

from reconciler.desired.wanted import Wanted
from reconciler.oci.reference import Tag
from reconciler.sync.watching.channel import Channel
from reconciler.sync.watching.ledger import Goal, Ledger
from tests.support.wanted import wanted

DEV = Tag("dev")


def ledger_of(*items: Wanted, with_versions: bool = False) -> Ledger:
    """Return a ledger whose first look found these."""
    ledger = Ledger(Channel(DEV, with_versions))
    ledger.want(items, is_save=False)
    return ledger


def publish_all(ledger: Ledger) -> list[Goal]:
    goals = ledger.next_goals(1000)
    for goal in goals:
        ledger.published(goal)
    return goals


def names(goals: list[Goal]) -> list[str]:
    return [goal.wanted.name for goal in goals]


def test_first_look_compares_everything() -> None:
    ledger = ledger_of(wanted("a"), wanted("b"))

    goals = ledger.next_goals(10)
    assert names(goals) == ["a", "b"]
    assert not any(goal.is_known or goal.is_saved for goal in goals)


def test_what_is_held_already_is_done() -> None:
    item = wanted("a")
    ledger = ledger_of(item)
    (goal,) = ledger.next_goals(10)
    ledger.held(goal, {DEV: item.digest})

    assert ledger.waiting == 0


def test_only_what_was_altered_is_to_be_published() -> None:
    ledger = ledger_of(wanted("a"), wanted("b"))
    publish_all(ledger)

    step = ledger.want([wanted("a", content=b"other"), wanted("b")], is_save=True)

    assert [item.name for item in step.altered] == ["a"]
    (goal,) = ledger.next_goals(10)
    assert (goal.wanted.name, goal.is_saved, goal.is_known) == ("a", True, True)


def test_saved_ones_come_first_whatever_the_backlog() -> None:
    many = [wanted(f"n{number}") for number in range(9)]
    ledger = ledger_of(*many)
    ledger.want([*many[:8], wanted("n8", content=b"other")], is_save=True)

    assert names(ledger.next_goals(3)) == ["n8", "n0", "n1"]


def test_only_the_newest_state_is_published() -> None:
    ledger = ledger_of(wanted("a"))
    publish_all(ledger)
    ledger.want([wanted("a", content=b"first")], is_save=True)
    ledger.want([wanted("a", content=b"second")], is_save=True)

    (goal,) = ledger.next_goals(10)
    assert goal.wanted.digest == wanted("a", content=b"second").digest


def test_edit_that_is_undone_leaves_nothing_to_do() -> None:
    ledger = ledger_of(wanted("a"))
    publish_all(ledger)
    ledger.want([wanted("a", content=b"other")], is_save=True)
    ledger.want([wanted("a")], is_save=True)

    assert ledger.next_goals(10) == []


def test_what_was_refused_waits_for_a_change() -> None:
    ledger = ledger_of(wanted("a"))
    (goal,) = ledger.next_goals(10)
    ledger.refused(goal)
    ledger.want([wanted("a")], is_save=True)
    assert ledger.waiting == 0

    ledger.want([wanted("a", content=b"other")], is_save=True)

    assert ledger.waiting == 1


def test_what_has_a_problem_stays_and_is_not_published() -> None:
    good = wanted("a")
    ledger = ledger_of(good, wanted("b"))
    step = ledger.want([wanted("b")], kept=[good], is_save=True)

    assert step.left == []
    assert names(ledger.next_goals(10)) == ["b"]


def test_highest_version_has_the_channel() -> None:
    old, new = wanted("a", "1.9.0"), wanted("a", "1.10.0")
    ledger = ledger_of(new, old)

    assert [goal.wanted.version.text for goal in ledger.next_goals(10)] == ["1.10.0"]


def test_channel_goes_back_when_the_highest_leaves() -> None:
    old, new = wanted("a", "1.9.0"), wanted("a", "1.10.0")
    ledger = ledger_of(new, old)
    publish_all(ledger)

    step = ledger.want([old], is_save=True)

    assert [item.version.text for item in step.left] == ["1.10.0"]
    assert [goal.wanted.version.text for goal in ledger.next_goals(10)] == ["1.9.0"]


def test_doubt_compares_everything_again() -> None:
    ledger = ledger_of(wanted("a"), wanted("b"))
    publish_all(ledger)
    ledger.doubt()

    assert [goal.is_known for goal in ledger.next_goals(10)] == [False, False]


def test_tags_of_old_builds_are_forgotten() -> None:
    ledger = ledger_of(wanted("a"), with_versions=True)
    for number in range(50):
        ledger.want([wanted("a", content=b"%d" % number)], is_save=True)
        (goal,) = publish_all(ledger)
        assert len(goal.tags) == 2

    assert len(ledger._held) <= 2
