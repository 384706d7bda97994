"""The flags that mean the same everywhere, each with its PALLET_* variable.

Decided here: names, defaults and help of shared flags. A group of flags reaches a command as one
value. Must never be added: what a flag does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from reconciler.oci.registry.settings import JOBS, RETRIES, TIMEOUT_S

Command = Callable[..., Any]


def flag(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """Return a click option that a variable can set too: PALLET_JOBS for --jobs."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    variable = "PALLET_" + long[2:].upper().replace("-", "_")
    return click.option(*names, envvar=variable, **settings)


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3
    """A length of time such as 30s, 5m or 1h; a bare number means seconds."""

    name = "duration"
    _SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}  # noqa: RUF012 (never changed)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhd]?)", str(value).strip(), re.ASCII)
        if match is None or float(match[1]) == 0:
            self.fail(f"expected a duration such as 30s, 5m or 1h, got {str(value)[:40]!r}", param, ctx)
        return float(match[1]) * self._SECONDS[match[2]]


@dataclass(frozen=True, slots=True)
class Place:
    """Which pallet.toml."""

    directory: Path
    file: Path | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Which target, and how it is asked."""

    target: str | None
    jobs: int
    retries: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Output:
    """What is printed, and how."""

    format: str
    output: Path | None
    quiet: bool
    verbose: bool
    color: str
    progress: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What is looked through: a target of pallet.toml unless a registry is named, and its catalog."""

    registry: str | None
    catalog: str | None
    no_catalog: bool


def place_options(command: Command) -> Command:
    return flag_group(
        "place",
        Place,
        flag(
            "-C",
            "--directory",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(),
            help="Work as if started in this directory.",
        ),
        flag(
            "-f",
            "--file",
            type=click.Path(dir_okay=False, path_type=Path),
            help="The pallet.toml to use; otherwise the nearest one, upwards.",
        ),
    )(command)


def reach_options(command: Command) -> Command:
    return flag_group(
        "reach",
        Reach,
        flag(
            "-t",
            "--target",
            metavar="NAME",
            shell_complete=_complete_target,
            help="The target of pallet.toml; otherwise the default one.",
        ),
        flag(
            "-j",
            "--jobs",
            type=click.IntRange(1, 256),
            default=JOBS,
            show_default=True,
            help="How many artifacts at once.",
        ),
        flag(
            "--retries",
            type=click.IntRange(0, 20),
            default=RETRIES,
            show_default=True,
            help="How often a failed request is sent again.",
        ),
        flag(
            "--timeout",
            "timeout_s",
            type=click.FloatRange(0.1, 3600),
            default=TIMEOUT_S,
            show_default=True,
            metavar="SECONDS",
            help="How long a registry may be silent.",
        ),
    )(command)


def origin_options(command: Command) -> Command:
    return flag_group(
        "origin",
        Origin,
        flag(
            "--registry",
            metavar="URL",
            help="Look through HOST[/PREFIX] or oci-layout:DIR, instead of a target of pallet.toml.",
        ),
        flag("--catalog", metavar="REPOSITORY", help="Where the catalog is published."),
        flag("--no-catalog", is_flag=True, help="Ask for each repository, whatever a catalog says."),
    )(command)


registry_option = flag(
    "--registry",
    metavar="URL",
    help="What repositories are below: HOST[/PREFIX] or oci-layout:DIR, instead of a target of pallet.toml.",
)


def output_options(*formats: str, to_file: bool = True) -> Callable[[Command], Command]:
    """Return the flags of printing; the first of `formats` is the default.

    Args:
        to_file: whether -o names a file for the result; for other commands it is free for what they write.
    """
    file = flag(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the result to this file instead of stdout.",
    )
    return flag_group(
        "output",
        Output,
        flag(
            "--format",
            type=click.Choice(formats or ("text", "json")),
            default=(formats or ("text",))[0],
            show_default=True,
            help="How the result is printed.",
        ),
        *((file,) if to_file else ()),
        flag("-q", "--quiet", is_flag=True, help="Say nothing but the result and errors."),
        flag("-v", "--verbose", is_flag=True, help="Show what is in sync too."),
        flag(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            default="auto",
            show_default=True,
            help="Colours; auto means on a terminal.",
        ),
        flag(
            "--progress",
            type=click.Choice(("auto", "bar", "lines", "none")),
            default="auto",
            show_default=True,
            help="Progress on stderr; auto is a bar on a terminal, else a line now and then.",
        ),
    )


force_names_option = flag(
    "--force",
    multiple=True,
    metavar="NAME",
    help="Overwrite what is published under this version; a name or glob, may be given again.",
)


def force_option(command: str, *, help_text: str) -> Callable[[Command], Command]:
    """Return the --force of a command that is about one thing, with a variable of its own.

    Not PALLET_FORCE, which for sync holds names: PALLET_FORCE=1 must not overwrite or delete anything.
    """
    return click.option("--force", is_flag=True, envvar=f"PALLET_{command.upper()}_FORCE", help=help_text)


only_option = flag(
    "--only",
    multiple=True,
    metavar="GLOB",
    shell_complete=lambda *a: _complete_name(*a),
    help="Touch only artifacts whose name matches; may be given again.",
)


def flag_group(name: str, cls: type, *flags: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds flags, and hands their values to the command as one `cls`.

    Args:
        name: the command's argument that takes it.
        cls: a dataclass with a field for each flag.
        flags: as --help lists them.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def collect(**values: Any) -> Any:
            # A flag that a command goes without has no value.
            own = {field.name: values.pop(field.name, None) for field in fields(cls)}
            group = cls(**own)
            click.get_current_context().meta[f"pallet.{name}"] = group
            return command(**values, **{name: group})

        decorated: Command = collect
        for add in reversed(flags):
            decorated = add(decorated)
        return decorated

    return decorate


def _complete_target(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in _peek(ctx).get("target", {}) if name.startswith(incomplete)]


def _complete_name(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    from reconciler.desired.lockfile import read_lock
    from reconciler.errors import PalletError

    try:
        entries = read_lock((ctx.params.get("directory") or Path()) / "pallet.lock").entries
    except PalletError:
        return []
    return sorted({str(name) for name, _ in entries if name.startswith(incomplete)})


def _peek(ctx: click.Context) -> dict[str, Any]:
    """Read pallet.toml without checking it: completion stays silent about its problems."""
    import tomllib

    try:
        path = ctx.params.get("file") or (ctx.params.get("directory") or Path()) / "pallet.toml"
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
