"""Files are known by what they say; what looks like a kind and is invalid is said with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.desired.finding.tree import Tree
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser
from reconciler.desired.proposing.recognise import Recognised, Survey, recognise_files

WORKFLOW = "metadata:\n  name: plan\n  version: 1.2.0\nsteps:\n  - id: a\n    skill: s\n"
CARD = json.dumps({"name": "a", "url": "http://a", "skills": []})
SCHEMA = '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}'
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def _survey(root: Path, files: dict[str, str]) -> Survey:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    return recognise_files(Tree(root))


def _said(survey: Survey) -> list[str]:
    return [str(problem) for problem in survey.refused]


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        pytest.param("a.yaml", {"steps": [], "metadata": {}}, "workflow", id="workflow"),
        pytest.param("a.json", {"steps": [], "metadata": {}}, "workflow", id="workflow-in-json"),
        pytest.param("a.yaml", {"steps": {}, "metadata": {}}, None, id="steps-that-are-no-list"),
        pytest.param("a.yaml", {"steps": []}, None, id="steps-without-metadata"),
        pytest.param("a.yaml", [], None, id="list"),
        pytest.param("a.json", {"name": "a", "skills": [], "url": "u"}, "agent-card", id="card"),
        pytest.param(
            "a.json", {"name": "a", "skills": [], "supportedInterfaces": []}, "agent-card", id="a2a"
        ),
        pytest.param(
            "a.json", {"name": "a", "skills": [], "protocolVersion": "1"}, "agent-card", id="old-a2a"
        ),
        pytest.param("a.json", {"name": "a", "skills": []}, None, id="skills-without-address"),
        pytest.param("a.yaml", {"name": "a", "skills": [], "url": "u"}, None, id="card-in-yaml"),
        pytest.param(
            "a.json", {"$schema": "http://json-schema.org/draft-07/schema#"}, "schema", id="draft-7"
        ),
        pytest.param(
            "a.json", {"$schema": "https://json-schema.org/draft/2020-12/schema"}, "schema", id="2020"
        ),
        pytest.param(
            "a.json", {"$schema": "https://json.schemastore.org/x"}, None, id="names-its-own-schema"
        ),
        pytest.param("a.json", {"$schema": 7}, None, id="schema-that-is-no-text"),
        pytest.param(
            "c/Chart.yaml", {"apiVersion": "v2", "name": "a", "version": "1"}, "helm-chart", id="chart"
        ),
        pytest.param("c/Chart.yaml", {"name": "a", "version": "1"}, None, id="chart-without-api-version"),
        pytest.param(
            "c/chart.yaml", {"apiVersion": "v2", "name": "a", "version": "1"}, None, id="other-name"
        ),
    ],
)
def test_kind_by_content(path: str, value: object, kind: str | None) -> None:
    found = Recogniser(builtin_kinds()).kind_of(path, value)
    assert (found.name if found else None) == kind


def test_each_kind_is_recognised(tmp_path: Path) -> None:
    survey = _survey(tmp_path, {"w.yml": WORKFLOW, "a/c.json": CARD, "s.json": SCHEMA, "x/Chart.yaml": CHART})
    assert survey.recognised == [
        Recognised("a/c.json", "agent-card"),
        Recognised("s.json", "schema"),
        Recognised("w.yml", "workflow", "1.2.0"),
        Recognised("x/Chart.yaml", "helm-chart", "1.0.0"),
    ]
    assert survey.refused == []
    assert survey.unknown == []


def test_first_problem_is_said_with_its_line(tmp_path: Path) -> None:
    survey = _survey(
        tmp_path, {"w.yaml": WORKFLOW.replace("  name: plan\n", "").replace("    skill: s\n", "")}
    )
    assert survey.recognised == []
    assert _said(survey) == ["w.yaml:1: metadata: missing key 'name' (and 1 more)"]


def test_file_that_is_no_yaml_is_said(tmp_path: Path) -> None:
    survey = _survey(tmp_path, {"w.yaml": WORKFLOW + "\tx: 1\n"})
    assert _said(survey) == ["w.yaml:7: a tab as indentation: expected spaces"]


def test_json_workflow_is_read_as_yaml(tmp_path: Path) -> None:
    text = '{"metadata": {"name": "a", "version": "1.0.0"}, "steps": [{"id": "a", "skill": "s"}]}'
    survey = _survey(tmp_path, {"w.json": text, "half.json": text.replace('"s"', '"\\ud800"')})
    assert survey.recognised == [Recognised("w.json", "workflow", "1.0.0")]
    assert [problem.code for problem in survey.refused] == ["lone-surrogate"]


def test_broken_neighbour_is_said_and_a_stranger_is_not(tmp_path: Path) -> None:
    survey = _survey(
        tmp_path, {"a/c.json": CARD, "a/broken.json": "{", "b/broken.json": "{", "a/x.json": "{}"}
    )
    assert [problem.file for problem in survey.refused] == ["a/broken.json"]
    assert survey.unknown == ["a/x.json", "b/broken.json"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("node_modules/p/w.yaml", id="packages"),
        pytest.param(".hidden/w.yaml", id="hidden-folder"),
        pytest.param(".w.yaml", id="hidden-file"),
        pytest.param(".pallet/w.yaml", id="pallets-own"),
        pytest.param("ignored/w.yaml", id="ignored-by-git"),
        pytest.param("venv/lib/w.yaml", id="virtual-environment"),
        pytest.param("other/w.yaml", id="other-project"),
        pytest.param("clone/w.yaml", id="other-repository"),
        pytest.param("chart/templates/w.yaml", id="inside-a-chart"),
    ],
)
def test_what_others_own_is_left_alone(tmp_path: Path, path: str) -> None:
    marks = {".gitignore": "ignored/\n", "venv/pyvenv.cfg": "", "other/pallet.toml": "", "clone/.git": ""}
    survey = _survey(tmp_path, {**marks, "chart/Chart.yaml": CHART, path: WORKFLOW})
    assert [file.path for file in survey.recognised] == ["chart/Chart.yaml"]
    assert survey.unknown == []


def test_well_known_cards_are_found(tmp_path: Path) -> None:
    survey = _survey(tmp_path, {".well-known/agent-card.json": CARD})
    assert [file.path for file in survey.recognised] == [".well-known/agent-card.json"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "loop").symlink_to(tmp_path)
    (tmp_path / "flows" / "again.yaml").symlink_to("w.yaml")
    survey = _survey(tmp_path, {"flows/w.yaml": WORKFLOW})
    assert [file.path for file in survey.recognised] == ["flows/w.yaml"]


def test_parts_of_a_chart_at_the_top_are_no_candidates(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "templates/w.yaml": WORKFLOW,
        "values.schema.json": SCHEMA,
        "f/w.yaml": WORKFLOW,
    }
    survey = _survey(tmp_path, files)
    assert [file.path for file in survey.recognised] == ["Chart.yaml", "f/w.yaml"]


@pytest.mark.parametrize("version", ["1.0", "latest", "1.0.0-" + "a" * 130])
def test_card_version_that_is_no_tag_counts_as_none(tmp_path: Path, version: str) -> None:
    card = json.dumps({"name": "a", "url": "http://a", "skills": [], "version": version})
    assert _survey(tmp_path, {"c.json": card}).recognised == [Recognised("c.json", "agent-card")]


def test_too_large_a_file_is_unknown(tmp_path: Path) -> None:
    survey = _survey(tmp_path, {"big.json": json.dumps({"x": "y" * 9_000_000})})
    assert survey.unknown == ["big.json"]
