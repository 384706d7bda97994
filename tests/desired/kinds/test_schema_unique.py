from __future__ import annotations

from typing import Any

import pytest

from reconciler.desired.kinds.schema_check import check, check_metaschema
from reconciler.desired.kinds.schema_unique import first_repeated
from reconciler.desired.kinds.schemas import Schema


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param([1, "1", True, None, 0, False, "", [], {}], None, id="different"),
        pytest.param([1, 2, 1.0], 2, id="numbers"),
        pytest.param([[1], [True]], None, id="inside"),
        pytest.param([{"a": [1], "b": 2}, {"b": 2, "a": [1]}], 1, id="other-order"),
        pytest.param([[1, 2], [2, 1]], None, id="order-of-lists"),
        pytest.param([None, None], 1, id="null"),
        pytest.param([["list", 1], "list"], None, id="words"),
    ],
)
def test_equal_items_are_found(items: list[object], expected: int | None) -> None:
    assert first_repeated(items) == expected


def test_items_that_cannot_be_sorted_have_an_end() -> None:
    # Minutes where each is compared with each.
    mixed: list[Any] = [f"a{number}" for number in range(50_000)]
    assert check([*mixed, 1], Schema("s", {"uniqueItems": True})) == []
    assert [one.code for one in check([*mixed, 1, 1], Schema("s", {"uniqueItems": True}))] == ["not-unique"]
    assert [one.code for one in check_metaschema({"required": [*mixed, 1]})] == ["wrong-type"]


def test_very_many_unknown_keys_have_an_end() -> None:
    schema = Schema("s", {"properties": {"name": {}}, "additionalProperties": False})
    found = check({f"name{number}": 1 for number in range(50_000)}, schema)
    assert {one.code for one in found} == {"unknown-key"}
