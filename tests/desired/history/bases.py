"""What is asked of the base revision in a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.history.base import BaseLock, BaseText, read_base
from reconciler.errors import BaseUnknownError
from tests.desired.repositories import Work

LOCK = Path("pallet.lock")


def base_of(work: Work, against: str | None = None, **variables: str) -> BaseLock:
    """Return the lock at the base revision."""
    return read_base(
        work.root, work.root / LOCK, against=against, environment={**work.environment, **variables}
    )


def text_of(work: Work, against: str | None = None, **variables: str) -> tuple[str, str]:
    """Return its text, and why that revision."""
    base = base_of(work, against, **variables)
    assert isinstance(base, BaseText), base
    return base.text, base.why


def error_of(work: Work, against: str | None = None, **variables: str) -> BaseUnknownError:
    """Return why there is none."""
    with pytest.raises(BaseUnknownError) as caught:
        base_of(work, against, **variables)
    assert caught.value.exit_code == 1
    return caught.value
