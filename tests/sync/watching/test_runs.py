"""What a run comes to, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.desired.digest_memory import DigestMemory
from reconciler.desired.document_memory import NO_DOCUMENTS
from reconciler.errors import DigestMismatchError
from reconciler.oci.reference import Tag
from reconciler.sync.watching import events
from reconciler.sync.watching.channel import Channel
from reconciler.sync.watching.conductor import Outcome, Run
from reconciler.sync.watching.delivery import Deliverer
from reconciler.sync.watching.ledger import Ledger
from reconciler.sync.watching.noticeboard import Hints
from reconciler.sync.watching.runs import Runs
from reconciler.sync.watching.workshop import Workshop
from tests.support.memory_store import MemoryStore
from tests.support.projects import WORKFLOWS, make_project, workflow
from tests.support.wanted import digest

ADDRESS = ("lab", "https://memory.test")
OVERTAKEN = DigestMismatchError("router.yaml", expected=digest("before"), got=digest("after"))
NAME = "workflows/router"


@dataclass
class Scene:
    """Runs of one project into a store in memory."""

    runs: Runs
    store: MemoryStore
    told: list[events.Event] = field(default_factory=list)

    def run(self, *, anew: bool = False) -> tuple[Outcome, events.Finished]:
        outcome = self.runs.perform(Run(1, 0.0, takes_hints=anew, anew=anew), Hints(is_everything=anew))
        finished = self.told[-1]
        assert isinstance(finished, events.Finished)
        return outcome, finished


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    folder = make_project(tmp_path / "p", WORKFLOWS, {"workflows/router.yaml": workflow()})
    tag = Tag("dev")
    workshop = Workshop(
        read_config(folder.config), tag, lambda _: True, DigestMemory(tmp_path / "digests"), NO_DOCUMENTS
    )
    store, told = MemoryStore(), list[events.Event]()
    runs = Runs(
        workshop,
        Ledger(Channel(tag, False)),
        Deliverer(1),
        lambda _: store,
        told.append,
        lambda _: ADDRESS,
        ADDRESS,
    )
    return Scene(runs, store, told)


def test_what_was_saved_again_while_sent_waits(scene: Scene) -> None:
    scene.store.failing["put_blob", NAME] = OVERTAKEN

    outcome, finished = scene.run(anew=True)

    assert (finished.failed, finished.waiting) == (0, 1)
    assert (outcome.was_overtaken, outcome.has_failed, outcome.has_more) == (True, False, False)
    assert not [event for event in scene.told if isinstance(event, events.Failed)]


def test_what_stays_other_than_it_was_is_a_failure(scene: Scene) -> None:
    scene.store.failing["put_blob", NAME] = OVERTAKEN
    scene.run(anew=True)

    outcome, finished = scene.run()

    assert (finished.failed, outcome.has_failed, outcome.was_overtaken) == (1, True, False)
    assert [event.error for event in scene.told if isinstance(event, events.Failed)] == [str(OVERTAKEN)]


def test_what_was_overtaken_is_published_by_the_next_run(scene: Scene) -> None:
    scene.store.failing["put_blob", NAME] = OVERTAKEN
    scene.run(anew=True)
    scene.store.failing.clear()

    assert scene.run()[1].pushed == 1
