"""How a failure leaves: as text on stderr, or as the JSON document that the reader waits for.

Must never be added: a failure of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Output
from reconciler.cli.screen import Screen
from reconciler.reports import documents
from reconciler.reports.problems import render_failure

if TYPE_CHECKING:
    from reconciler.errors import PalletError


def report_failure(ctx: click.Context, failure: PalletError) -> int:
    """Print a failure and return its exit code."""
    output = ctx.meta.get("pallet.output")
    if isinstance(output, Output) and output.format == "json":
        name = ctx.invoked_subcommand or ""
        Screen(output).result(documents.render(documents.failure_document(name, failure)))
    click.echo(render_failure(failure), nl=False, err=True)
    return failure.exit_code
