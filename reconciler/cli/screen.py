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

from reconciler.errors import UsageError
from reconciler.oci.files import disk_failures, write_atomically
from reconciler.oci.registry.notices import Notices
from reconciler.reports.documents import render
from reconciler.reports.progress import Bar, Heartbeat
from reconciler.sync.progress import Progress, Silent

if TYPE_CHECKING:
    from reconciler.cli.options import Output
    from reconciler.reports.documents import Document


@dataclass(frozen=True, slots=True)
class Screen:
    """The two streams of one command, as its flags want them."""

    output: Output

    def __post_init__(self) -> None:
        """Refuse an --output that cannot be, before anything is done.

        Raises:
            UsageError: its folder does not exist.
        """
        path = self.output.output
        if path is not None and not path.parent.is_dir():
            raise UsageError(
                f"--output {path}: expected a file in a folder that exists, got {path.parent}",
                fix=f"mkdir -p {path.parent}",
            )

    def result(self, text: str) -> None:
        """Print the result: to stdout, or to the file of --output, whole or not at all."""
        if self.output.output is None:
            click.echo(text, nl=False, color=True)
            return
        path = self.output.output.resolve()
        with disk_failures(str(self.output.output), path.parent):
            if path.exists() and not path.is_file():
                # A pipe or a device is written to; renaming over it would take its place.
                path.write_bytes(text.encode())
            else:
                write_atomically(path, [text.encode()])

    def answer(self, document: Document, text: str) -> None:
        """Print the result as --format asks for it: as a document, or as a text for people."""
        self.result(render(document) if self.output.format == "json" else text)

    def say(self, text: str) -> None:
        """Narrate on stderr, unless --quiet."""
        if not self.output.quiet:
            click.echo(text, err=True)

    def shout(self, text: str) -> None:
        """Say on stderr what must be heard, --quiet or not."""
        click.secho(f"pallet: {text}", err=True, bold=True)

    def notices(self) -> Notices:
        """Return who hears what a registry, or its client, has to say."""
        return Notices(lambda text: self.say(f"pallet: {text}"), self.shout)

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
