"""What is added to .gitignore and .gitattributes, held against git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.finding.tree import Tree
from reconciler.desired.proposing.git_files import Addition, ignore_pallet, keep_line_ends
from reconciler.errors import RefusedError

WHY_IGNORED = b"# pallet's own folder: the local registry, and what is being worked on.\n"
WHY_KEPT = b"# Published by pallet: the bytes, hence the digests, are the same on every platform.\n"


def _content(addition: Addition | None) -> bytes | None:
    return None if addition is None else addition.content


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, WHY_IGNORED + b".pallet/\n", id="no-file"),
        pytest.param(b"", WHY_IGNORED + b".pallet/\n", id="empty-file"),
        pytest.param(b"a\n", b"a\n\n" + WHY_IGNORED + b".pallet/\n", id="appended"),
        pytest.param(b"a", b"a\n\n" + WHY_IGNORED + b".pallet/\n", id="last-line-without-an-end"),
        pytest.param(
            b"a\r\nb",
            b"a\r\nb\r\n\r\n" + WHY_IGNORED.replace(b"\n", b"\r\n") + b".pallet/\r\n",
            id="line-ends-are-kept",
        ),
        pytest.param(b"\xff\n", b"\xff\n\n" + WHY_IGNORED + b".pallet/\n", id="bytes-that-are-no-text"),
        pytest.param(b".pallet/\n", None, id="there-already"),
        pytest.param(b"/.pallet\n", None, id="there-in-other-words"),
        pytest.param(b".*\n", None, id="ignored-by-another-rule"),
        pytest.param(
            b".pallet/\n!.pallet/\n",
            b".pallet/\n!.pallet/\n\n" + WHY_IGNORED + b".pallet/\n",
            id="taken-back",
        ),
    ],
)
def test_pallet_folder_is_ignored(tmp_path: Path, before: bytes | None, after: bytes | None) -> None:
    if before is not None:
        (tmp_path / ".gitignore").write_bytes(before)
    assert _content(ignore_pallet(Tree(tmp_path))) == after


def test_rule_further_up_is_enough(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text(".pallet/\n", encoding="utf-8")
    (tmp_path / "project").mkdir()
    assert ignore_pallet(Tree(tmp_path / "project")) is None


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes"])
def test_link_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).symlink_to("elsewhere")
    tree = Tree(tmp_path)
    with pytest.raises(RefusedError) as caught:
        _ = ignore_pallet(tree) if name == ".gitignore" else keep_line_ends(tmp_path, {"a": ["a"]})
    assert str(caught.value) == (
        f"{name}: expected a file of its own, got a link or a folder, which git does not read"
    )
    assert (caught.value.fix or "").startswith("move it away, and run pallet init again; it would add: ")


def test_without_git_no_attributes(tmp_path: Path) -> None:
    assert keep_line_ends(tmp_path, {"a.yaml": ["a.yaml"]}) is None


@pytest.mark.parametrize(
    ("text", "is_needed"),
    [
        pytest.param("", True, id="nothing-said"),
        pytest.param("* text=auto", True, id="as-the-machine-has-it"),
        pytest.param("* text", True, id="text-without-eol"),
        pytest.param("* text=auto eol=lf", False, id="always-lf"),
        pytest.param("*.yaml text eol=crlf", False, id="always-crlf"),
        pytest.param("*.yaml -text", False, id="never-changed"),
        pytest.param("flows/*.yaml binary", False, id="binary"),
        pytest.param("*.yaml -text\n*.yaml text", True, id="last-line-wins"),
        pytest.param("*.yaml -text\n*.yaml !text", True, id="taken-back"),
        pytest.param("flows -text", True, id="rule-for-the-folder-says-nothing-of-its-files"),
        pytest.param("flows/** -text", False, id="rule-for-what-is-in-the-folder"),
        pytest.param("*.json -text", True, id="other-files"),
        pytest.param("# *.yaml -text", True, id="comment"),
        pytest.param('"flows/a.yaml" -text', False, id="quoted"),
        pytest.param('"flows/a.yaml -text', True, id="quote-that-never-ends"),
        pytest.param("[attr]raw -text", True, id="macro"),
    ],
)
def test_rule_only_where_git_would_convert(tmp_path: Path, text: str, is_needed: bool) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitattributes").write_text(f"{text}\n", encoding="utf-8")
    addition = keep_line_ends(tmp_path, {"flows/*.yaml": ["flows/a.yaml"]})
    assert (addition is not None) is is_needed
    if addition is not None:
        assert addition.content == f"{text}\n\n".encode() + WHY_KEPT + b"flows/*.yaml -text\n"


def test_deeper_file_decides(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "project" / "flows").mkdir(parents=True)
    (tmp_path / ".gitattributes").write_text("* text\n", encoding="utf-8")
    (tmp_path / "project" / "flows" / ".gitattributes").write_text("a.yaml -text\n", encoding="utf-8")
    published = {"flows/*.yaml": ["flows/a.yaml"], "*.json": ["b.json"]}
    addition = keep_line_ends(tmp_path / "project", published)
    assert addition is not None
    assert addition.path == tmp_path / "project" / ".gitattributes"
    assert addition.lines == ("/*.json -text",)


@pytest.mark.parametrize(
    ("pattern", "path", "line"),
    [
        pytest.param("a.yaml", "a.yaml", "/a.yaml -text", id="at-the-top-only"),
        pytest.param("my flows/*.yaml", "my flows/a.yaml", '"my flows/*.yaml" -text', id="space"),
        pytest.param('q"/*.yaml', 'q"/a.yaml', '"q\\"/*.yaml" -text', id="quote"),
        pytest.param("#x/*.yaml", "#x/a.yaml", "/#x/*.yaml -text", id="hash"),
        pytest.param("!x/*.yaml", "!x/a.yaml", "/!x/*.yaml -text", id="exclamation-mark"),
        pytest.param("[[]attr]/*.yaml", "[attr]/a.yaml", "\\[attr]/*.yaml -text", id="bracket"),
        pytest.param("ü/*.yaml", "ü/a.yaml", "ü/*.yaml -text", id="not-ascii"),
        pytest.param("charts/*/**", "charts/web/templates/a.yaml", "charts/*/** -text", id="chart"),
    ],
)
def test_git_understands_the_rule(tmp_path: Path, pattern: str, path: str, line: str) -> None:
    _git(tmp_path, "init", "-q", "--template=")
    addition = keep_line_ends(tmp_path, {pattern: [path]})
    assert addition is not None
    assert addition.lines == (line,)
    addition.write()
    assert _attributes_of_git(tmp_path, path) == ("unset", "unspecified")
    assert _attributes_of_git(tmp_path, f"deep/{path}") == ("unspecified", "unspecified")
    assert keep_line_ends(tmp_path, {pattern: [path]}) is None


_PATTERNS = st.sampled_from(
    ["*", "*.yaml", "/a.yaml", "a.yaml", "d/*", "d/**", "d", "**/e/*.yaml", '"d/a.yaml"']
)
_WORDS = st.sampled_from(
    ["text", "-text", "!text", "text=auto", "eol=lf", "-eol", "!eol", "binary", "-text eol=lf", "diff"]
)
_TEXTS = st.lists(st.tuples(_PATTERNS, _WORDS).map(" ".join), max_size=4).map("\n".join)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=_TEXTS, deep=_TEXTS, path=st.sampled_from(["a.yaml", "d/a.yaml", "d/e/b.yaml"]))
def test_attributes_are_read_as_git_reads_them(
    tmp_path_factory: pytest.TempPathFactory, top: str, deep: str, path: str
) -> None:
    root = tmp_path_factory.mktemp("repository")
    _git(root, "init", "-q", "--template=")
    (root / "d").mkdir()
    (root / ".gitattributes").write_text(top, encoding="utf-8")
    (root / "d" / ".gitattributes").write_text(deep, encoding="utf-8")
    text, eol = _attributes_of_git(root, path)
    is_certain = text == "unset" or eol in ("lf", "crlf")
    assert (keep_line_ends(root, {"x": [path]}) is None) is is_certain


def _attributes_of_git(root: Path, path: str) -> tuple[str, ...]:
    said = _git(root, "check-attr", "-z", "text", "eol", "--", path).split("\0")
    return said[2], said[5]


def _git(root: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout
