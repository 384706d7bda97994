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


@pytest.mark.parametrize(
    ("given", "wider"),
    [
        pytest.param(scopes.pull("h:5/a"), [scopes.push("h:5/a"), scopes.delete("h:5/a")], id="pull"),
        pytest.param(scopes.push("a"), [scopes.delete("a")], id="push"),
        pytest.param(scopes.delete("a"), [], id="delete"),
        pytest.param((*scopes.pull("a"), *scopes.pull("b")), [], id="two-repositories"),
        pytest.param(("repository:a:metadata_read",), [], id="other-right"),
        pytest.param(scopes.CATALOG, [], id="catalog"),
        pytest.param((), [], id="none"),
    ],
)
def test_more_rights_include_fewer(given: tuple[str, ...], wider: list[tuple[str, ...]]) -> None:
    assert list(scopes.wider(given)) == wider


@pytest.mark.parametrize(
    ("given", "repository"),
    [
        (scopes.pull("a/b"), "a/b"),
        (("aws", "repository:host:5000/a:pull", "repository:b:pull"), "host:5000/a"),
        (scopes.CATALOG, None),
        ((), None),
    ],
    ids=["one", "first-of-several", "catalog", "none"],
)
def test_scopes_name_a_repository(given: scopes.Scopes, repository: str | None) -> None:
    assert scopes.repository_of(given) == repository


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (scopes.pull("a"), True),
        ((*scopes.pull("a"), *scopes.pull("b")), True),
        (scopes.push("a"), False),
        ((*scopes.pull("a"), *scopes.delete("b")), False),
        (("repository:a:*",), False),
        (("aws",), False),
        (scopes.CATALOG, False),
        ((), False),
    ],
    ids=["pull", "pulls", "push", "delete", "everything", "odd", "catalog", "none"],
)
def test_reading_alone_is_told(given: scopes.Scopes, answer: bool) -> None:
    assert scopes.is_pull_only(given) is answer
