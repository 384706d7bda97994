"""Templates of repositories and of what is attached: `{stem}` `{name}` `{parent}` `{dir}` of a file.

Must never be added: a change to what the file's name says, such as lower-casing, which would let
two files meet in one repository without anybody having written it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from reconciler.desired.finding.globs import EXCLUDES
from reconciler.oci.reference import Repository

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_GLOB_CHARACTER = re.compile(r"([*?\[])")
_STARS = re.compile(r"\*+")
_NAMES = ("stem", "name", "parent", "dir")


def fill(template: str, path: str) -> Repository:
    """Return the repository that `template` means for a file; see `fill_text`.

    Raises:
        ValueError: a placeholder is unknown or empty for this file, or the result is no repository.
    """
    return Repository(fill_text(template, path))


def fill_text(template: str, path: str, *, as_glob: bool = False) -> str:
    """Return the template with its placeholders filled in for a file.

    `stem` is the file's name without its last suffix, `name` the whole name, `parent` the name of
    its folder, `dir` the folder's path.

    Args:
        as_glob: the template is a pattern; a file's name in it means nothing but itself.

    Raises:
        ValueError: a placeholder is unknown or empty for this file.
    """
    if "//" in path or "./" in path or path.endswith("/"):
        path = str(PurePosixPath(path))
    folder, _, name = path.rpartition("/")
    # As pathlib has it: neither the first character nor the last one begins a suffix.
    dot = name.rfind(".")
    stem = name[:dot] if 0 < dot < len(name) - 1 else name
    values = {"stem": stem, "name": name, "parent": folder.rpartition("/")[2], "dir": folder}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            expected = " ".join(f"{{{known}}}" for known in _NAMES)
            raise ValueError(f"unknown placeholder {{{name}}}: expected one of {expected}")
        if not values[name]:
            raise ValueError(f"{{{name}}} is empty for {path}, which stands in no folder")
        return _GLOB_CHARACTER.sub(r"[\1]", values[name]) if as_glob else values[name]

    filled = _PLACEHOLDER.sub(value, template)
    return _as_named(filled, excludes=template.startswith(EXCLUDES)) if as_glob else filled


def widen(template: str) -> str:
    """Return a pattern that takes whatever the placeholders in another may stand for, and maybe more."""
    return "/".join(map(_widen_step, template.split("/")))


def has_placeholder(template: str) -> bool:
    """Say whether a template depends on the file."""
    return _PLACEHOLDER.search(template) is not None


def _as_named(pattern: str, *, excludes: bool) -> str:
    """Return a pattern that takes files out only where its template does, whatever a file is called."""
    sign = EXCLUDES if excludes else ""
    rest = pattern.removeprefix(sign)
    return f"{sign}./{rest}" if rest.startswith(EXCLUDES) else pattern


def _widen_step(step: str) -> str:
    if "{dir}" in step:
        return "**"
    # Two that stand side by side would be more than one step, or no pattern.
    return _STARS.sub("*", _PLACEHOLDER.sub("*", step)) if has_placeholder(step) else step
