"""What `list` and `search` found, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Must never be
added: a request, a clock, or a text of a publisher that reaches a terminal with control characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.discovery.current import is_stable
from reconciler.discovery.identify import Sort, identify_entry
from reconciler.discovery.moments import read_moment
from reconciler.discovery.statements import CREATED
from reconciler.reports.columns import render_columns
from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import NOTHING_SAID, one_line
from reconciler.reports.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from reconciler.discovery.entries import Entry, Inventory

_COLUMNS = ("repository", "type", "version", "digest", "size", "age")
_DESCRIPTION = "org.opencontainers.image.description"
_TITLE = "org.opencontainers.image.title"
_DESCRIPTION_MAX_CHARACTERS = 60
_PLACES = {
    "catalog": "the catalog",
    "registry": "the list of repositories",
    "lock": "pallet.lock",
    "list": "the names that were given",
}
_SPANS = ((365 * 86400, "y"), (30 * 86400, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


def narrate_inventory(inventory: Inventory, subject: str, now: datetime) -> str:
    """Return which source answered, and how old it is.

    Args:
        inventory: the answer.
        subject: the source as people write it.
        now: in UTC.
    """
    count = len({entry.repository for entry in inventory.entries})
    noun = "repository" if count == 1 else "repositories"
    return f"{count} {noun}, from {_PLACES[inventory.source]} of {subject}{_as_of(inventory, now)}"


def render_entries(
    entries: Sequence[Entry],
    *,
    now: datetime,
    width: int | None,
    color: bool,
    whole_digests: bool = False,
    described: bool = False,
) -> str:
    """Return a table, a line for each entry; empty for none.

    Args:
        entries: in the order in which they are shown.
        now: what ages are counted from.
        width: columns of the terminal; None where there is none.
        color: whether to write escape sequences.
        whole_digests: not the first digits only.
        described: with a column of descriptions.
    """
    if not entries:
        return ""
    columns = (*_COLUMNS, "description") if described else _COLUMNS
    rows = [_cells(entry, now, whole_digests=whole_digests, described=described) for entry in entries]
    return render_columns(columns, rows, width=width, color=color)


def entries_document(
    command: str,
    inventory: Inventory,
    entries: Iterable[Entry],
    name: Callable[[Entry], str],
    *,
    considered: int,
    notes: Sequence[str] = (),
) -> Document:
    """Return the document of `list` or `search`."""
    found = [entry_document(entry, name) for entry in entries]
    return {
        "format_version": FORMAT_VERSION,
        "command": command,
        **inventory_document(inventory, notes),
        "considered": considered,
        "artifacts": found,
        "exit_code": 0,
        "problems": [],
    }


def inventory_document(inventory: Inventory, notes: Sequence[str] = ()) -> Document:
    """Return which source answered, how old it is, and what was left out."""
    return {
        "source": inventory.source,
        "as_of": None if inventory.as_of is None else inventory.as_of.isoformat(timespec="seconds"),
        "notes": [*inventory.notes, *notes],
    }


def entry_document(entry: Entry, name: Callable[[Entry], str]) -> Document:
    """Return what is known of one version."""
    identity = identify_entry(entry)
    return {
        "reference": name(entry),
        "repository": entry.repository,
        "version": entry.version.text if entry.version is not None else None,
        "tag": entry.tag,
        "digest": entry.digest,
        "size": entry.size_bytes,
        "kind": identity.sort.value,
        "media_type": entry.media_type,
        "artifact_type": entry.artifact_type,
        "stable": is_stable(entry),
        "created": entry.annotations.get(CREATED, "").strip() or None,
        "floating_tags": list(entry.floating_tags),
        "annotations": dict(sorted(entry.annotations.items())),
    }


def format_age(age: timedelta) -> str:
    """Return such as `3d` or `2min`: the largest unit of which there is one."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "in the future"
    return next((f"{seconds // span}{unit}" for span, unit in _SPANS if seconds >= span), f"{seconds}s")


def _as_of(inventory: Inventory, now: datetime) -> str:
    if inventory.as_of is None:
        return ", of unknown age"
    age = now - inventory.as_of
    if age.total_seconds() < 60:
        return ", read just now"
    return f", {format_age(age)} old ({inventory.as_of:%Y-%m-%d %H:%M} UTC)"


def _cells(entry: Entry, now: datetime, *, whole_digests: bool, described: bool) -> tuple[str, ...]:
    identity = identify_entry(entry)
    cells = (
        entry.repository,
        one_line(identity.type) if identity.sort is Sort.ARTIFACT else identity.sort.value,
        entry.tag if entry.version is None else entry.version.text,
        entry.digest if whole_digests else entry.digest.short,
        format_size(entry.size_bytes),
        _age(entry, now),
    )
    return (*cells, _description(entry)) if described else cells


def _age(entry: Entry, now: datetime) -> str:
    created = read_moment(entry.annotations.get(CREATED, ""))
    return NOTHING_SAID if created is None else format_age(now - created)


def _description(entry: Entry) -> str:
    text = entry.annotations.get(_DESCRIPTION) or entry.annotations.get(_TITLE)
    return one_line(text, max_characters=_DESCRIPTION_MAX_CHARACTERS)
