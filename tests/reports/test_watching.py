"""Events as programs and people read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import Problem
from reconciler.oci.reference import Tag
from reconciler.reports.watching import name_of, render_event_line, say
from reconciler.sync.watching import events
from reconciler.sync.watching.delivery import Pushed
from tests.support.wanted import digest
from tests.support.watching import EVENTS, read_event

NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
BUILD = digest("a build")
PUSHED = Pushed("flows/a", "1.0.0", BUILD, (Tag("1.0.0-dev.gx"), Tag("dev")), "host/flows/a:dev")
PROBLEM = Problem("wrong-type", "expected a number", "a.yaml", 7, 5, "steps[0]", "write one")
SAMPLES: list[tuple[events.Event, str | None]] = [
    (
        events.Watching("local", "oci-layout:x", "dev", 1, 4, None),
        "watching 1 folder for local (oci-layout:x), tag dev",
    ),
    (events.Polling("no room"), "looking every now and then from here on: no room"),
    (events.Changed(("a.yaml",)), None),
    (events.Unchanged(("a.yaml",)), None),
    (events.Reloaded("pallet.toml", 2), "pallet.toml read again: 2 artifacts"),
    (
        events.Retargeted("lab", "https://host/flows"),
        "from now on for lab (https://host/flows): everything is compared with it",
    ),
    (events.Joined("flows/a", "1.0.0"), "flows/a 1.0.0 joins"),
    (events.Left("flows/a", "1.0.0"), "flows/a 1.0.0 leaves; what was published stays"),
    (events.Standing("flows/a", "1.0.0", events.State.INVALID, ("a.yaml",)), None),
    (events.Found(PROBLEM), "a.yaml:7:5: steps[0]: expected a number [wrong-type]\n  → write one"),
    (events.Cleared("a.yaml"), None),
    (events.Mended("a.yaml"), "a.yaml: mended"),
    (
        events.Delivered(PUSHED, "save", 231.4, 29.8),
        f"host/flows/a:dev, 1.0.0-dev.gx is {BUILD.short} (1.0.0) 231 ms after saving",
    ),
    (events.Current("flows/a", "1.0.0", "host/flows/a:dev", BUILD), None),
    (
        events.Failed("flows/a", "1.0.0", "host/flows/a:dev", "no", "say yes", 1, will_retry=True),
        "flows/a 1.0.0: not published: no; trying again\n  → say yes",
    ),
    (events.Away("no answer", None, 1.0), "the registry is away, and is tried again: no answer"),
    (events.Back(12.4), "the registry is back after 12 s"),
    (events.Finished(1, 1, 0, 0, 0, 2, 3.0), None),
    (events.Commanded(1, 3, 0.25), "--exec: failed with exit code 3 after 0.2 s"),
    (events.Commanded(1, None, 9.0, "took too long"), "--exec: took too long"),
    (events.Commanded(1, 0, 0.25), None),
    (events.Said("hello"), None),
    (events.Paused(), "paused: changes are kept for later"),
    (events.Resumed(), "going on"),
    (events.Stopped("quit", 0, 1), "stopped (quit) after 1 push"),
]


@pytest.mark.parametrize(("event", "words"), SAMPLES)
def test_event_is_said_and_follows_its_schema(event: events.Event, words: str | None) -> None:
    assert say(event) == words
    document = read_event(render_event_line(event, NOW))
    assert document["time"] == "2026-03-01T09:30:00.123Z"
    assert document["event"] == name_of(event)


def test_every_event_has_a_sample_and_a_place_in_the_schema() -> None:
    classes = set(get_args(events.Event))

    assert {type(event) for event, _ in SAMPLES} == classes
    assert {name_of(event) for event, _ in SAMPLES} == set(EVENTS["$defs"])


def test_schema_is_sound_and_its_examples_pass() -> None:
    Draft202012Validator.check_schema(EVENTS)

    for name, definition in EVENTS["$defs"].items():
        for example in definition["examples"]:
            assert read_event(json.dumps(example))["event"] == name
