"""A small world for tests of whole runs: a tree, a lock, a store in memory, and what is allowed.

`World.run` goes the way of one sync without files: observe, plan, apply, advance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.desired.lockfile import Key, Lock, Locked
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import Wanted
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.actions import Observations, Plan, Terms
from reconciler.sync.apply import Applier
from reconciler.sync.floating import FloatingKey, set_goals
from reconciler.sync.observe import Observer
from reconciler.sync.outcomes import Result, Results
from reconciler.sync.plan import make_plan
from reconciler.sync.progress import Silent
from reconciler.sync.reconcile import advance
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Permission
from tests.support.memory_store import MemoryStore
from tests.support.wanted import NAME, PROJECT_NAME, key, lock_of, make_manifest


@dataclass
class World:
    """Everything that a sync looks at."""

    wanted: list[Wanted]
    locked: dict[Key, Locked] = field(default_factory=dict)
    store: MemoryStore = field(default_factory=MemoryStore)
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    held: Mapping[FloatingKey, Version] = field(default_factory=dict)
    jobs: int = 4
    stop: Stop = field(default_factory=Stop)

    def observe(self) -> Observations:
        observer = Observer(self.store, PROJECT_NAME, self.jobs, self.stop, Silent())
        return observer.observe(self.wanted, set_goals(self.wanted), self.locked)

    @property
    def terms(self) -> Terms:
        return Terms(
            target="memory",
            permit=lambda item: self.permissions.get(item.name, Permission(immutable=True)),
            refer=self.store.name,
            held=self.held,
        )

    def plan(self) -> Plan:
        return make_plan(self.wanted, self.locked, self.observe(), self.terms)

    def apply(self, plan: Plan) -> Results:
        """Apply a plan, and advance the lock."""
        results = Applier(self.store, self.jobs, self.stop, Silent()).apply(plan)
        self.locked = advance(Lock(self.locked), plan, results)
        return results

    def run(self) -> tuple[Plan, Results]:
        plan = self.plan()
        return plan, self.apply(plan)

    def run_for_outcomes(self) -> dict[str, str]:
        """Run, and return what became of every tag."""
        _, results = self.run()
        versions = {
            f"{name}:{version}": str(result.outcome) for (name, version), result in results.artifacts.items()
        }
        floating = {f"{name}:{tag}": str(result.outcome) for (name, tag), result in results.floating.items()}
        return {**versions, **floating}

    def run_for_result(self, name: str = NAME, version: str = "1.0.0") -> Result:
        """Run, and return what became of one artifact."""
        _, results = self.run()
        return results.artifacts[key(name, version)]

    def hold(self, name: str, tag: str, content: bytes) -> Digest:
        """Let a tag hold a manifest, and the blobs of a wanted one, unseen by the store's record of calls."""
        quiet = len(self.store.calls)
        for item in self.wanted:
            if item.manifest == content:
                for blob in item.blobs:
                    self.store.put_blob(Repository(name), blob)
        del self.store.calls[quiet:]
        return self.store.tamper(Repository(name), Tag(tag), content)

    def holds(self, name: str, tag: str) -> Digest | None:
        """Return what a tag holds, unseen by the store's record of calls."""
        quiet = len(self.store.calls)
        failing, self.store.failing = self.store.failing, {}
        try:
            tags = self.store.list_tags(Repository(name)) if self._is_there(name) else []
            found = Tag(tag) in tags
            return self.store.head_manifest(Repository(name), Tag(tag)).digest if found else None
        finally:
            self.store.failing = failing
            del self.store.calls[quiet:]

    def _is_there(self, name: str) -> bool:
        return Repository(name) in self.store.list_repositories()


def published(*items: Wanted) -> World:
    """Return a world in which everything is in step."""
    world = World(list(items), lock_of(*items))
    for item in items:
        world.hold(item.name, item.tag, item.manifest)
        for goal in set_goals(items):
            if goal.wanted is item:
                world.hold(goal.name, goal.tag, item.manifest)
    return world


def someone_elses(name: str, version: str = "1.0.0") -> bytes:
    """Return a manifest that another project published."""
    return make_manifest(name, version, b"from somebody else", project="others")


def put_tags(calls: Iterable[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return (repository, tag) of every manifest that was written."""
    return [(call[1], call[2]) for call in calls if call[0] == "put_manifest"]
