"""A project of many small workflows, the same bytes in every run.

Must never be added: anything random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PER_FOLDER = 1000
"""As many as somebody might keep in one folder."""

_CONFIG = """\
[project]
name = "benchmark"

[target.local]
url = "oci-layout:.pallet/registry"

[target.registry]
url = "{url}"

[defaults]
target = "local"
floating-tags = []

[[artifact]]
files = "workflows/*/*.yaml"
repository = "workflows/{{stem}}"
kind = "workflow"
version = {{ field = "metadata.version" }}
"""

_WORKFLOW = """\
metadata:
  id: flow-{number:05}
  name: Flow {number}
  version: 1.{minor}.0
  description: "Read, summarise and check document {number}"
  tags:
    - text
    - sequential

steps:
  - id: read
    skill: read_document
    inputs:
      url: "{{{{ workflow.input.url }}}}"
    outputs: text
    timeout: 60
    step_type: sequential

  - id: summarise
    skill: summarise_text
    inputs:
      text: "{{{{ steps.read.outputs.text }}}}"
    outputs: summary
    timeout: 300
    step_type: sequential
"""


def write_workflows(folder: Path, count: int) -> None:
    """Write `count` workflows, each of some 600 bytes and different from all others."""
    for number in range(count):
        path = folder / "workflows" / f"{number // _PER_FOLDER:02}" / f"flow-{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_WORKFLOW.format(number=number, minor=number % 10), encoding="utf-8")


def write_config(folder: Path, url: str) -> Path:
    """Write pallet.toml with `url` as the target `registry`; return its path.

    No floating tags: they would be requests that the clients compared with pallet do not send.
    """
    path = folder / "pallet.toml"
    path.write_text(_CONFIG.format(url=url), encoding="utf-8")
    return path
