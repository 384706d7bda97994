"""A project's kind that has the name of one that comes with pallet: whether it changes or replaces it.

Decided here (docs/adr/0014): what the built-in kind says is never lost in silence. A kind without a media
type of its own changes the built-in one; one with a media type says by `extends` which of the two it means,
unless it says itself all that its files are held to. Must never be added: a word about one kind.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.desired.kinds.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELD_TO: Final = ("schema", "rules", "version", "annotations")
"""What nobody would notice to be gone: files go on being published, unchecked or with less."""
_TABLES: Final = ("annotations",)
"""What is added to, instead of said anew."""


@dataclass(frozen=True, slots=True)
class Said:
    """A kind's document, with what it takes from the built-in kind."""

    table: Mapping[str, Any]
    base: Mapping[str, Any]
    """The document of the built-in kind; empty where nothing is taken from one."""
    own: Mapping[str, Any]
    """What the project says itself."""

    def has_builtin_schema(self, label: str | None = None) -> bool:
        """Say whether the schema of the kind, or of one of its versions, is one that comes with pallet."""
        if label is not None and "schema" in self.own.get("variant", {}).get(label, {}):
            return False
        if label is not None and "schema" in self.base.get("variant", {}).get(label, {}):
            return True
        return "schema" in self.base and "schema" not in self.own


@functools.cache
def builtin_tables() -> Mapping[str, Mapping[str, Any]]:
    """Return the documents of the kinds that come with pallet, by name, sorted."""
    files = sorted((schemas_directory() / "kinds").glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8")) for file in files}


def extend(name: str, own: Mapping[str, Any]) -> tuple[Said, list[Violation]]:
    """Return a project's kind with what it takes from the built-in one, and what is wrong with that.

    Args:
        name: as in `[kind.NAME]`.
        own: what stands there, as its schema allows it.
    """
    base = builtin_tables().get(name, {})
    said = {key: value for key, value in own.items() if key != "extends"}
    extends = own.get("extends", bool(base) and "media-type" not in own)
    if extends and not base:
        known = ", ".join(builtin_tables())
        message = f"expected the name of a kind that comes with pallet ({known}), got {name}"
        return Said(said, {}, said), [Violation(("extends",), "nothing-to-extend", message, "take it out")]
    if extends:
        return Said(_merge(base, said), base, said), []
    if "media-type" not in own:
        missing = Violation((), "missing-key", "missing key 'media-type'", "add media-type")
        return Said(said, {}, said), [missing]
    return Said(said, {}, said), [] if "extends" in own else _find_lost(name, base, own)


def _find_lost(name: str, base: Mapping[str, Any], own: Mapping[str, Any]) -> list[Violation]:
    lost = [word for word in _HELD_TO if word in base and word not in own]
    if not lost:
        return []
    message = (
        f"expected extends = true or false, since {' and '.join(lost)} of the built-in kind {name} "
        "would be gone, got neither"
    )
    fix = "set extends = true to keep what is not said here, extends = false to do without it"
    return [Violation((), "takes-the-place", message, fix)]


def _merge(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **own}
    merged.update({key: {**base[key], **own[key]} for key in _TABLES if key in base and key in own})
    variants = {**base.get("variant", {}), **own.get("variant", {})}
    if variants:
        known = base.get("variant", {})
        merged["variant"] = {
            label: {**_told(merged, label), **known.get(label, {}), **said}
            for label, said in variants.items()
        }
    return merged


def _told(kind: Mapping[str, Any], label: str) -> dict[str, Any]:
    """Return how a version is known that does not say so: as the kind is, and by `apiVersion`."""
    pattern = f"(^|/)v{re.escape(label)}$"
    ways = [
        {**way, "matches": {**way.get("matches", {}), "apiVersion": pattern}}
        for way in kind.get("recognise", ())
        if way.keys() & {"fields", "any-of", "matches"}
    ]
    return {"recognise": ways} if ways else {}
