"""The table that decides, row by row: what was seen and locked, the word for it, what sync does, what check says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.digest import Digest
from reconciler.sync.actions import Observations, Plan
from reconciler.sync.exit_codes import of_check
from reconciler.sync.facts import Absent, Hidden, Present, Seen, Unknown
from reconciler.sync.plan import make_plan
from reconciler.sync.verdicts import Action, Permission, Verdict, decide, judge
from tests.support.wanted import FORBIDDEN, THROTTLED, TIMEOUT, digest, lock_of, locked, terms, wanted

W = wanted().digest
OTHER, THIRD = digest("other"), digest("third")
HIDDEN = Hidden("memory.test: 401, and it grants pushing")

NONE, PUSH, LOCK, RESTORE, REFUSE = Action.NONE, Action.PUSH, Action.LOCK, Action.RESTORE, Action.REFUSE

# seen, locked, verdict; action where immutable, where mutable, with --restore, with --force; check's exit code
ROWS: dict[str, tuple[Seen, Digest | None, Verdict, Action, Action, Action, Action, int]] = {
    "unknown, locked": (TIMEOUT, W, Verdict.UNKNOWN, NONE, NONE, NONE, NONE, 1),
    "unknown, other locked": (TIMEOUT, OTHER, Verdict.UNKNOWN, NONE, NONE, NONE, NONE, 1),
    "unknown, not locked": (TIMEOUT, None, Verdict.UNKNOWN, NONE, NONE, NONE, NONE, 1),
    "throttled": (THROTTLED, W, Verdict.UNKNOWN, NONE, NONE, NONE, NONE, 75),
    "not authorised": (FORBIDDEN, None, Verdict.UNKNOWN, NONE, NONE, NONE, NONE, 77),
    "S = W = L": (Present(W), W, Verdict.IN_SYNC, NONE, NONE, NONE, NONE, 0),
    "S = W, not locked": (Present(W), None, Verdict.ADOPT, LOCK, LOCK, LOCK, LOCK, 6),
    "S = W, other locked": (Present(W), OTHER, Verdict.ADOPT, LOCK, LOCK, LOCK, LOCK, 6),
    "absent, locked": (Absent(), W, Verdict.MISSING, PUSH, PUSH, PUSH, PUSH, 3),
    "absent, not locked": (Absent(), None, Verdict.CREATE, PUSH, PUSH, PUSH, PUSH, 6),
    "absent, other locked": (Absent(), OTHER, Verdict.CREATE, PUSH, PUSH, PUSH, PUSH, 6),
    "hidden, locked": (HIDDEN, W, Verdict.MISSING, PUSH, PUSH, PUSH, PUSH, 3),
    "hidden, not locked": (HIDDEN, None, Verdict.CREATE, PUSH, PUSH, PUSH, PUSH, 6),
    "S other, L = W": (Present(OTHER), W, Verdict.DRIFTED, REFUSE, PUSH, RESTORE, RESTORE, 3),
    "S other, L = S": (Present(OTHER), OTHER, Verdict.EDITED, REFUSE, PUSH, REFUSE, PUSH, 4),
    "S other, not locked": (Present(OTHER), None, Verdict.TAKEN, REFUSE, PUSH, REFUSE, PUSH, 4),
    "all three differ": (Present(OTHER), THIRD, Verdict.DIVERGED, REFUSE, REFUSE, REFUSE, PUSH, 4),
}

table = pytest.mark.parametrize(
    ("seen", "held", "verdict", "immutable", "mutable", "restore", "force", "code"),
    ROWS.values(),
    ids=ROWS.keys(),
)


def _plan(seen: Seen, held: Digest | None, permission: Permission) -> Plan:
    item = wanted()
    lock = lock_of(locked(holds=held)) if held else {}
    return make_plan([item], lock, Observations({item.key: seen}, {}), terms(permit=lambda _: permission))


@table
def test_row_of_the_table(
    seen: Seen,
    held: Digest | None,
    verdict: Verdict,
    immutable: Action,
    mutable: Action,
    restore: Action,
    force: Action,
    code: int,
) -> None:
    assert judge(W, locked=held, seen=seen) is verdict
    assert decide(verdict, Permission(immutable=True)) is immutable
    assert decide(verdict, Permission(immutable=False)) is mutable
    assert decide(verdict, Permission(immutable=True, restore=True)) is restore
    assert decide(verdict, Permission(immutable=True, force=True)) is force


@table
def test_check_exits_as_the_table_says(
    seen: Seen,
    held: Digest | None,
    verdict: Verdict,
    immutable: Action,
    mutable: Action,
    restore: Action,
    force: Action,
    code: int,
) -> None:
    plan = _plan(seen, held, Permission(immutable=True))
    assert plan.artifacts[0].verdict is verdict
    assert plan.artifacts[0].action is immutable
    assert of_check(plan, lock_is_canonical=True) == code


def test_create_is_pending_where_the_lock_may_lag() -> None:
    """The table gives two codes for it: 2, and 6; 6 comes first in check's order."""
    plan = _plan(Absent(), None, Permission(immutable=True))
    assert of_check(plan, lock_is_canonical=True) == 6


DIGESTS = (W, OTHER, THIRD)
STATES = (TIMEOUT, Absent(), HIDDEN, *(Present(each) for each in DIGESTS))

# The table once more, as conditions over (seen, locked), in its order.
CONDITIONS = (
    (Verdict.UNKNOWN, lambda s, _: isinstance(s, Unknown)),
    (Verdict.IN_SYNC, lambda s, held: s == Present(W) and held == W),
    (Verdict.ADOPT, lambda s, held: s == Present(W) and held != W),
    (Verdict.MISSING, lambda s, held: isinstance(s, Absent | Hidden) and held == W),
    (Verdict.CREATE, lambda s, held: isinstance(s, Absent | Hidden) and held != W),
    (Verdict.DRIFTED, lambda s, held: _is_other(s) and held == W),
    (Verdict.EDITED, lambda s, held: _is_other(s) and held is not None and s == Present(held)),
    (Verdict.TAKEN, lambda s, held: _is_other(s) and held is None),
    (
        Verdict.DIVERGED,
        lambda s, held: _is_other(s) and held is not None and held != W and s != Present(held),
    ),
)


def _is_other(seen: Seen) -> bool:
    return isinstance(seen, Present) and seen.digest != W


@pytest.mark.parametrize(
    ("seen", "held"), list(itertools.product(STATES, (None, *DIGESTS))), ids=lambda each: str(each)[:40]
)
def test_every_combination_fits_exactly_one_row(seen: Seen, held: Digest | None) -> None:
    fitting = [verdict for verdict, fits in CONDITIONS if fits(seen, held)]
    assert fitting == [judge(W, locked=held, seen=seen)]


digests = st.integers(0, 4).map(lambda number: digest(str(number)))
states = st.one_of(
    digests.map(Present),
    st.just(Absent()),
    st.text().map(Hidden),
    st.builds(Unknown, st.text(), st.sampled_from((1, 75, 77))),
)
permissions = st.builds(Permission, immutable=st.booleans(), restore=st.booleans(), force=st.booleans())


@given(w=digests, held=st.none() | digests, seen=states, permission=permissions)
def test_nothing_immutable_is_overwritten_unasked(
    w: Digest, held: Digest | None, seen: Seen, permission: Permission
) -> None:
    action = decide(judge(w, locked=held, seen=seen), permission)
    overwrites = isinstance(seen, Present) and action in (PUSH, RESTORE)
    allowed = not permission.immutable or permission.restore or permission.force
    assert allowed or not overwrites


@given(w=digests, held=st.none() | digests, seen=states, permission=permissions)
def test_only_what_is_known_is_written(
    w: Digest, held: Digest | None, seen: Seen, permission: Permission
) -> None:
    action = decide(judge(w, locked=held, seen=seen), permission)
    assert (action is NONE) == (isinstance(seen, Unknown) or (seen == Present(w) and held == w))
