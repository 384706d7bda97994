"""What is told of problems: each once, and that a file has none any more."""

from __future__ import annotations

import pytest

from reconciler.errors import Problem
from reconciler.sync.watching import events
from reconciler.sync.watching.tree_news import TreeNews

ONE = Problem("schema", "one", "a.yaml", 1)
OTHER = Problem("schema", "other", "a.yaml", 2)
ELSEWHERE = Problem("schema", "one", "b.yaml", 1)
FILELESS = Problem("cycle", "round and round")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param([], [ONE], [events.Found(ONE)], id="new"),
        pytest.param([ONE], [ONE], [], id="told-before"),
        pytest.param([ONE], [ONE, ELSEWHERE], [events.Found(ELSEWHERE)], id="another-file"),
        pytest.param([ONE], [], [events.Mended("a.yaml")], id="mended"),
        pytest.param([ONE], [OTHER], [events.Cleared("a.yaml"), events.Found(OTHER)], id="another-problem"),
        pytest.param(
            [ONE, OTHER], [OTHER], [events.Cleared("a.yaml"), events.Found(OTHER)], id="one-of-two-mended"
        ),
        pytest.param([], [ONE, ONE], [events.Found(ONE)], id="twice-the-same"),
        pytest.param([FILELESS], [FILELESS], [], id="of-no-file"),
    ],
)
def test_problems_are_told_once(before: list[Problem], now: list[Problem], told: list[events.Event]) -> None:
    heard: list[events.Event] = []
    news = TreeNews(heard.append)
    news.tell_problems(before)
    heard.clear()

    assert news.tell_problems(now) is (before != now)
    assert heard == told
    assert list(news.problems) == now
