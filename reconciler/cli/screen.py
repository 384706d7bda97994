"""Where a command prints: the result to stdout or a file, everything else to stderr.

Must never be added: what is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import click

from reconciler.oci.files import disk_failures, write_atomically
from reconciler.reports.progress import Bar, Heartbeat
from reconciler.sync.progress import Progress, Silent

if TYPE_CHECKING:
    from reconciler.cli.options import Output


@dataclass(frozen=True, slots=True)
class Screen:
    """The two streams of one command, as its flags want them."""

    output: Output

    def result(self, text: str) -> None:
        """Print the result: to stdout, or to the file of --output, whole or not at all."""
        if self.output.output is None:
            click.echo(text, nl=False, color=True)
            return
        with disk_failures(str(self.output.output), self.output.output.parent):
            write_atomically(self.output.output, [text.encode()])

    def say(self, text: str) -> None:
        """Narrate on stderr, unless --quiet."""
        if not self.output.quiet:
            click.echo(text, err=True)

    def shout(self, text: str) -> None:
        """Say on stderr what must be heard, --quiet or not."""
        click.secho(f"pallet: {text}", err=True, bold=True)

    @property
    def color(self) -> bool:
        """Whether the result may hold escape sequences."""
        if self.output.color != "auto":
            return self.output.color == "always"
        return self.output.output is None and _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")

    @property
    def width(self) -> int | None:
        """Columns of the terminal that the result goes to; None where it goes elsewhere."""
        if self.output.output is not None or not _is_terminal(sys.stdout):
            return None
        return shutil.get_terminal_size().columns

    def progress(self) -> Progress:
        """Return who hears of progress: a bar on a terminal, else a line now and then."""
        style = self.output.progress
        if style == "none" or (self.output.quiet and style == "auto"):
            return Silent()
        if style == "bar" or (style == "auto" and _is_terminal(sys.stderr)):
            return Bar()
        return Heartbeat(lambda text: click.echo(text, err=True))


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
