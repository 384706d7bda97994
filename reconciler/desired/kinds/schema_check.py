"""Values against a JSON Schema: every violation, sorted, in pallet's words.

Only this module and `schema_words` know jsonschema, and only commands that look into files import
them. References are resolved within the schema and among the JSON Schema drafts, never fetched.
A keyword of our own, `x-near-keys: true`, refuses a key that looks like a misspelt known one in an
object that is open to other keys. Text that YAML 1.1 takes for a date is no text here, unless `format`
says that it is a date, or the whole schema says `x-dates-are-text: true`: who reads such files (Helm)
knows no dates. Editors and other validators ignore both.
Must never be added: files and lines, and what a kind means.
"""

from __future__ import annotations

import functools
import itertools
import sys
from typing import TYPE_CHECKING, Any, Final

import jsonschema.validators
from jsonschema import Draft202012Validator, ValidationError
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # it has no py.typed
from referencing.exceptions import Unresolvable

from reconciler.desired.kinds.patterns import PatternError
from reconciler.desired.kinds.schema_leaves import shortened
from reconciler.desired.kinds.schema_patterns import KEYWORDS
from reconciler.desired.kinds.schema_unique import unique_items
from reconciler.desired.kinds.schema_words import explain
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.dates import DateText
from reconciler.desired.reading.wording import SHOWN_MAX_CHARACTERS, near_key, quote, say_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.desired.kinds.schemas import Schema
    from reconciler.desired.reading.wording import FieldPath

VIOLATIONS_MAX: Final = 1_000
"""Nobody reads more about one file, and a hostile file has millions."""
_FORMATS_OF_DATES: Final = ("date", "date-time")
_LATEST_DRAFT: Final = {
    f"{scheme}://json-schema.org/schema{end}" for scheme in ("http", "https") for end in ("", "#")
}
"""Names of whichever draft is the latest, from before each draft had its own."""
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def check(value: object, schema: Schema) -> list[Violation]:
    """Return every way in which a value is not what its schema says, sorted by path."""
    return _check(value, _compile(schema), schema.name)


def check_metaschema(value: object) -> list[Violation]:
    """Return every way in which a value is not a JSON Schema, by the draft that it names itself.

    Spec: JSON Schema draft 2020-12, where the document has no `$schema`.
    """
    validator: Any = _draft_of(value)
    if validator is None:
        assert isinstance(value, dict)
        message = f"expected a draft of JSON Schema such as {_DRAFT}, got {say_value(value['$schema'])}"
        return [Violation(("$schema",), "unknown-draft", message)]
    return _check(
        value, _of_metaschema(validator)(validator.META_SCHEMA, registry=REGISTRY), "the metaschema"
    )


@functools.cache
def _of_metaschema(base: Any) -> Any:
    return _extend(base, {"uniqueItems": unique_items})


def _extend(base: Any, keywords: Mapping[str, Any]) -> Any:
    """Return the library's validator with other keywords, for everything that a schema refers to as well."""
    untyped: Any = jsonschema.validators
    extended = untyped.extend(base, keywords)
    names = [(field.name, field.alias) for field in extended.__attrs_attrs__ if field.init]

    def evolve(self: Any, **changes: Any) -> Any:
        # The library's own takes the plain validator for whatever says `$schema`, such as a `$ref` to `#`.
        for name, argument in names:
            if argument not in changes:
                changes[argument] = getattr(self, name)
        return extended(**changes)

    extended.evolve = evolve
    return extended


def _draft_of(value: object) -> Any:
    if not isinstance(value, dict) or "$schema" not in value:
        return Draft202012Validator
    if not isinstance(value["$schema"], str) or value["$schema"] in _LATEST_DRAFT:
        return Draft202012Validator
    untyped: Any = jsonschema.validators
    return untyped.validator_for(value, default=None)


def _check(value: object, validator: Any, name: str) -> list[Violation]:
    errors: list[ValidationError] = []
    stopped: list[Violation] = []
    try:
        # One by one: what was found before something stops it is found all the same.
        for error in itertools.islice(validator.iter_errors(value), VIOLATIONS_MAX + 1):
            errors.append(error)
    except Unresolvable as exc:
        message = f"{name}: expected references within the schema, got {quote(str(exc.ref))}"
        stopped.append(Violation((), "unresolved-reference", message, "copy what it refers to below $defs"))
    except RecursionError:
        message = f"{name}: expected a schema that ends, got one that refers to itself"
        stopped.append(Violation((), "endless-schema", message))
    except PatternError as exc:
        message = f"{name}: {exc}: {quote(exc.pattern)}"
        stopped.append(Violation(_path_of(value, exc.text), exc.code, message, exc.fix))
    if len(errors) > VIOLATIONS_MAX:
        cut = f"got more than {VIOLATIONS_MAX:,} problems: the rest is not shown"
        stopped.append(Violation((), "too-many", cut))
    shown = _without_echoes(errors[:VIOLATIONS_MAX])
    found = dict.fromkeys(violation for error in shown for violation in explain(error))
    return [*sorted(found, key=_order), *stopped]


def _path_of(value: object, text: str | None) -> FieldPath:
    """Return where a text stands, or the value of a key; a keyword of a schema does not know where it is."""
    waiting: list[tuple[FieldPath, object]] = [((), value)]
    while waiting and text is not None:
        path, item = waiting.pop()
        if item is text:
            return path
        if isinstance(item, list):
            waiting.extend(((*path, index), each) for index, each in enumerate(item))
        elif isinstance(item, dict):
            key = next((key for key in item if key is text), None)
            if key is not None:
                return (*path, key)
            waiting.extend(((*path, key), each) for key, each in item.items())
    return ()


def _without_echoes(errors: Sequence[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors, but of a date only that it is one: what its text matches is no question then."""
    dates = {tuple(error.path) for error in errors if _is_of_date(error)}
    return (error for error in errors if tuple(error.path) not in dates or _is_of_date(error))


def _is_of_date(error: ValidationError) -> bool:
    return error.validator == "type" and isinstance(error.instance, DateText)


def _order(violation: Violation) -> tuple[list[tuple[int, str]], str]:
    # Indexes by number and before keys: text would put [10] before [9].
    parts = [(part, "") if isinstance(part, int) else (sys.maxsize, part) for part in violation.path]
    return parts, violation.message


@functools.lru_cache(maxsize=64)
def _compile(schema: Schema) -> Any:
    base = _draft_of(schema.document) or Draft202012Validator
    knows_dates = not (isinstance(schema.document, dict) and schema.document.get("x-dates-are-text") is True)
    extended = _extended(base, is_foreign=schema.is_foreign, knows_dates=knows_dates)
    return extended(schema.document, registry=REGISTRY)


@functools.cache
def _extended(base: Any, *, is_foreign: bool, knows_dates: bool) -> Any:
    bounded = {
        keyword: search for keyword, search in KEYWORDS.items() if is_foreign and keyword in base.VALIDATORS
    }
    dated = {"type": _refuse_dates(base.VALIDATORS["type"])} if knows_dates else {}
    keywords = {
        **shortened(base.VALIDATORS),
        **bounded,
        **dated,
        "uniqueItems": unique_items,
        "x-near-keys": _refuse_near_keys,
    }
    return _extend(base, keywords)


def _refuse_dates(check_type: Any) -> Any:
    """Return the keyword `type` for files that somebody else reads as YAML 1.1, where a date is no text."""

    def type_(
        validator: Any, said: Any, instance: object, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if isinstance(instance, DateText) and schema.get("format") not in _FORMATS_OF_DATES:
            yield ValidationError(f"{instance} is a date")
        else:
            yield from check_type(validator, said, instance, schema)

    return type_


def _refuse_near_keys(
    _validator: Any, enabled: object, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    known = schema.get("properties", {})
    if enabled is not True or not isinstance(instance, dict) or instance.keys() <= known.keys():
        return
    absent = [name for name in known if name not in instance]
    for key in instance.keys() - known.keys():
        if near_key(key, absent, closeness=0.85) is not None:
            yield ValidationError(key[:SHOWN_MAX_CHARACTERS], validator_value=absent, path=[key])
