"""What git is told about a project: `.pallet/` is ignored, published files keep their line ends.

Decided here: which lines are missing from .gitignore and .gitattributes, and where. The rule is
`-text`: git then never changes a byte, neither on commit nor on checkout. `text eol=lf` would not
do: a file that an editor saved with CRLF is clean to git and has another digest than in a clone.
Where a rule says `-text` or names an `eol`, every clone holds the same bytes, and nothing is added.
Deliberately not read: the user's own attributes and `.git/info/attributes`, which no clone has.
Must never be added: running git, or a change to a line that is there.

Spec: gitattributes(5) of git 2.39.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reconciler.desired.finding.ignores import FILE_NAME as IGNORE_FILE
from reconciler.desired.finding.ignores import Rules, deciding_rule, parse_rules
from reconciler.desired.finding.tree import Sort, Tree
from reconciler.errors import RefusedError
from reconciler.oci.files import disk_failures, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ATTRIBUTES_FILE = ".gitattributes"
_WHY_IGNORED = "# pallet's own folder: the local registry, and what is being worked on."
_WHY_ATTRIBUTES = "# Published by pallet: the bytes, hence the digests, are the same on every platform."
_UNSET = "unset"
_LITERAL = re.compile(r"\[([*?[])\]")


@dataclass(frozen=True, slots=True)
class Addition:
    """Lines for the end of a file."""

    path: Path
    lines: tuple[str, ...]
    """Without the comment above them."""
    content: bytes
    """The whole file as it shall be."""

    def write(self) -> None:
        """Let the file hold the additional lines, or what it held before where anything fails.

        Raises:
            UnreachableError: the disk refused.
        """
        with disk_failures(self.path.name, self.path.parent):
            write_atomically(self.path, [self.content])


def ignore_pallet(tree: Tree) -> Addition | None:
    """Return what `.gitignore` lacks, or None where git ignores `.pallet/` already.

    Raises:
        RefusedError: it is no file that git would read.
        UnreachableError: it cannot be read.
    """
    if tree.root_rule or tree.ignoring_rule(tree.top_folder, ".pallet", Sort.FOLDER):
        return None
    return _add(Path(tree.root) / IGNORE_FILE, _WHY_IGNORED, [".pallet/"])


def keep_line_ends(root: Path, published: Mapping[str, Iterable[str]]) -> Addition | None:
    """Return what `.gitattributes` lacks, or None where git changes nothing, or there is no git.

    Args:
        root: the project's folder, absolute and without links.
        published: patterns, each with the files that it means, from the root.

    Raises:
        RefusedError: it is no file that git would read.
        UnreachableError: it, or one further down, cannot be read.
    """
    top = find_work_tree(root)
    if top is None:
        return None
    attributes = _Attributes(top)
    below = "" if root == top else f"{root.relative_to(top).as_posix()}/"
    with disk_failures(ATTRIBUTES_FILE, root):
        lines = [
            f"{_pattern(pattern)} -text"
            for pattern, paths in published.items()
            if any(attributes.may_convert(below + path) for path in paths)
        ]
    return _add(root / ATTRIBUTES_FILE, _WHY_ATTRIBUTES, lines) if lines else None


def find_work_tree(root: Path) -> Path | None:
    """Return the top of the work tree that a folder is in; None where there is none."""
    return next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), None)


class _Attributes:
    """The `.gitattributes` of a work tree, each read once."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._known: dict[str, list[tuple[Rules, dict[str, str | None]]]] = {}

    def may_convert(self, path: str) -> bool:
        """Say whether the line ends of a file depend on the machine; `path` is from the top."""
        text, eol = None, None
        for rules, said in self._rules_above(path):
            if deciding_rule(path, [rules], is_folder=False) is not None:
                text, eol = said.get("text", text), said.get("eol", eol)
        return text != _UNSET and eol not in ("lf", "crlf")

    def _rules_above(self, path: str) -> Iterator[tuple[Rules, dict[str, str | None]]]:
        """Yield the rules of every folder on the way, those that win last."""
        for folder in reversed(PurePosixPath(path).parents):
            name = "" if str(folder) == "." else str(folder)
            if name not in self._known:
                self._known[name] = list(_read_attributes(self._top, name))
            yield from self._known[name]


def _read_attributes(top: Path, folder: str) -> Iterator[tuple[Rules, dict[str, str | None]]]:
    path = top / folder / ATTRIBUTES_FILE
    if path.is_symlink() or not path.is_file():  # git follows no link to it
        return
    base = f"{folder}/" if folder else ""
    for line in path.read_bytes().decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines():
        pattern, words = _split(line.strip())
        if words and not pattern.startswith(("#", "!", "[attr]")):
            yield parse_rules(pattern, base=base, shown=ATTRIBUTES_FILE), dict(_say(words))


def _split(line: str) -> tuple[str, list[str]]:
    if line.startswith('"'):
        try:
            pattern, end = json.JSONDecoder().raw_decode(line)
        except ValueError:
            return "", []
        return pattern, line[end:].split()
    pattern, *words = line.split() or [""]
    return pattern, words


def _say(words: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for word in words:
        name, equals, value = word.lstrip("-!").partition("=")
        if word == "binary":  # git's own macro: -diff -merge -text
            yield "text", _UNSET
        elif name in ("text", "eol"):
            set_to = value if equals else "set"
            yield name, {"-": _UNSET, "!": None}.get(word[0], set_to)


def _pattern(pattern: str) -> str:
    """Return one of pallet's patterns as git writes it, which escapes with a backslash."""
    pattern = _LITERAL.sub(r"\\\1", pattern)
    # Without a slash git would take it for a name at any depth; and a line may not begin with these signs.
    anchored = pattern if "/" in pattern and pattern[0] not in "#![" else f"/{pattern}"
    needs_quotes = not anchored.isprintable() or any(sign in anchored for sign in ' "')
    return json.dumps(anchored, ensure_ascii=False) if needs_quotes else anchored


def _add(path: Path, comment: str, lines: list[str]) -> Addition:
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        raise RefusedError(
            f"{path.name}: expected a file of its own, got a link or a folder, which git does not read",
            fix=f"move it away, and run pallet init again; it would add: {' '.join(lines)}",
        )
    before = b""
    with disk_failures(path.name, path.parent):
        before = path.read_bytes() if path.exists() else b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    start = before if not before or before.endswith(b"\n") else before + end
    between = end if start else b""
    added = end.join(line.encode() for line in (comment, *lines)) + end
    return Addition(path, tuple(lines), start + between + added)
