"""What a program publishes: files, images, tags, attachments, and copies, as the command line does.

Must never be added: a rule about what may be overwritten.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.compose import name_at
from reconciler.desired.build import WRITTEN_BY_PALLET
from reconciler.desired.destinations import read_destination
from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.references import read_reference
from reconciler.desired.single import Wish, read_single, with_subject
from reconciler.desired.single_attachment import read_wish
from reconciler.discovery.releases import list_releases
from reconciler.errors import UsageError
from reconciler.library.naming import find_one, here, read_repository
from reconciler.oci.copying import JOBS, Copier
from reconciler.oci.media_types import is_media_type
from reconciler.oci.user_cache import user_cache_folder
from reconciler.sync.attach import attach
from reconciler.sync.mirror import Mirror
from reconciler.sync.progress import Silent
from reconciler.sync.push import Pusher, list_by_subject
from reconciler.sync.retag import Retagger, find_wanted, read_new_tag

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Any

    from reconciler.desired.single_attachment import AttachWish
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.copying_terms import CopyResult, CopyTerms
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository
    from reconciler.sync.attach import Attached
    from reconciler.sync.push import Pushed
    from reconciler.sync.retag import Retagged


def push_files(
    opened: Opened,
    files: tuple[Path, ...],
    reference: str,
    *,
    floating: tuple[str, ...],
    subject: Artifact | None,
    force: bool,
    said: Mapping[str, Any],
) -> Pushed:
    """Publish files as one artifact.

    Args:
        said: further fields of the wish, by name.
    """
    check_annotations(said.get("annotations"))
    check_type("artifact_type", said.get("artifact_type"))
    destination = read_destination(reference)
    destination.check_floating(floating)
    written = destination.written
    repository = here(opened, written, destination.text)
    wish = Wish(
        repository=repository,
        files=files,
        tag=written.tag,
        version=destination.version,
        floating_tags=tuple(dict.fromkeys(floating)),
        **said,
    )
    memory = DigestMemory(user_cache_folder(opened.around.environment, "digests"))
    single = read_single(wish, opened.directory, opened.config, memory)
    if subject is not None:
        single = with_subject(single, _find_subject(opened, subject, repository))
    pushed = _pusher(opened).push(single, force=force)
    list_by_subject(opened.store, single)
    return pushed


def move(opened: Opened, text: str, version: str, tag: str, *, backward: bool) -> Retagged:
    """Let a tag name what a version names now."""
    repository = read_repository(opened, text)
    new = read_new_tag(tag)
    releases = list_releases(opened.store, repository)
    retagger = Retagger(opened.store, releases, opened.manifests, opened.asking)
    return retagger.retag(find_wanted(version, releases), new, backward=backward)


def attach_files(opened: Opened, artifact: Artifact, wish: AttachWish) -> Attached:
    """Publish files as one artifact that refers to another one."""
    check_annotations(wish.annotations)
    check_type("artifact_type", wish.artifact_type)
    read = read_wish(wish, opened.directory, opened.config)
    meant = find_one(opened, artifact)
    subject = opened.store.head_manifest(meant.repository, meant.named)
    return attach(opened.store, meant.repository, subject, read.build(subject))


def copy_one(
    source: Opened,
    destination: Opened,
    artifact: Artifact,
    reference: str | None,
    terms: CopyTerms,
    *,
    force: bool,
) -> CopyResult:
    """Copy an artifact from one opened store to another, or within one."""
    goal, new_tag = None, None
    if reference is not None:
        written = read_reference(reference)
        more = written.digest or written.constraint
        if more is not None:
            raise UsageError(
                f"destination: expected a repository, or a tag of it, got {more} of it too",
                fix=f"write {written.repository}:TAG; without a tag, the source's is taken",
            )
        goal, new_tag = here(destination, written, reference), written.tag
    meant = find_one(source, artifact)
    with Copier(
        source.store,
        destination.store,
        terms,
        jobs=min(source.jobs, destination.jobs, JOBS),
        mountable=lambda name: _name_there(source, name, destination),
    ) as copier:
        mirror = Mirror(copier, meant.repository, goal or meant.repository, force=force)
        return mirror.copy(meant.named, new_tag or meant.tag)


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
        raise UsageError(f"{name}: expected such as application/vnd.acme.prompt.v1+yaml, got {text!r}")


def as_paths(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """Return one path, or several, as paths."""
    single = isinstance(files, str) or hasattr(files, "__fspath__")
    return tuple(map(Path, [files] if single else files))  # type: ignore[arg-type]


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


def _name_there(source: Opened, name: Repository, destination: Opened) -> Repository | None:
    """Return what the destination calls a repository of the source, where both are one place."""
    if source.folder is not None or destination.folder is not None:
        return name if source.folder == destination.folder else None
    return name_at(source.target, name, destination.target)
