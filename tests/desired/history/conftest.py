"""A repository whose lock says one thing on main and another on a branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desired.repositories import Work, make_repository


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A repository with one commit, whose lock says `one`."""
    work = make_repository(tmp_path)
    work.commit(text="one")
    return work


@pytest.fixture
def feature(work: Work) -> Work:
    """A clone: main has `one` and then `two`, a branch began at `one` and says `mine`."""
    work.commit(text="two")
    clone = work.clone("feature")
    clone.git("checkout", "--quiet", "-b", "change", "HEAD^")
    clone.commit(text="mine")
    return clone
