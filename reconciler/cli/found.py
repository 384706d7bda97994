"""How list and search print what they found.

Must never be added: what is found.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.reports import documents
from reconciler.reports.found import entries_document, render_entries

if TYPE_CHECKING:
    from reconciler.cli.screen import Screen
    from reconciler.cli.stock import Stock
    from reconciler.discovery.entries import Inventory
    from reconciler.discovery.searching import Found


def show_found(
    screen: Screen,
    command: str,
    stock: Stock,
    inventory: Inventory,
    found: Found,
    *,
    described: bool = False,
) -> None:
    """Print the entries, as a document or as a table.

    Args:
        described: whether the table has their descriptions too.
    """
    if screen.output.format == "json":
        document = entries_document(
            command, inventory, found.entries, stock.name, considered=found.considered, notes=found.notes
        )
        screen.result(documents.render(document))
        return
    screen.result(
        render_entries(
            found.entries,
            now=datetime.now(UTC),
            width=screen.width,
            color=screen.color,
            whole_digests=screen.output.verbose,
            described=described,
        )
    )
