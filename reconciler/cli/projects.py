"""The project that the flags name, and what this user's runs remember: what needs no target.

Commands that stay offline begin with nothing more, so that they start sooner.
Must never be added: a store, or a way to one; see `session`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.desired.config_reader import find_config
from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.project import Project, load_project
from reconciler.errors import UsageError
from reconciler.oci.user_cache import user_cache_folder
from reconciler.reports.problems import render_problem

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.options import Place
    from reconciler.cli.screen import Screen

_TRUE = ("1", "true", "yes", "on")


def locate(place: Place) -> Path:
    """Return the pallet.toml that the flags name, or the nearest one.

    Raises:
        UsageError: the directory of --directory is none.
        ConfigError: there is no pallet.toml.
    """
    if not place.directory.is_dir():
        raise UsageError(f"--directory {place.directory}: expected a directory, got none")
    if place.file is not None:
        return (place.directory / place.file).absolute()
    return find_config(place.directory)


def load(place: Place, screen: Screen, *, locked: bool = False) -> Project:
    """Return the project; its warnings are said.

    Args:
        place: where pallet.toml is.
        screen: where warnings are said.
        locked: whether the lock is believed about images that a build has not written in this clone.
    """
    project = load_project(locate(place), memory=digest_memory(), locked=locked, documents=document_memory())
    for problem in project.warnings:
        screen.say(render_problem(problem).rstrip("\n"))
    return project


def digest_memory() -> DigestMemory:
    """Return what this user's runs have found out about large files."""
    return DigestMemory(user_cache_folder(os.environ, "digests"))


def document_memory() -> DocumentMemory:
    """Return what this user's runs have found out about files that are looked into."""
    return DocumentMemory(user_cache_folder(os.environ, "documents"))


def in_ci() -> bool:
    """Say whether CI's variable is set, as every CI service does."""
    return os.environ.get("CI", "").lower() in _TRUE
