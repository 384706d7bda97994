"""What is built again, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.build_memory import BuildMemory, Built
from reconciler.desired.config_reader import read_config
from reconciler.desired.gather import gather
from tests.support.projects import WORKFLOWS, make_project, workflow
from tests.support.wanted import wanted

KEY = (0, ("a/b/c.yaml",))
BUILT = Built(wanted())


@pytest.mark.parametrize(
    ("depends_on", "touched", "is_kept"),
    [
        pytest.param(["a/b/c.yaml"], "a/b/c.yaml", False, id="itself"),
        pytest.param(["a/b/c.yaml"], "a/b/d.yaml", True, id="its-neighbour"),
        pytest.param(["a"], "a/b/x", False, id="below-a-folder"),
        pytest.param(["a"], "ab", True, id="a-name-that-begins-alike"),
        pytest.param([""], "anything", False, id="the-whole-project"),
    ],
)
def test_build_lasts_until_something_of_it_is_touched(
    depends_on: list[str], touched: str, is_kept: bool
) -> None:
    memory = BuildMemory()
    memory.keep(KEY, BUILT, depends_on)
    assert memory.knows(touched) is not is_kept

    memory.forget([touched])

    assert (memory.recall(KEY) is BUILT) is is_kept


def test_memory_holds_no_more_than_what_is_wanted() -> None:
    memory = BuildMemory()
    for number in range(100):
        memory.keep((0, (str(number),)), BUILT, [str(number)])
    memory.keep(KEY, BUILT, ["x"])
    memory.keep(KEY, BUILT, ["y"])
    memory.keep_only([KEY])

    assert len(memory) == 1
    assert list(memory.paths()) == ["y"]


def test_gathering_again_builds_only_what_was_touched(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS, {f"workflows/{name}.yaml": workflow() for name in "abc"})
    config, memory = read_config(folder.config), BuildMemory()
    first = {str(item.name): item for item in gather(config, built=memory).wanted}
    folder.write({"workflows/b.yaml": workflow(skill="other"), "workflows/c.yaml": "broken: ["})

    # Nobody says that anything was touched: nothing is read.
    assert {str(item.name): item for item in gather(config, built=memory).wanted} == first

    memory.forget(["workflows/b.yaml", "workflows/c.yaml"])
    again = gather(config, built=memory)
    later = {str(item.name): item for item in again.wanted}
    assert later["workflows/a"] is first["workflows/a"]
    assert later["workflows/b"].digest != first["workflows/b"].digest
    assert [problem.file for problem in again.problems] == ["workflows/c.yaml"]
    # A problem stays until it is mended.
    assert gather(config, built=memory).problems == again.problems


def test_artifact_with_attachments_depends_on_them(tmp_path: Path) -> None:
    attach = '[[artifact.attach]]\nfiles = "sboms/{stem}.txt"\nartifact-type = "text/x-test"\n'
    folder = make_project(
        tmp_path, WORKFLOWS + attach, {"workflows/a.yaml": workflow(), "sboms/a.txt": "one"}
    )
    memory = BuildMemory()
    gather(read_config(folder.config), built=memory)

    assert memory.knows("sboms/a.txt")
    assert not memory.knows("sboms/b.txt")
