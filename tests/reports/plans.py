"""Plans and their results for tests of reports: one artifact for each verdict, and what became of it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.desired.versions.version import Version
from reconciler.sync.actions import Observations, Outcome, Plan
from reconciler.sync.facts import Absent, FloatingAbsent, FloatingPresent, Hidden, Present
from reconciler.sync.outcomes import DONE, Result, Results
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Permission
from tests.support.wanted import TIMEOUT, digest, floating_key, lock_of, locked, terms, wanted

OTHER = digest("other")
ADOPT = wanted("notes/adopt")
CREATE = wanted("notes/create", floating_tags=["latest"])
DRIFTED = wanted("notes/drifted")
EDITED = wanted("notes/edited", floating_tags=["latest"])
HIDDEN = wanted("notes/hidden")
IN_SYNC = wanted("notes/in-sync", floating_tags=["latest", "{major}"])
NEEDY = wanted("notes/needy", requires=["notes/unknown"])
UNKNOWN = wanted("notes/unknown")
ITEMS = (ADOPT, CREATE, DRIFTED, EDITED, HIDDEN, IN_SYNC, NEEDY, UNKNOWN)

SHORT = {item.name.rpartition("/")[2]: item.digest.short for item in ITEMS}


def every_verdict() -> Plan:
    """Return a plan with something of everything; `notes/drifted` is restored."""
    lock = lock_of(
        DRIFTED,
        IN_SYNC,
        UNKNOWN,
        locked("notes/edited", holds=OTHER),
        locked("notes/create", "0.9.0", holds=OTHER),
        locked("notes/gone", holds=OTHER),
    )
    observed = Observations(
        {
            ADOPT.key: Present(ADOPT.digest),
            CREATE.key: Absent(),
            DRIFTED.key: Present(OTHER),
            EDITED.key: Present(OTHER),
            HIDDEN.key: Hidden("401"),
            IN_SYNC.key: Present(IN_SYNC.digest),
            NEEDY.key: Absent(),
            UNKNOWN.key: TIMEOUT,
        },
        {
            floating_key("notes/create", "latest"): FloatingAbsent(),
            floating_key("notes/edited", "latest"): FloatingPresent(digest("foreign"), None),
            floating_key("notes/in-sync", "latest"): FloatingPresent(OTHER, Version("0.9.0")),
            floating_key("notes/in-sync", "1"): FloatingPresent(IN_SYNC.digest, Version("1.0.0")),
        },
    )
    rules = terms(
        permit=lambda item: Permission(immutable=True, restore=item.name == "notes/drifted"),
    )
    return make_plan(ITEMS, lock, observed, rules)


def settled(plan: Plan) -> Results:
    """Return results in which everything that could be done was done."""
    artifacts = {item.key: _result(item.settled, item.reason, item.fix) for item in plan.artifacts}
    floating = {tag.key: _result(tag.settled, tag.reason, tag.fix) for tag in plan.floating}
    return Results(artifacts, floating)


def _result(outcome: Outcome | None, reason: str, fix: str | None) -> Result:
    return DONE if outcome in (None, Outcome.DONE) else Result(outcome, reason, 1, fix)


def with_failure(plan: Plan, name: str) -> Results:
    """Return results in which the push of one artifact failed, and its floating tags were skipped."""
    done = settled(plan)
    failed = Result(Outcome.FAILED, "memory.test: 503", 1, "try again later")
    skipped = Result(Outcome.SKIPPED, f"waits for {name} 1.0.0, which was not published", fix="pallet sync")
    return replace(
        done,
        artifacts={key: failed if key[0] == name else result for key, result in done.artifacts.items()},
        floating={key: skipped if key[0] == name else result for key, result in done.floating.items()},
    )
