"""Kinds, explained: as a table, as a page of text, and as JSON (schemas/results.schema.json, `kinds`).

Decided here: the words for what a kind's document says. Must never be added: a word about one kind.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.kind import BUILT_IN, ConfigForm, Extraction, Function, Kind, LayerForm
from reconciler.desired.kinds.rules.registry import RULE_SETS
from reconciler.reports.documents import FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.desired.kinds.recognition import Recognition
    from reconciler.desired.kinds.rules.rule import Rule
    from reconciler.reports.documents import Document

COLUMNS: Final = ("name", "media type", "recognised by", "version from", "origin")
_CONFIGS: Final = {
    ConfigForm.BLOB: "the file once more",
    ConfigForm.EMPTY: "the empty object",
    ConfigForm.DOCUMENT: "what the file says, as JSON",
}
_LAYERS: Final = {
    LayerForm.FILE: "the file as it is",
    LayerForm.FOLDER: "the folder of the file, packed",
    LayerForm.IMAGE: "all that an image consists of",
}
_FUNCTIONS: Final = {
    Function.TEXT: "",
    Function.LIST: "commas count",
    Function.UNIQUE: "each once",
    Function.COUNT: "how many",
    Function.SUM: "the sum",
    Function.MAX: "the highest",
    Function.STRONGEST: "the strongest",
    Function.DURATION: "seconds, added up",
}


def kind_rows(kinds: Iterable[Kind]) -> list[tuple[str, ...]]:
    """Return the cells of the table of kinds, one row for each."""
    return [
        (
            kind.name,
            kind.media_type,
            "; ".join(map(say_recognition, kind.recognised_by)) or "–",
            kind.version or "–",
            kind.origin,
        )
        for kind in kinds
    ]


def say_recognition(rule: Recognition) -> str:
    """Return one way to recognise a file as part of a sentence: `*.json with name and skills (list)`."""
    names = " ".join((*rule.names, *(f"*{suffix}" for suffix in rule.suffixes)))
    fields = [path if type_ == "any" else f"{path} ({type_.value})" for path, type_ in rule.fields]
    fields += [f"{path} ~ {pattern}" for path, pattern in rule.matches]
    if rule.any_of:
        fields.append(" or ".join(rule.any_of))
    if rule.starts_with:
        fields.append(f"first bytes {rule.starts_with.hex()}")
    if rule.folders:
        fields.append(f"an object in {' '.join(f'{folder}/' for folder in rule.folders)}, as init guesses")
    if rule.holds:
        return f"folder or .tar with {' and '.join(rule.holds)}"
    return " with ".join(filter(None, (names, ", ".join(fields))))


def _say_wholly(rule: Recognition) -> str:
    """Return one way to recognise a file, with the names that are something else."""
    said = say_recognition(rule)
    return f"{said}; never {' '.join(rule.except_names)}" if rule.except_names else said


def say_extraction(way: Extraction) -> str:
    """Return how an annotation is taken from a file: `steps..skill, each once`."""
    words = [way.path]
    said = _FUNCTIONS[way.function]
    if said:
        words.append(f"{said} of {', '.join(way.order)}" if way.order else said)
    if way.alias:
        words.append(", ".join(f"{old} means {new}" for old, new in sorted(way.alias.items())))
    if way.skip:
        words.append(f"not within {' or '.join(way.skip)}")
    if way.literal:
        words.append("without texts that have expressions")
    if way.default is not None:
        words.append(f"else {way.default}")
    return ", ".join(words)


def rules_of(kind: Kind) -> list[Rule]:
    """Return the named rules that files of a kind are held to."""
    return [check.rule for check in RULE_SETS[kind.rules].checks] if kind.rules else []


def example_entry(kind: Kind) -> str:
    """Return an `[[artifact]]` for files of a kind, as a person would write it."""
    name = kind.name.partition("@")[0]
    rule = kind.recognised_by[0] if kind.recognised_by else None
    suffix = rule.suffixes[0] if rule and rule.suffixes else f".{kind.format}" if kind.format else ""
    files, repository = f"{kind.plural}/*{suffix or '.*'}", f"{kind.plural}/{{stem}}"
    if kind.layer is LayerForm.IMAGE:
        files = f"build/{name}"
    elif rule and rule.names:
        files, repository = f"{kind.plural}/*/{rule.names[0]}", f"{kind.plural}/{{parent}}"
    lines = [
        "[[artifact]]",
        f"files = {_quote(files)}",
        f"repository = {_quote(repository)}",
        f"kind = {_quote(kind.name)}",
    ]
    if kind.version is None:
        lines.append('version = "1.0.0"')
    elif kind.layer is LayerForm.FILE:
        lines.append(f"version = {{ field = {_quote(kind.version)} }}")
    return "".join(f"{line}\n" for line in lines)


def render_kind(kind: Kind) -> str:
    """Return everything about a kind, for people."""
    facts = [(word, text) for word, text in facts_of(kind) if text]
    width = max(len(word) for word, _ in facts)
    parts = [f"{kind.title}: {kind.description}\n" if kind.description else f"{kind.title}\n"]
    parts.append("".join(f"{word:<{width}}  {text}\n" for word, text in facts))
    if kind.annotations:
        width = max(len(key) for key, _ in kind.annotations)
        parts.append("annotations, each from the first of its fields that is there:\n")
        parts[-1] += "".join(
            f"  {key:<{width}}  {'; else '.join(map(say_extraction, ways))}\n"
            for key, ways in kind.annotations
        )
    rules = rules_of(kind)
    if rules:
        lines = (f"  {rule.code}  {rule.severity.value:<7}  {rule.name}\n" for rule in rules)
        parts.append("named rules (docs/rules.md):\n" + "".join(lines))
    parts.append("an entry of pallet.toml:\n" + _indent(example_entry(kind)))
    return "\n".join(parts)


def kinds_document(kinds: Mapping[str, Kind]) -> Document:
    """Return the document of `kinds`, sorted by name."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "kinds",
        "kinds": [_document(kinds[name]) for name in sorted(kinds)],
        "exit_code": 0,
        "problems": [],
    }


def facts_of(kind: Kind) -> Iterator[tuple[str, str]]:
    """Yield what a kind says, each with a word for it; empty where it says nothing."""
    yield "kind", kind.name
    yield "origin", kind.origin if kind.origin == BUILT_IN else f"{kind.origin}, [kind.{kind.base_name}]"
    yield "media type", kind.media_type
    yield "artifact type", kind.artifact_type
    yield "layer", _LAYERS[kind.layer]
    yield "config", f"{_CONFIGS[kind.config]}, as {kind.config_media_type}"
    yield "read as", kind.format.value if kind.format else "nothing: pallet does not look into the files"
    yield "schema", kind.schema_name or ""
    yield "version from", kind.version or ""
    yield "name from", kind.name_field or ""
    yield "described by", f"{kind.described_by}, in an archive too" if kind.described_by else ""
    yield "published beside", ", ".join(suffix for suffix, _ in kind.beside)
    yield "annotations on", " and ".join(kind.annotate)
    for rule in kind.recognised_by:
        yield "recognised by", _say_wholly(rule)
    for each in kind.editions():
        told = " or ".join(map(say_recognition, each.recognised_by))
        yield "version", f"{each.name}: {each.media_type}" + (f", {told}" if each.label != kind.label else "")


def _document(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "description": kind.description,
        "origin": kind.origin,
        "media_type": kind.media_type,
        "artifact_type": kind.artifact_type,
        "config": kind.config.value,
        "config_media_type": kind.config_media_type,
        "layer": kind.layer.value,
        "format": kind.format.value if kind.format else None,
        "schema": kind.schema_name,
        "version_from": kind.version,
        "name_from": kind.name_field,
        "recognised_by": [_recognition(rule) for rule in kind.recognised_by],
        "versions": [each.name for each in kind.editions()],
        "annotations": {key: [_extraction(way) for way in ways] for key, ways in kind.annotations},
        "rules": [
            {"code": rule.code, "name": rule.name, "severity": rule.severity.value} for rule in rules_of(kind)
        ],
        "example": example_entry(kind),
    }


def _recognition(rule: Recognition) -> dict[str, Any]:
    return {
        "said": _say_wholly(rule),
        "suffixes": list(rule.suffixes),
        "names": list(rule.names),
        "except": list(rule.except_names),
        "folders": list(rule.folders),
        "starts_with": rule.starts_with.hex(),
        "fields": {path: type_.value for path, type_ in rule.fields},
        "any_of": list(rule.any_of),
        "matches": dict(rule.matches),
        "holds": list(rule.holds),
    }


def _extraction(way: Extraction) -> dict[str, Any]:
    return {
        "path": way.path,
        "function": way.function.value,
        "join": way.join,
        "default": way.default,
        "order": list(way.order),
        "alias": dict(way.alias or {}),
        "skip": list(way.skip),
    }


def _indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
