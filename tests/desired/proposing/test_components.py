"""What names become where a repository allows less than a file system."""

from __future__ import annotations

import pytest

from reconciler.desired.proposing.components import legalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smart_router.v2", "smart_router.v2"),
        ("MyFlow", "myflow"),
        ("My  Flow!", "my-flow"),
        ("-a-", "a"),
        ("Übergröße", "ubergrosse"),
        ("a___b", "a-b"),
        ("日", None),
        ("", None),
    ],
)
def test_nearest_legal_component(text: str, expected: str | None) -> None:
    assert legalise(text) == expected
