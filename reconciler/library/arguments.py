"""What a program gives as arguments, checked as the command line checks its own.

Decided here: what is refused before anything is asked; a text where a list of texts belongs is one of it.
Must never be added: a request, or a file that is read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from reconciler.desired.build import WRITTEN_BY_PALLET
from reconciler.discovery.conditions import parse_condition
from reconciler.discovery.workflow_facts import read_memory
from reconciler.errors import UsageError
from reconciler.oci.media_types import is_media_type
from reconciler.oci.platforms import read_platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.discovery.conditions import Condition
    from reconciler.oci.manifest import Platform

PathLike: TypeAlias = str | os.PathLike[str]
_MEDIA_TYPE = "application/vnd.acme.prompt.v1+yaml"


def read_texts(name: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return a list of texts.

    Raises:
        UsageError: it is one text alone, whose letters nobody means, or one of them is empty.
    """
    if isinstance(texts, str):
        raise UsageError(f"{name}: expected a list of texts, got one text", fix=f"write [{texts!r}]")
    found = tuple(text.strip() for text in texts)
    if not all(found):
        raise UsageError(f"{name}: expected a text, got an empty one")
    return found


def read_word(name: str, text: str | None) -> str | None:
    """Return a text that says something, or None.

    Raises:
        UsageError: it is empty.
    """
    return None if text is None else read_texts(name, (text,))[0]


def read_conditions(name: str, texts: Iterable[str]) -> tuple[Condition, ...]:
    """Read terms such as `timeout<=600`.

    Raises:
        UsageError: one of them is none.
    """
    try:
        return tuple(parse_condition(text) for text in read_texts(name, texts))
    except ValueError as exc:
        raise UsageError(f"{name}: {exc}") from exc


def read_amount(name: str, text: str | None) -> int | None:
    """Return bytes of an amount such as `2GB`.

    Raises:
        UsageError: it is none.
    """
    try:
        return None if text is None else read_memory(text)
    except ValueError as exc:
        raise UsageError(f"{name}: {exc}") from exc


def choose_platform(text: str | None) -> Platform | None:
    """Read a platform such as `linux/arm64`.

    Raises:
        UsageError: it is none.
    """
    try:
        return None if text is None else read_platform(text)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc


def check_annotations(annotations: Mapping[str, str] | None) -> None:
    """Refuse annotations that cannot be said.

    Raises:
        UsageError: a key is empty, or pallet's own.
    """
    for key in annotations or {}:
        if not key.strip():
            raise UsageError("annotations: expected a key, got an empty one")
        if key in WRITTEN_BY_PALLET:
            raise UsageError(f"annotations: expected another key, got {key}, which pallet writes itself")


def check_type(name: str, text: str | None) -> None:
    """Refuse what is no media type.

    Raises:
        UsageError: it is none.
    """
    if text is not None and not is_media_type(text):
        raise UsageError(f"{name}: expected such as {_MEDIA_TYPE}, got {text!r}")


def read_media_types(types: Mapping[PathLike, str] | Mapping[str, str] | None) -> dict[Path, str]:
    """Return media types by file.

    Raises:
        UsageError: one of them is none.
    """
    found = {Path(path): text for path, text in (types or {}).items()}
    for path, text in found.items():
        check_type(f"media_types: {path}", text)
    return found


def read_paths(files: PathLike | Iterable[PathLike]) -> tuple[Path, ...]:
    """Return one path, or several.

    Raises:
        UsageError: there is none.
    """
    paths = (Path(files),) if isinstance(files, (str, os.PathLike)) else tuple(map(Path, files))
    if not paths:
        raise UsageError("files: expected a path, or several, got none")
    return paths
