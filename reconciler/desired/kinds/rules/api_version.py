"""A file that says by `apiVersion` of which version it is, and of none that its kind has.

Such a file would be published as another version than it says. Must never be added: which version a file is
of; that is the kind's (`Kind.of`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules.rule import Finding, Rule
from reconciler.desired.kinds.violations import Violation
from reconciler.desired.reading.wording import quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.kinds.kind import Kind

OTHER_VERSION: Final = Rule(
    "PLT064",
    "version-of-no-kind",
    Severity.WARNING,
    "The apiVersion of a file names a version that its kind does not have: it is published as another one.",
    bad="apiVersion: acme.dev/v3  # and prompt@1 and prompt@2 are all there is\n",
    good="apiVersion: acme.dev/v2\n",
)
OTHER_VERSION_OF_PALLET: Final = Rule(
    "PLT065",
    "version-of-no-built-in-kind",
    Severity.ERROR,
    "The apiVersion of a file names a version of a format of pallet's own that nobody made.",
    bad="apiVersion: pallet.org/v2  # without a [kind.workflow.variant.2]\n",
    good="apiVersion: pallet.org/v1\n",
)
RULES: Final = (OTHER_VERSION, OTHER_VERSION_OF_PALLET)

_FIELD: Final = "apiVersion"
_GROUP_AND_VERSION: Final = re.compile(r"([^/\s]+)/v([0-9][^/\s]*)", re.ASCII)
_OWN_GROUP: Final = re.compile(r"(?:.+\.)?pallet\.org", re.ASCII)


def check_api_version(kind: Kind, value: object) -> Iterator[Violation]:
    """Yield what a document says of its version against the kind, in the version that it is taken for."""
    said = value.get(_FIELD) if isinstance(value, dict) else None
    match = _GROUP_AND_VERSION.fullmatch(said) if isinstance(said, str) else None
    if match is None or kind.label in (None, match[2]) or _is_told_by_field(kind, value):
        return
    is_own = _OWN_GROUP.fullmatch(match[1]) is not None
    if not is_own and not any(_asks_for_field(variant) for variant in kind.variants):
        return
    rule = OTHER_VERSION_OF_PALLET if is_own else OTHER_VERSION
    versions = sorted({str(each.label) for each in (kind, *kind.variants)})
    known = " or ".join(f"{match[1]}/v{label}" for label in versions)
    found = Finding(
        (_FIELD,),
        f"expected a version that kind {kind.base_name} has, {known}, got {quote(str(said))}",
        f"write {match[1]}/v{kind.label}, or add a [kind.{kind.base_name}.variant.{match[2]}]",
    )
    yield Violation(found.path, rule.code, found.message, found.fix, severity=rule.severity)


def _asks_for_field(kind: Kind) -> bool:
    return any(path == _FIELD for rule in kind.recognised_by for path, _ in (*rule.matches, *rule.fields))


def _is_told_by_field(kind: Kind, value: object) -> bool:
    """Whether the kind itself asks for this very text, whatever its media type calls the version."""
    return any(
        any(path == _FIELD for path, _ in rule.matches) and rule.fits_value(value)
        for rule in kind.recognised_by
    )
