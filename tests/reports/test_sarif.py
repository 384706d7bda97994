from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import Problem, Severity
from reconciler.reports.sarif import render_sarif

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
URI = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:"}
RELATIVE = {"type": "string", "pattern": "^(?!/)[^\\\\ :]+$"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
FROM_ONE = {"type": "integer", "minimum": 1}


def closed(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


MESSAGE = closed("text", text=TEXT, markdown=TEXT)
STRUCTURE = closed(
    "$schema version runs",
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "minItems": 1,
        "items": closed(
            "tool results",
            tool=closed(
                "driver",
                driver=closed(
                    "name rules",
                    name=TEXT,
                    semanticVersion=TEXT,
                    rules={
                        "type": "array",
                        "uniqueItems": True,
                        "items": closed(
                            "id shortDescription helpUri",
                            id=TEXT,
                            name=TEXT,
                            shortDescription=MESSAGE,
                            help=MESSAGE,
                            helpUri=URI,
                            defaultConfiguration=closed("level", level=LEVEL),
                        ),
                    },
                ),
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            originalUriBaseIds={"additionalProperties": closed("description", description=MESSAGE)},
            invocations={
                "items": closed(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    exitCode={"type": "integer"},
                    toolExecutionNotifications={
                        "items": closed("message", message=MESSAGE, level={"enum": ["error"]})
                    },
                )
            },
            results={
                "type": "array",
                "items": closed(
                    "ruleId ruleIndex level message",
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": 0},
                    level=LEVEL,
                    message=MESSAGE,
                    partialFingerprints={"additionalProperties": {"type": "string"}},
                    locations={
                        "items": closed(
                            "physicalLocation",
                            physicalLocation=closed(
                                "artifactLocation",
                                artifactLocation=closed("uri", uri=RELATIVE, uriBaseId=TEXT),
                                region=closed("startLine", startLine=FROM_ONE, startColumn=FROM_ONE),
                            ),
                            logicalLocations={"items": closed("fullyQualifiedName", fullyQualifiedName=TEXT)},
                        )
                    },
                ),
            },
        ),
    },
    **{"$schema": URI},
)
"""What of SARIF 2.1.0 (OASIS, sections 3.13 to 3.49) pallet writes; nothing else may stand there."""
PROBLEMS = [
    Problem("PLT015", "without a default", "a b/ü.yaml", 3, 5, "steps[0]", severity=Severity.WARNING),
    Problem("missing-key", "missing key 'name'", "a.yaml", 1, 1, "metadata", "add name"),
    Problem("missing-key", "missing key 'id'", "b.yaml", 2),
    Problem("unreadable", "no such file", "c.yaml"),
    Problem("failed", "nowhere"),
]


def log(problems: list[Problem], failure: str | None = None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_sarif(problems, exit_code=78, failure=failure))
    return document


@pytest.mark.parametrize(
    ("problems", "failure"),
    [([], None), (PROBLEMS, None), ([], "no such directory")],
    ids=["nothing", "something", "failure"],
)
def test_log_has_the_structure(problems: list[Problem], failure: str | None) -> None:
    errors = [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(STRUCTURE).iter_errors(log(problems, failure))
    ]
    assert errors == []


def test_every_result_leads_to_its_rule() -> None:
    [run] = log(PROBLEMS)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PLT015", "failed", "missing-key", "unreadable"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [one.code for one in PROBLEMS]


def test_paths_are_relative_addresses() -> None:
    [run] = log(PROBLEMS)["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a%20b/%C3%BC.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    assert "locations" not in run["results"][-1]


def test_fingerprint_stays_where_lines_move() -> None:
    before, after = (
        log([Problem("a", "b", "f", line, path="p")])["runs"][0]["results"][0] for line in (1, 9)
    )
    assert before["partialFingerprints"] == after["partialFingerprints"]
