"""What is shown first where nothing satisfies."""

from __future__ import annotations

import pytest

from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version
from reconciler.discovery.nearest import nearest_first


@pytest.mark.parametrize(
    ("constraint", "there", "nearest"),
    [
        ("^3", "1.0.0 2.0.0 2.9.0", "2.9.0 2.0.0 1.0.0"),
        ("<1", "1.0.0 2.0.0 1.1.0", "1.0.0 1.1.0 2.0.0"),
        ("^1.2", "1.1.8 1.1.9 2.0.0 2.1.0", "1.1.9 2.0.0 1.1.8 2.1.0"),
        ("1.5.0", "1.4.0 1.6.0", "1.6.0 1.4.0"),
        ("2.0.0", "1.9.0 2.0.1 2.0.0-rc.1", "2.0.1 2.0.0-rc.1 1.9.0"),
        ("1.0.0 || 9.0.0", "2.0.0 5.0.0 8.0.0", "8.0.0 2.0.0 5.0.0"),
        ("latest", "1.0.0-a 1.0.0-b", "1.0.0-b 1.0.0-a"),
        ("^1", "", ""),
    ],
)
def test_nearest_come_first(constraint: str, there: str, nearest: str) -> None:
    versions = [Version(text) for text in there.split()]

    assert [item.text for item in nearest_first(versions, Constraint(constraint))] == nearest.split()
