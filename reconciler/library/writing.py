"""What a program publishes: files, images, tags, attachments, and copies, as the command line does.

Must never be added: a rule about what may be overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.compose import name_at
from reconciler.desired.destinations import read_copy_goal
from reconciler.desired.single_attachment import AttachWish, read_wish
from reconciler.discovery.releases import list_releases
from reconciler.errors import UsageError
from reconciler.library import pushing
from reconciler.library.arguments import (
    check_annotations,
    check_type,
    choose_platform,
    read_media_types,
    read_paths,
)
from reconciler.library.held import Held
from reconciler.library.naming import find_one, here, read_repository
from reconciler.oci.copying import JOBS, Copier
from reconciler.oci.copying_terms import CopyTerms
from reconciler.sync.attach import attach
from reconciler.sync.mirror import Mirror
from reconciler.sync.retag import Retagger, find_wanted, read_new_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.library.arguments import PathLike
    from reconciler.library.naming import Artifact
    from reconciler.library.opening import Opened
    from reconciler.oci.copying_terms import CopyResult
    from reconciler.oci.reference import Repository, Tag
    from reconciler.sync.attach import Attached
    from reconciler.sync.push import Pushed
    from reconciler.sync.retag import Retagged


class Writing(Held):
    """Publishes."""

    def push(
        self,
        files: PathLike | Iterable[PathLike],
        reference: str,
        *,
        kind: str | None = None,
        annotations: Mapping[str, str] | None = None,
        artifact_type: str | None = None,
        media_types: Mapping[str, str] | Mapping[PathLike, str] | None = None,
        config: PathLike | None = None,
        config_type: str | None = None,
        floating: Iterable[str] = (),
        subject: Artifact | None = None,
        force: bool = False,
    ) -> Pushed:
        """Publish files as one artifact, as a sync would: the same files have the same digest.

        What is published under a version is never overwritten without `force`; a tag that is no version is
        put where it is said. `followed` of the answer says what became of the floating tags, and
        `single.notes` what a reader should know about how the files were read.

        Args:
            files: one path, or several, which become one artifact with a layer for each.
            reference: `repository:version`, or another tag; without one the file's own version counts.
            kind: what the files are; None for what they are by their content.
            annotations: what is said of the artifact.
            artifact_type: instead of the kind's own.
            media_types: of single files, by the paths in `files`.
            config: a file in the place of the kind's config.
            config_type: the media type of that file.
            floating: tags that follow, forward only, such as `latest` or `{major}`.
            subject: a manifest of the same repository that the artifact refers to.
            force: whether other content under this version is overwritten.

        Raises:
            UsageError: an argument cannot be, or there is no version to publish under.
            DocumentError: files cannot be read, or are not what their kind expects; with every problem.
            RefusedError: the version holds other content, and nothing is forced.
            PalletError: the store could not tell, or did not confirm; the tag is what it was.
        """
        opened = self._opened
        said = pushing.Said(kind, annotations, artifact_type, media_types, config, config_type)
        wish = pushing.read_wish(opened, files, reference, floating, said)
        return pushing.push(opened, wish, subject, force=force)

    def push_image(
        self,
        image: PathLike | Iterable[PathLike],
        reference: str,
        *,
        config: PathLike | None = None,
        floating: Iterable[str] = (),
        force: bool = False,
    ) -> Pushed:
        """Publish an image, every platform of it: from an OCI layout or an archive it keeps its own digest.

        Args:
            image: a layout or an archive, either with `:NAME` behind it; with `config`, layers, the lowest
                first.
            reference: `repository:version`, or another tag.
            config: an image's config, which makes an image of the layers.
            floating: see `push`.
            force: see `push`.

        Raises:
            PalletError: as `push`.
        """
        return self.push(image, reference, kind="image", config=config, floating=floating, force=force)

    def tag(self, repository: str, version: str, tag: str, *, backward: bool = False) -> Retagged:
        """Let a tag name what a version names now, by digest, and read it again.

        Args:
            repository: its name.
            version: a version, another tag of the repository, or a constraint.
            tag: which is to name it; one that is a version itself never changes what it holds.
            backward: whether it may move to a lower version.

        Raises:
            UsageError: an argument cannot be.
            NotFoundError: nothing is there that `version` means.
            RefusedError: `tag` is a version with other content, or would move backward unasked.
            PalletError: the store could not tell, or did not confirm.
        """
        opened = self._opened
        name, new = read_repository(opened, repository), read_new_tag(tag)
        releases = list_releases(opened.store, name)
        retagger = Retagger(opened.store, releases, opened.manifests, opened.asking)
        return retagger.retag(find_wanted(version, releases), new, backward=backward)

    def attach(
        self,
        artifact: Artifact,
        files: PathLike | Iterable[PathLike] = (),
        *,
        artifact_type: str | None = None,
        kind: str | None = None,
        annotations: Mapping[str, str] | None = None,
        media_types: Mapping[str, str] | Mapping[PathLike, str] | None = None,
    ) -> Attached:
        """Publish files as one artifact that refers to another one.

        The same files have the same digest, and attaching them twice changes nothing.

        Args:
            artifact: what it means now is what the files are attached to, for good.
            files: one path, or several; none, where annotations alone are attached.
            artifact_type: what it is; CycloneDX and SPDX documents say so themselves.
            kind: one whose types it takes.
            annotations: what is said of the attachment.
            media_types: of single files, by the paths in `files`.

        Raises:
            UsageError: an argument cannot be, or nobody says what the files are.
            DocumentError: a file cannot be read; with every problem.
            RefusedError: something else stands where the store would list it.
            PalletError: the store could not tell, or did not confirm it.
        """
        opened = self._opened
        check_annotations(annotations)
        check_type("artifact_type", artifact_type)
        types = read_media_types(media_types)
        paths = read_paths(files) if files != () else ()
        texts = tuple(f"{path}:{types[path]}" if path in types else str(path) for path in paths)
        unknown = sorted(str(path) for path in types.keys() - set(paths))
        if unknown:
            raise UsageError(f"media_types: expected paths of files, got {unknown[0]}")
        wish = AttachWish(texts, artifact_type, kind, dict(annotations or {}))
        read = read_wish(wish, opened.directory, opened.config)
        meant = find_one(opened, artifact)
        subject = opened.store.head_manifest(meant.repository, meant.named)
        return attach(opened.store, meant.repository, subject, read.build(subject))

    def copy(
        self,
        artifact: Artifact,
        destination: Writing,
        reference: str | None = None,
        *,
        recursive: bool = False,
        platform: str | None = None,
        check_all: bool = False,
        force: bool = False,
    ) -> CopyResult:
        """Copy an artifact into another registry, or within this one; only what is missing travels.

        Bytes are copied as they are, so digests stay the same.

        Args:
            artifact: which.
            destination: the other registry, or this one.
            reference: a repository there, and a tag where it should be another one; None for the same names.
            recursive: whether what refers to it comes along, such as signatures and SBOMs.
            platform: only this entry of an index, such as `linux/arm64`.
            check_all: whether every part is looked at, even below what is there already.
            force: whether other content under a version is overwritten.

        Raises:
            UsageError: an argument cannot be.
            NotFoundError: it is not there, or a part of it is missing.
            ImmutableTagError: the tag is a version that holds other content, and nothing is forced.
            DigestMismatchError: a store gave other bytes than it promised.
            PalletError: a store could not tell, or did not confirm; the text says which side.
        """
        source, goal = self._opened, destination._opened
        terms = CopyTerms(recursive, choose_platform(platform), check_all)
        repository, tag = _read_goal(goal, reference)
        meant = find_one(source, artifact)
        with Copier(
            source.store,
            goal.store,
            terms,
            jobs=min(source.jobs, goal.jobs, JOBS),
            mountable=lambda name: _name_there(source, name, goal),
        ) as copier:
            mirror = Mirror(copier, meant.repository, repository or meant.repository, force=force)
            return mirror.copy(meant.named, tag or meant.tag)


def _read_goal(goal: Opened, reference: str | None) -> tuple[Repository | None, Tag | None]:
    """Return what a destination's reference names; None for the source's own names."""
    if reference is None:
        return None, None
    written = read_copy_goal(reference)
    return here(goal, written, reference), written.tag


def _name_there(source: Opened, name: Repository, goal: Opened) -> Repository | None:
    """Return what the destination calls a repository of the source, where both are one place."""
    if source.folder is not None or goal.folder is not None:
        return name if source.folder == goal.folder else None
    return name_at(source.target, name, goal.target)
