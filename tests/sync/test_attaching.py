"""What is attached to an artifact, through a whole run: seen, planned, published, locked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired.attachments import Attachment
from reconciler.desired.lockfile import LockedFile
from reconciler.desired.wanted import Wanted
from reconciler.errors import StoreError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_CONTENT
from reconciler.oci.reference import Tag
from reconciler.oci.referrer_index import fallback_tag
from reconciler.oci.referrers import referrers_of
from reconciler.sync import exit_codes
from reconciler.sync.actions import Outcome, Plan
from reconciler.sync.verdicts import Action, Permission, Verdict
from tests.support.memory_store import MemoryStore
from tests.support.referring import SBOM, SIGNATURE, descriptor_of, refer, referrer_of
from tests.support.wanted import TIMEOUT, wanted
from tests.sync.worlds import World, published, someone_elses

NAME = "notes/router"


def attach(item: Wanted, *artifact_types: str) -> Wanted:
    """Return an artifact with an attachment of each type."""
    made = tuple(_attachment(item, each) for each in artifact_types)
    return replace(item, attachments=made)


def _attachment(item: Wanted, artifact_type: str) -> Attachment:
    content = referrer_of(item.descriptor, artifact_type)
    empty = Blob.of_bytes(EMPTY_CONTENT)
    file = LockedFile(f"{artifact_type}.json", empty.digest, 2, "application/json")
    return Attachment(artifact_type, content, Digest.of(content), (empty,), (file,), {}, line=7)


@pytest.fixture(params=["api", "tag"])
def world(request: pytest.FixtureRequest) -> World:
    made = World([attach(wanted(NAME), SBOM, SIGNATURE)])
    made.store.referrers_api = request.param == "api"
    return made


def verdicts(plan: Plan) -> list[tuple[str, str]]:
    return [(item.verdict.value, item.action.value) for item in plan.attachments]


def listed(world: World) -> set[Digest]:
    item = world.wanted[0]
    return {entry.digest for entry in referrers_of(world.store, item.name, item.digest)}


def test_everything_is_published_before_the_version_tag(world: World) -> None:
    plan, results = world.run()
    assert verdicts(plan) == [("create", "push")] * 2
    assert {result.outcome for result in results.everything} == {Outcome.DONE}
    assert listed(world) == {item.digest for item in world.wanted[0].attachments}
    put = [call[2] for call in world.store.calls if call[0] == "put_manifest"]
    item = world.wanted[0]
    tag = fallback_tag(item.digest)
    assert [name for name in put if name != tag] == [
        item.digest,
        *(each.digest for each in item.attachments),
        item.tag,
    ]
    assert put[-1] == item.tag


def test_second_run_finds_everything_in_sync(world: World) -> None:
    world.run()
    world.store.calls.clear()
    plan, _ = world.run()
    assert verdicts(plan) == [("in-sync", "none")] * 2
    assert world.store.writes == []
    assert plan.summary == {"in-sync": 3}
    assert not plan.writes
    assert exit_codes.of_check(plan, lock_is_canonical=True) == 0
    reads = [call[0] for call in world.store.calls]
    assert reads.count("list_referrers") == 1
    assert len(reads) == (2 if world.store.referrers_api else 3)


def test_artifact_without_attachments_costs_nothing_more() -> None:
    world = published(wanted(NAME))
    plan, _ = world.run()
    assert [call[0] for call in world.store.calls] == ["head_manifest"]
    assert plan.attachments == ()


def test_lock_holds_what_was_confirmed(world: World) -> None:
    world.run()
    item = world.wanted[0]
    assert world.locked[item.key] == item.as_locked
    assert [entry.artifact_type for entry in world.locked[item.key].attachments] == [SBOM, SIGNATURE]


def test_lost_entry_of_the_list_is_noticed_and_put_back() -> None:
    world = World([attach(wanted(NAME), SBOM, SIGNATURE)])
    world.store.referrers_api = False
    world.run()
    item = world.wanted[0]
    world.store.forget(item.name, fallback_tag(item.digest))
    plan, _ = world.run()
    assert verdicts(plan) == [("missing", "push")] * 2
    assert exit_codes.of_check(plan, lock_is_canonical=True) == exit_codes.DRIFT
    assert listed(world) == {each.digest for each in item.attachments}


def test_what_is_listed_already_is_adopted(world: World) -> None:
    item = world.wanted[0]
    world.hold(item.name, item.tag, item.manifest)
    world.locked = {item.key: replace(item.as_locked, attachments=())}
    refer(world.store, item.name, item.descriptor, SBOM)
    plan, _ = world.run()
    assert verdicts(plan) == [("adopt", "lock"), ("create", "push")]
    assert exit_codes.of_check(plan, lock_is_canonical=True) == exit_codes.LOCK
    assert world.locked[item.key] == item.as_locked


def test_other_files_attach_anew_and_leave_the_old(world: World) -> None:
    world.run()
    before = listed(world)
    item = world.wanted[0]
    world.wanted = [attach(wanted(NAME), SBOM, "application/vnd.test.other")]
    plan, _ = world.run()
    assert verdicts(plan) == [("in-sync", "none"), ("create", "push")]
    assert listed(world) > before
    kinds = [entry.artifact_type for entry in world.locked[item.key].attachments]
    assert kinds == [SBOM, "application/vnd.test.other"]


def test_refused_artifact_gets_nothing_attached() -> None:
    world = World([attach(wanted(NAME), SBOM)])
    world.hold(NAME, "1.0.0", someone_elses(NAME))
    plan, results = world.run()
    assert plan.artifacts[0].action is Action.REFUSE
    assert verdicts(plan) == [("create", "none")]
    assert plan.attachments[0].reason.startswith("its artifact is not published: ")
    assert [result.outcome for result in results.attachments.values()] == [Outcome.REFUSED]
    assert world.store.writes == []


def test_forced_artifact_takes_its_attachments_along() -> None:
    world = World([attach(wanted(NAME), SBOM)])
    world.hold(NAME, "1.0.0", someone_elses(NAME))
    world.permissions = {NAME: Permission(immutable=True, force=True)}
    world.run()
    assert world.holds(NAME, "1.0.0") == world.wanted[0].digest
    assert listed(world) == {world.wanted[0].attachments[0].digest}


def test_unknown_artifact_leaves_its_attachments_unknown() -> None:
    world = World([attach(wanted(NAME), SBOM)])
    world.store.failing["head_manifest", NAME] = StoreError("memory.test: no answer")
    plan, results = world.run()
    assert verdicts(plan) == [("unknown", "none")]
    assert not plan.is_complete
    assert [result.outcome for result in results.attachments.values()] == [Outcome.FAILED]
    assert world.store.writes == []


def test_list_that_cannot_be_read_is_unknown(world: World) -> None:
    world.run()
    world.store.failing["list_referrers", NAME] = StoreError(TIMEOUT.why)
    plan = world.plan()
    assert plan.artifacts[0].verdict is Verdict.IN_SYNC
    assert verdicts(plan) == [("unknown", "none")] * 2
    assert exit_codes.of_check(plan, lock_is_canonical=True) == exit_codes.FAILED


class _Deaf(MemoryStore):
    """Takes no manifest of one type."""

    def put_manifest(
        self, repository: object, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        if SIGNATURE.encode() in content:
            raise StoreError("memory.test: no signatures here", fix="ask for them")
        return super().put_manifest(repository, reference, content, media_type)  # type: ignore[arg-type]


def test_failed_attachment_leaves_the_artifact_without_its_tag() -> None:
    world = World([attach(wanted(NAME), SBOM, SIGNATURE)], store=_Deaf())
    plan, results = world.run()
    item = plan.artifacts[0]
    assert results.artifacts[item.key].outcome is Outcome.FAILED
    assert results.artifacts[item.key].error == (
        "memory.test/notes/router:1.0.0: left without its tag: not attached: memory.test: no signatures here"
    )
    assert [result.outcome for result in results.attachments.values()] == [Outcome.DONE, Outcome.FAILED]
    assert world.holds(NAME, "1.0.0") is None
    assert world.locked == {}


def test_fallback_tag_that_is_no_list_refuses_the_artifact_too() -> None:
    world = World([attach(wanted(NAME), SBOM)])
    world.store.referrers_api = False
    item = world.wanted[0]
    world.store.tamper(item.name, fallback_tag(item.digest), item.manifest)  # as GitLab answers
    _, results = world.run()
    assert {result.outcome for result in results.everything} == {Outcome.REFUSED}
    assert exit_codes.of_report(results) == exit_codes.REFUSED
    assert world.holds(NAME, "1.0.0") is None


def test_failed_attachment_of_what_is_there_keeps_the_rest() -> None:
    item = attach(wanted(NAME), SBOM, SIGNATURE)
    world = World([item], store=_Deaf())
    world.hold(item.name, item.tag, item.manifest)
    _, results = world.run()
    assert [result.outcome for result in results.attachments.values()] == [Outcome.DONE, Outcome.FAILED]
    assert exit_codes.of_report(results) == exit_codes.PARTLY
    assert [entry.artifact_type for entry in world.locked[item.key].attachments] == [SBOM]
    assert descriptor_of(item.manifest).digest == item.digest
