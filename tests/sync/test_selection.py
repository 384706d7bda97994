"""Which artifacts the command line names."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.sync.selection import Selection

NAMES = ["agents/planner", "workflows/router", "workflows/summary"]


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        pytest.param([], NAMES, id="all-where-none-is-named"),
        pytest.param(["workflows/router"], ["workflows/router"], id="a-name"),
        pytest.param(["workflows/*"], ["workflows/router", "workflows/summary"], id="a-glob"),
        pytest.param(["*r"], ["agents/planner", "workflows/router"], id="a-glob-crosses-slashes"),
        pytest.param(["agents/*", "*/summary"], ["agents/planner", "workflows/summary"], id="several"),
        pytest.param(["router"], [], id="a-part-of-a-name-is-no-name"),
        pytest.param(["Workflows/*"], [], id="case-counts"),
    ],
)
def test_only_chooses_names_and_globs(only: list[str], chosen: list[str]) -> None:
    assert [name for name in NAMES if Selection(only=only).chooses(name)] == chosen


def test_restore_and_force_take_nothing_by_default() -> None:
    selection = Selection()
    assert not any(selection.restores(name) or selection.forces(name) for name in NAMES)


def test_restore_and_force_are_told_apart() -> None:
    selection = Selection(restore=["agents/*"], force=["workflows/router"])
    assert [name for name in NAMES if selection.restores(name)] == ["agents/planner"]
    assert [name for name in NAMES if selection.forces(name)] == ["workflows/router"]


def _select(flag: str, *globs: str) -> Selection:
    made = {
        "only": Selection(only=globs),
        "restore": Selection(restore=globs),
        "force": Selection(force=globs),
    }
    return made[flag]


@pytest.mark.parametrize("flag", ["only", "restore", "force"])
def test_glob_without_match_is_refused(flag: str) -> None:
    with pytest.raises(UsageError) as caught:
        _select(flag, "workflows/rooter").check(NAMES)
    expected = "expected a name or glob of pallet.toml's artifacts, got no match"
    assert str(caught.value) == f"--{flag} workflows/rooter: {expected}"
    assert caught.value.fix is not None
    assert caught.value.fix.startswith("did you mean workflows/router")
    assert caught.value.exit_code == 64


@pytest.mark.parametrize("flag", ["only", "restore", "force"])
def test_empty_name_is_refused(flag: str) -> None:
    with pytest.raises(UsageError):
        _select(flag, "").check(NAMES)


def test_refusal_without_any_artifact_suggests_nothing() -> None:
    with pytest.raises(UsageError) as caught:
        Selection(only=["*"]).check([])
    assert caught.value.fix is None


def test_matching_globs_pass() -> None:
    Selection(only=["*"], restore=["agents/planner"], force=["workflows/*"]).check(NAMES)
