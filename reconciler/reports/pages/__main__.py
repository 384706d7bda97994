"""`python -m reconciler.reports.pages FOLDER` writes every generated page; a test compares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.reports.pages import annotations_page, config_page, kinds_page
from reconciler.reports.rules_page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "annotations.md": annotations_page.render,
    "kinds.md": kinds_page.render,
    "pallet-toml.md": config_page.render,
    "rules.md": render_page,
}


def write_pages(folder: Path) -> None:
    """Write all pages into a folder."""
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
