"""What of a pallet.toml can be read where its schema refuses the rest, so that one run tells everything.

Decided here: how much is left out around what is refused: as little as makes the rest mean what it says.
Must never be added: a value in the place of a refused one; nothing that is read so is ever used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.config_findings import Where

_NEEDED: Final = frozenset({"kind", "repository"})
"""Without these, an entry says nothing that could be looked at."""


class Salvage:
    """A document without what is refused.

    Args:
        document: as it was written.
        refused: where the schema refuses a value; for a key that is missing, the table that misses it.
    """

    def __init__(self, document: Mapping[str, Any], refused: Iterable[Where]) -> None:
        self.unreadable: set[int] = set()
        """Numbers of the `[[artifact]]` that say too little."""
        self._document = dict(document)
        for path in refused:
            self._leave_out(path)
        self._forget_lost_target(document)
        if not isinstance(self._document.get("project"), dict):
            self._document["project"] = {"name": ""}

    @property
    def document(self) -> dict[str, Any]:
        """What can be read without a look at its types."""
        return self._document

    def _leave_out(self, path: Where) -> None:
        match path:
            case ("artifact", int(index), str(key), *_) if key not in _NEEDED:
                artifacts = list(self._document["artifact"])
                artifacts[index] = _without(artifacts[index], key)
                self._document["artifact"] = artifacts
            case ("artifact", int(index), *_):
                self.unreadable.add(index)
            case ("target" | "kind" | "hold" | "defaults" as table, str(key), *_):
                if table in self._document:
                    self._document[table] = _without(self._document[table], key)
            case (str(table), *_):
                self._document.pop(table, None)
            case _:
                pass  # of the document: a table is missing, or there are none

    def _forget_lost_target(self, document: Mapping[str, Any]) -> None:
        """Leave out the default target where that is one of those that are left out."""
        written = document.get("target")
        known = self._document.get("target", {})
        defaults = self._document.get("defaults", {})
        if not known:
            # None at all means the embedded store, which is not what was written.
            self._document.pop("target", None)
        is_lost = not isinstance(written, dict) or defaults.get("target") in written.keys() - known.keys()
        if "target" in document and is_lost:
            self._document["defaults"] = _without(defaults, "target")


def _without(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}
