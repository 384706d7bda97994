"""A repository that its registry hides: created once an upload was taken, and nothing else."""

from __future__ import annotations

import pytest

from reconciler.errors import HiddenError, UnauthorisedError
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.transfer import PROBE_MIN_BYTES
from reconciler.sync.actions import Outcome, seen_state
from reconciler.sync.exit_codes import of_check, of_report
from reconciler.sync.facts import FloatingAbsent, Hidden, Unknown
from reconciler.sync.verdicts import Verdict
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, floating_key, lock_of, make_manifest, wanted
from tests.sync.worlds import World

WHY = "memory.test: 403 Forbidden"


class HidingStore(MemoryStore):
    """Hides a repository until it has taken a blob into it."""

    def __init__(self, *, may_push: bool = True) -> None:
        super().__init__()
        self.may_push = may_push
        self.shown: set[Repository] = set()

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        self._require_shown(repository, ("head_manifest", repository, reference))
        return super().head_manifest(repository, reference)

    def list_tags(self, repository: Repository) -> list[Tag]:
        self._require_shown(repository, ("list_tags", repository))
        return super().list_tags(repository)

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        if not self.may_push:
            self.calls.append(("put_blob", repository, blob.digest))
            raise UnauthorisedError("memory.test: 403 Forbidden: no push", fix="ask for it")
        self.shown.add(repository)
        super().put_blob(repository, blob)

    def _require_shown(self, repository: Repository, call: tuple[str, ...]) -> None:
        if repository not in self.shown:
            self.calls.append(call)
            raise HiddenError(WHY)


def test_hidden_is_a_fact_of_its_own() -> None:
    item = wanted(floating_tags=["latest"])
    seen = World([item], store=HidingStore()).observe()
    assert seen.artifacts == {item.key: Hidden(WHY)}
    assert seen.floating == {floating_key(NAME, "latest"): FloatingAbsent(is_hidden=True)}
    assert {seen_state(state) for state in (*seen.artifacts.values(), *seen.floating.values())} == {"hidden"}


def test_want_of_rights_is_unknown_and_nothing_is_missing() -> None:
    item = wanted()
    world = World([item], lock_of(item))
    world.store.down = UnauthorisedError(WHY)
    plan = world.plan()
    assert isinstance(plan.artifacts[0].seen, Unknown)
    assert plan.artifacts[0].verdict is Verdict.UNKNOWN
    assert of_check(plan, lock_is_canonical=True) == 77


def test_hidden_artifact_is_created_by_an_upload_first() -> None:
    item = wanted(floating_tags=["latest"])
    world = World([item], store=HidingStore())
    _, results = world.run()
    assert of_report(results) == 0
    blob = item.blobs[0].digest
    assert world.store.calls[2:] == [
        ("put_blob", NAME, blob),
        ("head_manifest", NAME, "1.0.0"),
        ("put_manifest", NAME, "1.0.0"),
        ("head_manifest", NAME, "latest"),
        ("put_manifest", NAME, "latest"),
        ("head_manifest", NAME, "latest"),
    ]
    assert world.holds(NAME, "latest") == item.digest
    assert world.locked[item.key].digest == item.digest


def test_large_blob_is_not_asked_for_first() -> None:
    item = wanted(content=bytes(PROBE_MIN_BYTES + 1))
    world = World([item], store=HidingStore())
    _, results = world.run()
    assert of_report(results) == 0
    assert world.store.count("has_blob") == 0


def test_refused_upload_fails_with_its_own_code() -> None:
    item = wanted(floating_tags=["latest"])
    world = World([item], store=HidingStore(may_push=False))
    _, results = world.run()
    assert results.artifacts[item.key].outcome is Outcome.FAILED
    assert results.artifacts[item.key].exit_code == 77
    assert of_report(results) == 77
    assert not [call for call in world.store.calls if call[0] == "put_manifest"]
    assert item.key not in world.locked


def test_version_that_comes_to_light_is_not_overwritten() -> None:
    item = wanted()
    store = HidingStore()
    world = World([item], store=store)
    other = make_manifest(NAME, "1.0.0", content=b"other")
    digest = store.tamper(Repository(NAME), Tag("1.0.0"), other)
    _, results = world.run()
    assert results.artifacts[item.key].outcome is Outcome.REFUSED
    assert results.artifacts[item.key].error == (
        f"memory.test/{NAME}:1.0.0: was hidden, and holds other content: expected {item.digest}, got {digest}"
    )
    assert of_report(results) == 4
    assert world.holds(NAME, "1.0.0") == digest


def test_floating_tag_that_comes_to_light_is_not_moved() -> None:
    item = wanted(floating_tags=["latest"])
    store = HidingStore()
    world = World([item], store=store)
    digest = store.tamper(Repository(NAME), Tag("latest"), make_manifest(NAME, "9.0.0", b"newer"))
    _, results = world.run()
    assert results.artifacts[item.key].outcome is Outcome.DONE
    assert results.floating[floating_key(NAME, "latest")].outcome is Outcome.REFUSED
    assert world.holds(NAME, "latest") == digest


@pytest.mark.parametrize(("is_locked", "code"), [(True, 3), (False, 6)])
def test_check_reports_what_is_hidden(is_locked: bool, code: int) -> None:
    item = wanted()
    plan = World([item], lock_of(item) if is_locked else {}, store=HidingStore()).plan()
    assert plan.artifacts[0].verdict is (Verdict.MISSING if is_locked else Verdict.CREATE)
    assert plan.artifacts[0].reason.endswith(" (the registry hides it)")
    assert of_check(plan, lock_is_canonical=True) == code
