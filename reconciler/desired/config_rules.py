"""The artifacts of a pallet.toml: each `[[artifact]]` as a rule, with what the schema cannot say.

Must never be added: a look at the files that it names.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.desired.config import (
    ArtifactRule,
    AttachRule,
    ChangelogNotes,
    CreatedSource,
    FieldCreated,
    FieldVersion,
    FileVersion,
    GitCreated,
    LiteralVersion,
    NotesSource,
    Policy,
    VersionSource,
)
from reconciler.desired.config_named_rules import annotation_warnings, read_ignored
from reconciler.desired.kinds.kind import LABEL_MARK, LayerForm
from reconciler.desired.kinds.kind_reader import kind_named, say_names
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.reading.fields import check_time
from reconciler.desired.reading.wording import say_path
from reconciler.desired.versions.version import Version, render_floating
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.desired.config_findings import Findings, Where
    from reconciler.desired.kinds.kind import Kind
    from reconciler.errors import Problem


class RuleReader:
    """Reads `[[artifact]]` after `[[artifact]]`.

    Args:
        kinds: all that could be read.
        floating_tags: what `[defaults]` says.
        broken: names of kinds that could not be read, which was said.
    """

    def __init__(
        self,
        findings: Findings,
        kinds: Mapping[str, Kind],
        floating_tags: Sequence[str],
        broken: Collection[str] = (),
    ) -> None:
        self._findings, self._kinds, self._floating_tags = findings, kinds, floating_tags
        self._broken = broken
        self.doubtful: list[Problem] = []
        """What is doubtful about the entries that were read, but for rules that these switch off."""

    def read(self, index: int, table: Mapping[str, Any]) -> ArtifactRule:
        where: Where = ("artifact", index)
        kind = self._read_kind((*where, "kind"), table["kind"])
        self._check_release(where, table)
        check_floating(self._findings, (*where, "floating-tags"), table.get("floating-tags", []))
        check_floating(
            self._findings, (*where, "channel"), [item["name"] for item in table.get("channel", [])]
        )
        self._check_image(where, table)
        ignored = read_ignored(self._findings, (*where, "ignore-rules"), table.get("ignore-rules", ()))
        self._doubt(where, table, ignored)
        files = table.get("files", ())
        return ArtifactRule(
            index=index,
            line=self._findings.lines.locate(where) or 1,
            files=(files,) if isinstance(files, str) else tuple(files),
            repository=table["repository"],
            kind=kind,
            version=self._read_version((*where, "version"), table.get("version")),
            versions=self._read_versions((*where, "versions"), table.get("versions", {})),
            annotations=dict(table.get("annotations", {})),
            floating_tags=self._read_floating(table),
            channels=tuple(channel["name"] for channel in _channels(table, prerelease=True)),
            bundle=table.get("bundle", False),
            config_file=table.get("config"),
            layers=tuple(table.get("layers", ())),
            artifact_type=table.get("artifact-type"),
            created=self._read_created((*where, "created"), table.get("created")),
            stable=table.get("stable"),
            notes=_read_notes(table.get("notes")),
            policy=read_policy(table),
            ignored_rules=ignored,
            attachments=tuple(
                self._read_attach((*where, "attach", number), attach)
                for number, attach in enumerate(table.get("attach", []))
            ),
            annotation_places={
                key: place
                for key in table.get("annotations", {})
                if (place := self._findings.lines.place((*where, "annotations", key))) is not None
            },
        )

    def _doubt(self, where: Where, table: Mapping[str, Any], ignored: frozenset[str]) -> None:
        """Note what is doubtful about the annotations of an entry, and of what is attached to it."""
        attached = (((*where, "attach", index), each) for index, each in enumerate(table.get("attach", ())))
        for place, entry in ((where, table), *attached):
            found = annotation_warnings(self._findings, place, entry.get("annotations", {}))
            self.doubtful += without_ignored(found, ignored)

    def _read_attach(self, where: Where, table: Mapping[str, Any]) -> AttachRule:
        kind = self._read_kind((*where, "kind"), table["kind"]) if "kind" in table else None
        if kind is not None and "artifact-type" in table:
            message = "expected a kind or an artifact type, got both"
            self._findings.report((*where, "artifact-type"), "said-twice", message)
        files = table["files"]
        return AttachRule(
            line=self._findings.lines.locate(where) or 1,
            where=say_path(where),
            files=(files,) if isinstance(files, str) else tuple(files),
            kind=kind,
            artifact_type=table.get("artifact-type"),
            media_type=table.get("media-type"),
            annotations=dict(table.get("annotations", {})),
        )

    def _read_kind(self, where: Where, name: str) -> str:
        """Return the name under which the kind is known; one that nobody knows becomes a problem."""
        kind = kind_named(self._kinds, name)
        base, _, label = name.partition(LABEL_MARK)
        if kind is not None:
            return kind.name
        if base in self._broken:
            return name
        if base in self._kinds:
            known = " or ".join(each.name for each in (self._kinds[base], *self._kinds[base].editions()))
            message = f"unknown version of kind {base}: expected {known}, got {name!r}"
            self._findings.report(where, "unknown-kind", message, fix=f"add a [kind.{base}.variant.{label}]")
        else:
            message = f"unknown kind {name!r}: expected one of {say_names(self._kinds)}, or a [kind.{base}]"
            self._findings.report(where, "unknown-kind", message)
        return name

    def _check_image(self, where: Where, table: Mapping[str, Any]) -> None:
        kind = kind_named(self._kinds, table["kind"])
        if kind is None:
            return
        is_image = kind.layer is LayerForm.IMAGE
        if "config" in table and not is_image:
            message = f"expected a kind of images with config and layers, got {kind.name}"
            self._findings.report((*where, "config"), "not-an-image", message, fix='set kind = "image"')
        if "config" in table and "files" in table:
            message = "expected files, or config and layers, got both"
            self._findings.report((*where, "files"), "said-twice", message)
        if table.get("bundle") and is_image:
            message = f"expected one artifact per image for kind {kind.name}, got a bundle"
            self._findings.report((*where, "bundle"), "not-a-bundle", message)

    def _read_versions(
        self, where: Where, table: Mapping[str, str | Mapping[str, str]]
    ) -> dict[str, str | FieldVersion]:
        for path, version in table.items():
            if isinstance(version, str):
                self._findings.attempt((*where, path), "invalid-version", partial(Version, version))
        return {
            path: version if isinstance(version, str) else FieldVersion(version["field"])
            for path, version in table.items()
        }

    def _read_version(self, where: Where, value: str | Mapping[str, str] | None) -> VersionSource | None:
        if value is None:
            return None
        if isinstance(value, str):
            self._findings.attempt(where, "invalid-version", lambda: Version(value))
            return LiteralVersion(value)
        return FieldVersion(value["field"]) if "field" in value else FileVersion(value["file"])

    def _read_created(self, where: Where, value: str | Mapping[str, str] | None) -> CreatedSource | None:
        if value is None or value == "git":
            return GitCreated() if value else None
        if not isinstance(value, str):
            return FieldCreated(value["field"])
        return self._findings.attempt(where, "invalid-time", lambda: check_time(value))

    def _check_release(self, where: Where, table: Mapping[str, Any]) -> None:
        for word in ("stable", "notes"):
            key = f"org.pallet.release.{word}"
            if word in table and key in table.get("annotations", {}):
                message = f"expected {word} or the annotation {key}, got both"
                self._findings.report((*where, word), "said-twice", message)

    def _read_floating(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        own = table.get("floating-tags", self._floating_tags)
        return (*own, *(channel["name"] for channel in _channels(table, prerelease=False)))


def check_floating(findings: Findings, where: Where, templates: list[str]) -> None:
    """Fill in an example: a template must give a tag, and one that is no version."""
    example = Version("1.2.3")
    for index, template in enumerate(templates):
        here = (*where, index)
        tag = findings.attempt(here, "invalid-tag", lambda t=template: Tag(render_floating(t, example)))  # type: ignore[misc]
        if tag is not None and _is_version(tag):
            message = f"expected a tag that is no version itself, got {template!r}"
            findings.report(here, "invalid-tag", message)


def _channels(table: Mapping[str, Any], *, prerelease: bool) -> list[Mapping[str, Any]]:
    return [channel for channel in table.get("channel", []) if channel.get("prerelease", False) is prerelease]


def read_policy(table: Mapping[str, Any]) -> Policy:
    return Policy(table.get("immutable"), table.get("restore"))


def _read_notes(value: str | Mapping[str, str] | None) -> NotesSource | None:
    return value if value is None or isinstance(value, str) else ChangelogNotes(value["changelog"])


def _is_version(tag: str) -> bool:
    try:
        Version.of_tag(tag)
    except ValueError:
        return False
    return True
