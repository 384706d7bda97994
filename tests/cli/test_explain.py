"""explain: the three digests, the row that fits, and what differs by file, field and annotation."""

from __future__ import annotations

import json

import pytest

from tests.support.scenarios import Desk, triage


@pytest.fixture(params=["layout", "registry"])
def edited(request: pytest.FixtureRequest) -> Desk:
    """A workflow whose file has changed since it was published, in a layout or in a registry."""
    desk: Desk = request.getfixturevalue("desk" if request.param == "layout" else "online")
    assert desk.pallet("sync").code == 0
    desk.write("workflows/triage.yaml", triage(skill="choose_nobody").replace("timeout: 20", "timeout: 25"))
    return desk


def test_differences_are_named(edited: Desk) -> None:
    ran = edited.pallet("explain", "workflows/triage")

    assert ran.code == 0, ran.everything
    said = [line.strip() for line in ran.stdout.splitlines()]
    assert said[0] == "workflows/triage 1.0.0"
    assert 'field steps[1].skill: "choose_team" → "choose_nobody"' in said
    assert "field steps[1].timeout: 20 → 25" in said
    assert (
        "annotation org.pallet.workflow.skills: classify_ticket,choose_team → classify_ticket,choose_nobody"
        in said
    )
    assert "annotation org.pallet.workflow.timeout: 50 → 55" in said
    assert any(line.startswith("file triage.yaml: ") for line in said)
    assert any(line.startswith("file workflows/triage.yaml: ") for line in said)
    assert any(line.startswith("next       give it a new version, such as 1.0.1") for line in said)
    assert any(line.startswith("verdict    edited: ") for line in said)


def test_differences_are_in_the_document(edited: Desk) -> None:
    ran = edited.pallet("explain", "workflows/triage", "--format", "json")

    (action,) = json.loads(ran.stdout)["actions"]
    explanation = action["explanation"]
    changes = {(change["what"], change["where"]) for change in explanation["from_seen"]}
    assert {
        ("field", "steps[1].skill"),
        ("field", "steps[1].timeout"),
        ("annotation", "org.pallet.workflow.skills"),
        ("file", "triage.yaml"),
    } <= changes
    assert [change["where"] for change in explanation["from_locked"]] == ["workflows/triage.yaml"]


def test_three_digests_are_shown(edited: Desk) -> None:
    document = json.loads(edited.pallet("explain", "workflows/triage", "--format", "json").stdout)
    (action,) = document["actions"]

    said = edited.pallet("explain", "workflows/triage").stdout

    for fact in ("wanted", "locked", "seen"):
        assert any(line.split()[:2] == [fact, action[fact]] for line in said.splitlines())


def test_white_space_is_no_field(synced: Desk) -> None:
    synced.write("workflows/triage.yaml", triage() + "# a comment\n")

    said = synced.pallet("explain", "workflows/triage").stdout

    assert "comments, order or white space" in said
    assert "annotation" not in said


def test_glob_explains_each(synced: Desk) -> None:
    said = synced.pallet("explain", "agents/*").stdout

    assert [line for line in said.splitlines() if line and not line.startswith(" ")] == [
        "agents/archivist 1.0.0",
        "agents/clerk 1.0.0",
        "agents/editor 1.0.0",
    ]


def test_what_was_never_published_is_explained(desk: Desk) -> None:
    said = desk.pallet("explain", "workflows/triage").stdout

    assert "  locked     nothing\n" in said
    assert "  seen       absent\n" in said
    assert "  verdict    create: " in said
    assert "  next       pallet sync\n" in said
