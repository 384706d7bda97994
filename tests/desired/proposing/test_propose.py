"""Entries as a person would write them; no two files ever meet in one repository."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.config import Target
from reconciler.desired.proposing.propose import Entry, Proposal, legalise, propose, rules_for_git
from reconciler.desired.proposing.propose_text import render_config
from reconciler.desired.proposing.recognise import Recognised
from reconciler.desired.templates import fill

LOCAL = Target("local", "oci-layout:.pallet/registry", immutable=False)


def _propose(recognised: Iterable[Recognised], others: Iterable[str] = ()) -> Proposal:
    files = list(recognised)
    paths = [*(file.path for file in files), *others]
    return propose(files, matches=lambda pattern: frozenset(path for path in paths if _match(path, pattern)))


def _match(path: str, pattern: str) -> bool:
    if "/**/" in pattern:
        above, _, name = pattern.partition("/**/")
        return path.startswith(f"{above}/") and fnmatchcase(path.rpartition("/")[2], name)
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _workflows(*paths: str, version: str | None = "1.0.0") -> list[Recognised]:
    return [Recognised(path, "workflow", version) for path in paths]


def _pairs(proposal: Proposal) -> list[tuple[tuple[str, ...], str]]:
    return [(entry.files, entry.repository) for entry in proposal.entries]


def _repositories(proposal: Proposal) -> list[str]:
    return [fill(entry.repository, path) for entry in proposal.entries for path in entry.paths]


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
            [(("flows/a.yaml", "flows/b.yaml"), "flows/{stem}")],
            id="list-beside-strangers",
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
            [(("flows/a.yaml",), "flows/{stem}"), (("flows/B.yaml",), "flows/b")],
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
    proposal = _propose(_workflows(*paths), others)
    assert _pairs(proposal) == expected
    assert proposal.left_out == ()


def test_two_kinds_in_one_folder_get_prefixes() -> None:
    proposal = _propose([Recognised("x/a.json", "agent-card"), *_workflows("x/a.yaml")])
    assert _repositories(proposal) == ["x/agents/a", "x/workflows/a"]


def test_second_claimant_is_left_out() -> None:
    proposal = _propose(_workflows("x/A.yaml", "x/a.yaml"))
    assert _repositories(proposal) == ["x/a"]
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
    proposal = _propose([file])
    assert proposal.entries == ()
    assert [str(problem) for problem in proposal.left_out] == [sentence]


def test_charts_are_named_by_their_folders() -> None:
    proposal = _propose([Recognised("charts/web/Chart.yaml", "helm-chart", "1.0.0")])
    assert proposal.entries == (
        Entry(("charts/*/Chart.yaml",), "charts/{parent}", "helm-chart", ("charts/web/Chart.yaml",)),
    )
    assert rules_for_git(proposal.entries) == {
        "charts/*/**": ["charts/web/Chart.yaml", "charts/web/templates/_helpers.tpl"]
    }


@pytest.mark.parametrize(
    ("files", "field", "version", "versions"),
    [
        pytest.param(_workflows("x/a.yaml"), "metadata.version", None, {}, id="every-file-says-its-version"),
        pytest.param(_workflows("x/a.yaml", version=None), None, "0.1.0", {}, id="none-does"),
        pytest.param(
            [*_workflows("x/a.yaml"), *_workflows("x/b.yaml", version=None)],
            "metadata.version",
            None,
            {"b": "0.1.0"},
            id="one-does-not",
        ),
        pytest.param(
            [*_workflows("x/m.yaml"), *_workflows("y/m.yaml", version=None)],
            "metadata.version",
            None,
            {"y/m.yaml": "0.1.0"},
            id="stem-that-means-several",
        ),
    ],
)
def test_versions(
    files: list[Recognised], field: str | None, version: str | None, versions: dict[str, str]
) -> None:
    (entry,) = _propose(files).entries
    assert (entry.version_field, entry.version, dict(entry.versions)) == (field, version, versions)


def test_list_of_files_is_one_rule_for_git() -> None:
    entries = _propose(_workflows("x/a.yaml", "x/B.yaml", "r.yaml"), ["s.yaml"]).entries
    assert rules_for_git(entries) == {"r.yaml": ["r.yaml"], "x/*.yaml": ["x/a.yaml", "x/B.yaml"]}


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


_STEPS = st.sampled_from(["a", "A", "flows", "Flows", "b.c", "ü", "日", "x y", "{stem}", "[a]", 'q"'])
_PATHS = st.tuples(st.lists(_STEPS, max_size=3), _STEPS, st.sampled_from([".yaml", ".yml"])).map(
    lambda parts: "/".join([*parts[0], parts[1] + parts[2]])
)


@given(st.dictionaries(_PATHS, st.sampled_from([None, "1.0.0"]), max_size=25), st.sets(_PATHS, max_size=5))
def test_every_file_has_its_own_repository_or_is_said(
    versions: dict[str, str | None], others: set[str]
) -> None:
    recognised = [Recognised(path, "workflow", version) for path, version in sorted(versions.items())]
    proposal = _propose(recognised, others - versions.keys())
    published = [path for entry in proposal.entries for path in entry.paths]
    assert sorted([*published, *(str(problem.file) for problem in proposal.left_out)]) == sorted(versions)
    assert len(set(_repositories(proposal))) == len(published)
    for entry in proposal.entries:
        meant = {path for path in [*versions, *others] if any(_match(path, item) for item in entry.files)}
        assert meant == set(entry.paths)


@given(st.dictionaries(_PATHS, st.sampled_from([None, "1.0.0"]), max_size=10), st.text(max_size=20))
def test_text_says_what_was_proposed(versions: dict[str, str | None], project: str) -> None:
    entries = _propose([Recognised(path, "workflow", version) for path, version in versions.items()]).entries
    text = render_config(project, [LOCAL, Target("far", "https://r.example")], "far", entries)
    document = tomllib.loads(text)
    assert document["project"]["name"] == project
    assert document["target"]["local"] == {"url": LOCAL.url, "immutable": False}
    assert document["defaults"] == {"target": "far", "floating-tags": ["latest"]}
    for entry, table in zip(entries, document.get("artifact", []), strict=True):
        files = entry.files[0] if len(entry.files) == 1 else list(entry.files)
        assert (table["files"], table["repository"], table["kind"]) == (files, entry.repository, entry.kind)
        assert table.get("versions", {}) == entry.versions
        assert table.get("version") == (entry.version or {"field": entry.version_field})


def test_long_lists_have_a_file_a_line() -> None:
    paths = tuple(f"a/{'x' * 30}{number}.yaml" for number in range(4))
    text = render_config(
        "p", [LOCAL], "local", [Entry(paths, "a/{stem}", "workflow", paths, version="0.1.0")]
    )
    assert f'files = [\n  "{paths[0]}",\n  "{paths[1]}",\n' in text
    assert PurePosixPath(tomllib.loads(text)["artifact"][0]["files"][3]) == PurePosixPath(paths[3])
