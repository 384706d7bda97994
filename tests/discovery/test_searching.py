"""Which entries somebody means who looks around."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.discovery.conditions import parse_condition
from reconciler.discovery.searching import Query, known_types, look_through, search
from reconciler.oci import media_types
from tests.discovery.workflows import CARD, said, workflow

IMAGE = "application/vnd.oci.image.config.v1+json"
PROMPT = "application/vnd.acme.prompt.v1+yaml"
OURS = {"org.pallet.project": "ours"}
SHELF = (
    workflow(
        "w/plan",
        "1.0.0",
        skills="plan",
        timeout="60",
        **OURS,
        **said(title="plan.yaml", description="Plans the REVIEW of code"),
    ),
    workflow("w/plan", "0.9.0", skills="plan,old"),
    workflow("w/code", "2.0.0-rc.1", skills="code,plan", timeout="soon", **said(title="Straße.yaml")),
    workflow("agents/clerk", "1.0.0", CARD, **OURS),
    workflow("images/base", "latest", IMAGE),
    workflow("prompts/greet", "1.0.0", PROMPT),
)


def names(query: Query, **kinds: str) -> list[str]:
    return [entry.repository for entry in search(SHELF, query, kinds=kinds).entries]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["agents/clerk", "images/base", "prompts/greet", "w/code", "w/plan"]),
        (Query(words=("review",)), ["w/plan"]),
        (Query(words=("Review", "code")), ["w/plan"]),
        (Query(words=("w/",)), ["w/code", "w/plan"]),
        (Query(words=("STRASSE",)), ["w/code"]),
        (Query(words=("review", "nothing")), []),
        (Query(skills=("plan",)), ["w/code", "w/plan"]),
        (Query(skills=("plan", "code")), ["w/code"]),
        (Query(skills=("old",)), []),
        (Query(types=("workflow",)), ["w/code", "w/plan"]),
        (Query(types=("Container Image", "agent-card")), ["agents/clerk", "images/base"]),
        (Query(types=("application/vnd.pallet.*",)), ["agents/clerk", "w/code", "w/plan"]),
        (Query(types=(PROMPT,)), ["prompts/greet"]),
        (Query(types=("artifact",)), ["prompts/greet"]),
        (Query(types=(media_types.OCI_INDEX,)), []),
        (Query(projects=("ou*",)), ["agents/clerk", "w/plan"]),
        (Query(repositories=("*/plan", "prompts/*")), ["prompts/greet", "w/plan"]),
        (Query(conditions=(parse_condition("timeout<=60"),)), ["w/plan"]),
        (Query(words=("plan",), types=("image",)), []),
    ],
)
def test_everything_asked_must_hold(query: Query, expected: list[str]) -> None:
    assert names(query) == expected


def test_images_for_several_platforms_are_images() -> None:
    several = replace(
        workflow("images/several", "1.0.0", media_types.OCI_INDEX), media_type=media_types.OCI_INDEX
    )
    typed = replace(workflow("w/bundle", "1.0.0"), media_type=media_types.OCI_INDEX)

    def found(kind: str) -> list[str]:
        entries = search((*SHELF, several, typed), Query(types=(kind,))).entries
        return [entry.repository for entry in entries]

    assert found("image") == ["images/base", "images/several"]
    assert found("index") == ["images/several", "w/bundle"]
    assert found("workflow") == ["w/bundle", "w/code", "w/plan"]


def test_project_of_an_image_is_what_the_catalog_names() -> None:
    whole = replace(workflow("images/whole", "1.0.0", IMAGE), owner="imgs")

    found = search((*SHELF, whole), Query(projects=("im*",)))

    assert [entry.repository for entry in found.entries] == ["images/whole"]


def test_kinds_of_the_project_have_names() -> None:
    assert names(Query(types=("prompt",)), prompt=PROMPT) == ["prompts/greet"]
    assert names(Query(types=("prompt",))) == []


def test_repository_shows_one_version() -> None:
    found = search(reversed(SHELF), Query(repositories=("w/*",)))

    assert [entry.tag for entry in found.entries] == ["2.0.0-rc.1", "1.0.0"]
    assert found.considered == 5


def test_every_version_is_looked_through() -> None:
    found = look_through(SHELF, Query(skills=("plan",)))

    assert [entry.tag for entry in found.entries] == ["1.0.0", "0.9.0", "2.0.0-rc.1"]


def test_lie_is_noted() -> None:
    (note,) = search(SHELF, Query(conditions=(parse_condition("timeout<=60"),))).notes

    assert note == "w/code:2.0.0-rc.1: org.pallet.workflow.timeout: expected seconds such as 600, got 'soon'"


def test_types_are_counted() -> None:
    assert known_types(SHELF) == ["workflow", "agent-card", PROMPT, "image"]
