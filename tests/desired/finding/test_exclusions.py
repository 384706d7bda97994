"""`!pattern` takes out what others of its list name, whatever the order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.globs import as_pattern, parse_glob
from reconciler.errors import Severity
from tests.desired.finding.trees import make_tree, paths_of


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param(["w/*.yaml", "!w/b.yaml"], ["w/a.yaml", "w/c.yaml"], id="file"),
        pytest.param(["!w/b.yaml", "w/*.yaml"], ["w/a.yaml", "w/c.yaml"], id="in-front"),
        pytest.param(["w/*.yaml", "!w/[bc].yaml"], ["w/a.yaml"], id="glob"),
        pytest.param(["w/**/*.yaml", "!w/old/**"], ["w/a.yaml", "w/b.yaml", "w/c.yaml"], id="below-a-folder"),
        pytest.param(["w/**/*.yaml", "!w/old"], ["w/a.yaml", "w/b.yaml", "w/c.yaml"], id="folder-by-name"),
        pytest.param(
            ["w/**/*.yaml", "!**/b.yaml"], ["w/a.yaml", "w/c.yaml", "w/old/a.yaml"], id="at-any-depth"
        ),
        pytest.param(["w/a.yaml", "w/b.yaml", "!w/b.yaml"], ["w/a.yaml"], id="literal-path"),
        pytest.param(["./!x.yaml"], ["!x.yaml"], id="name-with-the-sign"),
    ],
)
def test_exclusions_take_files_out(tmp_path: Path, patterns: list[str], expected: list[str]) -> None:
    make_tree(tmp_path, "w/a.yaml", "w/b.yaml", "w/c.yaml", "w/old/a.yaml", "w/old/b.yaml", "!x.yaml")
    assert paths_of(find_files(tmp_path, patterns)) == expected


def test_nothing_is_wrong_with_what_is_taken_out(tmp_path: Path) -> None:
    make_tree(tmp_path, "w/a.yaml")
    (tmp_path / "w/broken.yaml").symlink_to("nowhere")
    os.mkfifo(tmp_path / "w/pipe.yaml")
    assert paths_of(find_files(tmp_path, ["w/*.yaml", "!w/broken.yaml", "!w/pipe.yaml"])) == ["w/a.yaml"]


@pytest.mark.parametrize(
    ("patterns", "sentence", "severity"),
    [
        pytest.param(
            ["w/*.yaml", "!w/x.yaml"],
            "!w/x.yaml: takes nothing out: expected a file that another pattern names",
            Severity.WARNING,
            id="takes-nothing-out",
        ),
        pytest.param(
            ["!w/*.yaml"],
            "!w/*.yaml: takes files out of nothing: expected a pattern without ! beside it",
            Severity.ERROR,
            id="alone",
        ),
        pytest.param(
            ["w/*.yaml", "!w/a*"],
            "w/*.yaml: matches nothing but what is taken out by !w/a*: expected at least one file",
            Severity.ERROR,
            id="takes-everything-out",
        ),
        pytest.param(
            ["w/*.yaml", "!../a.yaml"],
            "!../a.yaml: leaves the project: expected a path without ..",
            Severity.ERROR,
            id="no-pattern",
        ),
    ],
)
def test_exclusion_that_cannot_be_meant(
    tmp_path: Path, patterns: list[str], sentence: str, severity: Severity
) -> None:
    (problem,) = find_files(make_tree(tmp_path, "w/a.yaml"), patterns).problems
    assert (problem.message, problem.severity) == (sentence, severity)


_NAMES = st.sampled_from(["a", "b", ".h", "a.yaml", "!x", "[a]"])
_PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "**", ".h", "*.yaml", "?"]), min_size=1, max_size=4)


@given(st.sets(st.lists(_NAMES, min_size=1, max_size=3).map(tuple), max_size=8), _PATTERNS.map("/".join))
def test_pattern_takes_out_what_it_would_name(
    tmp_path_factory: pytest.TempPathFactory, paths: set[tuple[str, ...]], pattern: str
) -> None:
    root = tmp_path_factory.mktemp("tree")
    files = [path for path in paths if not any(other[: len(path)] == path != other for other in paths)]
    make_tree(root, *("/".join(path) for path in files))
    named = {file.path for file in find_files(root, [pattern]).files}
    glob = parse_glob(pattern)
    if not glob.is_literal:
        assert {"/".join(path) for path in files if glob.means("/".join(path))} == named
    for path in map("/".join, files):
        assert [file.path for file in find_files(root, [as_pattern(path)]).files] == [path]
