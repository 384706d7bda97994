"""The command `pallet`: finds the subcommand, maps every failure to its text and exit code.

Commands are imported when they are asked for, so that `--help` and `--version` stay instant.
Must never be added: what a command does.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.errors import PalletError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "init": "Look at the folder and propose a pallet.toml.",
    "validate": "Check pallet.toml and all files, without a registry.",
    "kinds": "List what files can be published as.",
    "plan": "Show what sync would do.",
    "explain": "Say why one artifact is as it is.",
    "diff": "Show how two versions differ, or files and registry.",
    "sync": "Publish what drifted, and write the lock.",
    "watch": "Publish to a development tag whenever a file is saved.",
    "check": "Find drift, and never write.",
    "lock": "Write pallet.lock from the tree, offline.",
    "tags": "List published versions, newest first.",
    "resolve": "Say which version a constraint means.",
    "list": "List what was published: type, newest version, digest.",
    "search": "Find artifacts by words, annotations, skills and types.",
    "select": "Choose the workflow that fits best.",
    "inspect": "Say what a reference is, and what belongs to it.",
    "deps": "Show what a workflow needs, or who needs it.",
    "bump": "Write the next version where it lives.",
    "push": "Publish files without an entry in pallet.toml.",
    "tag": "Let a tag name what a version names.",
    "attach": "Attach files, such as an SBOM, to something published.",
    "referrers": "List what refers to something published.",
    "login": "Show a registry who you are, and keep it.",
    "logout": "Forget who you are to a registry.",
    "pull": "Write an artifact's files into a folder.",
    "copy": "Copy artifacts between registries and directories.",
    "promote": "Bring what is locked from one target to another.",
    "delete": "Delete a tag, or a manifest that no other tag names.",
    "prune": "Delete versions that nobody wants any more.",
    "catalog": "Show the published catalog, or make it anew.",
    "doctor": "Find out what a target can do, and what we may do there.",
}
"""Names, and what --help says of each; a test holds them to the commands themselves."""

EPILOG = (
    "Every flag has a variable: PALLET_JOBS for --jobs. "
    'Completion: eval "$(_PALLET_COMPLETE=bash_source pallet)" (or zsh_source, fish_source).'
)
USAGE, BUG, INTERRUPTED, BROKEN_PIPE = 64, 70, 130, 141


class Commands(click.Group):
    """Imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"reconciler.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"no such command {args[0]!r}{hint}", ctx) from exc

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PalletError as exc:
            from reconciler.cli.failures import report_failure

            return report_failure(ctx, exc)
        except EOFError as exc:
            # The terminal's is an Abort by now; click would take any other for one, and say nothing.
            raise RuntimeError("something ended too early") from exc


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EPILOG,
)
@click.version_option(__version__, message="pallet %(version)s")
def pallet() -> None:
    """Keep OCI registries in step with the files that git holds.

    pallet.toml says what should be in the registry; pallet.lock holds the digests. Start with
    `pallet init`, then `pallet sync`.
    """


def main() -> None:
    """Run the command line and exit with its code."""
    _insist_on_utf8()
    if sys.stdout is None or sys.stderr is None:
        # Closed by whoever started us (`>&-`): what would be printed there goes nowhere.
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (for the life of the process)
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no dashes shows a question mark instead of ending the run.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def _insist_on_utf8() -> None:
    """Begin again in UTF-8 mode where the locale has another encoding: names of files reach digests."""
    if os.name == "posix" and sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", "-m", "reconciler", *sys.argv[1:]])  # noqa: S606 (ourselves)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code."""
    try:
        code = pallet.main(args=list(arguments), prog_name="pallet", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.format_message(), err=True)
        return USAGE
    except click.UsageError as exc:
        return _refuse_usage(exc)
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough.
        _forget_output()
        return BROKEN_PIPE
    except OSError as exc:
        click.echo(f"pallet: {exc.filename or 'output'}: {exc.strerror or exc}", err=True)
        _forget_output()
        return 1
    except Exception:  # noqa: BLE001 (the last line of defence: our own mistakes, with their traceback)
        import traceback

        report = f"this is a mistake in pallet {__version__}: please report it with this text"
        click.echo(f"{traceback.format_exc()}pallet: {report}", err=True)
        return BUG
    return code if isinstance(code, int) else 0


def _refuse_usage(exc: click.UsageError) -> int:
    """Not click's exit code: its 2 would read as pending changes."""
    click.echo(f"pallet: {exc.format_message()}", err=True)
    if exc.ctx is not None:
        click.echo(f"  → {exc.ctx.command_path} --help", err=True)
    return USAGE


def _forget_output() -> None:
    """Let what is still buffered go nowhere: the interpreter would try to write it again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
