"""The page about named rules, docs/rules.md: rendered from the table of rules, never written by hand.

`python -m reconciler.reports.rules_page > docs/rules.md` writes it; a test compares.
Must never be added: a word about one rule, which stands beside the rule.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules import api_version, hand_annotations, settings
from reconciler.desired.kinds.rules.registry import RULE_SETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.kinds.rules.rule import Rule

HEAD: Final = """\
# Named rules

<!-- Generated from reconciler/desired/kinds/rules: `make docs` writes it. -->

A schema says which fields a file has; a named rule finds what a schema cannot say. `pallet validate`,
and every command that reads the files, prints the code of what it found:

```
review.yaml:14:7: steps[1].inputs.code: step 'review' reads 'steps.build', which is not defined [PLT012]
```

An error stops the run (exit code 78); a warning is only said, unless `pallet validate --strict` asks
for more. A code never gets another meaning. What a schema or a reader refuses has a word instead of a
code, such as `missing-key` or `not-yaml`; those cannot be switched off.

Rules are switched off by code, for the whole project, for one entry, or for one line of a YAML file:

```toml
[rules]
ignore = ["PLT015"]

[[artifact]]
ignore-rules = ["PLT019"]
```

```yaml
  - id: route
    step_type: switch
    branches:  # pallet: ignore PLT015
```

A comment on a line of its own counts for the next line.
"""


def render_page() -> str:
    """Return the whole page."""
    sections = [HEAD, _table(), *_sections()]
    return "\n".join(sections)


def _groups() -> Iterator[tuple[str, str, list[Rule]]]:
    for rule_set in RULE_SETS.values():
        yield rule_set.title, rule_set.format, [check.rule for check in rule_set.checks]
    yield "pallet.toml", "toml", [*settings.RULES, *hand_annotations.RULES]
    yield "Versions of kinds", "yaml", list(api_version.RULES)


def _table() -> str:
    rows = ["| code | name | weight | finds |", "|---|---|---|---|"]
    for _, _, rules in _groups():
        rows += (_row(rule) for rule in rules)
    return "\n".join(rows) + "\n"


def _row(rule: Rule) -> str:
    summary = rule.summary.replace("|", "\\|")
    return f"| [{rule.code}](#{rule.code.lower()}) | {rule.name} | {rule.severity.value} | {summary} |"


def _sections() -> Iterator[str]:
    for title, language, rules in _groups():
        yield f"## {title}\n"
        yield from (_section(rule, language) for rule in rules)


def _section(rule: Rule, language: str) -> str:
    return "\n".join(
        (
            f"### {rule.code}\n",
            f"`{rule.name}`, {rule.severity.value}. {rule.summary}\n",
            *_example("Found", rule.bad, language),
            *_example("Right", rule.good, language),
        )
    )


def _example(word: str, text: str, language: str) -> Iterable[str]:
    return (f"{word}:\n", f"```{language}", f"{text.rstrip()}", "```\n")


if __name__ == "__main__":
    sys.stdout.write(render_page())
