"""One artifact from files that are named on the command line, without an entry in pallet.toml.

Decided here: its version and kind where the command line leaves them open. It is assembled as `sync`
assembles, so that the same file with the same version, project and annotations has the same digest.
Must never be added: a manifest built in another way.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.desired import build
from reconciler.desired.assemble import assemble
from reconciler.desired.config import ArtifactRule, Config, LiteralVersion, Policy
from reconciler.desired.digest_memory import NO_MEMORY
from reconciler.desired.finding.tree import Tree
from reconciler.desired.kinds.kind import Kind, LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds, kind_named, say_names
from reconciler.desired.reading.fields import FieldValueError
from reconciler.desired.single_files import (
    check_files,
    choose_root,
    find_named,
    read_named,
    recognise_named,
    with_way_out,
)
from reconciler.desired.single_images import NamedImage, read_image, recognise, split_image_name
from reconciler.desired.single_shape import Shape, leave_out, reshape, shape_of, with_folders
from reconciler.desired.versions.version import Version
from reconciler.desired.versions.versioning import resolve_version
from reconciler.errors import DocumentError, Problem, UsageError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, parse, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.desired.digest_memory import DigestMemory
    from reconciler.desired.finding.files import FoundFile
    from reconciler.desired.single_shape import ImageSpec
    from reconciler.desired.sources import Source
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.reference import Repository, Tag

_NO_VERSION = Version("0.0.0")
"""Stands in while an artifact without a version is assembled; nothing of it is published."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says."""

    repository: Repository
    files: tuple[Path, ...]
    tag: Tag | None = None
    """The tag to publish under; None for that of the file's own version."""
    version: Version | None = None
    """Where the tag is that of a version."""
    kind: str | None = None
    """None for what the files are by themselves."""
    media_types: Mapping[Path, str] = field(default_factory=dict)
    """Of single files, instead of what their suffixes stand for."""
    config: Path | None = None
    """A config in the place of the kind's; for an image, its config."""
    config_type: str | None = None
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Annotations of `$manifest`, of `$config`, and of single files."""
    image_spec: ImageSpec | None = None
    annotations: Mapping[str, str] | None = None
    artifact_type: str | None = None
    floating_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Single:
    """One artifact, and the tag it is to be published under."""

    wanted: Wanted
    tag: Tag
    version: Version | None
    """None where it says no version of itself."""
    notes: tuple[str, ...] = ()
    """What a reader should know about how it was read."""

    @property
    def is_versioned(self) -> bool:
        """Whether the tag is that of its version, and so never names other content."""
        return self.version is not None and self.tag == self.version.tag


def read_single(
    wish: Wish, directory: Path, config: Config | None, memory: DigestMemory = NO_MEMORY
) -> Single:
    """Read the files and build the artifact.

    Args:
        wish: what the command line says.
        directory: where relative paths of files start.
        config: the project's pallet.toml, for its name and kinds; None where there is none.
        memory: what is known of large files.

    Raises:
        UsageError: there is no such kind, or no version to publish under.
        InvalidError: files cannot be read or are not what their kind expects; holds every problem.
    """
    kinds = config.kinds if config else builtin_kinds()
    own_name, files = recognise(wish.files, directory, kinds, config_type=wish.config_type)
    wish = replace(wish, kind=wish.kind or own_name, files=files)
    note, is_sighted = None, wish.kind is None
    if wish.kind is None:
        paths = check_files(files, directory, allow_folders=True)
        name, note = recognise_named(paths, kinds, str(files[0]))
        wish = replace(wish, kind=name)
    kind = _choose_kind(kinds, wish.kind)
    if kind.layer is LayerForm.IMAGE:
        return _read_image(wish, directory, config, kind, memory)
    paths = check_files(files, directory, allow_folders=kind.format is None)
    starts = [*([config.root] if config else []), directory.absolute()]
    root = choose_root(paths, starts, in_folder=kind.layer is LayerForm.FOLDER)
    named = find_named(paths, root)
    shape = shape_of(wish, directory, {root / file.path: file.title for file in named})
    known = _config_at(root, config)
    single = _Reading(wish, kind, root, known, named, shape, memory, is_sighted=is_sighted).run()
    return replace(single, notes=(note, *single.notes)) if note else single


def with_subject(single: Single, subject: Descriptor) -> Single:
    """Return the artifact as one that refers to `subject`, of which only type, digest and size are said.

    Raises:
        UsageError: it is copied whole, and its bytes stay as they are.
    """
    wanted = single.wanted
    if wanted.is_verbatim:
        raise UsageError("--subject: expected files, got an image that is copied whole")
    described = Descriptor(subject.media_type, subject.digest, subject.size_bytes)
    content = render(replace(parse(wanted.manifest), subject=described))
    return replace(single, wanted=replace(wanted, manifest=content, digest=Digest.of(content)))


@dataclass(frozen=True, slots=True)
class _Reading:
    wish: Wish
    kind: Kind
    root: Path
    config: Config
    files: Sequence[FoundFile]
    shape: Shape
    memory: DigestMemory
    is_sighted: bool
    """Whether nobody said the kind, and the content decided."""

    def run(self) -> Single:
        sources, warnings = self._read()
        own = self._own_version(sources)
        version = self.wish.version or own
        notes = [str(problem) for problem in warnings]
        if own is not None and version != own:
            notes.append(f"{self.wish.files[0]}: says version {own} of itself, and is published as {version}")
        if version is None and (self.wish.tag is None or self.kind.layer is LayerForm.FOLDER):
            raise self._no_version()
        wanted = self._assemble(sources, version or _NO_VERSION)
        unsaid = [] if self.config.project else [build.PROJECT]
        wanted = leave_out(wanted, unsaid if version else [*unsaid, build.VERSION])
        wanted = reshape(wanted, with_folders(self.shape, sources))
        return Single(wanted, self.wish.tag or wanted.tag, version, tuple(notes))

    def _read(self) -> tuple[list[Source], list[Problem]]:
        try:
            return read_named(self.files, self.root, self.kind, self.memory, self.config.ignored_rules)
        except DocumentError as exc:
            if not self.is_sighted or self.kind.format is None:
                raise
            raise DocumentError(with_way_out(exc.problems)) from exc

    @property
    def _is_bundle(self) -> bool:
        return len(self.files) > 1

    def _own_version(self, sources: Sequence[Source]) -> Version | None:
        """Return the version in the field that the kind names; None where no version is needed or known."""
        if self._is_bundle or self.kind.version is None:
            return None
        source = sources[0]
        try:
            return resolve_version(self.root, self._rule(None), self.kind, source.path, source.document)
        except FieldValueError as exc:
            if self.wish.tag is not None:
                return None
            fix = f"give it a version, or say one: {self.wish.repository}:1.0.0"
            raise DocumentError([replace(exc.problem("invalid-field"), fix=fix)]) from exc

    def _no_version(self) -> UsageError:
        why = "many files have none together" if self._is_bundle else f"kind {self.kind.name} names no field"
        return UsageError(
            f"reference: no version: expected such as {self.wish.repository}:1.0.0, "
            f"got {self.wish.repository}{f':{self.wish.tag}' if self.wish.tag else ''}",
            fix=f"write the version behind the repository: {why}",
        )

    def _assemble(self, sources: Sequence[Source], version: Version) -> Wanted:
        try:
            kind = self.kind if self._is_bundle else sources[0].edition(self.kind)
            wanted = assemble(self.config, self._rule(version), kind, Tree(self.root), sources)
        except FieldValueError as exc:
            raise DocumentError([exc.problem("invalid-field")]) from exc
        except ValueError as exc:
            place = None if self._is_bundle else self.files[0].path
            raise DocumentError([Problem("invalid-artifact", str(exc), place)]) from exc
        # What it requires is not published with it, so nothing waits for that.
        return replace(wanted, requires=())

    def _rule(self, version: Version | None) -> ArtifactRule:
        files = tuple(file.path for file in self.files)
        return replace(_rule(self.wish, self.kind, version), files=files, bundle=self._is_bundle)


def _rule(wish: Wish, kind: Kind, version: Version | None) -> ArtifactRule:
    return ArtifactRule(
        index=0,
        line=1,
        files=(),
        repository=wish.repository,
        kind=kind.name,
        version=LiteralVersion(version.text) if version else None,
        versions={},
        annotations=wish.annotations or {},
        floating_tags=wish.floating_tags,
        artifact_type=wish.artifact_type,
    )


def _choose_kind(kinds: Mapping[str, Kind], name: str | None) -> Kind:
    kind = None if name is None else kind_named(kinds, name)
    if kind is None:
        raise UsageError(
            f"--kind: expected one of {say_names(kinds)}, got {name!r}",
            fix=f"add a [kind.{name}] to pallet.toml",
        )
    return kind


def _read_image(
    wish: Wish, directory: Path, config: Config | None, kind: Kind, memory: DigestMemory
) -> Single:
    if wish.tag is None:
        raise UsageError(
            f"reference: no version: expected such as {wish.repository}:1.0.0, got {wish.repository}",
            fix="write the version behind the repository: an image says none of itself",
        )
    if wish.media_types:
        raise UsageError("FILE:TYPE: expected layers without a type, which their content says, got one")
    files, tag = split_image_name(wish.files, directory) if wish.config is None else (wish.files, None)
    named = NamedImage(files, wish.config, tag, wish.tag)
    known = config or _config_at(directory.absolute(), None)
    rule = _rule(wish, kind, wish.version or _NO_VERSION)
    wanted = read_image(named, directory, known, rule, kind, memory)
    if not wanted.is_verbatim:
        unsaid = [] if config is not None and config.project else [build.PROJECT]
        wanted = leave_out(wanted, unsaid if wish.version else [*unsaid, build.VERSION])
    shape = shape_of(replace(wish, config=None), directory, {})
    if wanted.is_verbatim and not shape.says_nothing:
        raise UsageError("annotations: expected none for an image that is copied whole, got some")
    return Single(reshape(wanted, shape), wish.tag, wish.version)


def _config_at(root: Path, config: Config | None) -> Config:
    """Return the project's settings with paths that count from `root`."""
    if config is not None:
        return replace(config, path=root / config.path.name)
    return Config(
        path=root / "pallet.toml",
        project="",
        targets={},
        default_target="",
        defaults=Policy(),
        artifacts=(),
        kinds=builtin_kinds(),
        held={},
    )
