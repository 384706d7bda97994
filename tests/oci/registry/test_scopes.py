from __future__ import annotations

import pytest

from reconciler.oci.registry import scopes


def test_what_each_need_asks_for() -> None:
    assert scopes.pull("a/b") == ("repository:a/b:pull",)
    assert scopes.push("a/b") == ("repository:a/b:pull,push",)
    assert scopes.delete("a/b") == ("repository:a/b:pull,push,delete",)


@pytest.mark.parametrize(
    ("given", "merged"),
    [
        pytest.param(
            ["repository:a:pull", "repository:a:push,pull"], ("repository:a:pull,push",), id="one-resource"
        ),
        pytest.param(
            ["repository:b:pull", "repository:a:pull"], ("repository:b:pull", "repository:a:pull"), id="order"
        ),
        pytest.param(["repository:a:pull", "repository:a:*"], ("repository:a:*",), id="star"),
        pytest.param(["repository:h:5000/a:pull"], ("repository:h:5000/a:pull",), id="colon-in-name"),
        pytest.param(["repository:a:pull", "aws"], ("repository:a:pull", "aws"), id="other-form"),
        pytest.param([], (), id="none"),
    ],
)
def test_scopes_merge(given: list[str], merged: tuple[str, ...]) -> None:
    assert scopes.merge(given) == merged
