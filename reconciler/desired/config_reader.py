"""pallet.toml: found, read, checked against its schema, and turned into values.

Decided here: what a pallet.toml must say beyond its schema. All problems are reported at once,
each with its line. Must never be added: a look at the files that it names.
"""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.desired.config import Config
from reconciler.desired.config_credentials import read_credentials, without_secrets
from reconciler.desired.config_findings import Findings
from reconciler.desired.config_kinds import kind_files, read_kinds
from reconciler.desired.config_named_rules import read_ignored
from reconciler.desired.config_rules import RuleReader, check_floating, read_policy
from reconciler.desired.config_salvage import Salvage
from reconciler.desired.config_targets import read_default_target, read_targets
from reconciler.desired.kinds.rules.ignoring import without_ignored
from reconciler.desired.kinds.schemas import load_schema
from reconciler.desired.reading.toml_lines import syntax_problem
from reconciler.desired.versions.constraints import Constraint
from reconciler.desired.versions.version import Version
from reconciler.errors import ConfigError, DocumentError, Problem
from reconciler.oci.reference import Repository, Tag

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "pallet.toml"
CONFIG_MAX_BYTES = 4 * 1024 * 1024
"""A pallet.toml of 10,000 single entries has 2 MiB; more is not written by people."""


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
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError([syntax_problem(text, exc, path.name)]) from exc
    except ValueError as exc:
        # Python reads no whole number of more digits than this.
        message = "expected a pallet.toml, got a whole number of more than 4300 digits"
        raise ConfigError([Problem("too-long", message, path.name)]) from exc
    except RecursionError as exc:
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
    """Reads one document."""

    def __init__(self, path: Path, text: str, document: dict[str, Any]) -> None:
        self.path, self.document = path, document
        self.findings = Findings(path.name, text)

    def read(self) -> Config:
        self._check_tool()
        credentials = read_credentials(self.document, self.findings)
        written_kinds = _keys(self.document.get("kind"))
        unsound = self._check_schema()
        kinds, doubtful = read_kinds(self.document.get("kind", {}), self.findings, self.path.parent)
        root = self.path.absolute().parent
        targets = read_targets(self.document, self.findings, root=root, credentials=credentials)
        defaults = self.document.get("defaults", {})
        ignored = read_ignored(
            self.findings, ("rules", "ignore"), self.document.get("rules", {}).get("ignore", ())
        )
        broken = written_kinds - kinds.keys()
        rules = RuleReader(self.findings, kinds, defaults.get("floating-tags", ()), broken)
        config = Config(
            path=self.path.absolute(),
            project=self.document["project"]["name"],
            targets=targets,
            default_target=read_default_target(self.document, targets, self.findings),
            defaults=read_policy(defaults),
            artifacts=tuple(
                rules.read(index, table)
                for index, table in enumerate(self.document.get("artifact", []))
                if index not in unsound
            ),
            kinds=kinds,
            held=self._read_held(),
            ignored_rules=ignored,
            catalog=self._read_catalog(),
            warnings=tuple(without_ignored([*doubtful, *rules.doubtful], ignored)),
            kind_files=kind_files(self.document.get("kind", {})),
        )
        check_floating(self.findings, ("defaults", "floating-tags"), defaults.get("floating-tags", []))
        if self.findings.problems:
            self._check_schemas_of(config)
        self.findings.raise_if_any()
        return config

    def _check_schemas_of(self, config: Config) -> None:
        """Say in the same round what is wrong with schemas, which are read with the first file otherwise."""
        for name in dict.fromkeys(rule.kind for rule in config.artifacts):
            try:
                _ = config.kinds[name].schema if name in config.kinds else None
            except DocumentError as exc:
                self.findings.problems += exc.problems

    def _check_schema(self) -> set[int]:
        """Report what the schema says, and go on with the rest; return the artifacts that cannot be read."""
        # Here: --help of a command imports this module, and can do without jsonschema.
        from reconciler.desired.kinds.schema_check import check

        refused = []
        for violation in check(without_secrets(self.document), load_schema("pallet.schema.json")):
            self.findings.report(violation.path, violation.code, violation.message)
            if violation.code != "unknown-key":  # whoever reads the rest does not see it
                refused.append(violation.path)
        salvage = Salvage(self.document, refused)
        self.document = salvage.document
        return salvage.unreadable

    def _check_tool(self) -> None:
        tool = self.document.get("tool", {})
        required = tool.get("required") if isinstance(tool, dict) else None
        if not isinstance(required, str):
            return
        where = ("tool", "required")
        wanted = self.findings.attempt(where, "invalid-constraint", lambda: Constraint(required))
        if wanted is not None and not wanted.allows(Version(__version__), prereleases=True):
            message = f"expected pallet {required}, got {__version__}"
            self.findings.report(where, "other-pallet", message, fix="install a pallet that satisfies it")
        # What follows may be words that only the other pallet knows.
        self.findings.raise_if_any()

    def _read_catalog(self) -> Repository | None:
        name = self.document.get("catalog", {}).get("repository")
        if not isinstance(name, str):
            return None
        where = ("catalog", "repository")
        return self.findings.attempt(where, "invalid-repository", lambda: Repository(name))

    def _read_held(self) -> dict[tuple[Repository, Tag], Version]:
        held = {}
        for name, tags in self.document.get("hold", {}).items():
            for tag, version in tags.items():
                where = ("hold", name, tag)
                repository = self.findings.attempt(where, "invalid-hold", partial(Repository, name))
                held_tag = self.findings.attempt(where, "invalid-hold", partial(Tag, tag))
                at = self.findings.attempt(where, "invalid-version", partial(Version, version))
                if repository and held_tag and at:
                    held[repository, held_tag] = at
        return held


def _keys(table: object) -> set[str]:
    return set(table) if isinstance(table, dict) else set()
