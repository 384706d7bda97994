"""Files that somebody names, and what is remembered of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.reading.documents import Document
from reconciler.desired.validating import check_named
from reconciler.oci.digest import Digest
from tests.support.projects import WORKFLOWS, make_project, workflow
from tests.support.scenarios import card


def recalled(memory: Path, path: Path, kind: str) -> Document | None:
    content = path.read_bytes()
    with DocumentMemory(memory) as documents:
        return documents.recall(content, Digest.of(content), file="f", kind=builtin_kinds()[kind])


@pytest.mark.parametrize("has_entry", [True, False], ids=["by-entry", "by-content"])
@pytest.mark.parametrize("is_named", [True, False], ids=["file", "folder"])
def test_good_files_are_remembered(tmp_path: Path, has_entry: bool, is_named: bool) -> None:
    folder = make_project(tmp_path / "p", WORKFLOWS, {"workflows/a.yaml": workflow("1.0.0")})
    config = read_config(folder.config) if has_entry else None
    names = [folder.root / "workflows" / ("a.yaml" if is_named else "")]

    answers = [
        check_named(names, folder.root, config, documents=DocumentMemory(tmp_path / "memory"))
        for _ in range(2)
    ]

    document = recalled(tmp_path / "memory", folder.root / "workflows/a.yaml", "workflow")
    assert document is not None
    assert document.notes is not None
    assert document.notes.annotations, "whoever builds it finds out nothing again"
    assert answers[0] == answers[1]
    assert answers[0].files == ["workflows/a.yaml"]


def test_file_with_an_error_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(card("clerk", "sort").replace('"name"', '"nmae"'))
    (tmp_path / "b.yaml").write_text(workflow("1.0.0").replace("skill:", "skil:"))
    memory = tmp_path / "memory"

    answers = [
        check_named([tmp_path], tmp_path, None, documents=DocumentMemory(memory)).problems for _ in range(2)
    ]

    assert answers[0] == answers[1] != []
    assert recalled(memory, tmp_path / "b.yaml", "workflow") is None


def test_what_a_kind_cannot_take_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        workflow("1.0.0").replace("metadata:", "metadata:\n  requires: [{a: b}]")
    )

    problems = check_named([tmp_path / "a.yaml"], tmp_path, None).problems

    assert [problem.path for problem in problems] == ["metadata.requires[0]"]
