"""An image that is named on the command line: a layout or archive whole, or a config with layers.

Decided here: by what a file is known to be an image, and that the bytes are those that `sync` would publish.
Must never be added: an image built in another way.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.images.assembly import ImageAssembly
from reconciler.desired.images.composed import CONFIG, DOCKER_CONFIG
from reconciler.desired.images.files import open_layout_files
from reconciler.desired.images.finding import ImageSource, split_name
from reconciler.desired.packed import describes, is_packed
from reconciler.desired.single_files import check_files, choose_root
from reconciler.errors import DocumentError, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.desired.config import ArtifactRule, Config
    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.wanted import Wanted

IMAGE = "image"
SCHEME = "oci-layout:"


@dataclass(frozen=True, slots=True)
class NamedImage:
    """What is to be published as one image."""

    files: tuple[Path, ...]
    """A layout or an archive; or layers, the lowest first."""
    config: Path | None
    tag: str | None
    """Which image of the layout, as it was written behind the path."""
    likely: str | None
    """Which one otherwise, where there are several."""


def recognise(
    files: Sequence[Path], directory: Path, kinds: Mapping[str, Kind], *, config_type: str | None
) -> tuple[str | None, tuple[Path, ...]]:
    """Return the kind that names on the command line have by themselves, and the files that are meant.

    Args:
        files: as they were written.
        directory: where relative paths start.
        kinds: that there are.
        config_type: media type of a config, where one was given.
    """
    if any(str(file).startswith(SCHEME) for file in files):
        return IMAGE, tuple(Path(str(file).removeprefix(SCHEME)) for file in files)
    if config_type in (CONFIG, DOCKER_CONFIG):
        return IMAGE, tuple(files)
    if len(files) != 1:
        return None, tuple(files)
    path = directory / split_name(directory, str(files[0]))[0]
    if _is_layout(path):
        return IMAGE, tuple(files)
    for name, kind in kinds.items():
        if kind.described_by is not None:
            if (path / kind.described_by).is_file():
                return name, (files[0] / kind.described_by,)
            if is_packed(path.name) and describes(path, kind.described_by):
                return name, tuple(files)
    return None, tuple(files)


def read_image(
    named: NamedImage, directory: Path, config: Config, rule: ArtifactRule, kind: Kind, memory: DigestMemory
) -> Wanted:
    """Return the image.

    Raises:
        UsageError: the files are not one layout.
        InvalidError: it cannot be published; holds every problem.
    """
    if named.config is not None:
        paths = check_files([named.config, *named.files], directory)
        config_path, layers = paths[0], check_files(named.files, directory)
    else:
        if len(named.files) != 1:
            raise UsageError(
                f"expected one OCI layout or archive, or layers with --config, got {len(named.files)} files"
            )
        paths = layers = check_files(named.files, directory, allow_folders=True)
        config_path = paths[0]
    root = choose_root(paths, [config.root, directory.absolute()], in_folder=False)
    path = _below(config_path, root)
    rule = replace(
        rule,
        files=(path,),
        config_file=path if named.config is not None else None,
        layers=tuple(_below(layer, root) for layer in layers) if named.config is not None else (),
    )
    assembly = ImageAssembly(replace(config, path=root / config.path.name), rule, kind, memory)
    try:
        return assembly.assemble(ImageSource(path, named.tag, likely=named.likely))
    except ValueError as exc:
        raise DocumentError([Problem("invalid-artifact", str(exc), file=path)]) from exc


def split_image_name(files: Sequence[Path], directory: Path) -> tuple[tuple[Path, ...], str | None]:
    """Return the path of a layout and the name behind it; layers have no names."""
    if len(files) != 1:
        return tuple(files), None
    path, tag = split_name(directory, str(files[0]))
    return (Path(path),), tag


def _below(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _is_layout(path: Path) -> bool:
    """Say whether a folder or a tar archive looks like an OCI layout; False where that cannot be told."""
    try:
        if not path.is_dir() and path.suffix != ".tar":
            return False
        return open_layout_files(path).size_of("oci-layout") is not None
    except (ValueError, OSError):
        return False
