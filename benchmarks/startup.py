"""How long pallet takes to begin, and which of the large libraries it loads for that.

Must never be added: work; what is measured here is everything but the work.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from benchmarks.results import Figure, Table

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.lab import Lab

_LARGE = ("click", "httpx", "jsonschema", "pathspec", "rich", "watchdog", "yaml")
_IMPORTED = re.compile(r"^import time: +[0-9]+ \| +([0-9]+) \| ( *)(\S+)$", re.MULTILINE)
_COMMANDS = (("--version",), ("--help",), ("validate",))


def measure(lab: Lab) -> Table:
    """Start pallet again and again, in a project without artifacts."""
    folder = lab.folder / "empty"
    folder.mkdir()
    (folder / "pallet.toml").write_text('[project]\nname = "empty"\n', encoding="utf-8")
    bare = [lab.run([sys.executable, "-c", ""], folder).wall_s for _ in range(lab.scale.starts)]
    figures = [Figure("python alone", "ms", tuple(1000 * wall_s for wall_s in bare))]
    for command in _COMMANDS:
        times = tuple(1000 * lab.pallet(folder, *command).wall_s for _ in range(lab.scale.starts))
        figures.append(Figure(f"pallet {' '.join(command)}", "ms", times, _imports(lab, folder, command)))
    return Table("Start-up", figures)


def _imports(lab: Lab, folder: Path, command: tuple[str, ...]) -> str:
    """Return which large libraries are imported, and how many modules in all."""
    errors = lab.run([sys.executable, "-X", "importtime", "-m", "reconciler", *command], folder).errors
    modules = [match[3] for match in _IMPORTED.finditer(errors)]
    large = [name for name in _LARGE if name in modules]
    return f"imports {', '.join(large) or 'none of the large libraries'}; {len(modules)} modules"
