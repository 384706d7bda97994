"""What the live view says of an artifact, by the events that have come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.oci.reference import Tag
from reconciler.reports.watch_board import Board
from reconciler.reports.watching import Header
from reconciler.sync.watching import events
from reconciler.sync.watching.delivery import Pushed
from reconciler.sync.watching.events import State
from tests.support.wanted import digest

NOW = datetime(2026, 3, 1, 9, 30, 0, tzinfo=UTC)
SHORT = digest("a").short
PUSHED = f"a  1.0.0  pushed  {SHORT}  09:30:00"
KEPT = f"published is {SHORT}  09:30:00"


def pushed(name: str) -> events.Event:
    push = Pushed(name, "1.0.0", digest(name), (Tag("dev"),), f"host/{name}:dev")
    return events.Delivered(push, "start", None, None)


def standing(state: State, name: str = "a") -> events.Event:
    return events.Standing(name, "1.0.0", state, (f"{name}.yaml",))


def failed(error: str) -> events.Event:
    return events.Failed("a", "1.0.0", "host/a:dev", error, None, 1, will_retry=True)


def rows(*told: events.Event) -> list[str]:
    """Return the lines of the artifacts after these events."""
    board = Board(Header("lab", "https://host", "dev"))
    for event in told:
        board.take_in(event, NOW)
    return [line.plain.strip() for line in board.lines(20, 100)[3:-1]]


@pytest.mark.parametrize(
    ("told", "row"),
    [
        ([pushed("a")], PUSHED),
        ([pushed("a"), standing(State.INVALID)], f"a  1.0.0  invalid  {KEPT}"),
        ([pushed("a"), standing(State.WAITING)], f"a  1.0.0  waiting  {KEPT}"),
        ([pushed("a"), standing(State.WAITING), pushed("a")], PUSHED),
        ([pushed("a"), standing(State.INVALID), standing(State.SETTLED)], PUSHED),
        (
            [pushed("a"), standing(State.WAITING), standing(State.INVALID), standing(State.WAITING)],
            f"a  1.0.0  waiting  {KEPT}",
        ),
        ([failed("no"), standing(State.WAITING)], "a  1.0.0  failed  no"),
        ([failed("no"), standing(State.INVALID)], "a  1.0.0  invalid"),
        ([failed("no"), standing(State.SETTLED)], "a  1.0.0  current"),
    ],
    ids=[
        "pushed",
        "invalid",
        "waiting",
        "pushed-again",
        "mended-as-it-was",
        "mended-and-waiting",
        "failed-and-saved",
        "failed-and-invalid",
        "undone",
    ],
)
def test_row_says_how_an_artifact_stands(told: list[events.Event], row: str) -> None:
    assert rows(*told) == [row]


def test_what_is_wrong_comes_first() -> None:
    told = [pushed("b"), pushed("a"), pushed("c"), standing(State.WAITING, "b"), standing(State.INVALID, "a")]

    assert [row.split()[0] for row in rows(*told)] == ["a", "b", "c"]


def test_title_names_where_it_goes_now() -> None:
    board = Board(Header("lab", "https://host", "dev"))
    board.take_in(events.Retargeted("staging", "https://other"), NOW)

    assert board.lines(20, 100)[0].plain == "pallet watch  staging (https://other)  tag dev"
