"""What git ignores, held against a table and against git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.finding.files import find_files
from reconciler.desired.finding.ignores import Rule, deciding_rule, ignoring_rule, parse_rules, read_rules


def _rule(path: str, text: str, *deeper: tuple[str, str], is_folder: bool = False) -> Rule | None:
    files = [parse_rules(text, base="", shown=".gitignore")]
    files += [parse_rules(more, base=base, shown=f"{base}.gitignore") for base, more in deeper]
    return deciding_rule(path, files[::-1], is_folder=is_folder)


@pytest.mark.parametrize(
    ("path", "text", "is_ignored"),
    [
        pytest.param("a.log", "*.log", True, id="name"),
        pytest.param("deep/er/a.log", "*.log", True, id="name-at-any-depth"),
        pytest.param("deep/a.log", "/a.log", False, id="anchored"),
        pytest.param("a.log", "*.log\n!a.log", False, id="later-line-wins"),
        pytest.param("a.log", "!a.log\n*.log", True, id="order-matters"),
        pytest.param("build", "build/", False, id="slash-means-folder"),
        pytest.param("a", "# a", False, id="comment"),
        pytest.param("#a", "\\#a", True, id="escaped-hash"),
        pytest.param("a", "a\r\nb", True, id="crlf"),
        pytest.param("a", "\ufeffa", True, id="byte-order-mark"),
        pytest.param("a", "a   ", True, id="trailing-spaces"),
        pytest.param("a\u2028b", "a\u2028b", True, id="a-line-ends-at-lf-only"),
        pytest.param("x/y/z", "x/**/z", True, id="double-star"),
        pytest.param("a", "!\n/\na", True, id="broken-lines-are-passed-over"),
        pytest.param("\udcff", "\udcff", True, id="not-utf8"),
    ],
)
def test_one_file_of_rules(path: str, text: str, is_ignored: bool) -> None:
    rule = _rule(path, text)
    assert (rule is not None and rule.ignores) is is_ignored


def test_folder_rule_takes_folders() -> None:
    assert _rule("build", "build/", is_folder=True) is not None
    assert _rule("a/build", "*/", is_folder=True) is not None


def test_deeper_file_wins() -> None:
    rule = _rule("sub/a.log", "*.log", ("sub/", "!a.log"))
    assert rule is not None
    assert not rule.ignores
    assert rule.place == "sub/.gitignore:1"


def test_reincluded_folder_says_nothing_of_its_files() -> None:
    rule = _rule("sub/build/x.o", "*.o", ("sub/", "!build/"))
    assert rule is not None
    assert rule.place == ".gitignore:1"


def test_rule_that_reincludes_does_not_ignore() -> None:
    assert ignoring_rule("a", [parse_rules("*\n!a", base="", shown="")], is_folder=False) is None


def test_bytes_that_are_no_text_are_read(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"\xff\n*.log\n")
    rules = read_rules(tmp_path / ".gitignore", base="", shown=".gitignore")
    assert [rule.place for rule in rules.rules] == [".gitignore:2", ".gitignore:1"]


_NAMES = st.sampled_from(["a", "b", "build", "x.log", "y.o", "keep.log"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)
_LINES = st.tuples(
    st.sampled_from(["", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.lists(
        st.one_of(_NAMES, st.sampled_from(["*", "*.log", "*.o", "?", "**"])), min_size=1, max_size=3
    ).map("/".join),
    st.sampled_from(["", "/", "/*", "/**"]),
).map("".join)
_TEXTS = st.lists(_LINES, min_size=1, max_size=4).map("\n".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.sets(_PATHS, max_size=12),
    texts=st.dictionaries(st.sampled_from(["", "a/", "a/b/", "build/"]), _TEXTS),
)
def test_globs_find_what_git_finds(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], texts: dict[str, str]
) -> None:
    root = tmp_path_factory.mktemp("repository")
    for path in sorted(paths, reverse=True):  # the deepest first: a file never blocks a folder
        if not (root / path).exists() and _is_free(root, path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
    for base, text in texts.items():
        if _is_free(root, f"{base}.gitignore"):
            (root / base).mkdir(parents=True, exist_ok=True)
            (root / base / ".gitignore").write_text(text, encoding="utf-8")
    found = {file.path for file in find_files(root, ["**/*"]).files}
    assert found == _files_of_git(root)


def _is_free(root: Path, path: str) -> bool:
    return not any(
        (root / path).relative_to(root) != above and (root / above).is_file() for above in Path(path).parents
    )


def _files_of_git(root: Path) -> set[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "init", "-q", "--template="]
    subprocess.run(command, cwd=root, env=environment, check=True)
    listing = ["git", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    done = subprocess.run(listing, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return {path for path in done.stdout.split("\0") if path and not path.endswith(".gitignore")}
