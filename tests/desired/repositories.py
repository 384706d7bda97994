"""Real git repositories for tests: identity, clock and configuration come from the environment alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def git_environment(home: Path) -> dict[str, str]:
    """Return an environment in which git knows nothing of the user's own configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_AUTHOR_DATE": "2024-01-01T00:00:00+00:00",
        "GIT_COMMITTER_NAME": "C",
        "GIT_COMMITTER_EMAIL": "c@example.com",
        "GIT_COMMITTER_DATE": "2024-02-03T04:05:06+02:00",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "init.defaultBranch",
        "GIT_CONFIG_VALUE_0": "main",
        "GIT_CONFIG_KEY_1": "protocol.file.allow",
        "GIT_CONFIG_VALUE_1": "always",
    }


@dataclass(frozen=True, slots=True)
class Work:
    """A work tree."""

    root: Path
    environment: Mapping[str, str]

    def git(self, *arguments: str, **variables: str) -> str:
        environment = {**self.environment, **variables}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def shell(self, command: str) -> None:
        """Run a command as a user would copy it."""
        subprocess.run(
            command, shell=True, cwd=self.root, env=self.environment, check=True, capture_output=True
        )

    def write(self, path: str, text: str) -> Path:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")
        return self.root / path

    def commit(self, path: str = "pallet.lock", text: str = "", **variables: str) -> str:
        """Commit one file; return the commit's hash."""
        self.write(path, text)
        self.git("add", "--force", path)
        self.git("commit", "--quiet", "--allow-empty", "--message", path, **variables)
        return self.git("rev-parse", "HEAD")

    def clone(self, name: str, *options: str) -> Work:
        """Clone over file://, where `--depth` counts."""
        root = self.root.parent / name
        self.git("clone", "--quiet", *options, f"file://{self.root}", str(root))
        return Work(root, self.environment)


def make_repository(folder: Path) -> Work:
    """Return an empty repository below a folder, whose branch is `main`."""
    home = folder / "home"
    home.mkdir()
    work = Work(folder / "work", git_environment(home))
    work.root.mkdir()
    work.git("init", "--quiet")
    return work
