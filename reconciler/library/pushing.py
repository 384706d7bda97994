"""How files become one artifact of an opened store: what is said of them, what they refer to, who pushes.

Must never be added: a rule about what may be overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.desired.destinations import read_destination
from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.single import Wish, read_single, with_subject
from reconciler.errors import UsageError
from reconciler.library.arguments import (
    check_annotations,
    check_type,
    read_media_types,
    read_paths,
    read_texts,
)
from reconciler.library.naming import find_one, here
from reconciler.oci.user_cache import user_cache_folder
from reconciler.sync.progress import Silent
from reconciler.sync.push import Pusher, list_by_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.library.arguments import PathLike
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.sync.push import Pushed


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of files, as it was given; `Writing.push` tells what each is."""

    kind: str | None
    annotations: Mapping[str, str] | None
    artifact_type: str | None
    media_types: Mapping[str, str] | Mapping[PathLike, str] | None
    config: PathLike | None
    config_type: str | None


def read_wish(
    opened: Opened,
    files: PathLike | Iterable[PathLike],
    reference: str,
    floating: Iterable[str],
    said: Said,
) -> Wish:
    """Return what is to be published.

    Raises:
        UsageError: an argument cannot be.
    """
    check_annotations(said.annotations)
    check_type("artifact_type", said.artifact_type)
    check_type("config_type", said.config_type)
    templates = tuple(dict.fromkeys(read_texts("floating", floating)))
    destination = read_destination(reference)
    destination.check_floating(templates)
    return Wish(
        repository=here(opened, destination.written, destination.text),
        files=read_paths(files),
        tag=destination.written.tag,
        version=destination.version,
        kind=said.kind,
        media_types=read_media_types(said.media_types),
        config=None if said.config is None else Path(said.config),
        config_type=said.config_type,
        annotations=dict(said.annotations or {}),
        artifact_type=said.artifact_type,
        floating_tags=templates,
    )


def push(opened: Opened, wish: Wish, subject: Artifact | None, *, force: bool) -> Pushed:
    """Read the files, publish them, and list them by what they refer to.

    Raises:
        PalletError: as `Writing.push`.
    """
    memory = DigestMemory(user_cache_folder(opened.around.environment, "digests"))
    single = read_single(wish, opened.directory, opened.config, memory)
    if subject is not None:
        single = with_subject(single, _find_subject(opened, subject, wish.repository))
    pushed = _pusher(opened).push(single, force=force)
    list_by_subject(opened.store, single)
    return pushed


def _find_subject(opened: Opened, subject: Artifact, repository: Repository) -> Descriptor:
    meant = find_one(opened, subject)
    if meant.repository != repository:
        raise UsageError(
            f"subject: expected a manifest of {repository}, got one of {meant.repository}",
            fix="push to the repository of what it refers to",
        )
    return opened.store.head_manifest(meant.repository, meant.named)


def _pusher(opened: Opened) -> Pusher:
    config, stop = opened.config, opened.around.stop
    # A held tag is one of the target; elsewhere the same name is another repository.
    held = config.held if config is not None and opened.target.name in config.targets else {}
    project = config.project if config is not None else None
    return Pusher(opened.store, project, opened.jobs, held, stop, opened.progress or Silent())
