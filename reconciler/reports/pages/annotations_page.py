"""The page about annotations, docs/annotations.md: rendered from their schema and from the kinds.

Must never be added: a word about one annotation, which stands in the schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.schemas import load_schema
from reconciler.reports.kinds import say_extraction

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = """\
# Annotations

<!-- Generated from schemas/annotations.schema.json and schemas/kinds: `make docs` writes it. -->

What consumers search for stands in annotations of the manifest, and of its config descriptor, so that nobody
has to download content. pallet takes them from the files, as the [kind](kinds.md) says; what
`[artifact.annotations]` of [pallet.toml](pallet-toml.md) says wins, and a warning (PLT063) says where the
file contradicts it. Any other key may be written too, by pallet.toml or by a kind of your own. Layers carry
the title alone. Readers merge what stands on the manifest and on the config descriptor; the manifest wins.
Names that start with `org.pallet.` are pallet's own: a value that no reader understands is a warning
([PLT066](rules.md#plt066)), and so is a name that is not on this page ([PLT067](rules.md#plt067)).

| annotation | values | example |
|---|---|---|
"""


def render() -> str:
    """Return the whole page."""
    document: Any = load_schema("annotations.schema.json").document
    known: dict[str, dict[str, Any]] = document["properties"]
    rows = "".join(
        f"| [`{key}`](#{_anchor(key)}) | {_values(said)} | `{said['examples'][0]}` |\n"
        for key, said in known.items()
    )
    return _HEAD + rows + "".join(_section(key, said) for key, said in known.items())


def _section(key: str, said: dict[str, Any]) -> str:
    lines = [f"\n## {key}\n", f"{said['description']}\n"]
    lines += [f"- from a file of kind [{kind}](kinds.md#{kind}): {words}" for kind, words in _sources(key)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _sources(key: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds that take an annotation from their files, and how."""
    for kind in builtin_kinds().values():
        for each, ways in kind.annotations:
            if each == key:
                yield kind.name, "; else ".join(map(say_extraction, ways))


def _values(said: dict[str, Any]) -> str:
    return " ".join(f"`{value}`" for value in said["enum"]) if "enum" in said else said["title"].lower()


def _anchor(key: str) -> str:
    return key.replace(".", "").lower()
