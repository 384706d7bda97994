"""Patterns as text: what is refused, what is fixed, what one segment matches."""

from __future__ import annotations

import pytest

from reconciler.desired.finding.globs import parse_glob


@pytest.mark.parametrize(
    ("text", "fixed", "path", "title"),
    [
        pytest.param("a/b/*.md", ("a", "b"), "a/b/x.md", "x.md", id="one-folder"),
        pytest.param("prompts/**/*.md", ("prompts",), "prompts/sub/x.md", "sub/x.md", id="any-folder"),
        pytest.param("*/x.md", (), "a/x.md", "a/x.md", id="nothing-fixed"),
        pytest.param("./a//b/./*.md", ("a", "b"), "a/b/x.md", "x.md", id="dots-and-doubled-slashes"),
        pytest.param("a/b.md", ("a",), "a/b.md", "b.md", id="literal"),
    ],
)
def test_fixed_part_and_title(text: str, fixed: tuple[str, ...], path: str, title: str) -> None:
    glob = parse_glob(text)
    assert glob.fixed == fixed
    assert glob.title(path) == title


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "names no file: expected a path or a glob, such as workflows/*.yaml", id="empty"),
        pytest.param(
            "./", "names no file: expected a path or a glob, such as workflows/*.yaml", id="the-project"
        ),
        pytest.param("/etc/*.yaml", "an absolute path: expected one relative to the project", id="absolute"),
        pytest.param("C:/a.yaml", "an absolute path: expected one relative to the project", id="drive"),
        pytest.param("a/../b", "leaves the project: expected a path without ..", id="parent"),
        pytest.param("a\\b", "a backslash: expected / between folders", id="backslash"),
        pytest.param("a\0b", "a NUL character: expected a path", id="nul"),
        pytest.param(
            "a**/b", "'a**': expected ** to stand alone between slashes", id="double-star-in-a-name"
        ),
        pytest.param(".git/config", "leads into .git/, which is never published", id="git"),
        pytest.param(".pallet/**", "leads into .pallet/, which is never published", id="pallet"),
    ],
)
def test_pattern_that_is_no_path_below_the_project(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is compared below
        parse_glob(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.md", "a.md", True),
        ("*.md", "A.MD", False),
        ("*", ".hidden", False),
        (".*", ".hidden", True),
        ("?", "é", True),
        ("[ab]", "b", True),
        ("[!ab]", "b", False),
        ("[*]", "*", True),
        ("[a", "[a", True),
        ("*\n", "a\n", True),
        ("*.md", "a.md\n", False),
    ],
)
def test_segment(pattern: str, name: str, matches: bool) -> None:
    assert parse_glob(pattern).segments[0].matches(name) is matches


def test_final_double_star_takes_files_of_any_depth() -> None:
    assert [segment.is_deep for segment in parse_glob("a/**").segments] == [True, False]
