"""`pallet login`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.accounts import (
    Host,
    authfile_option,
    open_keeper,
    read_host,
    say_source,
    user_credentials,
)
from reconciler.cli.options import Output, flag, output_options
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.compose import Connection, Surroundings, prove_login
from reconciler.desired.config import Target
from reconciler.desired.config_access import Access
from reconciler.errors import UnauthorisedError, UsageError
from reconciler.oci.registry.challenge import UnmetChallengeError
from reconciler.oci.registry.credentials.secret import SECRET_MAX_BYTES, without_line_end
from reconciler.oci.registry.credentials.values import Credential
from reconciler.reports.logins import LoggedIn, login_document, render_login

if TYPE_CHECKING:
    from reconciler.oci.registry.credentials.keeping import Kept


@click.command("login", short_help="Show a registry who you are, and keep it.")
@click.argument("host")
@flag("-u", "--username", metavar="NAME", help="Who you are; asked for on a terminal.")
@flag("--password-stdin", is_flag=True, help="Read the password, or an access token, from stdin.")
@flag(
    "--identity-token-stdin",
    is_flag=True,
    help="Read an identity token (an OAuth2 refresh token) from stdin.",
)
@authfile_option
@flag(
    "--ca",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Authorities to trust beside the system's, in PEM.",
)
@flag("--insecure", is_flag=True, help="Do not verify the registry's certificate.")
@output_options("text", "json")
def command(
    host: str,
    output: Output,
    *,
    username: str | None,
    password_stdin: bool,
    identity_token_stdin: bool,
    authfile: Path | None,
    ca: Path | None,
    insecure: bool,
) -> int:
    """Show a name and a password to the registry HOST, and keep them where docker, oras and podman look too.

    HOST is host[:port]; http:// in front means plain http. Nothing is kept that the registry refuses. It is
    kept by the credential helper that the file names for the host, else in the file itself, unencrypted.
    The password is never an argument: it is asked for, or read from stdin.

    \b
    Examples:
      pallet login ghcr.io -u octocat
      echo "$TOKEN" | pallet login registry.example.com -u ci --password-stdin
      pallet login localhost:5000 -u ada --authfile auth.json
    """
    screen = Screen(output)
    named = read_host(host)
    if named.scheme:
        screen.say(f"{host}: the registry is {named.name}")
    keeper, path = open_keeper(authfile)
    if password_stdin and identity_token_stdin:
        raise UsageError("--password-stdin: expected one secret on stdin, got --identity-token-stdin too")
    credential = (
        Credential(username or "", identity_token=_read_stdin("identity token"))
        if identity_token_stdin
        else _ask(username, from_stdin=password_stdin)
    )
    is_proved = _prove(named, credential, Access(ca=ca and ca.absolute(), insecure=insecure), screen)
    kept = keeper.keep(named.name, credential)
    done = LoggedIn(named.name, credential.username, kept.where, kept.is_encrypted, is_proved)
    screen.answer(login_document(done), render_login(done))
    _warn(done, kept, credential, path, screen)
    return 0


def _ask(username: str | None, *, from_stdin: bool) -> Credential:
    """Return a name and a password: from flags and stdin, or from whoever sits at the terminal."""
    if not from_stdin and not sys.stdin.isatty():
        raise UsageError(
            "password: expected a terminal to ask on, or --password-stdin, got neither",
            fix="… | pallet login HOST -u NAME --password-stdin",
        )
    if from_stdin and not username:
        raise UsageError("--password-stdin: expected --username too, got none", fix="add -u NAME")
    name = username or str(click.prompt("Username", err=True))
    if ":" in name:
        raise UsageError("--username: expected a name without a colon, got one with it")
    if from_stdin:
        return Credential(name, _read_stdin("password"))
    return Credential(name, str(click.prompt("Password", hide_input=True, err=True)))


def _read_stdin(what: str) -> str:
    content = sys.stdin.buffer.read(SECRET_MAX_BYTES + 1)
    if len(content) > SECRET_MAX_BYTES:
        raise UsageError(f"stdin: expected a {what} of at most {SECRET_MAX_BYTES} bytes, got more")
    try:
        text = without_line_end(content.decode())
    except UnicodeDecodeError:
        raise UsageError(f"stdin: expected a {what} in UTF-8, got other bytes") from None
    if not text:
        raise UsageError(f"stdin: expected a {what}, got nothing")
    return text


def _prove(named: Host, credential: Credential, access: Access, screen: Screen) -> bool:
    # Whoever writes http:// for this one command knows what it means; a target says `insecure = true`.
    if named.scheme == "http":
        access = Access(ca=access.ca, insecure=True)
    # A bare loopback host means http, of which no authority vouches.
    url = f"https://{named.name}" if access.ca is not None and not named.scheme else named.url
    with stop_on_signals() as stop:
        try:
            home = Path.home()
            around = Surroundings(
                home, Connection(jobs=1), os.environ, home, stop, screen.notices(), credential
            )
            return prove_login(Target(named.name, url, access=access), around)
        except UnmetChallengeError:
            raise  # of another name or password it would say the same
        except UnauthorisedError as exc:
            raise UnauthorisedError(str(exc), fix="check name and password: nothing was kept") from exc


def _warn(done: LoggedIn, kept: Kept, credential: Credential, path: Path, screen: Screen) -> None:
    if not kept.is_encrypted:
        screen.say(
            f"{kept.where}: unencrypted: a credential helper (credsStore in that file) would encrypt it"
        )
    try:
        found = user_credentials().find(done.host)
    except UnauthorisedError as exc:
        screen.shout(f"{exc}")
        return
    if found is None:
        variable = f"REGISTRY_AUTH_FILE={os.path.relpath(path)}"
        screen.shout(f"{path}: no command looks there by itself: set {variable}")
    elif (found.password, found.identity_token) != (credential.password, credential.identity_token):
        screen.shout(f"{done.host}: {say_source(found.source)} has another credential, which comes first")
