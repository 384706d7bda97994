"""schemas/results.schema.json: sound, with examples that it lets pass, and strict enough to refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.results import COMMANDS, SCHEMA, read_result

DOCUMENTS = [definition for definition in SCHEMA["$defs"].values() if "examples" in definition]


def test_schema_is_sound() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("definition", DOCUMENTS, ids=lambda definition: definition["title"])
def test_examples_pass(definition: dict[str, Any]) -> None:
    for example in definition["examples"]:
        assert read_result(json.dumps(example)) == example


@pytest.mark.parametrize("command", COMMANDS)
def test_every_document_has_an_example(command: str) -> None:
    assert any(example["command"] == command for d in DOCUMENTS for example in d["examples"])


def test_missing_key_is_refused() -> None:
    example = dict(DOCUMENTS[0]["examples"][0])
    del example["exit_code"]

    with pytest.raises(AssertionError, match="'exit_code' is a required property"):
        read_result(json.dumps(example))
