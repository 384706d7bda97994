"""What is doubtful about annotations that somebody wrote by hand under pallet's own names.

Consumers search for these, and pass over what they cannot read. Which values they read stands in
schemas/annotations.schema.json. Must never be added: a word about one annotation, or about other names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.desired.kinds.rules.rule import Finding, Rule
from reconciler.desired.kinds.schemas import load_schema
from reconciler.desired.reading.wording import near_key, quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

UNREADABLE: Final = Rule(
    "PLT066",
    "annotation-that-nobody-reads",
    Severity.WARNING,
    "An annotation in pallet.toml has a value that consumers do not understand, so that they pass over it.",
    bad='annotations = { "org.pallet.workflow.timeout" = "ten minutes" }\n',
    good='annotations = { "org.pallet.workflow.timeout" = "600" }\n',
)
UNKNOWN: Final = Rule(
    "PLT067",
    "unknown-annotation",
    Severity.WARNING,
    "An annotation in pallet.toml has a name of pallet's own (org.pallet.) that pallet does not know.",
    bad='annotations = { "org.pallet.workflow.skils" = "review" }\n',
    good='annotations = { "org.pallet.workflow.skills" = "review" }\n',
)
RULES: Final = (UNREADABLE, UNKNOWN)

_OWN: Final = "org.pallet."
_CLOSENESS: Final = 0.9
"""Of whole names, most of which are the same in all."""


def check_hand_annotations(hand: Mapping[str, str]) -> Iterator[tuple[Rule, Finding]]:
    """Yield what is doubtful about annotations, sorted by name; paths start at the annotations.

    Args:
        hand: the annotations of one entry of pallet.toml.
    """
    own = {key: hand[key] for key in sorted(hand) if key.startswith(_OWN)}
    if not own:
        return
    # Here: who imports the rules may never look at a document, and jsonschema is slow to import.
    from reconciler.desired.kinds.schema_check import check

    schema = load_schema("annotations.schema.json")
    document: Any = schema.document
    known = document["properties"]
    for found in check({key: value for key, value in own.items() if key in known}, schema):
        yield UNREADABLE, Finding(found.path, found.message, found.fix)
    for key in own:
        if key not in known:
            near = _near(key, known)
            hint = f"did you mean {quote(near)}?" if near else f"names that start with {_OWN} are pallet's"
            fix = f"write {near}" if near else "choose a name of your own, such as com.example.owner"
            yield UNKNOWN, Finding((key,), f"unknown annotation: {hint}", fix)


def _near(key: str, known: Iterable[str]) -> str | None:
    """Return the name that was probably meant: by its last word among those that share the others."""
    group, _, last = key.rpartition(".")
    siblings = {each.rpartition(".")[2]: each for each in known if each.rpartition(".")[0] == group}
    near = near_key(last, siblings)
    return siblings[near] if near else near_key(key, known, closeness=_CLOSENESS)
