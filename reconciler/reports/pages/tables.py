"""A JSON Schema as tables of Markdown: one for each object, and one row for each of its keys.

Decided here: how a schema reads for somebody who never saw one. Must never be added: a word about one key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]
_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
    "array": "list",
}
_SHOWN_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Section:
    """One object of the document."""

    heading: str
    """As TOML has it: `[target.NAME]`, `[[artifact]]`."""
    schema: Schema


class Book:
    """All objects that a schema describes.

    Args:
        schema: the whole document.
        names: what stands for the keys that somebody chooses, by the path of the object.
        elsewhere: paths of objects that are described on another page, and its link.
    """

    def __init__(
        self, schema: Mapping[str, Any], *, names: Mapping[str, str], elsewhere: Mapping[str, str]
    ) -> None:
        self._whole, self._names, self._elsewhere = schema, names, elsewhere

    def sections(self, schema: Schema | None = None, path: str = "") -> Iterator[Section]:
        """Yield every object below one, each before those that stand in it."""
        for key, value in self.resolve(schema or dict(self._whole)).get("properties", {}).items():
            here = f"{path}.{key}" if path else key
            if here in self._elsewhere:
                continue
            said = self.resolve(value)
            item = self.resolve(said["items"]) if isinstance(said.get("items"), dict) else {}
            named = said.get("additionalProperties")
            if said.get("properties"):
                yield from self._section(f"[{here}]", said, here)
            elif item.get("properties"):
                yield from self._section(f"[[{here}]]", said | item, here)
            elif isinstance(named, dict) and self.resolve(named).get("properties"):
                name = f"{here}.{self._names.get(here, 'NAME')}"
                yield from self._section(f"[{name}]", said | self.resolve(named), name)

    def _section(self, heading: str, schema: Schema, path: str) -> Iterator[Section]:
        yield Section(heading, schema)
        yield from self.sections(schema, path)

    def resolve(self, schema: object) -> Schema:
        """Return a schema with what it refers to; its own words win."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" not in schema:
            return schema
        found: Any = self._whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self.resolve(found) | {key: value for key, value in schema.items() if key != "$ref"}

    def table(self, schema: Schema) -> str:
        """Return the keys of an object as a table."""
        rows = ["| key | what it is | values | example |", "|---|---|---|---|"]
        for key, value in schema["properties"].items():
            said = self.resolve(value)
            needed = " **Needed.**" if key in schema.get("required", ()) else ""
            default = f" Default: {_code(said['default'])}." if "default" in said else ""
            words = f"{said.get('description', '')}{needed}{default}"
            example = said["examples"][0] if said.get("examples") else None
            shown = "" if example is None else _code(example)
            rows.append(f"| `{key}` | {_cell(words)} | {_cell(self.values(said))} | {_cell(shown)} |")
        return "\n".join(rows) + "\n"

    def values(self, schema: Schema) -> str:
        """Return what a value may be, in a few words."""
        said = self.resolve(schema)
        if "enum" in said:
            return " ".join(f"`{value}`" for value in said["enum"] if value is not None)
        if "const" in said:
            return f"`{said['const']}`"
        branches = said.get("oneOf") or said.get("anyOf")
        if branches:
            return ", or ".join(dict.fromkeys(filter(None, map(self.values, branches))))
        types = said.get("type", "")
        names = " or ".join(_TYPES.get(each, each) for each in ([types] if isinstance(types, str) else types))
        if said.get("properties") and said.get("type") == "object":
            return f"table with {', '.join(f'`{key}`' for key in said['properties'])}"
        if said.get("type") == "array" and isinstance(said.get("items"), dict):
            inner = self.values(said["items"])
            return f"list of {inner}" if inner and len(inner) < 40 else "list"
        limits = [
            f"{word} {said[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in said
        ]
        return " ".join([names, *limits])


def toml_value(value: object) -> str:
    """Return a value as TOML writes it in one line."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
        case list():
            return f"[{', '.join(map(toml_value, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    kept = (letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return "".join(kept).replace(" ", "-")


def _key(text: str) -> str:
    plain = text.replace("-", "").replace("_", "")
    return text if plain.isalnum() and plain.isascii() else json.dumps(text, ensure_ascii=False)


def _code(value: object) -> str:
    return f"`{toml_value(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
