"""One attachment from files that are named on the command line, without an entry in pallet.toml.

It is built as `sync` builds those of pallet.toml, so that the same files have the same digest.
Must never be added: a manifest built in another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.attachments import Attachment, AttachmentForm, build_attachment
from reconciler.desired.kinds.kind_reader import builtin_kinds, kind_named, say_names
from reconciler.desired.single_files import check_files, choose_root, find_named
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.config import Config
    from reconciler.oci.manifest import Descriptor

_TYPED = re.compile(
    r"(?P<path>.+?):(?P<type>[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126})",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class AttachWish:
    """What the command line says."""

    files: tuple[str, ...]
    """Paths, each perhaps with `:` and a media type behind it."""
    artifact_type: str | None = None
    kind: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadAttachment:
    """Files that were looked at, and wait for what they are to be attached to."""

    root: Path
    paths: tuple[Path, ...]
    form: AttachmentForm

    def build(self, subject: Descriptor) -> Attachment:
        """Return the attachment to `subject`.

        Raises:
            UsageError: nobody says what the files are.
            DocumentError: a file cannot be read.
        """
        files = find_named(self.paths, self.root) if self.paths else []
        try:
            return build_attachment(self.root, files, subject, self.form)
        except ValueError as exc:
            raise UsageError(str(exc), fix="name it: --artifact-type TYPE, or --kind NAME") from exc


def read_wish(wish: AttachWish, directory: Path, config: Config | None) -> ReadAttachment:
    """Look at the files that the command line names.

    Args:
        wish: what the command line says.
        directory: where relative paths start.
        config: the project's pallet.toml, for its name and kinds; None where there is none.

    Raises:
        UsageError: there is no such kind, or nothing to attach.
        DocumentError: some of them are no files that can be published; holds all of these.
    """
    kinds = config.kinds if config else builtin_kinds()
    kind = None if wish.kind is None else kind_named(kinds, wish.kind)
    if wish.kind is not None and kind is None:
        raise UsageError(
            f"--kind: expected one of {say_names(kinds)}, got {wish.kind!r}",
            fix=f"add a [kind.{wish.kind}] to pallet.toml",
        )
    if not wish.files and not wish.annotations:
        raise UsageError("attach: expected a file, or an annotation instead of one, got neither")
    named = [split_media_type(text, directory) for text in wish.files]
    paths = check_files([path for path, _ in named], directory)
    starts = [*([config.root] if config else []), directory.absolute()]
    root = choose_root(paths, starts, in_folder=False) if paths else directory.absolute()
    form = AttachmentForm(
        artifact_type=wish.artifact_type,
        kind=kind,
        media_types=_media_types(named, directory, root),
        annotations=wish.annotations,
        project=config.project if config else None,
    )
    return ReadAttachment(root, tuple(paths), form)


def split_media_type(text: str, directory: Path) -> tuple[Path, str | None]:
    """Return the path and the media type of `PATH:TYPE/SUBTYPE`; a file of that very name is a file."""
    typed = _TYPED.fullmatch(text)
    if typed is None or (directory / text).exists():
        return directory / text, None
    return directory / typed["path"], typed["type"]


def _media_types(named: Sequence[tuple[Path, str | None]], directory: Path, root: Path) -> Mapping[str, str]:
    types: dict[str, str] = {}
    for path, media_type in named:
        if media_type is not None:
            (absolute,) = check_files([path], directory)
            types[absolute.relative_to(root).as_posix()] = media_type
    return types
