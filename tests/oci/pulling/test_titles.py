"""Titles: where each leads, or why it leads nowhere."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.oci.pulling.titles import Parts, check_link, find_collisions, read_title


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        pytest.param("a.txt", ("a.txt",), id="name"),
        pytest.param("docs/a.txt", ("docs", "a.txt"), id="folder"),
        pytest.param("./docs//a.txt", ("docs", "a.txt"), id="steps-that-say-nothing"),
        pytest.param("docs/", ("docs",), id="slash-at-the-end"),
        pytest.param(".", (), id="the-folder-itself"),
        pytest.param("...", ("...",), id="three-dots"),
        pytest.param("..a/b..", ("..a", "b.."), id="dots-in-names"),
        pytest.param("naïve 文.txt", ("naïve 文.txt",), id="unicode"),
        pytest.param("שלום.txt", ("שלום.txt",), id="right-to-left"),
        pytest.param("-rf", ("-rf",), id="dash"),
        pytest.param("ab:c", ("ab:c",), id="colon-behind-a-longer-name-is-no-drive"),
    ],
)
def test_title_leads_below(title: str, parts: Parts) -> None:
    assert read_title(title) == parts


@pytest.mark.parametrize(
    ("title", "problem"),
    [
        pytest.param("", "got an empty title", id="empty"),
        pytest.param("/etc/passwd", "expected a relative path", id="absolute"),
        pytest.param("//host/share", "expected a relative path", id="share"),
        pytest.param("..", "does not lead out", id="up"),
        pytest.param("../x", "does not lead out", id="up-and-down"),
        pytest.param("a/../../x", "does not lead out", id="down-and-up"),
        pytest.param("a/..", "does not lead out", id="up-at-the-end"),
        pytest.param("C:/x", "drive letter", id="drive"),
        pytest.param("c:x", "drive letter", id="drive-without-slash"),
        pytest.param("..\\x", "backslash", id="backslash"),
        pytest.param("\\\\host\\share", "backslash", id="share-with-backslashes"),
        pytest.param("a\0b", "control character", id="nul"),
        pytest.param("a\nb", "control character", id="line-end"),
        pytest.param("a\x1b[2Jb", "control character", id="terminal-escape"),
        pytest.param("a\x9b2Jb", "control character", id="terminal-escape-of-one-byte"),
        pytest.param("\u202etxt.exe", r"turns the direction of text, got '\\u202etxt", id="override"),
        pytest.param("docs/a\u2066b", "turns the direction", id="isolate"),
        pytest.param("x" * 256, "at most 255 bytes", id="name-too-long"),
        pytest.param("é" * 128, "at most 255 bytes", id="name-too-long-in-bytes"),
        pytest.param("a/" * 65, "at most 64 folders", id="too-deep"),
        pytest.param("a\udc80", "half a character", id="surrogate"),
        pytest.param(".pallet-partial/x", "which pallet needs itself", id="work-folder"),
        pytest.param("a/.PALLET-partial", "which pallet needs itself", id="work-folder-in-other-case"),
    ],
)
def test_title_that_leads_out_is_refused(title: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_title(title)


@given(st.text())
@example("a/./../b")
@example("./..")
def test_whatever_is_read_stays_below(title: str) -> None:
    try:
        parts = read_title(title)
    except ValueError:
        return
    assert all(part not in ("", ".", "..") and "/" not in part and "\0" not in part for part in parts)
    path = os.path.normpath("/".join(("/out", *parts)))
    assert path == "/out" or path.startswith("/out/")


@pytest.mark.parametrize(
    ("paths", "folds", "problem"),
    [
        pytest.param([("a",), ("a",)], False, "a: expected one layer of this title, got two", id="twice"),
        pytest.param(
            [("A",), ("a",)],
            True,
            "A: the same file as a on this file system, which knows no case",
            id="case",
        ),
        pytest.param(
            [("é",), ("e\u0301",)],
            True,
            "é: the same file as e\u0301 on this file system, which knows no case",
            id="unicode-form",
        ),
        pytest.param(
            [("a", "b"), ("a",)], False, "a: a file there, and a folder for a/b", id="file-and-folder"
        ),
        pytest.param(
            [("A", "b"), ("a",)], True, "a: a file there, and a folder for A/b", id="file-and-folder-by-case"
        ),
    ],
)
def test_collision_is_named(paths: list[Parts], folds: bool, problem: str) -> None:
    assert list(find_collisions(paths, folds=folds)) == [problem]


@pytest.mark.parametrize("paths", [[("A",), ("a",)], [("a", "b"), ("a", "c")], [("a",), ("ab",)]])
def test_different_files_do_not_collide(paths: list[Parts]) -> None:
    assert list(find_collisions(paths, folds=False)) == []


@pytest.mark.parametrize(
    ("target", "depth"),
    [("a", 0), ("./a/b", 0), ("../a", 1), ("../../a", 2), (".", 0), ("..", 1), ("./../x", 1)],
)
def test_link_that_stays_is_accepted(target: str, depth: int) -> None:
    check_link(target, depth=depth)


@pytest.mark.parametrize(
    ("target", "depth"),
    [
        ("", 3),
        ("/etc", 3),
        ("..", 0),
        ("../..", 1),
        ("../../x", 1),
        ("a/..", 3),
        ("a/../../../../x", 3),
        ("a\\..\\x", 3),
        ("C:/x", 3),
        ("./../../x", 1),
        ("a\0", 1),
    ],
)
def test_link_that_could_lead_out_is_refused(target: str, depth: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        check_link(target, depth=depth)


@given(st.lists(st.sampled_from(["..", ".", "a", "b", ""])), st.integers(min_value=0, max_value=4))
def test_accepted_link_stays_by_any_reading(steps: list[str], depth: int) -> None:
    target = "/".join(steps)
    try:
        check_link(target, depth=depth)
    except ValueError:
        return
    path = os.path.normpath("/".join(("/out", *(["d"] * depth), target)))
    assert path == "/out" or path.startswith("/out/")
