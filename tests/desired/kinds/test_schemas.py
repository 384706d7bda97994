from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.desired.kinds.schema_check import check, check_metaschema
from reconciler.desired.kinds.schemas import Schema, load_schema, schemas_directory

NAMES = sorted(path.name for path in schemas_directory().glob("*.schema.json"))
KIND_FILES = sorted((schemas_directory() / "kinds").glob("*.toml"), key=lambda path: path.name)


def document(name: str) -> dict[str, Any]:
    schema = load_schema(name).document
    assert isinstance(schema, dict)
    return schema


def properties(schema: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a schema describes, with where it stands."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from properties(item, f"{path}[{index}]")
    elif isinstance(schema, dict):
        for key, item in schema.items():
            if key in ("examples", "default", "const", "enum"):
                continue
            if key in ("properties", "$defs") and isinstance(item, dict):
                yield from ((f"{path}.{key}.{name}", value) for name, value in item.items())
            yield from properties(item, f"{path}.{key}")


def test_schemas_are_found() -> None:
    assert {
        "workflow.schema.json",
        "agent-card.schema.json",
        "config.schema.json",
        "kind.schema.json",
    } <= set(NAMES)
    assert load_schema("kind.schema.json") is load_schema("kind.schema.json")


def test_unknown_schema_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load_schema("nothing.schema.json")


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid(name: str) -> None:
    schema = document(name)
    assert check_metaschema(schema) == []
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:pallet:schema:{name.removesuffix('.schema.json')}:v1"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described(name: str) -> None:
    # The kind below pallet.toml is kind.schema.json, which is looked at itself.
    silent = [
        where
        for where, schema in properties(document(name), "")
        if "$ref" not in schema
        and not (schema.get("title") and schema.get("description"))
        and where != ".$defs.kind"
        and ".if." not in where
        and ".then." not in where
    ]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_valid(name: str) -> None:
    schema = document(name)
    assert schema["examples"]
    problems = [check(example, load_schema(name)) for example in schema["examples"]]
    for where, described in properties(schema, ""):
        if where.startswith(".$defs.kind."):
            continue  # kind.schema.json is looked at itself
        whole = {**schema, "$id": "urn:whole", "$defs": {**schema.get("$defs", {}), "-this": described}}
        alone = Schema(name, {"$ref": "urn:whole#/$defs/-this", "$defs": {"-whole": whole}})
        problems += [check(example, alone) for example in described.get("examples", [])]
    assert [found for found in problems if found] == []


@pytest.mark.parametrize("path", KIND_FILES, ids=lambda path: str(path.stem))
def test_builtin_kind_satisfies_the_schema(path: Any) -> None:
    assert check(tomllib.loads(path.read_text("utf-8")), load_schema("kind.schema.json")) == []


def test_kind_schema_can_stand_in_another() -> None:
    outer = Schema(
        "outer",
        {"$defs": {"kind": document("kind.schema.json")}, "additionalProperties": {"$ref": "#/$defs/kind"}},
    )
    assert check({"prompt": {"media-type": "text/plain"}}, outer) == []
    [violation] = check({"prompt": {"media-type": "text/plain", "formt": "yaml"}}, outer)
    assert (violation.path, violation.code) == (("prompt", "formt"), "unknown-key")


def test_pallet_schema_holds_the_schema_of_kinds_whole() -> None:
    kind = dict(load_schema("kind.schema.json").document)  # type: ignore[arg-type]
    kind.pop("$schema")
    assert load_schema("pallet.schema.json").document["$defs"]["kind"] == kind  # type: ignore[index]
