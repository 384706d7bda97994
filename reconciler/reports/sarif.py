"""Problems as SARIF, which code scanning of GitHub, GitLab and editors read.

Spec: OASIS SARIF 2.1.0. Paths are relative, to whatever the reader calls the top of the sources.
Must never be added: a path of this machine.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from reconciler import __version__
from reconciler.desired.kinds.rules.registry import all_rules
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.desired.kinds.rules.rule import Rule
    from reconciler.errors import Problem

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TOP: Final = "%SRCROOT%"
Object = dict[str, object]


def render_sarif(problems: Sequence[Problem], *, exit_code: int, failure: str | None = None) -> str:
    """Return a log of one run; paths of the problems must be relative to the top of the sources.

    Args:
        problems: what was found.
        exit_code: of the run.
        failure: why it ended before it looked at anything; None where it did look.
    """
    invocation: Object = {"executionSuccessful": failure is None, "exitCode": exit_code}
    if failure is not None:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": failure}}]
    codes = sorted({problem.code for problem in problems})
    run: Object = {
        "tool": {"driver": _driver(codes)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_TOP: {"description": {"text": "The top of the sources."}}},
        "invocations": [invocation],
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _driver(codes: Iterable[str]) -> Object:
    return {
        "name": "pallet",
        "semanticVersion": __version__,
        "rules": [_rule(code, all_rules().get(code)) for code in codes],
    }


def _rule(code: str, rule: Rule | None) -> Object:
    """Describe a named rule, or a word that readers and schemas have for what they refuse."""
    if rule is None:
        text = (
            f"{code.replace('-', ' ').capitalize()}: the file is not what its format or its schema asks for."
        )
        return {
            "id": code,
            "shortDescription": {"text": text},
            "helpUri": f"urn:pallet:problem:{code}",
            "defaultConfiguration": {"level": "error"},
        }
    help_text = f"{rule.summary}\n\nFound:\n\n{rule.bad}\nRight:\n\n{rule.good}"
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "help": {"text": help_text, "markdown": _markdown(rule)},
        "helpUri": f"urn:pallet:rule:{code}",
        "defaultConfiguration": {"level": _level(rule.severity)},
    }


def _markdown(rule: Rule) -> str:
    return f"{rule.summary}\n\nFound:\n\n```\n{rule.bad}```\n\nRight:\n\n```\n{rule.good}```\n"


def _result(problem: Problem, index: int) -> Object:
    sentence = f"{problem.path}: {problem.message}" if problem.path else problem.message
    result: Object = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": _level(problem.severity),
        "message": {"text": f"{sentence}\n→ {problem.fix}" if problem.fix else sentence},
        "partialFingerprints": {"palletProblem/v1": _fingerprint(problem)},
    }
    if problem.file is not None:
        result["locations"] = [_location(problem, problem.file)]
    return result


def _location(problem: Problem, file: str) -> Object:
    place: Object = {"artifactLocation": {"uri": quote(file), "uriBaseId": _TOP}}
    if problem.line is not None:
        region: Object = {"startLine": problem.line}
        if problem.column is not None:
            region["startColumn"] = problem.column
        place["region"] = region
    location: Object = {"physicalLocation": place}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path}]
    return location


def _fingerprint(problem: Problem) -> str:
    """Stays while lines move: what is wrong, and where in the document."""
    text = "\0".join((problem.code, problem.file or "", problem.path or "", problem.message))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.ERROR else "warning"
