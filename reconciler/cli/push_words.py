"""What push's command line says of files, as `oras push` is told it: FILE:TYPE, a config, annotations.

Must never be added: what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import flag, flag_group
from reconciler.desired.build import TITLE, WRITTEN_BY_PALLET
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, Format, read_document
from reconciler.desired.single_shape import ImageSpec
from reconciler.errors import DocumentError, Problem, UsageError
from reconciler.oci.files import read_bounded
from reconciler.oci.media_types import is_media_type

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXAMPLE = "application/vnd.acme.prompt.v1+yaml"
_MANIFEST, _CONFIG = "$manifest", "$config"


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is said of the files, as it was written."""

    kind: str | None
    annotations: tuple[str, ...]
    annotation_file: Path | None
    artifact_type: str | None
    config: str | None
    image_spec: str | None


words_options = flag_group(
    "words",
    Words,
    flag("--kind", metavar="NAME", help="What the files are; otherwise by their content, else kind files."),
    flag(
        "--annotation",
        "annotations",
        multiple=True,
        metavar="KEY=VALUE",
        help="Say this of the artifact; may be given again.",
    ),
    flag(
        "--annotation-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help='Annotations as JSON: of "$manifest", of "$config", and of single files.',
    ),
    flag("--artifact-type", metavar="TYPE", help="Instead of the kind's own artifact type."),
    flag(
        "--config",
        metavar="FILE[:TYPE]",
        help="Use this config; with an image's config the files are its layers, the lowest first.",
    ),
    flag(
        "--image-spec",
        type=click.Choice([spec.value for spec in ImageSpec]),
        help="With v1.0 the config's type says what the artifact is, for readers older than OCI 1.1.",
    ),
)


def split_types(files: Iterable[Path], directory: Path) -> tuple[tuple[Path, ...], dict[Path, str]]:
    """Return the files, and the media type of each that has one behind it; a file of that name wins."""
    paths, types = [], {}
    for file in files:
        path, media_type = split_type(str(file), directory)
        paths.append(path)
        if media_type is not None:
            types[path] = media_type
    return tuple(paths), types


def split_type(text: str, directory: Path) -> tuple[Path, str | None]:
    """Return a path and the media type behind it.

    Raises:
        UsageError: what stands behind it looks like a media type, and is none.
    """
    path, colon, media_type = text.rpartition(":")
    # In a\:b/c the colon is the path's own: a media type begins behind the last colon before its slash.
    if not colon or "/" not in media_type or (directory / text).exists():
        return Path(text), None
    require_media_type(media_type, f"{path}:TYPE")
    return Path(path), media_type


def require_media_type(text: str, subject: str) -> None:
    """Refuse what is no media type.

    Raises:
        UsageError: it is none.
    """
    if not is_media_type(text):
        raise UsageError(f"{subject}: expected such as {_EXAMPLE}, got {text!r}")


def check_artifact_type(artifact_type: str | None) -> None:
    """Refuse an artifact type that is no media type.

    Raises:
        UsageError: it is none.
    """
    if artifact_type is not None:
        require_media_type(artifact_type, "--artifact-type")


def read_annotations(texts: Iterable[str]) -> dict[str, str]:
    """Return what `--annotation` says.

    Raises:
        UsageError: one of them is no annotation, is pallet's own, or is said twice.
    """
    annotations: dict[str, str] = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark or not key.strip():
            raise UsageError(f"--annotation: expected KEY=VALUE, got {text!r}")
        if key in WRITTEN_BY_PALLET:
            raise UsageError(f"--annotation: expected another key, got {key}, which pallet writes itself")
        if annotations.setdefault(key, value) != value:
            raise UsageError(f"--annotation {key}: expected one value, got several")
    return annotations


def read_annotation_file(path: Path | None, directory: Path) -> dict[str, dict[str, str]]:
    """Return annotations by what they are said of: `$manifest`, `$config`, or a file.

    Raises:
        DocumentError: the file cannot be read, or says something else; holds every problem.
    """
    if path is None:
        return {}
    shown = str(path)
    try:
        content = read_bounded(directory / path, max_bytes=DOCUMENT_MAX_BYTES)
    except OSError as exc:
        problem = Problem("unreadable", f"cannot be read: {exc.strerror or exc}", file=shown)
        raise DocumentError([problem]) from exc
    value = read_document(content, file=shown, suffix_format=Format.JSON).value
    problems = [Problem("invalid-annotations", text, file=shown) for text in _complaints(value)]
    if problems:
        raise DocumentError(problems)
    assert isinstance(value, dict)
    return value


def _complaints(value: object) -> Iterable[str]:
    if not isinstance(value, dict):
        yield f'expected an object such as {{"{_MANIFEST}": {{"key": "value"}}}}, got something else'
        return
    for about, texts in value.items():
        if not isinstance(texts, dict):
            yield f"{about}: expected an object with annotations, got something else"
            continue
        reserved = WRITTEN_BY_PALLET if about in (_MANIFEST, _CONFIG) else (TITLE,)
        for key, text in texts.items():
            if not isinstance(text, str):
                yield f"{about}.{key}: expected text, got something else"
            if key in reserved:
                yield f"{about}.{key}: expected another key, got one that pallet writes itself"
