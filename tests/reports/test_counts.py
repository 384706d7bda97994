"""What a plan comes to, and what became of it: every count once, in one line."""

from __future__ import annotations

from reconciler.reports.counts import summarise, summarise_results
from reconciler.sync.actions import Observations
from reconciler.sync.facts import FloatingAbsent, FloatingPresent, Present
from reconciler.sync.outcomes import Results
from reconciler.sync.plan import make_plan
from tests.reports.plans import OTHER, every_verdict, settled, with_failure
from tests.support.wanted import floating_key, lock_of, terms, wanted


def test_plan_is_summed_up_in_one_line() -> None:
    assert summarise(every_verdict()) == (
        "1 in sync · 2 to push · 1 to restore · 1 to lock · 2 floating tags to move · "
        "1 refused · 1 unknown · 1 held back · 1 floating tag waiting"
    )


def test_results_are_summed_up_in_one_line() -> None:
    plan = every_verdict()
    assert summarise_results(plan, settled(plan)) == (
        "1 in sync · 2 pushed · 1 restored · 1 locked · 2 floating tags moved · "
        "1 refused · 1 failed · 1 skipped · 1 floating tag waiting"
    )


def test_refused_artifact_counts_once_before_and_after() -> None:
    item = wanted("notes/a", floating_tags=["latest", "{major}", "{major}.{minor}"])
    tags = {floating_key("notes/a", tag): FloatingAbsent() for tag in ("latest", "1", "1.0")}
    plan = make_plan([item], {}, Observations({item.key: Present(OTHER)}, tags), terms())
    assert summarise(plan) == "1 refused · 3 floating tags waiting"
    assert summarise_results(plan, settled(plan)) == summarise(plan)


def test_refused_floating_tag_is_called_one() -> None:
    item = wanted("notes/a", floating_tags=["latest"])
    tags = {floating_key("notes/a", "latest"): FloatingPresent(OTHER, None)}
    plan = make_plan([item], lock_of(item), Observations({item.key: Present(item.digest)}, tags), terms())
    assert summarise(plan) == "1 in sync · 1 floating tag refused"
    assert summarise_results(plan, settled(plan)) == summarise(plan)


def test_failures_are_counted() -> None:
    plan = every_verdict()
    assert summarise_results(plan, with_failure(plan, "notes/create")).endswith(
        "1 refused · 2 failed · 2 skipped · 1 floating tag waiting"
    )


def test_empty_plan_says_that_nothing_is_wanted() -> None:
    plan = make_plan([], {}, Observations({}, {}), terms())
    assert summarise(plan) == "nothing is wanted"
    assert summarise_results(plan, Results()) == "nothing is wanted"
