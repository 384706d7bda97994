from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_files import check_document, describe_document
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind
from reconciler.desired.reading.documents import Document, Format, read_document
from reconciler.desired.reading.notes import Notes
from reconciler.errors import DocumentError

FILES = Path(__file__).parent / "files"
KINDS = builtin_kinds()


def read(file: str) -> Document:
    suffix_format = Format.JSON if file.endswith(".json") else Format.YAML
    return read_document((FILES / file).read_bytes(), file=file, suffix_format=suffix_format)


def own_kind(root: Path, schema: str) -> Kind:
    kind, _ = parse_kind("own", {"media-type": "application/vnd.acme.x.v1+yaml", "schema": schema}, root=root)
    assert kind is not None
    return kind


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("nightly-report.yaml", "workflow"),
        ("fan-out.yaml", "workflow"),
        ("triage.yaml", "workflow"),
        ("reader-card.json", "agent-card"),
        ("a2a-card.json", "agent-card"),
        ("reader-card.json", "config"),
    ],
)
def test_good_files_are_accepted(file: str, kind: str) -> None:
    assert check_document(read(file), KINDS[kind]) == []


def test_every_problem_has_its_line() -> None:
    problems = check_document(read("misspelt.yaml"), KINDS["workflow"])
    assert [str(problem) for problem in problems] == [
        "misspelt.yaml:3: metadata.descripton: unknown key 'descripton': did you mean 'description'?",
        "misspelt.yaml:4: metadata.version: expected text, got the number 1.1 (written 1.10)",
        "misspelt.yaml:6: steps[0]: missing key 'skill': expected it, or branches or steps",
        "misspelt.yaml:7: steps[0].skil: unknown key 'skil': did you mean 'skill'?",
        "misspelt.yaml:8: steps[0].timeout: expected a whole number, got the text '60'",
        "misspelt.yaml:11: steps[1].step_type: expected one of sequential, parallel, conditional, switch, "
        "got the text 'paralel': did you mean 'parallel'?",
        "misspelt.yaml:12: steps[1].timeout: expected more than 0, got the number 0",
    ]


def test_unclosed_file_is_refused_where_it_opens() -> None:
    with pytest.raises(DocumentError) as caught:
        read("unclosed.yaml")
    assert [problem.line for problem in caught.value.problems] == [7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[]", ["f:1: expected an object, got an empty list"], id="list"),
        pytest.param(
            '{"name": "a"}',
            ["f:1: missing key 'skills'", "f:1: missing key 'url': expected it, or supportedInterfaces"],
            id="missing",
        ),
        pytest.param(
            '{"name": "a", "url": "nowhere",\n"skills": [{"name": "b"}, 3]}',
            [
                "f:1: url: expected a URL such as https://agents.example.com/plan, got the text 'nowhere'",
                "f:2: skills[0]: missing key 'id'",
                "f:2: skills[1]: expected an object, got the number 3",
            ],
            id="inside",
        ),
    ],
)
def test_bad_agent_cards_are_explained(text: str, expected: list[str]) -> None:
    document = read_document(text.encode(), file="f", suffix_format=Format.JSON)
    assert [str(problem) for problem in check_document(document, KINDS["agent-card"])] == expected


def workflow(branches: object) -> Document:
    value = {"metadata": {"name": "a", "version": "1.0.0"}, "steps": [{"id": "s", "branches": branches}]}
    return read_document(json.dumps(value).encode(), file="f", suffix_format=Format.JSON)


STEP = {"id": "a", "skill": "b"}


@pytest.mark.parametrize(
    "branches", [[[STEP]], [STEP], {"x": [STEP]}, {"x": STEP}, {"x": {"steps": [STEP]}}, {"steps": [STEP]}]
)
def test_branches_have_many_forms(branches: object) -> None:
    assert check_document(workflow(branches), KINDS["workflow"]) == []


@pytest.mark.parametrize(
    ("branches", "path", "message"),
    [
        ([], "steps[0].branches", "expected at least 1 items, got 0"),
        ({}, "steps[0].branches", "expected at least 1 keys, got 0"),
        ("x", "steps[0].branches", "expected a list or an object, got the text 'x'"),
        ([[{"skill": "b"}]], "steps[0].branches[0][0]", "missing key 'id'"),
        ({"x": {"a": 1}}, "steps[0].branches.x", "missing key 'steps'"),
        ({"x": 1}, "steps[0].branches.x", "expected a list or an object, got the number 1"),
    ],
)
def test_bad_branches_are_explained(branches: object, path: str, message: str) -> None:
    [problem] = check_document(workflow(branches), KINDS["workflow"])
    assert (problem.path, problem.message) == (path, message)


def test_schemas_must_be_schemas() -> None:
    document = read_document(
        b'{"type": "object",\n"required": true}', file="s.json", suffix_format=Format.JSON
    )
    problems = check_document(document, KINDS["schema"])
    assert [str(problem) for problem in problems] == [
        "s.json:2: required: expected a list, got the boolean true"
    ]


def test_own_schema_is_used(tmp_path: Path) -> None:
    (tmp_path / "own.schema.json").write_text('{"required": ["owner"]}')
    kind = own_kind(tmp_path, "own.schema.json")
    document = read_document(b"a: 1", file="f", suffix_format=Format.YAML)
    assert [str(problem) for problem in check_document(document, kind)] == ["f:1: missing key 'owner'"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            "missing.json", "missing.json: schema cannot be read: No such file or directory", id="missing"
        ),
        pytest.param(
            "bad.json",
            "bad.json:2: type: expected one of array, boolean, integer, null, number, object, string, got the text 'x'",
            id="bad",
        ),
        pytest.param(
            "../outside.json", "../outside.json: expected a schema inside the project", id="outside"
        ),
        pytest.param("no.json", "no.json:1: not JSON: expecting value, got 'no'", id="not-json"),
    ],
)
def test_own_schema_that_is_none_is_refused(tmp_path: Path, schema: str, expected: str) -> None:
    (tmp_path / "bad.json").write_text('{\n"type": "x"}')
    (tmp_path / "no.json").write_text("no")
    with pytest.raises(DocumentError) as caught:
        check_document(read("triage.yaml"), own_kind(tmp_path, schema))
    assert str(caught.value) == expected


def test_field_that_is_no_annotation_has_its_line() -> None:
    document = read_document(b"metadata:\n  owner: {a: 1}\n", file="f", suffix_format=Format.YAML)
    table = {"media-type": "application/vnd.acme.x.v1+yaml", "annotations": {"k": "metadata.owner"}}
    kind, _ = parse_kind("own", table, root=Path())
    assert kind is not None
    with pytest.raises(DocumentError) as caught:
        describe_document(document, kind)
    expected = "f:2: metadata.owner: expected text, a number, or a list of them, got an object with 1 key"
    assert str(caught.value) == expected


@pytest.mark.parametrize("has_notes", [False, True])
def test_literal_ways_pass_over_what_others_refuse(has_notes: bool) -> None:
    way = {
        "path": "level",
        "function": "strongest",
        "order": ["low", "high"],
        "default": "low",
        "literal": True,
    }
    table = {"media-type": "application/vnd.acme.x.v1+yaml", "annotations": {"k": way}}
    kind, problems = parse_kind("own", table, root=Path())
    assert kind is not None, problems
    document = read_document(b'level: "{{ vars.level }}"\n', file="f", suffix_format=Format.YAML)
    document = replace(document, notes=Notes(kind) if has_notes else None)
    assert describe_document(document, kind) == {"k": "low"}
    with pytest.raises(DocumentError) as caught:
        describe_document(document, kind, is_literal=False)
    assert str(caught.value) == "f:1: level: expected one of low, high, got '{{ vars.level }}'"
    assert describe_document(document, kind) == {"k": "low"}


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        pytest.param({"function": "count"}, "1", id="count"),
        pytest.param({"alias": {"{{ a }}": "z"}}, "b", id="alias"),
        pytest.param({"function": "unique", "join": ","}, "b", id="unique"),
    ],
)
def test_literal_ways_are_the_same_with_notes(way: dict[str, object], expected: str) -> None:
    table = {
        "media-type": "application/vnd.acme.x.v1+yaml",
        "annotations": {"k": {"path": "s", "literal": True, **way}},
    }
    kind, problems = parse_kind("own", table, root=Path())
    assert kind is not None, problems
    document = read_document(b's: ["{{ a }}", b]\n', file="f", suffix_format=Format.YAML)
    noted = replace(document, notes=Notes(kind))
    assert [describe_document(each, kind) for each in (document, noted, noted)] == [{"k": expected}] * 3


def test_annotations_are_described() -> None:
    assert describe_document(read("triage.yaml"), KINDS["workflow"])["org.pallet.workflow.timeout"] == "80"


def test_chart_may_have_dates() -> None:
    text = b"apiVersion: v2\nname: a\nversion: 1.0.0\nappVersion: 2020-01-01\n"
    document = read_document(text, file="Chart.yaml", suffix_format=Format.YAML)
    assert check_document(document, KINDS["helm-chart"]) == []
