"""What an artifact requires, and whether there is an order."""

from __future__ import annotations

import itertools

import pytest

from reconciler.desired.requirements import Requirement, find_cycle, parse_requires
from reconciler.desired.versions.constraints import Constraint
from reconciler.oci.reference import Repository

ROUTER = Repository("workflows/router")


@pytest.mark.parametrize(
    ("text", "of", "expected"),
    [
        pytest.param("", ROUTER, [], id="nothing"),
        pytest.param("plan", ROUTER, [("workflows/plan", None)], id="bare-name-is-a-sibling"),
        pytest.param("plan", Repository("router"), [("plan", None)], id="sibling-at-the-top"),
        pytest.param("plan", Repository("a/b/c"), [("a/b/plan", None)], id="sibling-far-below"),
        pytest.param("tools/search", ROUTER, [("tools/search", None)], id="slash-is-a-repository"),
        pytest.param("plan@^1.2", ROUTER, [("workflows/plan", "^1.2")], id="constraint"),
        pytest.param(
            " plan@^1.2 , tools/search,, ",
            ROUTER,
            [("workflows/plan", "^1.2"), ("tools/search", None)],
            id="list-with-blanks",
        ),
    ],
)
def test_requires_is_a_comma_list(text: str, of: Repository, expected: list[tuple[str, str | None]]) -> None:
    assert parse_requires(text, of=of) == tuple(
        Requirement(Repository(name), Constraint(text) if text else None) for name, text in expected
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("router", "expected another repository, got 'router', which is itself", id="itself"),
        pytest.param(
            "workflows/router@1",
            "expected another repository, got 'workflows/router@1', which is itself",
            id="itself-in-full",
        ),
        pytest.param("plan@", "expected a constraint after @, got 'plan@'", id="no-constraint"),
        pytest.param(
            "Plan",
            "not a repository name: expected lower-case letters and digits, parted by one of . _ - /"
            "; upper case is not allowed, got 'workflows/Plan'",
            id="no-repository",
        ),
    ],
)
def test_what_cannot_be_required_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_requires(text, of=ROUTER)
    assert str(caught.value) == message


def _graph(**requires: str) -> dict[Repository, list[Repository]]:
    return {
        Repository(name): [Repository(need) for need in needs.split()] for name, needs in requires.items()
    }


def test_order_without_a_cycle_is_fine() -> None:
    assert find_cycle(_graph(a="b c", b="c", c="outside")) is None


def test_cycle_is_named_from_the_requiring_one() -> None:
    cycle = find_cycle(_graph(a="b", b="c", c="a"))
    assert cycle is not None
    assert cycle[0] == cycle[-1]
    assert set(itertools.pairwise(cycle)) == {
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
    }
