"""Many folders become one entry where one glob means exactly their files; bills of materials are attached."""

from __future__ import annotations

import pytest

from reconciler.desired.proposing.git_rules import rules_for_git
from reconciler.desired.proposing.propose import Proposal
from reconciler.desired.proposing.recognise import Recognised
from tests.desired.proposing.proposals import propose_among

WORKFLOWS = [f"flows/{folder}/{name}.yaml" for folder in "abc" for name in ("plan", "build")]


def _propose(files: dict[str, str], *others: str) -> Proposal:
    recognised = [
        Recognised(path, kind, "1.0.0" if kind == "workflow" else None) for path, kind in files.items()
    ]
    return propose_among(recognised, others)


def _said(proposal: Proposal) -> list[tuple[str, str]]:
    return [(", ".join(entry.files), entry.repository) for entry in proposal.entries]


def test_folders_of_one_kind_are_one_entry() -> None:
    proposal = _propose(dict.fromkeys(WORKFLOWS, "workflow"))
    assert _said(proposal) == [("flows/**/*.yaml", "{dir}/{stem}")]
    assert proposal.entries[0].paths == tuple(sorted(WORKFLOWS))


@pytest.mark.parametrize(
    ("others", "left"),
    [
        pytest.param([f"flows/{name}/{name}.yaml" for name in "wxyz"], WORKFLOWS, id="many-strangers"),
        pytest.param(
            [], [*WORKFLOWS, "flows/A b/x.yaml", "flows/A b/y.yaml"], id="folder-that-names-nothing"
        ),
        pytest.param([], WORKFLOWS[:4], id="two-folders"),
    ],
)
def test_folders_stay_apart(others: list[str], left: list[str]) -> None:
    files = [files for files, _ in _said(_propose(dict.fromkeys(left, "workflow"), *others))]
    assert "flows/**/*.yaml" not in files
    assert len(files) > 1


def test_folder_of_strangers_is_taken_out_whole() -> None:
    proposal = _propose(
        dict.fromkeys(WORKFLOWS, "workflow"), *(f"flows/d/{number}.yaml" for number in range(9))
    )
    (entry,) = proposal.entries
    assert entry.files == ("flows/**/*.yaml",)
    assert [(each.pattern, each.why) for each in entry.exclusions] == [
        ("!flows/d/**", "of no kind that pallet knows")
    ]


def test_folders_of_one_depth_are_a_glob_of_that_depth() -> None:
    files = {f"teams/{team}/flows/{name}.yaml": "workflow" for team in "abc" for name in ("plan", "build")}
    others = [f"teams/{team}/{name}.yaml" for team in "abc" for name in ("k8s/pod", "k8s/job", "flows/odd")]
    (entry,) = _propose(files, *others).entries
    assert (entry.files, entry.repository) == (("teams/*/flows/*.yaml",), "{dir}/{stem}")
    assert [each.pattern for each in entry.exclusions] == ["!teams/**/odd.yaml"]


def test_name_in_many_folders_is_taken_out_once() -> None:
    files = dict.fromkeys(WORKFLOWS, "workflow") | {"flows/a/deep/x.yaml": "workflow"}
    others = [f"flows/{folder}/{name}.yaml" for folder in "abc" for name in ("k8s/pod", "k8s/job", "odd")]
    (entry,) = _propose(files, *others).entries
    assert [each.pattern for each in entry.exclusions] == ["!flows/**/k8s/**", "!flows/**/odd.yaml"]


def test_kinds_and_versions_stay_apart() -> None:
    files = dict.fromkeys(WORKFLOWS, "workflow")
    files |= {f"flows/{folder}/{name}.json": "schema" for folder in "abc" for name in "xy"}
    assert _said(_propose(files)) == [
        ("flows/**/*.json", "{dir}/{stem}"),
        ("flows/**/*.yaml", "{dir}/{stem}"),
    ]


def test_bill_of_materials_is_attached_to_what_it_is_named_after() -> None:
    proposal = _propose({"flows/a.yaml": "workflow", "flows/a.cdx.json": "sbom"})
    [entry] = proposal.entries
    assert (entry.paths, entry.attach) == (("flows/a.yaml",), ("{dir}/{stem}.cdx.json",))
    assert rules_for_git(proposal.entries)["flows/*.cdx.json"] == ["flows/a.cdx.json"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"flows/a.yaml": "workflow", "flows/b.cdx.json": "sbom"}, id="another-name"),
        pytest.param({"flows/a.yaml": "workflow", "sboms/a.cdx.json": "sbom"}, id="another-folder"),
        pytest.param(
            {"flows/a.yaml": "workflow", "flows/b.yaml": "workflow", "flows/a.cdx.json": "sbom"},
            id="not-for-all",
        ),
        pytest.param({"a.yaml": "workflow", "a.json": "config", "a.cdx.json": "sbom"}, id="two-owners"),
    ],
)
def test_bill_of_materials_is_an_artifact_of_its_own_where_nothing_is_obvious(files: dict[str, str]) -> None:
    proposal = _propose(files)
    assert all(entry.attach == () for entry in proposal.entries)
    assert [entry.kind for entry in proposal.entries if entry.kind == "sbom"] == ["sbom"]
