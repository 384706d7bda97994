"""docs/library.md: its example runs, and its table names every method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler import Registry
from tests.library.shop import CODE, PLAN
from tests.support.docker_registry import PROJECT

PAGE = (PROJECT / "docs" / "library.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_example_finds_and_fetches(
    registry: Registry, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {}
    exec(EXAMPLES[0], names)

    fetch = names["fetch_workflow"]
    assert callable(fetch)
    fetched = fetch(url, tmp_path / "fetched")

    assert [path.read_text("utf-8") for path in fetched] == [CODE, PLAN]
    said = capsys.readouterr().out
    for repository, version in (("workflows/code", "2.0.0"), ("workflows/plan", "1.2.0")):
        digest = registry.resolve(repository, version).digest
        assert f"{repository} {version} {digest}" in said


def test_example_is_what_it_is_called() -> None:
    assert len(EXAMPLES[0].splitlines()) <= 30


def test_table_names_every_method() -> None:
    public = {name for name in dir(Registry) if not name.startswith("_")} - {"url"}

    assert {name for name in public if f"`{name}(" not in PAGE and f"`Registry.{name}(" not in PAGE} == set()
