"""`pallet logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.accounts import authfile_option, open_keeper, read_host, say_source, user_credentials
from reconciler.cli.options import Output, output_options
from reconciler.cli.screen import Screen
from reconciler.errors import UnauthorisedError
from reconciler.reports.logins import logout_document, render_logout

if TYPE_CHECKING:
    from pathlib import Path


@click.command("logout", short_help="Forget who you are to a registry.")
@click.argument("host")
@authfile_option
@output_options("text", "json")
def command(host: str, output: Output, *, authfile: Path | None) -> int:
    """Remove what is kept for the registry HOST: from the credential helper that the file names, and from the
    file. Says where it was, and where the registry is still known from. The registry is not asked.

    \b
    Examples:
      pallet logout ghcr.io
      pallet logout localhost:5000 --authfile auth.json
    """
    screen = Screen(output)
    named = read_host(host)
    keeper, path = open_keeper(authfile)
    removed = keeper.forget(named.name)
    screen.answer(logout_document(named.name, removed), render_logout(named.name, removed, str(path)))
    try:
        left = user_credentials().find(named.name)
    except UnauthorisedError as exc:
        screen.shout(f"{exc}")
        return 0
    if left is not None:
        screen.shout(f"{named.name}: is still known from {say_source(left.source)}")
    return 0
