"""Small project folders on disk: a pallet.toml, some files, and what pallet makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.lockfile import write_lock
from reconciler.desired.project import Project, load_project
from reconciler.errors import InvalidError, Problem

WORKFLOW = """\
metadata:
  name: Router
  version: "{version}"
steps:
  - id: first
    skill: {skill}
    timeout: 60
"""

HEAD = '[project]\nname = "acme"\n'
WORKFLOWS = '\n[[artifact]]\nfiles = "workflows/*.yaml"\nrepository = "workflows/{stem}"\nkind = "workflow"\n'
CONFIGS = '\n[[artifact]]\nfiles = "c/*.json"\nrepository = "c/{stem}"\nkind = "config"\nversion = "1.0.0"\n'


@dataclass(frozen=True, slots=True)
class ProjectFolder:
    """A folder with a pallet.toml."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "pallet.toml"

    @property
    def lock(self) -> Path:
        return self.root / "pallet.lock"

    def write(self, files: Mapping[str, str | bytes]) -> ProjectFolder:
        """Write files, folders included."""
        for path, content in files.items():
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self) -> Project:
        return load_project(self.config)

    def write_lock(self) -> Project:
        """Lock what the tree says; return the project with that lock."""
        project = self.load()
        write_lock(self.lock, project.lock, [item.as_locked for item in project.wanted])
        return self.load()

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong with the folder; nothing where it is good."""
        try:
            self.load()
        except InvalidError as exc:
            return exc.problems
        return ()

    def complaints(self) -> list[str]:
        """Return the problems as they are read: place, path, message; the folder is written ROOT."""
        return [str(problem).replace(str(self.root), "ROOT") for problem in self.problems()]


def workflow(version: str = "1.0.0", *, skill: str = "plan_it") -> str:
    """Return a valid workflow."""
    return WORKFLOW.format(version=version, skill=skill)


def requiring(name: str) -> str:
    """Return a valid workflow that requires another one."""
    return workflow().replace("name: Router", f"name: Router\n  requires: [{name}]")


def make_project(root: Path, toml: str, files: Mapping[str, str | bytes] | None = None) -> ProjectFolder:
    """Return a folder with this pallet.toml, below the lines that name the project, and these files."""
    root.mkdir(parents=True, exist_ok=True)
    folder = ProjectFolder(root)
    return folder.write({"pallet.toml": HEAD + toml, **(files or {})})
