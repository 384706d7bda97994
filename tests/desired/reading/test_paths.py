from __future__ import annotations

import pytest

from reconciler.desired.reading.paths import find_field, find_fields

DOCUMENT = {
    "a": {"b": 1, "x.y": 2, "none": None},
    "steps": [
        {"skill": "one", "inputs": {"skill": "inner"}},
        {"branches": {"left": [{"skill": "two"}]}, "skill": "three"},
        "text",
    ],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a.b", [(("a", "b"), 1)], id="field"),
        pytest.param('a."x.y"', [(("a", "x.y"), 2)], id="quoted"),
        pytest.param("steps[0].skill", [(("steps", 0, "skill"), "one")], id="index"),
        pytest.param("steps[-1]", [(("steps", 2), "text")], id="last"),
        pytest.param(
            "steps[*].skill", [(("steps", 0, "skill"), "one"), (("steps", 1, "skill"), "three")], id="every"
        ),
        pytest.param(
            "steps..skill",
            [
                (("steps", 0, "skill"), "one"),
                (("steps", 0, "inputs", "skill"), "inner"),
                (("steps", 1, "branches", "left", 0, "skill"), "two"),
                (("steps", 1, "skill"), "three"),
            ],
            id="any-depth",
        ),
        pytest.param("..b", [(("a", "b"), 1)], id="any-depth-from-top"),
        pytest.param("a.none", [], id="null"),
        pytest.param("a.missing", [], id="missing"),
        pytest.param("a[0]", [], id="index-of-object"),
        pytest.param("steps.skill", [], id="field-of-list"),
        pytest.param("steps[9]", [], id="index-too-large"),
    ],
)
def test_paths_find_fields(path: str, expected: list[object]) -> None:
    assert list(find_fields(DOCUMENT, path)) == expected


def test_deep_search_can_skip_fields() -> None:
    found = [value for _, value in find_fields(DOCUMENT, "steps..skill", skip=["inputs"])]
    assert found == ["one", "two", "three"]


def test_first_field_is_found() -> None:
    assert find_field(DOCUMENT, "steps..skill") == (("steps", 0, "skill"), "one")
    assert find_field(DOCUMENT, "nowhere") == (None, None)


@pytest.mark.parametrize(
    "path", ["a.", ".a", "a...b", "a[", "a[x]", "a b", "a[0]b", 'a"b"', "a.[0]", "a..", "*"]
)
def test_bad_paths_are_refused(path: str) -> None:
    with pytest.raises(
        ValueError, match=r"not a path: expected fields such as metadata.version or steps\[\*\]\.id, got "
    ):
        list(find_fields({}, path))


def test_empty_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"such as metadata\.version, got empty text"):
        find_field({}, "")
