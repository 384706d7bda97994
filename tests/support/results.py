"""The JSON of commands about single artifacts, read only where its schema lets it pass."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.docker_registry import PROJECT

SCHEMA = json.loads((PROJECT / "schemas" / "results.schema.json").read_text("utf-8"))
_BY_COMMAND = {
    definition["properties"]["command"]["const"]: {**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{name}"}]}
    for name, definition in SCHEMA["$defs"].items()
    if "const" in definition.get("properties", {}).get("command", {})
}
COMMANDS = tuple(sorted(_BY_COMMAND))
"""Those whose document the schema knows."""


def read_result(text: str) -> dict[str, Any]:
    """Return a document that a command printed; the part of the schema for that command must let it pass."""
    document: dict[str, Any] = json.loads(text)
    schema = _BY_COMMAND[document["command"]] if "actions" not in document else SCHEMA
    problems = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(document)
    ]
    problems += [f"{key}: not in the schema" for key in _unknown(document)]
    assert not problems, problems
    return document


def _unknown(document: dict[str, Any]) -> set[str]:
    if "actions" in document:
        return set()
    reference = _BY_COMMAND[document["command"]]["oneOf"][0]["$ref"].rpartition("/")[2]
    known: dict[str, Any] = SCHEMA["$defs"][reference]["properties"]
    return document.keys() - known.keys()
