"""Where everything is measured: one temporary folder, one registry, projects, and an empty environment.

Must never be added: a figure.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import Finished, run_measured
from benchmarks.workload import write_config, write_workflows
from tests.support.docker_registry import MISSING, DockerRegistry, find_binary

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.scale import Scale

_CHECKOUT = Path(__file__).parents[1]
_NOWHERE = "http://127.0.0.1:9"
"""The target of projects that need no registry; port 9 discards."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests of one process, from the first to the last answer."""

    seconds: float
    processor_s: float
    """Of the client, in the same stretch."""
    requests: int


@dataclass(slots=True)
class Lab:
    """What benchmarks share."""

    folder: Path
    scale: Scale
    _registry: DockerRegistry | None = None
    _projects: dict[int, Path] = field(default_factory=dict)
    _prefixes: int = 0

    @property
    def registry(self) -> DockerRegistry:
        """The one registry of this run, started when it is first asked for.

        Raises:
            RuntimeError: it is not installed, or does not start.
        """
        if find_binary() is None:
            raise RuntimeError(MISSING)
        if self._registry is None:
            folder = self.folder / "registry"
            folder.mkdir()
            registry = DockerRegistry(folder)
            registry.start()
            self._registry = registry
        return self._registry

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's: neither credentials, nor proxies, nor pallet's variables."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(_CHECKOUT)}

    def close(self) -> None:
        if self._registry is not None:
            self._registry.stop()

    def clear_registry(self) -> None:
        """Let the next one hold nothing: who lists repositories is given those of all measurements."""
        self.close()
        self._registry = None
        shutil.rmtree(self.folder / "registry", ignore_errors=True)

    def forget(self) -> None:
        """Take away what pallet remembers of earlier runs."""
        shutil.rmtree(self.folder / ".cache", ignore_errors=True)

    def project(self, count: int) -> Path:
        """Return the folder of a project of that many artifacts, with neither lock nor layouts in it."""
        folder = self._projects.get(count)
        if folder is None:
            folder = self._projects[count] = self.folder / f"project-{count}"
            write_workflows(folder, count)
        (folder / "pallet.lock").unlink(missing_ok=True)
        shutil.rmtree(folder / ".pallet", ignore_errors=True)
        write_config(folder, _NOWHERE)
        return folder

    def fresh_project(self, count: int) -> Path:
        """Return such a folder, whose target `registry` is a prefix that nothing was pushed to yet."""
        folder = self.project(count)
        self._prefixes += 1
        write_config(folder, f"{self.registry.url}/run-{self._prefixes}")
        return folder

    def pallet(self, folder: Path, *arguments: str, exit_codes: Collection[int] = (0,)) -> Finished:
        """Run one command of pallet in a fresh interpreter."""
        return self.run([sys.executable, "-m", "reconciler", *arguments], folder, exit_codes=exit_codes)

    def stretch(self, client: str, folder: Path, connections: int) -> Stretch:
        """Let a client of `benchmarks.stretch` work in a process of its own."""
        command = [sys.executable, "-m", "benchmarks.stretch", client, str(folder), str(connections)]
        return Stretch(**json.loads(self.run(command, folder).output))

    def run(
        self, command: Sequence[str | Path], folder: Path, *, exit_codes: Collection[int] = (0,)
    ) -> Finished:
        return run_measured(command, folder=folder, environment=self.environment, exit_codes=exit_codes)
