from __future__ import annotations

from pathlib import Path

from reconciler.desired.kinds.rules.registry import all_rules
from reconciler.reports.rules_page import render_page

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == render_page(), "run make docs"


def test_every_rule_has_its_heading() -> None:
    page = render_page()
    assert [code for code in all_rules() if f"\n### {code}\n" not in page] == []
