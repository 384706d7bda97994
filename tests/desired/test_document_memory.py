from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.desired.document_memory import FILE_NAME, DocumentMemory, revision_of
from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_files import check_document, describe_document
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind
from reconciler.desired.reading.documents import Document
from reconciler.desired.reading.notes import Notes
from reconciler.errors import DocumentError, Problem
from reconciler.oci.digest import Digest
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

WORKFLOW = builtin_kinds()["workflow"]
GOOD = workflow()
DOUBTFUL = """\
metadata: {name: Switch, version: 1.0.0}
others: &others [é, 1.5, -0.0, null, true, 10000000000000000000000, "\\ud7ff", 2024-01-01]
again: {<<: {a: *others}}
steps:
  - id: route
    step_type: switch
    condition: x
    branches: {code: [{id: code, skill: write_code}]}
"""
BAD = GOOD.replace("skill:", "skil:")


def look(
    folder: Path, text: str, *, file: str = "a.yaml", kind: Kind = WORKFLOW
) -> tuple[Document, list[Problem]]:
    """Read, check, describe and keep a file, as `gather` does."""
    content = text.encode()
    digest = Digest.of(content)
    with DocumentMemory(folder) as memory:
        document = memory.read(content, digest, file=file, kind=kind)
        problems = check_document(document, kind)
        if not any(problem.severity == "error" for problem in problems):
            describe_document(document, kind)
            memory.keep(digest, document)
    return document, problems


def is_recalled(document: Document) -> bool:
    return document.notes is not None and document.notes.is_recalled


@pytest.mark.parametrize("text", [GOOD, DOUBTFUL, "\ufeff" + GOOD], ids=["good", "doubtful", "with-mark"])
def test_second_look_gives_the_same(tmp_path: Path, text: str) -> None:
    first, problems = look(tmp_path, text)
    second, again = look(tmp_path, text)
    assert (is_recalled(first), is_recalled(second)) == (False, True)
    assert (second, again) == (first, problems)
    assert describe_document(second, WORKFLOW) == describe_document(first, WORKFLOW)
    assert second.position(("steps",)) == first.position(("steps",))


def test_problems_name_the_file_that_is_asked_about(tmp_path: Path) -> None:
    look(tmp_path, DOUBTFUL)
    document, problems = look(tmp_path, DOUBTFUL, file="b.yaml")
    assert is_recalled(document)
    assert [(problem.file, problem.code) for problem in problems] == [("b.yaml", "PLT015")]


def test_file_with_errors_is_not_remembered(tmp_path: Path) -> None:
    look(tmp_path, BAD)
    document, problems = look(tmp_path, BAD)
    assert not is_recalled(document)
    assert problems != []


def test_unreadable_file_is_refused_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(DocumentError):
            look(tmp_path, "a: [")


def test_other_kind_knows_nothing(tmp_path: Path) -> None:
    look(tmp_path, GOOD)
    other = replace(WORKFLOW, annotations=WORKFLOW.annotations[:1])
    document, _ = look(tmp_path, GOOD, kind=other)
    assert not is_recalled(document)


def test_changed_schema_knows_nothing(tmp_path: Path) -> None:
    table = {"media-type": "application/vnd.acme.x.v1+yaml", "schema": "s.json"}
    answers = []
    for number, schema in enumerate(("true", "true", '{"required": ["absent"]}')):
        root = tmp_path / str(number)  # a schema is read once for each folder in a process
        root.mkdir()
        (root / "s.json").write_text(schema)
        kind, _ = parse_kind("own", table, root=root)
        assert kind is not None
        document, problems = look(tmp_path / "memory", GOOD, kind=kind)
        answers.append((is_recalled(document), [problem.code for problem in problems]))
    assert answers == [(False, []), (True, []), (False, ["missing-key"])]


def test_notes_are_of_one_kind_alone(tmp_path: Path) -> None:
    document, _ = look(tmp_path, GOOD)
    assert document.notes is not None
    document.notes.problems = (Problem("remembered", "of a workflow"),)
    assert [problem.code for problem in check_document(document, WORKFLOW)] == ["remembered"]
    assert check_document(document, builtin_kinds()["config"]) == []
    assert isinstance(document.notes, Notes)


def test_every_builtin_kind_has_its_revision() -> None:
    revisions = {revision_of(kind) for kind in builtin_kinds().values()}
    assert len(revisions) == len(builtin_kinds())


def test_memory_without_folder_keeps_nothing() -> None:
    with DocumentMemory(None) as memory:
        document = memory.read(GOOD.encode(), Digest.of(GOOD.encode()), file="a", kind=WORKFLOW)
        memory.keep(Digest.of(GOOD.encode()), document)
    assert document.notes is None


def digests(folder: ProjectFolder, memory: Path | None) -> list[str]:
    from reconciler.desired.project import load_project

    project = load_project(folder.config, documents=DocumentMemory(memory))
    return [item.digest for item in project.wanted]


def test_digests_are_the_same_with_a_memory(tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "p", WORKFLOWS, {f"workflows/{n}.yaml": workflow(f"1.{n}.0") for n in range(5)}
    )
    without = digests(folder, None)
    assert [digests(folder, tmp_path / "memory") for _ in range(2)] == [without, without]
    (tmp_path / "memory" / FILE_NAME).write_bytes(b"spoilt" * 1000)
    assert digests(folder, tmp_path / "memory") == without


def test_two_processes_share_one_memory(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"workflows/{n}.yaml": workflow(f"1.{n}.0") for n in range(30)}
    folder = make_project(tmp_path / "p", WORKFLOWS, files)
    command = [sys.executable, "-m", "reconciler", "validate"]
    environment = {"PALLET_CACHE_DIR": str(tmp_path / "cache"), "PATH": "", "HOME": str(tmp_path)}
    runs = [
        subprocess.Popen(
            command, cwd=folder.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    ended = [run.communicate(timeout=60) for run in runs]
    assert ended == [(b"30 artifacts are valid\n", b"")] * 3
    assert (tmp_path / "cache" / "documents" / FILE_NAME).is_file()


LARGE = "".join(f'[[artifact]]\nname = "workflows/{number}"\nsize = {number}\n' for number in range(3000))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LARGE, id="large"),
        pytest.param('a = "é"\n', id="small"),
        pytest.param(f"at = 2024-01-01\n{LARGE}", id="with-a-date"),
        pytest.param(f"at = inf\n{LARGE}", id="without-end"),
    ],
)
def test_settings_say_the_same_again(tmp_path: Path, text: str) -> None:
    for _ in range(2):
        with DocumentMemory(tmp_path) as memory:
            assert memory.load_toml(text) == tomllib.loads(text)


def test_invalid_settings_are_refused_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        with DocumentMemory(tmp_path) as memory, pytest.raises(tomllib.TOMLDecodeError):
            memory.load_toml(f"{LARGE}a = [")
