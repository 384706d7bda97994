"""`pallet doctor`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import locate
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals, surroundings
from reconciler.compose import choose_target, examine, find_target
from reconciler.desired.config import Target
from reconciler.desired.config_reader import read_config
from reconciler.discovery.surveying import PROBED
from reconciler.errors import ConfigError, UsageError
from reconciler.oci.reference import Repository
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.reports.doctor import doctor_document, exit_code_of, render_checks

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.desired.config import Config


@click.command("doctor", short_help="Find out what a target can do, and what we may do there.")
@click.argument("subject", metavar="[TARGET]", required=False)
@flag(
    "--repository",
    default=PROBED,
    show_default=True,
    metavar="NAME",
    help="Where writing is tried; one that exists, where the registry makes none by itself.",
)
@place_options
@reach_options
@output_options("text", "json")
def command(subject: str | None, repository: str, place: Place, reach: Reach, output: Output) -> int:
    """Ask a target what it can do: whether it is reached, who we are to it, whether we may list, push and
    delete, and what it knows of referrers, parts of uploads and several tags at once. What is tried is
    removed again.

    TARGET is a target of pallet.toml, or a registry such as registry.example.com/acme.

    \b
    Examples:
      pallet doctor production
      pallet doctor ghcr.io/acme --repository workflows/smart-router
      pallet doctor --format json
    """
    screen = Screen(output)
    chosen, root = _choose(subject or reach.target, place)
    with stop_on_signals() as stop:
        around = surroundings(root, reach, stop, screen.notices())
        checks = list(examine(chosen, _read_repository(repository), around))
    screen.answer(doctor_document(chosen.name, checks), render_checks(checks))
    return exit_code_of(checks)


def _choose(name: str | None, place: Place) -> tuple[Target, Path]:
    """Return the target that a name or a URL means, and the folder that its files are relative to."""
    config = _config(place)
    if config is not None and (name is None or name in config.targets):
        return choose_target(config, name), config.root
    if name is None:
        raise UsageError(
            "target: expected one, got neither a name nor a pallet.toml", fix="pallet doctor HOST"
        )
    if config is not None and not any(sign in name for sign in ".:/"):
        return choose_target(config, name), config.root
    return _read_url(name, config, place)


def _config(place: Place) -> Config | None:
    try:
        return read_config(locate(place))
    except ConfigError as exc:
        if all(problem.code == "no-config" for problem in exc.problems):
            return None
        raise


def _read_url(url: str, config: Config | None, place: Place) -> tuple[Target, Path]:
    target = Target(url, url)
    if target.layout_directory is not None:
        return target, place.directory.absolute()
    try:
        endpoint = Endpoint.parse(url)
    except ValueError as exc:
        raise UsageError(f"target: {exc}") from exc
    known = find_target(config, url, endpoint.prefix) if config is not None else None
    if known is None or config is None:
        return target, place.directory.absolute()
    return replace(known, name=url, url=url), config.root


def _read_repository(text: str) -> Repository:
    try:
        return Repository(text)
    except ValueError as exc:
        raise UsageError(f"--repository: {exc}") from exc
