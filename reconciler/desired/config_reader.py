"""pallet.toml: found, read, checked against its schema, and turned into values.

Decided here: what a pallet.toml must say beyond its schema. All problems are reported at once,
each with its line. Must never be added: a look at the files that it names.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler import __version__
from reconciler.desired.config import (
    ArtifactRule,
    ChangelogNotes,
    Config,
    CreatedSource,
    FieldCreated,
    FieldVersion,
    FileVersion,
    GitCreated,
    LiteralVersion,
    NotesSource,
    Policy,
    Target,
    VersionSource,
)
from reconciler.desired.kinds.kind import Kind, builtin_kinds, parse_kind
from reconciler.desired.kinds.schemas import load_schema
from reconciler.desired.reading.fields import check_time
from reconciler.desired.reading.toml_lines import Lines, syntax_problem
from reconciler.desired.reading.wording import say_path
from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version, render_floating
from reconciler.errors import ConfigError, Problem
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILE_NAME = "pallet.toml"
CONFIG_MAX_BYTES = 4 * 1024 * 1024
"""A pallet.toml of 10,000 single entries has 2 MiB; more is not written by people."""

_DEFAULT_TARGET = Target("local", "oci-layout:.pallet/registry", immutable=False)
_Where = tuple[str | int, ...]
_T = TypeVar("_T")


def find_config(directory: Path) -> Path:
    """Return the pallet.toml of a directory or of the nearest one above it.

    Raises:
        ConfigError: there is none.
    """
    start = directory.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    message = f"expected one in {start} or above it, got none"
    raise ConfigError([Problem("no-config", message, file=FILE_NAME, fix="pallet init")])


def read_config(path: Path) -> Config:
    """Read a pallet.toml.

    Raises:
        ConfigError: it cannot be read, is no TOML, or says something that cannot be; with every problem.
    """
    text = _read_text(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        if isinstance(exc, tomllib.TOMLDecodeError):
            raise ConfigError([syntax_problem(text, exc, path.name)]) from exc
        raise ConfigError(
            [Problem("too-deep", "expected a pallet.toml, got arrays nested too deeply", path.name)]
        ) from exc
    return _Reader(path, text, document).read()


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > CONFIG_MAX_BYTES:
            message = f"expected at most {CONFIG_MAX_BYTES} bytes, got {path.stat().st_size}"
            raise ConfigError([Problem("too-large", message, file=path.name)])
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as exc:
        raise ConfigError([Problem("no-config", "no such file", file=str(path), fix="pallet init")]) from exc
    except UnicodeDecodeError as exc:
        message = f"expected UTF-8, got byte 0x{exc.object[exc.start]:02x} at offset {exc.start}"
        raise ConfigError([Problem("not-utf-8", message, file=path.name)]) from exc
    except OSError as exc:
        raise ConfigError([Problem("unreadable", f"cannot be read: {exc.strerror}", file=path.name)]) from exc


class _Reader:
    """Reads one document; collects problems, so that none hides another."""

    def __init__(self, path: Path, text: str, document: dict[str, Any]) -> None:
        self.path, self.document = path, document
        self.lines = Lines(text)
        self.problems: list[Problem] = []

    def read(self) -> Config:
        self._check_tool()
        unsound = self._check_schema()
        kinds = self._read_kinds()
        targets = {
            name: Target(name, table["url"], table.get("immutable"), table.get("restore"))
            for name, table in self.document.get("target", {}).items()
        } or {_DEFAULT_TARGET.name: _DEFAULT_TARGET}
        config = Config(
            path=self.path.absolute(),
            project=self.document["project"]["name"],
            targets=targets,
            default_target=self._read_default_target(targets),
            defaults=_read_policy(self.document.get("defaults", {})),
            artifacts=tuple(
                self._read_rule(index, table, kinds)
                for index, table in enumerate(self.document.get("artifact", []))
                if index not in unsound
            ),
            kinds=kinds,
            held=self._read_held(),
        )
        self._check_urls(targets)
        self._check_floating(
            ("defaults", "floating-tags"), self.document.get("defaults", {}).get("floating-tags", [])
        )
        self._raise_if_any()
        return config

    def _check_schema(self) -> set[int]:
        """Report what the schema says; return the artifacts whose values cannot be read because of it.

        Raises:
            ConfigError: something else than an artifact cannot be read.
        """
        # Here: --help of a command imports this module, and can do without jsonschema.
        from reconciler.desired.kinds.schema_check import check

        unsound = set()
        for violation in check(self.document, load_schema("pallet.schema.json")):
            self._report(violation.path, violation.code, violation.message)
            match violation.path:
                case _ if violation.code == "unknown-key":
                    continue  # whoever reads the rest does not see it
                case ("artifact", int(index), *_):
                    unsound.add(index)
                case _:
                    unsound.add(-1)
        if -1 in unsound:
            self._raise_if_any()
        return unsound

    def _report(self, where: _Where, code: str, message: str, *, fix: str | None = None) -> None:
        line = self.lines.locate(where)
        self.problems.append(Problem(code, message, self.path.name, line, path=say_path(where), fix=fix))

    def _raise_if_any(self) -> None:
        if self.problems:
            raise ConfigError(
                sorted(self.problems, key=lambda problem: (problem.line or 0, problem.path or ""))
            )

    def _attempt(self, where: _Where, code: str, read: Callable[[], _T]) -> _T | None:
        """Return what `read` gives; a ValueError becomes a problem at `where`."""
        try:
            return read()
        except ValueError as exc:
            self._report(where, code, str(exc))
            return None

    def _check_tool(self) -> None:
        tool = self.document.get("tool", {})
        required = tool.get("required") if isinstance(tool, dict) else None
        if not isinstance(required, str):
            return
        where = ("tool", "required")
        wanted = self._attempt(where, "invalid-constraint", lambda: Constraint(required))
        if wanted is not None and not wanted.allows(Version(__version__), prereleases=True):
            message = f"expected pallet {required}, got {__version__}"
            self._report(where, "other-pallet", message, fix="install a pallet that satisfies it")
        # What follows may be words that only the other pallet knows.
        self._raise_if_any()

    def _read_kinds(self) -> dict[str, Kind]:
        kinds = dict(builtin_kinds())
        for name, table in self.document.get("kind", {}).items():
            kind, problems = parse_kind(name, table, root=self.path.parent)
            for problem in problems:
                self._report(("kind", name), problem.code, str(problem))
            if kind is not None:
                kinds[name] = kind
        return kinds

    def _read_default_target(self, targets: Mapping[str, Target]) -> str:
        name = self.document.get("defaults", {}).get("target")
        if name is None:
            return "local" if "local" in targets else next(iter(targets))
        if name not in targets:
            self._report(
                ("defaults", "target"), "unknown-target", f"expected one of {_list(targets)}, got {name!r}"
            )
        return str(name)

    def _check_urls(self, targets: Mapping[str, Target]) -> None:
        for target in targets.values():
            where = ("target", target.name, "url")
            directory = target.layout_directory
            if target.url.startswith(("/", ".", "~")):
                message = (
                    f"expected a registry, or oci-layout:{target.url} for a directory, got {target.url!r}"
                )
                self._report(where, "invalid-url", message)
            elif directory is None:
                self._attempt(where, "invalid-url", lambda url=target.url: Endpoint.parse(url))  # type: ignore[misc]
            elif not directory:
                self._report(where, "invalid-url", f"expected oci-layout:DIRECTORY, got {target.url!r}")

    def _read_held(self) -> dict[tuple[Repository, Tag], Version]:
        held = {}
        for name, tags in self.document.get("hold", {}).items():
            for tag, version in tags.items():
                where = ("hold", name, tag)
                key = self._attempt(where, "invalid-hold", lambda n=name, t=tag: (Repository(n), Tag(t)))  # type: ignore[misc]
                at = self._attempt(where, "invalid-version", lambda v=version: Version(v))  # type: ignore[misc]
                if key and at:
                    held[key] = at
        return held

    def _read_rule(self, index: int, table: Mapping[str, Any], kinds: Mapping[str, Kind]) -> ArtifactRule:
        where: _Where = ("artifact", index)
        if table["kind"] not in kinds:
            message = (
                f"unknown kind {table['kind']!r}: expected one of {_list(kinds)}, or a [kind.{table['kind']}]"
            )
            self._report((*where, "kind"), "unknown-kind", message)
        for path, version in table.get("versions", {}).items():
            self._attempt((*where, "versions", path), "invalid-version", lambda text=version: Version(text))  # type: ignore[misc]
        self._check_release(where, table)
        self._check_floating((*where, "floating-tags"), table.get("floating-tags", []))
        self._check_floating((*where, "channel"), [item["name"] for item in table.get("channel", [])])
        files = table["files"]
        return ArtifactRule(
            index=index,
            line=self.lines.locate(where) or 1,
            files=(files,) if isinstance(files, str) else tuple(files),
            repository=table["repository"],
            kind=table["kind"],
            version=self._read_version((*where, "version"), table.get("version")),
            versions=dict(table.get("versions", {})),
            annotations=dict(table.get("annotations", {})),
            floating_tags=self._read_floating(table),
            channels=tuple(channel["name"] for channel in _channels(table, prerelease=True)),
            bundle=table.get("bundle", False),
            artifact_type=table.get("artifact-type"),
            created=self._read_created((*where, "created"), table.get("created")),
            stable=table.get("stable"),
            notes=_read_notes(table.get("notes")),
            policy=_read_policy(table),
        )

    def _read_version(self, where: _Where, value: str | Mapping[str, str] | None) -> VersionSource | None:
        if value is None:
            return None
        if isinstance(value, str):
            self._attempt(where, "invalid-version", lambda: Version(value))
            return LiteralVersion(value)
        return FieldVersion(value["field"]) if "field" in value else FileVersion(value["file"])

    def _read_created(self, where: _Where, value: str | Mapping[str, str] | None) -> CreatedSource | None:
        if value is None or value == "git":
            return GitCreated() if value else None
        if not isinstance(value, str):
            return FieldCreated(value["field"])
        return self._attempt(where, "invalid-time", lambda: check_time(value))

    def _check_release(self, where: _Where, table: Mapping[str, Any]) -> None:
        for word in ("stable", "notes"):
            key = f"org.pallet.release.{word}"
            if word in table and key in table.get("annotations", {}):
                message = f"expected {word} or the annotation {key}, got both"
                self._report((*where, word), "said-twice", message)

    def _read_floating(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        own = table.get("floating-tags", self.document.get("defaults", {}).get("floating-tags", ()))
        return (*own, *(channel["name"] for channel in _channels(table, prerelease=False)))

    def _check_floating(self, where: _Where, templates: list[str]) -> None:
        """Fill in an example: a template must give a tag, and one that is no version."""
        example = Version("1.2.3")
        for index, template in enumerate(templates):
            here = (*where, index)
            tag = self._attempt(here, "invalid-tag", lambda t=template: Tag(render_floating(t, example)))  # type: ignore[misc]
            if tag is not None and _is_version(tag):
                message = f"expected a tag that is no version itself, got {template!r}"
                self._report(here, "invalid-tag", message)


def _channels(table: Mapping[str, Any], *, prerelease: bool) -> list[Mapping[str, Any]]:
    return [channel for channel in table.get("channel", []) if channel.get("prerelease", False) is prerelease]


def _read_policy(table: Mapping[str, Any]) -> Policy:
    return Policy(table.get("immutable"), table.get("restore"))


def _read_notes(value: str | Mapping[str, str] | None) -> NotesSource | None:
    return value if value is None or isinstance(value, str) else ChangelogNotes(value["changelog"])


def _is_version(tag: str) -> bool:
    try:
        Version.of_tag(tag)
    except ValueError:
        return False
    return True


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))
