"""Generated pages are up to date, complete, and their examples are what pallet reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired import build
from reconciler.desired.config_reader import read_config
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.schemas import load_schema
from reconciler.desired.requirements import REQUIRES
from reconciler.desired.wanted import STABLE
from reconciler.reports.pages import config_page, kinds_page
from reconciler.reports.pages.__main__ import PAGES, write_pages
from reconciler.reports.pages.tables import Book, anchor, toml_value

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run make docs"


def test_pages_are_written(tmp_path: Path) -> None:
    write_pages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(PAGES)


def _keys(schema: Any) -> set[str]:
    """Every key that a schema describes in whatever depth, but for kinds."""
    found: set[str] = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for key, item in schema.items():
            if key not in ("kind", "kind-file", "examples"):
                found |= _keys(item)
    elif isinstance(schema, list):
        for item in schema:
            found |= _keys(item)
    return found


def test_page_of_pallet_toml_names_every_key() -> None:
    page = config_page.render()
    keys = _keys(load_schema("pallet.schema.json").document) - {"kind"}
    assert [key for key in sorted(keys) if f"`{key}`" not in page and f"[{key}" not in page] == []


def test_page_of_kinds_names_every_kind_and_key() -> None:
    page = kinds_page.render()
    document: Any = load_schema("kind.schema.json").document
    keys = [*document["properties"], *document["$defs"]["recognition"]["properties"]]
    assert [key for key in keys if f"| `{key}` |" not in page] == []
    assert [name for name in builtin_kinds() if "@" not in name and f"\n## {name}\n" not in page] == []


def test_every_annotation_that_pallet_writes_is_described() -> None:
    described: Any = load_schema("annotations.schema.json").document["properties"]  # type: ignore[index]
    written = {key for kind in builtin_kinds().values() for key, _ in kind.annotations}
    written |= {*build.WRITTEN_BY_PALLET, build.CREATED, REQUIRES, STABLE}
    assert written <= set(described)
    assert all(f"\n## {key}\n" in PAGES["annotations.md"]() for key in described)


@pytest.mark.parametrize("text", [config_page.EXAMPLE, kinds_page.EXAMPLE], ids=["config", "kind"])
def test_example_is_read(text: str, tmp_path: Path) -> None:
    head = "" if "[project]" in text else '[project]\nname = "acme"\n'
    (tmp_path / "pallet.toml").write_text(head + text, encoding="utf-8")
    assert "prompt" in read_config(tmp_path / "pallet.toml").kinds


def test_example_of_another_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "pallet.toml").write_text(f'[project]\nname = "acme"\n{kinds_page.VARIANT}', encoding="utf-8")
    kinds = read_config(tmp_path / "pallet.toml").kinds
    assert kinds["workflow@2"].schema_root is not None
    assert kinds["workflow"].schema is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        (True, "true"),
        (["a", 1], '["a", 1]'),
        ({"a-b": {"c.d": "e"}}, '{ a-b = { "c.d" = "e" } }'),
    ],
)
def test_values_are_written_as_toml(value: object, text: str) -> None:
    assert toml_value(value) == text


def test_anchors_are_those_of_headings() -> None:
    assert [anchor(text) for text in ("[target.NAME]", "A kind of your own", "[[artifact]]")] == [
        "targetname",
        "a-kind-of-your-own",
        "artifact",
    ]


def test_choices_become_words() -> None:
    schema = {
        "properties": {
            "a": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "b": {"$ref": "#/$defs/b", "description": "Mine | yours."},
            "c": {"type": ["integer", "null"], "minimum": 1, "default": 2},
        },
        "required": ["a"],
        "$defs": {"b": {"enum": ["x", "y"], "description": "Theirs.", "examples": ["x"]}},
    }
    book = Book(schema, names={}, elsewhere={})
    assert book.table(json.loads(json.dumps(schema))).splitlines()[2:] == [
        "| `a` |  **Needed.** | text, or list of text |  |",
        '| `b` | Mine \\| yours. | `x` `y` | `"x"` |',
        "| `c` |  Default: `2`. | whole number or null from 1 |  |",
    ]
