"""The page about pallet.toml, docs/pallet-toml.md: rendered from its schema.

Must never be added: a word about one key, which stands in the schema.
"""

from __future__ import annotations

from typing import Any, Final

from reconciler.desired.kinds.schemas import load_schema
from reconciler.reports.pages.tables import Book, anchor

EXAMPLE: Final = """\
[project]
name = "acme-agents"

[target.local]                           # the default target: no server needed
url = "oci-layout:.pallet/registry"
immutable = false                        # versions may be overwritten while trying out

[target.production]
url = "https://registry.example.com/acme"   # the path is a prefix of every repository

[defaults]
target = "local"
floating-tags = ["latest", "{major}"]

[[artifact]]
files = "workflows/*.yaml"               # a glob or a list: one artifact for each file …
repository = "workflows/{stem}"          # … {stem} {name} {parent} {dir}
kind = "workflow"
version = { field = "metadata.version" } # or "1.0.0", or { file = "VERSION" }

[artifact.versions]                      # single files that differ
smart-router = "2.0.0"

[[artifact.attach]]                      # what refers to each of them
files = "sbom/{stem}.cdx.json"

[[artifact]]
files = ["prompts/**/*.md", "prompts/index.json"]
repository = "bundles/prompts"
kind = "files"
bundle = true                            # one artifact with a layer for each file
version = "0.3.0"

[kind.prompt]                            # a kind of your own: see kinds.md
media-type = "application/vnd.acme.prompt.v1+yaml"
"""
_HEAD: Final = """\
# pallet.toml

<!-- Generated from schemas/pallet.schema.json: `make docs` writes it. -->

What should be in registries: files, the repositories and versions that they are published under, and the
targets they go to. Every path starts at the folder of pallet.toml. `pallet init` writes a first one,
`pallet validate` names everything that is wrong with it at once.

```toml
{example}```

Editors that know `#:schema` complete and check it; `pallet init` writes that line. A list of all tables:

{contents}
"""


def render() -> str:
    """Return the whole page."""
    document: Any = load_schema("pallet.schema.json").document
    book = Book(document, names={"hold": "REPOSITORY"}, elsewhere={"kind": "kinds.md#a-kind-of-your-own"})
    sections = list(book.sections())
    contents = [
        f"- [`{section.heading}`](#{anchor(section.heading)}): {section.schema['description']}"
        for section in sections
    ]
    contents.append("- [`[kind.NAME]`](kinds.md#a-kind-of-your-own): a kind of your own.")
    # Tables whose keys somebody chooses, and whose values are no tables with keys of their own.
    loose = {
        key: value
        for key, value in document["properties"].items()
        if not any(section.heading.strip("[]").split(".")[0] == key for section in sections) and key != "kind"
    }
    contents += [
        f"- [`[{key}]`](#{anchor(f'[{key}]')}): {value['description']}" for key, value in loose.items()
    ]
    parts = [_HEAD.format(example=EXAMPLE, contents="\n".join(contents))]
    for section in sections:
        parts.append(
            f"## `{section.heading}`\n\n{section.schema['description']}\n\n{book.table(section.schema)}"
        )
    for key, value in loose.items():
        parts.append(f"## `[{key}]`\n\n{value['description']}\n\n{_examples(key, value)}")
    return "\n".join(parts)


def _examples(key: str, value: dict[str, Any]) -> str:
    from reconciler.reports.pages.tables import toml_value

    lines = [
        f"{toml_value(name)} = {toml_value(item)}"
        for example in value.get("examples", [])
        for name, item in example.items()
    ]
    return "\n".join(["```toml", f"[{key}]", *lines, "```", ""])
