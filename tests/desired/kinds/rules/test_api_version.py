from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.kinds.kind import Kind
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds, parse_kind, with_editions
from reconciler.desired.kinds.rules.api_version import check_api_version
from reconciler.desired.reading.documents import Format, read_document

V1, V2 = (f"application/vnd.acme.prompt.v{number}+yaml" for number in (1, 2))
TOLD = {
    "media-type": V1,
    "variant": {"2": {"media-type": V2, "recognise": [{"matches": {"apiVersion": "/v2$"}}]}},
}
UNTOLD = {"media-type": V1, "variant": {"2": {"media-type": V2}}}
SEVEN = {**TOLD, "recognise": [{"matches": {"apiVersion": "/v7$"}}]}
FLOW_V2 = {"variant": {"2": {"media-type": "application/vnd.pallet.workflow.v2+yaml"}}}


def kinds_of(name: str, table: dict[str, Any]) -> dict[str, Kind]:
    kind, problems = parse_kind(name, table, root=Path())
    assert problems == []
    assert kind is not None
    return with_editions([kind])


def codes(kind: Kind, said: object) -> list[str]:
    value = {"apiVersion": said}
    return [violation.code for violation in check_api_version(kind.of(value), value)]


@pytest.mark.parametrize(
    ("table", "name", "said", "expected"),
    [
        pytest.param(TOLD, "prompt", "acme.dev/v1", [], id="own"),
        pytest.param(TOLD, "prompt", "acme.dev/v2", [], id="variant"),
        pytest.param(TOLD, "prompt", "acme.dev/v3", ["PLT064"], id="none"),
        pytest.param(TOLD, "prompt", "acme.dev/v1beta1", ["PLT064"], id="not-yet"),
        pytest.param(TOLD, "prompt", "pallet.org/v3", ["PLT065"], id="none-of-pallet"),
        pytest.param(TOLD, "prompt", "v3", [], id="no-group"),
        pytest.param(TOLD, "prompt", "acme.dev/3", [], id="no-version"),
        pytest.param(TOLD, "prompt", 3, [], id="number"),
        pytest.param(TOLD, "prompt", None, [], id="nothing"),
        pytest.param(TOLD, "prompt@1", "acme.dev/v3", [], id="named-by-hand"),
        pytest.param(UNTOLD, "prompt", "acme.dev/v3", [], id="told-by-nothing"),
        pytest.param(SEVEN, "prompt", "acme.dev/v7", [], id="asked-for"),
        pytest.param({"media-type": V1}, "prompt", "apps/v3", [], id="of-somebody-else"),
        pytest.param({"media-type": "text/plain"}, "prompt", "pallet.org/v3", [], id="no-versions"),
    ],
)  # fmt: skip
def test_version_that_the_kind_has_not_is_said(
    table: dict[str, Any], name: str, said: object, expected: list[str]
) -> None:
    assert codes(kinds_of("prompt", table)[name], said) == expected


@pytest.mark.parametrize(
    ("said", "expected"), [("pallet.org/v1", []), ("pallet.org/v2", ["PLT065"]), ("acme.dev/v2", [])]
)
def test_built_in_kind_knows_its_own_version(said: str, expected: list[str]) -> None:
    assert codes(builtin_kinds()["workflow"], said) == expected


def test_built_in_kind_with_another_version_knows_both() -> None:
    kind = kinds_of("workflow", FLOW_V2)["workflow"]
    two = {"metadata": {}, "steps": [], "apiVersion": "pallet.org/v2"}
    assert list(check_api_version(kind.of(two), two)) == []
    [violation] = check_api_version(kind, {**two, "apiVersion": "pallet.org/v3"})
    assert violation.message == (
        "expected a version that kind workflow has, pallet.org/v1 or pallet.org/v2, got 'pallet.org/v3'"
    )
    assert violation.fix == "write pallet.org/v1, or add a [kind.workflow.variant.3]"


def test_place_is_that_of_the_field() -> None:
    text = b'metadata: {name: A, version: "1.0.0"}\napiVersion: pallet.org/v2\nsteps: [{id: a, skill: b}]\n'
    document = read_document(text, file="w.yaml", suffix_format=Format.YAML)
    [problem] = check_document(document, builtin_kinds()["workflow"])
    assert (problem.code, problem.line, problem.column, problem.path) == ("PLT065", 2, 1, "apiVersion")


@pytest.mark.parametrize("value", [[], "a", None, {"apiVersion": {}}], ids=str)
def test_documents_of_any_form_are_looked_at(value: object) -> None:
    assert list(check_api_version(builtin_kinds()["workflow"], value)) == []
