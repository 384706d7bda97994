"""What is wrong with an agent card though its schema allows it, in the simple form and in A2A's.

Spec: A2A protocol 1.0.0 and 0.3.0, AgentCard.
Must never be added: which fields a card must have; that is the schema's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.rules import json_schema
from reconciler.desired.kinds.rules.rule import Check, Finding, Rule, RuleSet
from reconciler.desired.reading.suggesting import Suggestions
from reconciler.desired.reading.wording import FieldPath, quote, say_path
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MEDIA_TYPE: Final = re.compile(
    r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/(?:\*|[A-Za-z0-9][\w!#$&^.+-]{0,126})(?:\s*;.*)?"
)
_SHORT_MODES: Final = {"text": "text/plain", "json": "application/json", "image": "image/png"}
"""What cards of early versions of the protocol say, and what it wants today."""

_OF_SCHEMAS: Final = (
    json_schema.find_dangling,
    json_schema.find_foreign,
    json_schema.find_impossible_patterns,
)
"""What is wrong with schemas in files of their own is wrong in a card, which has no other file beside it."""

Card = dict[str, Any]


def survey(value: object) -> Card:
    """Return the card; an empty one for what is no object."""
    return value if isinstance(value, dict) else {}


def _skills(card: Card) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    skills = card.get("skills")
    for index, skill in enumerate(skills if isinstance(skills, list) else ()):
        if isinstance(skill, dict):
            yield ("skills", index), skill


def _duplicate_skills(card: Card) -> Iterator[Finding]:
    first: dict[str, FieldPath] = {}
    for path, skill in _skills(card):
        name = skill.get("id")
        if isinstance(name, str) and first.setdefault(name, path) != path:
            message = f"skill id {quote(name)} is used again: first at {say_path(first[name])}"
            yield Finding((*path, "id"), message, "give every skill an id of its own")


def _invalid_schemas(card: Card) -> Iterator[Finding]:
    # Here: who only lists the rules can do without jsonschema.
    from reconciler.desired.kinds.schema_check import check_metaschema

    for path, skill in _skills(card):
        for key in ("input_schema", "output_schema"):
            schema = skill.get(key)
            if isinstance(schema, dict) and schema:
                schemas = json_schema.survey(schema)
                for violation in check_metaschema(schema):
                    yield Finding((*path, key, *violation.path), violation.message, violation.fix)
                for found in (each for find in _OF_SCHEMAS for each in find(schemas)):
                    yield Finding((*path, key, *found.path), found.message, found.fix)


def _modes(card: Card) -> Iterator[Finding]:
    places: list[tuple[FieldPath, object]] = [
        ((key,), card.get(key)) for key in ("defaultInputModes", "defaultOutputModes")
    ]
    for path, skill in _skills(card):
        places += [((*path, key), skill.get(key)) for key in ("inputModes", "outputModes")]
    for path, modes in places:
        for index, mode in enumerate(modes if isinstance(modes, list) else ()):
            if isinstance(mode, str) and not _MEDIA_TYPE.fullmatch(mode):
                meant = _SHORT_MODES.get(mode.lower())
                message = f"expected a media type such as text/plain, got {quote(mode)}"
                yield Finding((*path, index), message, f"write {meant}" if meant else None)


def _undeclared_schemes(card: Card) -> Iterator[Finding]:
    schemes = card.get("securitySchemes")
    declared = schemes.keys() if isinstance(schemes, dict) else set[str]()
    suggestions = Suggestions(declared)
    places: list[tuple[FieldPath, Mapping[str, Any]]] = [((), card), *_skills(card)]
    for path, owner in places:
        for here, name in _required_schemes(path, owner):
            if name not in declared:
                near = suggestions.near(name)
                known = f"expected one of {suggestions.choices}" if declared else "add it to securitySchemes"
                message = f"security scheme {quote(name)} is not among securitySchemes"
                yield Finding(here, message, f"write {near}" if near else known)


def _required_schemes(path: FieldPath, owner: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Yield the names of schemes: version 0.3 says `security`, and 1.0 `securityRequirements`."""
    for key in ("security", "securityRequirements"):
        needs = owner.get(key)
        for index, need in enumerate(needs if isinstance(needs, list) else ()):
            here: FieldPath = (*path, key, index)
            if isinstance(need, dict) and isinstance(need.get("schemes"), dict):
                here, need = (*here, "schemes"), need["schemes"]
            if isinstance(need, dict):
                yield from (((*here, name), name) for name in need)


CHECKS: Final = (
    Check(
        Rule(
            "PLT030",
            "duplicate-skill-id",
            Severity.ERROR,
            "Two skills of an agent card have the same id, so that a step cannot say which one it calls.",
            bad='"skills": [{ "id": "read", "name": "Read" }, { "id": "read", "name": "Read aloud" }]\n',
            good='"skills": [{ "id": "read", "name": "Read" }, { "id": "speak", "name": "Read aloud" }]\n',
        ),
        _duplicate_skills,
    ),
    Check(
        Rule(
            "PLT031",
            "invalid-skill-schema",
            Severity.ERROR,
            "The input_schema or output_schema of a skill is no valid JSON Schema that stands alone.",
            bad='"skills": [{ "id": "read", "input_schema": { "type": "strnig" } }]\n',
            good='"skills": [{ "id": "read", "input_schema": { "type": "string" } }]\n',
        ),
        _invalid_schemas,
    ),
    Check(
        Rule(
            "PLT032",
            "mode-not-a-media-type",
            Severity.WARNING,
            "An input or output mode is no media type, which the A2A protocol wants.",
            bad='"skills": [], "defaultInputModes": ["text"]\n',
            good='"skills": [], "defaultInputModes": ["text/plain"]\n',
        ),
        _modes,
    ),
    Check(
        Rule(
            "PLT033",
            "undeclared-security-scheme",
            Severity.ERROR,
            "A card or a skill requires a security scheme that securitySchemes does not describe.",
            bad='"skills": [], "securitySchemes": { "key": {} }, "security": [{ "kee": [] }]\n',
            good='"skills": [], "securitySchemes": { "key": {} }, "security": [{ "key": [] }]\n',
        ),
        _undeclared_schemes,
    ),
)


def example(text: str) -> str:
    """Return the document that an example of these rules is a piece of."""
    return f'{{ "name": "Example", "url": "https://agents.example.com", {text} }}'


AGENT_CARD: Final = RuleSet("Agent cards", survey, CHECKS, "json")
