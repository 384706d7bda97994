from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.desired.config_named_rules import media_type_warnings
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.errors import Severity
from tests.support.projects import WORKFLOWS, make_project

if TYPE_CHECKING:
    from reconciler.desired.kinds.kind import Kind

FLOW = """\
metadata: {name: A, version: 1.0.0, cost: high, language: [python, go], max-memory: 2GB}
steps:
  - {id: a, skill: b, timeout: 5}
  - {id: c, step_type: parallel, branches: {steps: [{id: d, skill: e, timeout: 9}]}}
"""
OWN = '\n[[artifact]]\nfiles = "p/*"\nrepository = "p/{stem}"\nkind = "own"\nversion = "1.0.0"\n[kind.own]\n'


def warnings(root: Path, toml: str, files: dict[str, str]) -> list[str]:
    found = make_project(root, toml, files).load().warnings
    assert {problem.severity for problem in found} <= {Severity.WARNING}
    return [f"{problem} [{problem.code}]" for problem in found]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("cost", "low", "the file says 'high', pallet.toml says 'low', which wins", id="field"),
        pytest.param("cost", "high", None, id="the-same"),
        pytest.param("language", "python,go", None, id="the-same-list"),
        pytest.param("skills", "b", "the file says 'b,e', pallet.toml says 'b', which wins", id="collected"),
        pytest.param(
            "type",
            "sequential",
            "the file says 'parallel', pallet.toml says 'sequential', which wins",
            id="type",
        ),
        pytest.param("timeout", "99", None, id="estimated"),
        pytest.param(
            "timeout",
            "8",
            "the file has a step that may take 9 s, pallet.toml says '8' for all of them, which wins",
            id="less-than-one-step",
        ),
        pytest.param("timeout", "9", None, id="as-much-as-one-step"),
        pytest.param("language", "go, python", None, id="other-order"),
        pytest.param(
            "language",
            "go",
            "the file says 'python,go', pallet.toml says 'go', which wins",
            id="fewer-items",
        ),
        pytest.param("max-memory", "2000MB", None, id="the-same-amount"),
        pytest.param(
            "max-memory",
            "2GiB",
            "the file says '2GB', pallet.toml says '2GiB', which wins",
            id="other-amount",
        ),
        pytest.param("priority", "3", None, id="only-by-hand"),
    ],
)
def test_annotation_by_hand_wins_and_is_said(
    tmp_path: Path, key: str, value: str, expected: str | None
) -> None:
    toml = f'{WORKFLOWS}[artifact.annotations]\n"org.pallet.workflow.{key}" = "{value}"\n'
    project = make_project(tmp_path, toml, {"workflows/a.yaml": FLOW}).load()
    assert project.wanted[0].annotations[f"org.pallet.workflow.{key}"] == value
    written = (tmp_path / "pallet.toml").read_text("utf-8")
    line = written[: written.index('"org.pallet')].count("\n") + 1
    place = f"pallet.toml:{line}: artifact[0].annotations.org.pallet.workflow.{key}: workflows/a.yaml: "
    assert [str(problem) for problem in project.warnings] == ([place + expected] if expected else [])


@pytest.mark.parametrize(
    ("written", "place"),
    [
        pytest.param('\n[artifact.annotations]\n  "org.pallet.workflow.cost" = "low"\n', (10, 3), id="table"),
        pytest.param('annotations = { "org.pallet.workflow.cost" = "low" }\n', (8, 17), id="inline"),
        pytest.param('annotations."org.pallet.workflow.cost" = "low"\n', (8, 1), id="dotted"),
    ],
)
def test_contradiction_is_at_its_annotation(tmp_path: Path, written: str, place: tuple[int, int]) -> None:
    project = make_project(tmp_path, WORKFLOWS + written, {"workflows/a.yaml": FLOW}).load()
    assert [(found.line, found.column) for found in project.warnings] == [place]


def test_own_timeout_of_a_file_is_compared_as_a_number(tmp_path: Path) -> None:
    flow = FLOW.replace("cost: high", "timeout: 60")
    toml = f'{WORKFLOWS}[artifact.annotations]\n"org.pallet.workflow.timeout" = "60.0"\n'
    assert warnings(tmp_path, toml, {"workflows/a.yaml": flow}) == []


@pytest.mark.parametrize(
    ("hand", "expected"), [pytest.param("1.1", 1, id="number"), pytest.param("1.10", 0, id="text")]
)
def test_plain_numbers_are_texts(tmp_path: Path, hand: str, expected: int) -> None:
    kind = 'media-type = "application/vnd.acme.p.v1+yaml"\nannotations = { "com.acme.x" = "x" }\n'
    toml = OWN.replace("[kind.own]", f'annotations = {{ "com.acme.x" = "{hand}" }}\n[kind.own]') + kind
    assert len(warnings(tmp_path, toml, {"p/a.yaml": 'x: "1.10"\n'})) == expected


def test_default_of_a_kind_is_not_contradicted(tmp_path: Path) -> None:
    toml = f'{WORKFLOWS}[artifact.annotations]\n"org.pallet.workflow.type" = "parallel"\n'
    flow = "metadata: {name: A, version: 1.0.0}\nsteps: [{id: a, skill: b}]\n"
    assert warnings(tmp_path, toml, {"workflows/a.yaml": flow}) == []


@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [
        pytest.param('media-type = "application/vnd.acme.p.v1+yaml"', "a.yaml", [], id="good"),
        pytest.param('media-type = "application/vnd.acme.p.v2.1+json"', "a.json", [], id="minor"),
        pytest.param('media-type = "text/markdown"', "a.md", [], id="registered"),
        pytest.param('media-type = "application/vnd.acme.p.v1+yaml"', "a.json", [], id="json-is-yaml"),
        pytest.param(
            'media-type = "application/vnd.acme.p+yaml"',
            "a.yaml",
            [
                "pallet.toml:10: kind.own.media-type: expected a version such as .v1 in the media type, "
                "got 'application/vnd.acme.p+yaml' [PLT060]"
            ],
            id="no-version",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1"\nformat = "json"',
            "a.json",
            [
                "pallet.toml:10: kind.own.media-type: expected a suffix such as +json in the media type, "
                "got 'application/vnd.acme.p.v1' [PLT061]"
            ],
            id="no-suffix",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1"',
            "a.md",
            [
                "pallet.toml:10: kind.own.media-type: expected a suffix such as +yaml in the media type, "
                "got 'application/vnd.acme.p.v1' [PLT061]"
            ],
            id="no-suffix-and-no-format",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1"\nformat = "none"',
            "a.md",
            [
                "pallet.toml:10: kind.own.media-type: expected a suffix such as +yaml in the media type, "
                "got 'application/vnd.acme.p.v1' [PLT061]"
            ],
            id="no-suffix-and-not-looked-into",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p"',
            "a.md",
            [
                "pallet.toml:10: kind.own.media-type: expected a version such as .v1 in the media type, "
                "got 'application/vnd.acme.p' [PLT060]",
                "pallet.toml:10: kind.own.media-type: expected a suffix such as +yaml in the media type, "
                "got 'application/vnd.acme.p' [PLT061]",
            ],
            id="neither",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1+zip"\nformat = "yaml"',
            "a.zip",
            [
                "pallet.toml:10: kind.own.media-type: expected a media type that ends with +yaml, as format "
                "says, got 'application/vnd.acme.p.v1+zip' [PLT062]"
            ],
            id="suffix-of-an-archive",
        ),
        pytest.param(
            'media-type = "application/vnd.oci.image.layer.v1.tar"', "a.tar", [], id="of-the-specification"
        ),
        pytest.param('media-type = "application/vnd.cyclonedx+xml"', "a.xml", [], id="of-other-tools"),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1+json"\nformat = "yaml"',
            "a.json",
            [
                "pallet.toml:10: kind.own.media-type: expected a media type that ends with +yaml, as format "
                "says, got 'application/vnd.acme.p.v1+json' [PLT062]"
            ],
            id="other-suffix",
        ),
        pytest.param(
            'media-type = "application/vnd.acme.p.v1+json"',
            "a.yaml",
            ["p/a.yaml: expected a file in json, as application/vnd.acme.p.v1+json says, got yaml [PLT062]"],
            id="other-file",
        ),
    ],
)
def test_doubtful_media_type_is_said(tmp_path: Path, kind: str, file: str, expected: list[str]) -> None:
    assert warnings(tmp_path, OWN + kind + "\n", {f"p/{file}": "{}"}) == expected


@pytest.mark.parametrize("kind", builtin_kinds().values(), ids=list(builtin_kinds()))
def test_types_of_kinds_that_come_along_are_not_doubted(kind: Kind) -> None:
    assert list(media_type_warnings(kind)) == []


@pytest.mark.parametrize("code", ["PLT060", "PLT063"])
def test_doubts_are_switched_off_by_code(tmp_path: Path, code: str) -> None:
    toml = f'{WORKFLOWS}[artifact.annotations]\n"org.pallet.workflow.cost" = "low"\n[kind.own]\n'
    toml += 'media-type = "application/vnd.acme.p+yaml"\n'
    files = {"workflows/a.yaml": FLOW}
    everything = {problem.code for problem in make_project(tmp_path, toml, files).load().warnings}
    assert everything == {"PLT060", "PLT063"}
    ignoring = f'{toml}[rules]\nignore = ["{code}"]\n'
    rest = {problem.code for problem in make_project(tmp_path, ignoring, files).load().warnings}
    assert rest == everything - {code}
