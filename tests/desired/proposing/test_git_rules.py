"""Rules for git that cover what is published, and what comes beside it later."""

from __future__ import annotations

from reconciler.desired.proposing.git_rules import rules_for_git
from tests.desired.proposing.proposals import propose_among, workflows


def test_list_of_files_is_one_rule_for_git() -> None:
    entries = propose_among(workflows("x/a.yaml", "x/B.yaml", "r.yaml"), ["s.yaml"]).entries
    assert rules_for_git(entries) == {"r.yaml": ["r.yaml"], "x/*.yaml": ["x/a.yaml", "x/B.yaml"]}
