"""pallet.toml as values: what everything below the reader sees instead of a dict.

Must never be added: reading files or TOML; see `config_reader`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired.config_access import Access

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.versions.version import Version
    from reconciler.errors import Problem
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.registry.credentials.target import BearerToken, Login


@dataclass(frozen=True, slots=True)
class Target:
    """Where artifacts go, and how strict pallet is there."""

    name: str
    url: str
    """`oci-layout:DIRECTORY`, `https://host/prefix`, `http://host`, or a bare host."""
    immutable: bool | None = None
    restore: bool | None = None
    access: Access = field(default_factory=Access)
    audit: Path | None = None
    """The file that every write to it is told in; None for none."""
    credential: Login | BearerToken | None = None
    """Where its name and secret are; None for what the user's credential files say."""

    @property
    def layout_directory(self) -> str | None:
        """The directory of an `oci-layout:` target, as it was written; None for a registry."""
        scheme, colon, path = self.url.partition(":")
        return path if colon and scheme == "oci-layout" else None


@dataclass(frozen=True, slots=True)
class LiteralVersion:
    text: str


@dataclass(frozen=True, slots=True)
class FieldVersion:
    """The version stands in the artifact's own file."""

    path: str


@dataclass(frozen=True, slots=True)
class FileVersion:
    """The version is the content of a file of its own, such as VERSION."""

    file: str


VersionSource = LiteralVersion | FieldVersion | FileVersion


@dataclass(frozen=True, slots=True)
class FieldCreated:
    """The time of creation stands in the artifact's own file."""

    path: str


@dataclass(frozen=True, slots=True)
class GitCreated:
    """The time of creation is that of the commit that last changed the files."""


CreatedSource = str | FieldCreated | GitCreated


@dataclass(frozen=True, slots=True)
class ChangelogNotes:
    """The notes of a release are its section of a changelog."""

    file: str


NotesSource = str | ChangelogNotes


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be done to something published; None where nobody says."""

    immutable: bool | None = None
    restore: bool | None = None


@dataclass(frozen=True, slots=True)
class AttachRule:
    """One `[[artifact.attach]]`: files that are published as one artifact which refers to this one."""

    line: int
    """Line of `[[artifact.attach]]` in pallet.toml, 1 for the first."""
    where: str
    """Such as `artifact[0].attach[1]`."""
    files: tuple[str, ...]
    """Globs or paths, in which `{stem}` `{name}` `{parent}` `{dir}` of the artifact's file are filled in."""
    kind: str | None = None
    artifact_type: str | None = None
    media_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArtifactRule:
    """One `[[artifact]]` of pallet.toml."""

    index: int
    line: int
    """Line of `[[artifact]]` in pallet.toml, 1 for the first."""
    files: tuple[str, ...]
    repository: str
    """A template: `{stem}` `{name}` `{parent}` `{dir}` are filled in for each file."""
    kind: str
    version: VersionSource | None
    versions: Mapping[str, str | FieldVersion]
    """Versions of single files, by path or by stem; or the field in which such a file says its own."""
    annotations: Mapping[str, str]
    floating_tags: tuple[str, ...]
    """Templates of tags that follow the highest stable version."""
    channels: tuple[str, ...] = ()
    """Templates of tags that follow the highest version, pre-releases included."""
    bundle: bool = False
    config_file: str | None = None
    """Of an image made from layers, instead of `files`."""
    layers: tuple[str, ...] = ()
    artifact_type: str | None = None
    created: CreatedSource | None = None
    stable: bool | None = None
    """What is said of the release; None for nothing."""
    notes: NotesSource | None = None
    policy: Policy = field(default_factory=Policy)
    ignored_rules: frozenset[str] = frozenset()
    """Codes of named rules that are switched off for its files."""
    attachments: tuple[AttachRule, ...] = ()
    annotation_places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each annotation in pallet.toml, both from 1."""

    @property
    def where(self) -> str:
        return f"artifact[{self.index}]"


@dataclass(frozen=True, slots=True)
class Config:
    """pallet.toml, checked: every name it uses is defined, every value has its type."""

    path: Path
    project: str
    targets: Mapping[str, Target]
    default_target: str
    defaults: Policy
    artifacts: tuple[ArtifactRule, ...]
    kinds: Mapping[str, Kind]
    """Built-in ones and the project's own."""
    held: Mapping[tuple[Repository, Tag], Version]
    """Floating tags that pallet.toml holds where they are."""
    ignored_rules: frozenset[str] = frozenset()
    """Codes of named rules that are switched off everywhere."""
    catalog: Repository | None = None
    """Where every target's catalog stands; None for none."""
    warnings: tuple[Problem, ...] = ()
    """What is doubtful about pallet.toml itself."""
    kind_files: tuple[str, ...] = ()
    """Paths of the files in which kinds stand, from pallet.toml."""

    @property
    def root(self) -> Path:
        """The folder of pallet.toml; every path in it is relative to this one."""
        return self.path.parent

    @property
    def lock_path(self) -> Path:
        return self.path.with_name("pallet.lock")

    def is_immutable(self, rule: Policy, target: Target) -> bool:
        """Say whether a published version is final: the artifact's word wins, then the target's."""
        return _first(rule.immutable, target.immutable, self.defaults.immutable, otherwise=True)

    def restores(self, rule: Policy, target: Target) -> bool:
        """Say whether drift is put right without being asked."""
        return _first(rule.restore, target.restore, self.defaults.restore, otherwise=False)


def _first(*settings: bool | None, otherwise: bool) -> bool:
    return next((setting for setting in settings if setting is not None), otherwise)
