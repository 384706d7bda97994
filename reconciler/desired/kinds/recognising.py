"""Which of many kinds a file is, by its name and by what it says: asked by init, push and validate.

Decided here: a project's kinds are asked before those that come with pallet, each in the order of its
document; the first that fits decides, and a guess comes last.
Must never be added: reading a file, or a word about one kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.kind import BUILT_IN, LABEL_MARK
from reconciler.desired.reading.documents import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.kinds.recognition import Recognition

HEAD_MAX_BYTES: Final = 64
"""How many first bytes a kind may ask for."""


class Recogniser:
    """Kinds that can be asked what a file is.

    Args:
        kinds: all there are, by name; their versions are reached through the kinds themselves.
        is_guessing: whether the folder that a file stands in may say what it is, where nothing else does.
    """

    def __init__(self, kinds: Mapping[str, Kind], *, is_guessing: bool = False) -> None:
        own = [kind for name, kind in kinds.items() if LABEL_MARK not in name]
        own.sort(key=lambda kind: kind.origin == BUILT_IN)
        rules = [(rule, kind) for kind in own for rule in _rules_of(kind)]
        self._rules = [pair for pair in rules if not pair[0].folders]
        if is_guessing:
            self._rules += [pair for pair in rules if pair[0].folders]
        self._describing = {kind.described_by: kind for kind in own if kind.described_by is not None}

    def may_fit(self, path: str) -> bool:
        """Say whether a file of this name may be of some kind, so that it is worth a look."""
        return any(not rule.holds and rule.fits_name(path) for rule, _ in self._rules)

    def is_document(self, path: str) -> bool:
        """Say whether some kind would look at what a file of this name says."""
        return any(rule.needs_document and rule.fits_name(path) for rule, _ in self._rules)

    def has_words(self, path: str, content: bytes) -> bool:
        """Say whether a file spells out the fields of some kind, so that it is worth reading."""
        return any(
            rule.needs_document and rule.fits_name(path) and rule.fits_words(content)
            for rule, _ in self._rules
        )

    def candidates(self, path: str, content: bytes) -> list[Kind]:
        """Return the kinds whose fields a file spells out, in the order in which they are asked."""
        kinds = {
            kind.name: kind
            for rule, kind in self._rules
            if rule.needs_document and rule.fits_name(path) and rule.fits_words(content)
        }
        return list(kinds.values())

    def kind_of(self, path: str, value: object) -> Kind | None:
        """Return the kind of a document, in the version that it is; None for something else."""
        kind = self.base_of(path, value)
        return None if kind is None else kind.of(value)

    def base_of(self, path: str, value: object) -> Kind | None:
        """Return the kind of a document, whichever of its versions it is; None for something else."""
        for rule, kind in self._rules:
            if rule.needs_document and rule.fits_name(path) and rule.fits_value(value):
                return kind
        return None

    def kind_of_head(self, path: str, head: bytes) -> Kind | None:
        """Return the kind of a file that is no document, by its name and first bytes."""
        for rule, kind in self._rules:
            is_binary = not rule.needs_document and not rule.holds
            if is_binary and rule.fits_name(path) and head.startswith(rule.starts_with):
                return kind
        return None

    def kind_that_holds(self, has: Callable[[str], bool]) -> Kind | None:
        """Return the kind of a folder or an archive; `has` says whether it holds a file of a name."""
        for rule, kind in self._rules:
            if rule.holds and all(has(name) for name in rule.holds):
                return kind
        return None

    @property
    def described(self) -> Mapping[str, Kind]:
        """The kinds of folders, by the name of the file that describes one, packed or not."""
        return self._describing


def _rules_of(kind: Kind) -> Iterable[Recognition]:
    """Return how a kind is recognised in any of its versions."""
    return (*kind.recognised_by, *(rule for variant in kind.variants for rule in variant.recognised_by))


def format_of(path: str) -> Format:
    """Return how a document is written, by its name."""
    return Format.JSON if path.endswith(".json") else Format.YAML
