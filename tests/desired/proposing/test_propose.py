"""Entries as a person would write them; no two files ever meet in one repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.config import FieldVersion
from reconciler.desired.proposing.git_rules import rules_for_git
from reconciler.desired.proposing.propose import Entry, Proposal
from reconciler.desired.proposing.recognise import Recognised
from tests.desired.proposing.proposals import PATHS, meant, propose_among, repositories, workflows


def _pairs(proposal: Proposal) -> list[tuple[tuple[str, ...], str]]:
    return [
        ((*entry.files, *(each.pattern for each in entry.exclusions)), entry.repository)
        for entry in proposal.entries
    ]


@pytest.mark.parametrize(
    ("paths", "others", "expected"),
    [
        pytest.param(
            ["flows/a.yaml", "flows/b.yaml"],
            [],
            [(("flows/*.yaml",), "flows/{stem}")],
            id="glob-for-a-folder",
        ),
        pytest.param(
            ["flows/a.yaml", "flows/b.yaml"],
            ["flows/x.yaml"],
            [(("flows/*.yaml", "!flows/x.yaml"), "flows/{stem}")],
            id="glob-without-a-stranger",
        ),
        pytest.param(
            ["flows/a.yaml", "flows/b.yaml"],
            ["flows/x.yaml", "flows/y.yaml"],
            [(("flows/a.yaml", "flows/b.yaml"), "flows/{stem}")],
            id="list-beside-many-strangers",
        ),
        pytest.param(
            ["flows/a.flow.yaml", "flows/b.flow.yaml"],
            ["flows/x.yaml", "flows/y.yaml"],
            [(("flows/*.flow.yaml",), "flows/{stem}")],
            id="names-that-end-alike",
        ),
        pytest.param(
            ["flows/flow-a.yaml", "flows/flow-b.yaml"],
            ["flows/x.yaml", "flows/y.yaml"],
            [(("flows/flow-*.yaml",), "flows/{stem}")],
            id="names-that-begin-alike",
        ),
        pytest.param(
            ["src/agents/v/a.yaml", "src/agents/v/b.yaml"],
            [],
            [(("src/agents/v/*.yaml",), "agents/v/{stem}")],
            id="folders-below-one-named-after-a-kind",
        ),
        pytest.param(
            ["workflows/workflows/a.yaml"],
            [],
            [(("workflows/workflows/*.yaml",), "workflows/{stem}")],
            id="folder-that-says-it-twice",
        ),
        pytest.param(["a.yaml"], [], [(("*.yaml",), "workflows/{stem}")], id="top-folder"),
        pytest.param(
            ["a.yaml"], ["b.yaml"], [(("a.yaml",), "workflows/{stem}")], id="top-folder-with-others"
        ),
        pytest.param(
            ["My Flows/a.yaml"], [], [(("My Flows/*.yaml",), "my-flows/{stem}")], id="folder-made-legal"
        ),
        pytest.param(
            ["日本/a.yaml"], [], [(("日本/*.yaml",), "workflows/{stem}")], id="folder-without-a-legal-name"
        ),
        pytest.param(["f[1]/a.yaml"], [], [(("f[[]1]/*.yaml",), "f-1/{stem}")], id="folder-like-a-glob"),
        pytest.param(
            ["x/main.yaml", "y/main.yaml"],
            [],
            [(("*/main.yaml",), "workflows/{parent}")],
            id="one-in-each-folder",
        ),
        pytest.param(
            ["f/x/main.yaml", "f/y/main.yaml"],
            [],
            [(("f/*/main.yaml",), "f/{parent}")],
            id="named-by-their-folder",
        ),
        pytest.param(
            ["x/flows/a.yaml", "y/flows/a.yaml"],
            [],
            [(("x/flows/*.yaml",), "x/flows/{stem}"), (("y/flows/*.yaml",), "y/flows/{stem}")],
            id="folders-of-one-name",
        ),
        pytest.param(
            ["flows/a.yaml", "flows/B.yaml"],
            [],
            [(("flows/*.yaml", "!flows/B.yaml"), "flows/{stem}"), (("flows/B.yaml",), "flows/b")],
            id="upper-case-gets-an-entry-of-its-own",
        ),
        pytest.param(
            ["flows/a.yaml", "flows/b.yml"],
            [],
            [(("flows/*.yaml",), "flows/{stem}"), (("flows/*.yml",), "flows/{stem}")],
            id="two-suffixes",
        ),
    ],
)
def test_files_and_repository(
    paths: list[str], others: list[str], expected: list[tuple[tuple[str, ...], str]]
) -> None:
    proposal = propose_among(workflows(*paths), others)
    assert _pairs(proposal) == expected
    assert proposal.left_out == ()


def test_folder_of_a_kind_keeps_its_name_beside_another_kind() -> None:
    proposal = propose_among([Recognised("workflows/a.json", "agent-card"), *workflows("workflows/a.yaml")])
    assert repositories(proposal) == ["workflows/agents/a", "workflows/a"]


def test_two_kinds_in_one_folder_get_prefixes() -> None:
    proposal = propose_among([Recognised("x/a.json", "agent-card"), *workflows("x/a.yaml")])
    assert repositories(proposal) == ["x/agents/a", "x/workflows/a"]


def test_second_claimant_is_left_out() -> None:
    proposal = propose_among(workflows("x/A.yaml", "x/a.yaml"))
    assert repositories(proposal) == ["x/a"]
    assert [str(problem) for problem in proposal.left_out] == [
        "x/A.yaml: repository x/a: expected one file, got x/a.yaml too"
    ]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        pytest.param(
            Recognised("x/日.yaml", "workflow"),
            "x/日.yaml: no repository can be named after it: expected a name with letters a to z or digits",
            id="no-letters",
        ),
        pytest.param(
            Recognised(f"x/{'a' * 254}.yaml", "workflow"),
            f"x/{'a' * 254}.yaml: repository too long: expected at most 255 characters, got 256",
            id="too-long",
        ),
        pytest.param(
            Recognised("x/a\\b.yaml", "workflow"),
            "x/a\\b.yaml: no pattern can name it: expected a path of UTF-8 without a backslash",
            id="backslash",
        ),
        pytest.param(
            Recognised("x/\udcff.yaml", "workflow"),
            "x/\\xff.yaml: no pattern can name it: expected a path of UTF-8 without a backslash",
            id="not-utf-8",
        ),
        pytest.param(
            Recognised("Chart.yaml", "helm-chart", "1.0.0"),
            "Chart.yaml: expected a folder of its own, which is packed, got the project's root folder",
            id="chart-at-the-top",
        ),
    ],
)
def test_file_that_no_entry_can_publish(file: Recognised, sentence: str) -> None:
    proposal = propose_among([file])
    assert proposal.entries == ()
    assert [str(problem) for problem in proposal.left_out] == [sentence]


def test_charts_are_named_by_their_folders() -> None:
    proposal = propose_among([Recognised("charts/web/Chart.yaml", "helm-chart", "1.0.0")])
    assert proposal.entries == (
        Entry(("charts/*/Chart.yaml",), "charts/{parent}", "helm-chart", ("charts/web/Chart.yaml",)),
    )
    assert rules_for_git(proposal.entries) == {
        "charts/*/**": ["charts/web/Chart.yaml", "charts/web/templates/_helpers.tpl"]
    }


@pytest.mark.parametrize(
    ("files", "field", "version", "versions"),
    [
        pytest.param(workflows("x/a.yaml"), "metadata.version", None, {}, id="every-file-says-its-version"),
        pytest.param(workflows("x/a.yaml", version=None), None, "0.1.0", {}, id="none-does"),
        pytest.param(
            [*workflows("x/a.yaml"), *workflows("x/b.yaml", version=None)],
            "metadata.version",
            None,
            {"b": "0.1.0"},
            id="one-does-not",
        ),
        pytest.param(
            [*workflows("x/m.yaml"), *workflows("y/m.yaml", version=None)],
            "metadata.version",
            None,
            {"y/m.yaml": "0.1.0"},
            id="stem-that-means-several",
        ),
        pytest.param(
            [*workflows("x/a.yaml"), *workflows("x/b.yaml", "x/c.yaml", version=None)],
            None,
            "0.1.0",
            {"a": FieldVersion("metadata.version")},
            id="one-alone-does",
        ),
    ],
)
def test_few_that_differ_are_said_one_by_one(
    files: list[Recognised], field: str | None, version: str | None, versions: dict[str, str | FieldVersion]
) -> None:
    (entry,) = propose_among(files).entries
    assert (entry.version_field, entry.version, dict(entry.versions)) == (field, version, versions)


@given(st.dictionaries(PATHS, st.sampled_from([None, "1.0.0"]), max_size=25), st.sets(PATHS, max_size=5))
def test_every_file_has_its_own_repository_or_is_said(
    versions: dict[str, str | None], others: set[str]
) -> None:
    recognised = [Recognised(path, "workflow", version) for path, version in sorted(versions.items())]
    proposal = propose_among(recognised, others - versions.keys())
    published = [path for entry in proposal.entries for path in entry.paths]
    assert sorted([*published, *(str(problem.file) for problem in proposal.left_out)]) == sorted(versions)
    assert len(set(repositories(proposal))) == len(published)
    for entry in proposal.entries:
        assert meant(entry, [*versions, *others]) == set(entry.paths)
