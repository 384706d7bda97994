"""What the YAML parser did not understand, in words that say what to mend.

Must never be added: problems of values, which `yaml_documents` finds.
"""

from __future__ import annotations

import re
from typing import Final

import yaml

from reconciler.errors import Problem

_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def syntax_problem(exc: yaml.YAMLError, text: str) -> Problem:
    """Return where the text stops being YAML, and why."""
    if not isinstance(exc, yaml.MarkedYAMLError) or exc.problem_mark is None:
        return _character_problem(exc, text)
    mark = exc.problem_mark
    lines = text.splitlines() or [""]
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or line[mark.column : mark.column + 1] == "\t":
        message = "a tab as indentation: expected spaces"
        return Problem(
            "tab", message, line=mark.line + 1, column=line.index("\t") + 1, fix="replace the tab by spaces"
        )
    opened = exc.context_mark
    message = f"not YAML: {exc.problem}" + (f" {exc.context}" if exc.context else "")
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    if mark.line > last or (mark.line == last and not lines[last][mark.column :].strip()):
        # The end of the file is where the parser gave up; what was opened is what to mend.
        if opened is not None and opened.line <= last:
            message, mark = f"{message}: got the end of the file, opened here", opened
            return Problem("not-yaml", message, line=mark.line + 1, column=mark.column + 1, fix="close it")
        return Problem(
            "not-yaml", f"{message}: got the end of the file", line=last + 1, column=len(lines[last]) + 1
        )
    if opened is not None and opened.line != mark.line:
        message = f"{message} that starts in line {opened.line + 1}"
    return Problem("not-yaml", message, line=mark.line + 1, column=mark.column + 1)


def _character_problem(exc: yaml.YAMLError, text: str) -> Problem:
    match = _FORBIDDEN.search(text)
    if match is None:
        return Problem("not-yaml", f"not YAML: {str(exc).splitlines()[0][:200]}", line=1, column=1)
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    message = f"expected text, got the control character U+{ord(match[0]):04X}"
    return Problem("control-character", message, line=line, column=column)
