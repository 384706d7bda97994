"""A glob with few exclusions, and when a list is plainer."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from reconciler.desired.proposing.patterns import Patterns, Reason, choose_glob
from tests.desired.proposing.proposals import is_match, propose_among, workflows

FLOWS = [f"flows/{name}.yaml" for name in "abcd"]


def _choose(paths: Iterable[str], refused: Iterable[str], strangers: Iterable[str]) -> Patterns | None:
    reasons = {path: Reason("left out: no name", is_stranger=False) for path in refused}
    there = [*paths, *reasons, *strangers]
    return choose_glob(
        ["flows/*.yaml"],
        list(paths),
        lambda glob: frozenset(path for path in there if is_match(path, glob)),
        lambda path: reasons.get(path, Reason("of no kind")),
    )


@pytest.mark.parametrize(
    ("refused", "strangers", "exclusions"),
    [
        pytest.param([], [], [], id="nothing-else"),
        pytest.param(
            ["flows/x.yaml"], [], [("!flows/x.yaml", "left out: no name")], id="one-that-is-invalid"
        ),
        pytest.param(
            [],
            ["flows/x.yaml", "flows/[y].yaml"],
            [("!flows/[[]y].yaml", "of no kind"), ("!flows/x.yaml", "of no kind")],
            id="strangers",
        ),
        pytest.param(
            [],
            [f"flows/{number}.local.yaml" for number in range(9)],
            [("!flows/*.local.yaml", "of no kind")],
            id="names-that-end-alike",
        ),
        pytest.param([], [f"flows/{number}.yaml" for number in range(3)], None, id="many-strangers"),
        pytest.param([f"flows/{number}.yaml" for number in range(11)], [], None, id="hardly-anything-valid"),
    ],
)
def test_exclusions_are_few(
    refused: list[str], strangers: list[str], exclusions: list[tuple[str, str]] | None
) -> None:
    chosen = _choose(FLOWS, refused, strangers)
    said = None if chosen is None else [(each.pattern, each.why) for each in chosen.exclusions]
    assert said == exclusions


def test_reasons_of_many_files_are_summed_up() -> None:
    refused = {f"flows/{number}.old.yaml": f"problem {number}" for number in range(3)}
    (entry,) = propose_among(workflows(*FLOWS), refused=refused).entries
    assert [(each.pattern, each.why) for each in entry.exclusions] == [
        ("!flows/*.old.yaml", "3 files, of which the first: problem 0")
    ]
