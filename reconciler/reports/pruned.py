"""What `prune` would delete or has deleted, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import printable
from reconciler.sync.actions import Outcome
from reconciler.sync.exit_codes import first_of, of_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.outcomes import Result
    from reconciler.sync.pruner import Pruned, Pruning
    from reconciler.sync.pruning import Judged

_MARKS = {Outcome.DONE: "-", Outcome.REFUSED: "!", Outcome.FAILED: "x", Outcome.SKIPPED: "="}


def pruned_code(pruning: Pruning, pruned: Pruned | None) -> int:
    """Return the exit code: of what was deleted, and where something could not be read, of that."""
    code = 0
    if pruned is not None:
        catalog = () if pruned.catalog is None else (pruned.catalog,)
        code = of_results((*pruned.results.values(), *catalog))
    return code or first_of(exc.exit_code for exc in pruning.unknown)


def render_pruned(pruning: Pruning, pruned: Pruned | None, *, everything: bool) -> str:
    """Return a line for each version that goes, and for each that stays where everything is asked for."""
    shown = (item for item in pruning.judged if everything or not item.stays or item.is_withheld)
    lines = [_line(item, pruned) for item in shown]
    refused = () if pruned is None else [item for item in pruning.judged if item.is_withheld]
    staying = sum(item.stays for item in pruning.judged) - len(refused)
    done = [] if pruned is None else [item.outcome for item in pruned.results.values()]
    counts = [
        (len(pruning.going) if pruned is None else 0, "to delete"),
        (done.count(Outcome.DONE), "deleted"),
        (done.count(Outcome.REFUSED), "refused"),
        (done.count(Outcome.FAILED), "failed"),
        (done.count(Outcome.SKIPPED), "skipped"),
        (staying, "kept"),
    ]
    said = " · ".join(f"{number} {word}" for number, word in counts if number)
    if pruned is not None:
        lines.extend(_aftermath(pruned))
    return "".join(f"{line}\n" for line in (*lines, said or "nothing to delete"))


def pruned_document(
    pruning: Pruning,
    pruned: Pruned | None,
    name: Callable[[Repository, Tag], str],
    *,
    exit_code: int,
) -> Document:
    """Return the document of `prune`; an outcome is null before anything was deleted."""
    catalog = pruned.catalog if pruned is not None else None
    return {
        "format_version": FORMAT_VERSION,
        "command": "prune",
        "deleted": pruned is not None,
        "versions": [_version(item, pruned, name) for item in pruning.judged],
        "catalog": None if catalog is None else catalog.outcome.value,
        "notes": list(pruning.notes),
        "exit_code": exit_code,
        "problems": [*_problems(catalog)],
    }


def _line(item: Judged, pruned: Pruned | None) -> str:
    entry = item.entry
    result = pruned.results.get(item.key) if pruned is not None else None
    mark = _MARKS[result.outcome] if result is not None else "=" if item.stays else "-"
    why = item.why if result is None or result.error is None else result.error
    tags = ", ".join((entry.tag, *item.tags))
    return f"{mark} {entry.repository}:{tags}  {entry.digest.short}  {printable(why)}"


def _aftermath(pruned: Pruned) -> Iterator[str]:
    """Yield what became of the catalog, and what to do: once for all to whom the same happened."""
    catalog = pruned.catalog
    if catalog is not None and catalog.error:
        yield f"! catalog: {printable(catalog.error)}"
    results = [item for item in (*pruned.results.values(), catalog) if item is not None and item.error]
    for fix, count in Counter(item.fix for item in results if item.fix).items():
        yield f"  → {fix}" if count == 1 else f"  → {fix} ({count} times)"


def _version(item: Judged, pruned: Pruned | None, name: Callable[[Repository, Tag], str]) -> Document:
    entry = item.entry
    result = pruned.results.get(item.key) if pruned is not None else None
    return {
        "reference": name(entry.repository, entry.tag),
        "repository": entry.repository,
        "tag": entry.tag,
        "tags": list(item.tags),
        "digest": entry.digest,
        "action": "keep" if item.stays else "delete",
        "reason": item.why,
        "outcome": result.outcome.value if result is not None else None,
        "error": result.error if result is not None else None,
        "fix": result.fix if result is not None else None,
    }


def _problems(catalog: Result | None) -> Iterator[Document]:
    if catalog is not None and catalog.error is not None:
        yield {
            "code": "catalog-behind",
            "message": catalog.error,
            "file": None,
            "line": None,
            "fix": catalog.fix or "pallet catalog --rebuild",
        }
