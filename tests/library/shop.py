"""A small project, and who hears of its steps: what tests of the library start from."""

from __future__ import annotations

import threading
from pathlib import Path

PLAN = """\
metadata: {name: plan, version: 1.2.0}
steps:
  - {id: plan, skill: create_plan}
"""
CODE = """\
metadata: {name: code, version: 2.0.0}
steps:
  - {id: plan, skill: create_plan}
  - {id: code, skill: generate_code}
"""
CONFIG = """\
[project]
name = "acme"
[target.shelf]
url = "{url}"
[target.other]
url = "oci-layout:other"
[[artifact]]
files = "workflows/plan.yaml"
repository = "workflows/{{stem}}"
kind = "workflow"
version = {{ field = "metadata.version" }}
[artifact.annotations]
"org.pallet.workflow.language" = "go"
"org.opencontainers.image.description" = "makes plans"
[[artifact]]
files = "workflows/code.yaml"
repository = "workflows/{{stem}}"
kind = "workflow"
version = {{ field = "metadata.version" }}
floating-tags = ["latest"]
[artifact.annotations]
"org.pallet.workflow.language" = "python"
"org.pallet.workflow.max-memory" = "2GB"
"org.pallet.workflow.requires" = "workflows/plan@^1"
"""
SECRET = "hush-hush"


class Heard:
    """Writes down the steps that it hears of."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []
        self.items: list[str] = []
        self.ended = 0
        self._lock = threading.Lock()

    def begin(self, what: str, total: int) -> None:
        with self._lock:
            self.steps.append((what, total))

    def advance(self, item: str) -> None:
        with self._lock:
            self.items.append(item)

    def end(self) -> None:
        with self._lock:
            self.ended += 1


def write_project(folder: Path, url: str) -> Path:
    """Write two workflows, of which one requires the other, that go to `url`."""
    (folder / "workflows").mkdir(parents=True)
    (folder / "pallet.toml").write_text(CONFIG.format(url=url), "utf-8")
    (folder / "workflows" / "plan.yaml").write_text(PLAN, "utf-8")
    (folder / "workflows" / "code.yaml").write_text(CODE, "utf-8")
    return folder


def environment_of(tmp_path: Path) -> dict[str, str]:
    """Return an environment without credentials, whose cache is the test's own."""
    return {"PALLET_CACHE_DIR": str(tmp_path / "cache"), "DOCKER_CONFIG": str(tmp_path / "none")}
