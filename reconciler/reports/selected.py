"""What `select` chose, and why, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Must never be
added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.reports.columns import render_columns
from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.found import entry_document, inventory_document
from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.discovery.entries import Entry, Inventory
    from reconciler.discovery.selecting import Candidate, Selection
    from reconciler.discovery.wishes import Score

    Name = Callable[[Entry], str]

_COLUMNS = ("", "artifact", "version", "score", "priority", "cost", "why")
_CHOSEN, _FITS, _MISSES = "→", "·", "x"


def render_chosen(chosen: Candidate, name: Name) -> str:
    """Return one line `REFERENCE VERSION DIGEST PRIORITY COST`."""
    entry = chosen.entry
    version = entry.version.text if entry.version is not None else entry.tag
    return f"{name(entry)} {version} {entry.digest} {chosen.priority} {chosen.cost}\n"


def render_candidates(selection: Selection, *, width: int | None, color: bool) -> str:
    """Return a table of all candidates: who was chosen, who else fits, and what the others lack."""
    if not selection.candidates:
        return ""
    rows = [_row(candidate, selection) for candidate in selection.candidates]
    return render_columns(_COLUMNS, rows, width=width, color=color)


def explain_nobody(selection: Selection, name: Name) -> tuple[str, str]:
    """Return what is wrong where nobody fits, and what to do about it."""
    nearest = selection.nearest
    if nearest is None:
        return (
            "select: nobody fits: expected at least one workflow to choose from, got none",
            "`pallet list` shows what there is",
        )
    count = selection.considered
    of = f"none of {count} candidates" if count > 1 else "the only candidate does not"
    lacking = "; ".join(printable(failure) for failure in nearest.failures)
    fits = "fits" if count > 1 else "fit"
    return (
        f"select: nobody fits: {of} {fits}; the nearest is {name(nearest.entry)}: {lacking}",
        "ask for less" if selection.candidates else "ask for less, or see all with --explain",
    )


def selection_document(selection: Selection, inventory: Inventory, name: Name, *, explain: bool) -> Document:
    """Return the document of `select`; its exit code is 1 where nobody fits."""
    chosen, nearest = selection.chosen, selection.nearest
    problems: list[Document] = []
    if chosen is None:
        message, fix = explain_nobody(selection, name)
        problems.append({"code": "nobody-fits", "message": message, "fix": fix})
    document: Document = {
        "format_version": FORMAT_VERSION,
        "command": "select",
        **inventory_document(inventory, selection.notes),
        **_answer(chosen, name),
        "considered": selection.considered,
        "fitting": selection.fitting,
        "chosen": None if chosen is None else _candidate(chosen, name),
        "nearest": None if nearest is None else _candidate(nearest, name),
        "exit_code": 1 if chosen is None else 0,
        "problems": problems,
    }
    if explain:
        document["candidates"] = [_candidate(item, name) for item in selection.candidates]
    return document


def _answer(chosen: Candidate | None, name: Name) -> Document:
    """Return what most readers are after, under the keys that `resolve` has."""
    if chosen is None:
        return dict.fromkeys(("reference", "version", "tag", "digest", "priority", "cost"))
    entry = chosen.entry
    return {
        "reference": name(entry),
        "version": entry.version.text if entry.version is not None else None,
        "tag": entry.tag,
        "digest": entry.digest,
        "priority": chosen.priority,
        "cost": chosen.cost.value,
    }


def _row(candidate: Candidate, selection: Selection) -> tuple[str, ...]:
    entry, score = candidate.entry, candidate.score
    is_chosen = selection.chosen is not None and entry is selection.chosen.entry
    mark = _MISSES if candidate.failures else (_CHOSEN if is_chosen else _FITS)
    return (
        mark,
        entry.repository,
        entry.tag if entry.version is None else entry.version.text,
        f"{score.total}{_parts(score)}",
        str(candidate.priority),
        candidate.cost,
        printable("; ".join(candidate.failures) or candidate.lost_by or "chosen"),
    )


def _parts(score: Score) -> str:
    named = (("language", score.language), ("env", score.environment), ("memory", score.memory))
    parts = ", ".join(f"{word} {points}" for word, points in named if points)
    return f" ({parts})" if parts else ""


def _candidate(candidate: Candidate, name: Name) -> Document:
    score = candidate.score
    return {
        **entry_document(candidate.entry, name),
        "priority": candidate.priority,
        "cost": candidate.cost.value,
        "score": score.total,
        "scores": {"language": score.language, "env": score.environment, "memory": score.memory},
        "failures": list(candidate.failures),
        "lost_by": candidate.lost_by,
    }
