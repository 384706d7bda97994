"""What git's failures are called, and what of them is never shown."""

from __future__ import annotations

import pytest

from reconciler.desired.history.git_calls import Answer, failure


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        pytest.param("fatal: bad object\n", "bad object", id="fatal"),
        pytest.param("hint: try\nerror: no such ref\n", "no such ref", id="reason-behind-a-hint"),
        pytest.param("\n  \nodd\n", "odd", id="neither"),
        pytest.param("", "no reason given", id="silence"),
        pytest.param(
            "fatal: https://me:secret@example.com/x: gone",
            "https://***@example.com/x: gone",
            id="credentials",
        ),
    ],
)
def test_failure_says_what_git_says(stderr: str, said: str) -> None:
    assert str(failure("log", Answer(128, "", stderr))) == f"git log: expected exit code 0, got 128: {said}"
