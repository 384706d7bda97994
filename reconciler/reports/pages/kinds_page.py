"""The page about kinds, docs/kinds.md: rendered from their documents and from the schema of kinds.

Must never be added: a word about one kind, which stands in its document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.kind import LABEL_MARK
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.schemas import load_schema
from reconciler.reports.kinds import (
    example_entry,
    facts_of,
    kind_rows,
    rules_of,
    say_extraction,
)
from reconciler.reports.pages.tables import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.kinds.kind import Kind

EXAMPLE: Final = """\
[kind.prompt]
title = "Prompt"
media-type = "application/vnd.acme.prompt.v1+yaml"
schema = "schemas/prompt.schema.json"
version = "metadata.version"

[[kind.prompt.recognise]]                # by push and validate, where no entry says it
fields = { prompt = "text" }

[kind.prompt.annotations]                # annotation ← field of the file
"com.acme.owner" = "metadata.owner"
"com.acme.models" = { path = "models[*].id", function = "unique" }

[kind.prompt.variant.2]                  # another version: what it does not say is the kind's
media-type = "application/vnd.acme.prompt.v2+yaml"
schema = "schemas/prompt-v2.schema.json"

[[kind.prompt.variant.2.recognise]]
matches = { apiVersion = "^acme\\\\.dev/v2$" }
"""
VARIANT: Final = """\
[kind.workflow.variant.2]
media-type = "application/vnd.pallet.workflow.v2+yaml"
schema = "schemas/workflow-v2.schema.json"
"""
_HEAD: Final = """\
# Kinds

<!-- Generated from schemas/kinds and schemas/kind.schema.json: `make docs` writes it. -->

A kind says what files are published as: their media type, the schema that they are held to, where their
version stands, and which of their fields become annotations. It is data: those that come with pallet are
documents in `schemas/kinds`, your own stand in pallet.toml or in files that it names. `pallet kinds` lists
them all, `pallet kinds show NAME` explains one.

{table}
"""
_OWN: Final = """\
## A kind of your own

```toml
{example}```

The same may stand in a file of its own, TOML or JSON, without `kind.prompt`:

```toml
[kind.prompt]
file = "kinds/prompt.toml"
```

An entry says `kind = "prompt"`, and each file is of the version that recognises it, else of the kind itself;
`kind = "prompt@2"` names a version, and `prompt@1` the kind's own, by the version in its media type. A file
whose `apiVersion` names a version that nobody made is not taken for another without a word:
[PLT064](rules.md#plt064), and [PLT065](rules.md#plt065) for pallet's own. Regular expressions have a time
limit ([ADR 0013](adr/0013-expressions-with-a-time-limit.md)).

A kind with the name of a built-in one changes that one: what it does not say stays, and annotations are added
to. So another version of workflows is its media type, and whatever else is different:

```toml
{variant}```

Such a version is told by `apiVersion: pallet.org/v2`, unless it says by what. A kind with a `media-type` of
its own says which it means, `extends = true` to keep the schema, rules, version and annotations of the
built-in kind, `extends = false` to do without ([ADR 0014](adr/0014-kinds-that-extend-a-built-in-one.md)).

A path says where a field stands: `a.b`, `a[0]`, `a[*].b` for every item, `a..b` for every `b` at any depth
below `a`, `a."b.c"` for a field whose name has dots.

"""


def render() -> str:
    """Return the whole page."""
    kinds = [kind for name, kind in sorted(builtin_kinds().items()) if LABEL_MARK not in name]
    parts = [
        _HEAD.format(table=_overview(kinds)),
        *map(_section, kinds),
        _OWN.format(example=EXAMPLE, variant=VARIANT),
    ]
    return "\n".join(parts).rstrip("\n") + "\n\n" + "\n".join(_tables())


def _overview(kinds: list[Kind]) -> str:
    rows = ["| kind | media type | recognised by | version from |", "|---|---|---|---|"]
    for name, media_type, recognised, version, _ in kind_rows(kinds):
        cells = (f"[{name}](#{name})", f"`{media_type}`", _cell(recognised), _code(version))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _section(kind: Kind) -> str:
    parts = [f"## {kind.name}\n", f"{kind.description}\n", "| | |\n|---|---|"]
    parts += [f"| {word} | {_cell(text)} |" for word, text in facts_of(kind) if text and word != "origin"]
    parts.append("")
    if kind.annotations:
        parts.append(
            "Annotations, each from the first of its fields that is there ([all](annotations.md)):\n"
        )
        parts.append("| annotation | taken from |\n|---|---|")
        parts += [
            f"| `{key}` | {_cell('; else '.join(map(say_extraction, ways)))} |"
            for key, ways in kind.annotations
        ]
        parts.append("")
    rules = rules_of(kind)
    if rules:
        codes = ", ".join(f"[{rule.code}](rules.md#{rule.code.lower()}) {rule.name}" for rule in rules)
        parts.append(f"Named rules: {codes}.\n")
    parts.append(f"```toml\n{example_entry(kind)}```\n")
    return "\n".join(parts)


def _tables() -> Iterator[str]:
    document: Any = load_schema("kind.schema.json").document
    book = Book(document, names={"annotations": '"KEY"', "variant": "VERSION"}, elsewhere={})
    yield f"### `[kind.NAME]`\n\n{book.table(document)}"
    for name, heading in (
        ("recognition", "[[kind.NAME.recognise]]"),
        ("extraction", "An annotation as a table"),
    ):
        schema = document["$defs"][name]
        title = f"`{heading}`" if heading.startswith("[") else heading
        yield f"### {title}\n\n{schema['description']}\n\n{book.table(schema)}"


def _code(text: str) -> str:
    return text if text == "–" else f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
