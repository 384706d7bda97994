"""Files that somebody names on the command line: where they stand, and what kind they are.

Decided here: from which folder their paths count, so that a folder is packed by the same rules as by `sync`;
under which titles many files are pulled again; and that content decides the kind, as `init` would.
Must never be added: a file that nobody named.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.finding.files import FoundFile
from reconciler.desired.folder_layer import pack_as_layer
from reconciler.desired.images.packed_archives import note_on_archive
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.recognising import HEAD_MAX_BYTES, Recogniser, format_of
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, read_document
from reconciler.desired.sightings import sight
from reconciler.desired.sources import Source, read_source
from reconciler.errors import DocumentError, InvalidError, Problem, Severity
from reconciler.oci.files import read_bounded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.kinds.kind import Kind

FILES = "files"
"""The kind of what is not recognised."""
_MISSING = "no such file"


def check_files(names: Iterable[Path], directory: Path, *, allow_folders: bool = False) -> list[Path]:
    """Return the files as absolute paths, each once.

    Raises:
        DocumentError: some of them are no files that can be published; holds all of these.
    """
    paths: dict[Path, None] = {}
    problems = []
    for name in names:
        path = Path(os.path.normpath(directory.absolute() / name))
        message = _complain(path, allow_folders=allow_folders)
        if message is None:
            paths[path] = None
        else:
            shown = str(name).encode(errors="backslashreplace").decode()
            if message == _MISSING:
                fix = f"check the path: it starts from {directory.absolute()}"
                problems.append(Problem("no-file", message, file=shown, fix=fix))
            else:
                problems.append(Problem("unreadable", message, file=shown))
    if problems:
        raise DocumentError(problems)
    return list(paths)


def choose_root(paths: Sequence[Path], candidates: Iterable[Path], *, in_folder: bool) -> Path:
    """Return the first folder that all files stand below, otherwise one above all of them.

    Args:
        in_folder: whether the files must stand in a folder below it, which is packed.
    """
    folder = _common_folder(paths)
    for root in candidates:
        if folder.is_relative_to(root) and not (in_folder and folder == root):
            return root
    return folder.parent


def find_named(paths: Sequence[Path], root: Path) -> list[FoundFile]:
    """Return the files with paths below `root`, sorted by title: the path below the folder they share."""
    folder = _common_folder(paths)
    found = (
        FoundFile(path.relative_to(root).as_posix(), path.relative_to(folder).as_posix(), path.is_dir())
        for path in paths
    )
    return sorted(found, key=lambda file: file.title)


def recognise_named(paths: Sequence[Path], kinds: Mapping[str, Kind], shown: str) -> tuple[str, str | None]:
    """Return the name of a kind, and what to say where a file is none that it seems to be.

    Args:
        paths: the files.
        kinds: that there are.
        shown: the first file, as it was written.
    """
    if len(paths) != 1 or paths[0].is_dir():
        return FILES, None
    path, recogniser = paths[0], Recogniser(kinds)
    try:
        if not recogniser.may_fit(path.name):
            return FILES, note_on_archive(path, shown)
        if not recogniser.is_document(path.name):
            with path.open("rb") as file:
                kind = recogniser.kind_of_head(path.name, file.read(HEAD_MAX_BYTES))
            return (kind.base_name, None) if kind else (FILES, note_on_archive(path, shown))
        content = read_bounded(path, max_bytes=DOCUMENT_MAX_BYTES)
    except OSError as exc:
        raise DocumentError([Problem("unreadable", f"cannot be read: {exc.strerror}", path.name)]) from exc
    sighted = sight(recogniser, path.name, content)
    if sighted is None:
        return FILES, _note_on_broken(path.name, content)
    return sighted.kind.base_name, None


def _note_on_broken(name: str, content: bytes) -> str | None:
    """Return what to say of a document that is of no kind, and cannot be read."""
    try:
        read_document(content, file=name, suffix_format=format_of(name))
    except DocumentError as exc:
        return f"{exc.problems[0]}: published as it is, by kind {FILES}"
    return None


def with_way_out(problems: Sequence[Problem]) -> list[Problem]:
    """Return why a file is refused that nobody said the kind of, and how it is published all the same."""
    *others, last = problems
    way = f"publish it as it is, with --kind {FILES}"
    return [*others, replace(last, fix=f"{last.fix}; or {way}" if last.fix else way)]


def read_named(
    files: Iterable[FoundFile],
    root: Path,
    kind: Kind,
    memory: DigestMemory = NO_MEMORY,
    ignored_rules: Collection[str] = (),
) -> tuple[list[Source], list[Problem]]:
    """Return what the files hold, and the warnings about them, but for rules that are switched off.

    Raises:
        InvalidError: some cannot be read, or are not what their kind expects; holds every problem.
    """
    sources, problems = [], list[Problem]()
    for file in files:
        try:
            source = _pack(root, file) if file.is_folder else read_source(root, file, kind, memory)
        except InvalidError as exc:
            problems.extend(without_ignored(exc.problems, ignored_rules))
            continue
        found = check_document(source.document, source.edition(kind)) if source.document else []
        problems.extend(without_ignored(found, ignored_rules))
        sources.append(source)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise DocumentError(problems)
    return sources, problems


def _pack(root: Path, file: FoundFile) -> Source:
    try:
        layer = pack_as_layer(root / file.path, file.title, shown=file.path)
    except OSError as exc:
        message = f"cannot be read: {exc.strerror or exc}"
        raise DocumentError([Problem("unreadable", message, file=file.path)]) from exc
    blob = layer.blob
    return Source(
        file.path, file.title, blob.digest, blob.size_bytes, None, content=blob, unpacked=layer.unpacked
    )


def _common_folder(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([path.parent for path in paths]))


def _complain(path: Path, *, allow_folders: bool) -> str | None:
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return "expected a name in UTF-8"
    if path.is_dir() and not allow_folders:
        return (
            "expected a file, got a folder: name its files, or the one that describes it, such as Chart.yaml"
        )
    if not path.exists():
        return _MISSING
    return (
        None
        if path.is_file() or path.is_dir()
        else "expected a file, got something else, such as a pipe or a device"
    )
