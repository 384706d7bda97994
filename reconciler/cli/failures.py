"""How a failure leaves: as text on stderr, and in the form of the document that a program waits for.

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
    if isinstance(output, Output):
        document = _render(output.format, ctx.invoked_subcommand or "", failure)
        if document is not None:
            Screen(output).result(document)
    click.echo(render_failure(failure), nl=False, err=True)
    return failure.exit_code


def _render(form: str, command: str, failure: PalletError) -> str | None:
    """Return a failure as a document; None for forms that people read."""
    match form:
        case "json":
            return documents.render(documents.failure_document(command, failure))
        case "sarif":
            from reconciler.reports.sarif import render_sarif

            return render_sarif([], exit_code=failure.exit_code, failure=str(failure))
        case "github":
            from reconciler.reports import github

            return github.render_failure(str(failure))
        case _:
            return None
