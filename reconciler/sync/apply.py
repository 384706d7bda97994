"""Do what a plan says: concurrently, what is required first, floating tags last.

Decided here: the order, and nothing else; each failure is one item's, and skips what waits for it.
Must never be added: a look at a verdict or a policy. Blobs before manifests before tags is
`oci.transfer`'s promise.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from queue import SimpleQueue
from typing import TYPE_CHECKING

from reconciler.errors import PalletError
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.transfer import move_tag, push_artifact
from reconciler.sync.actions import ArtifactPlan, FloatingPlan, Outcome, Plan
from reconciler.sync.facts import Unknown
from reconciler.sync.outcomes import DONE, Result, Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.desired.lockfile import Key
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository
    from reconciler.oci.store import Store
    from reconciler.sync.floating import FloatingKey
    from reconciler.sync.progress import Progress
    from reconciler.sync.stop import Stop

_Step = ArtifactPlan | FloatingPlan


@dataclass(slots=True)
class Applier:
    """One run of one plan."""

    store: Store
    jobs: int
    stop: Stop
    progress: Progress
    _results: dict[Key | FloatingKey, Result] = field(default_factory=dict)
    _again: str = "pallet sync"

    def apply(self, plan: Plan) -> Results:
        """Do it; return what became of every action, those that needed nothing included."""
        self._again = plan.again
        steps: dict[Key | FloatingKey, _Step] = {step.key: step for step in plan.steps}
        for key, step in steps.items():
            if step.settled is not None:
                self._results[key] = _settled_result(step, step.settled)
        todo = {key: step for key, step in steps.items() if step.settled is None}
        self.progress.begin("publishing", len(todo))
        try:
            self._run(todo)
        finally:
            self.progress.end()
        return Results(
            artifacts={item.key: self._results[item.key] for item in plan.artifacts},
            floating={item.key: self._results[item.key] for item in plan.floating},
            stopped_by=self.stop.signal_number,
        )

    def _run(self, todo: dict[Key | FloatingKey, _Step]) -> None:
        order = TopologicalSorter({key: set(_waits_for(step)) & todo.keys() for key, step in todo.items()})
        for earlier, later in _same_blob(todo.values()):
            order.add(later, earlier)
        order.prepare()
        # A queue and not `wait`, which looks at everything that is running for each one that finishes.
        finished: SimpleQueue[Future[Result]] = SimpleQueue()
        running: dict[Future[Result], Key | FloatingKey] = {}
        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="apply") as pool:
            while order.is_active():
                for key in order.get_ready():
                    future = pool.submit(self._attempt, todo[key])
                    running[future] = key
                    future.add_done_callback(finished.put)
                future = finished.get()
                key = running.pop(future)
                self._results[key] = future.result()
                order.done(key)
                self.progress.advance(todo[key].reference)

    def _attempt(self, step: _Step) -> Result:
        if self.stop.is_requested:
            return Result(Outcome.SKIPPED, "stopped before it was begun", fix=self._again)
        failed = next(
            (key for key in _waits_for(step) if self._results[key].outcome is not Outcome.DONE), None
        )
        if failed is not None:
            return Result(
                Outcome.SKIPPED,
                f"waits for {failed[0]} {failed[1]}, which was not published",
                fix=self._again,
            )
        try:
            _publish(self.store, step, again=self._again)
        except PalletError as exc:
            return Result(Outcome.FAILED, str(exc), exc.exit_code, exc.fix)
        except OSError as exc:
            place = f"{exc.filename}: " if exc.filename else ""
            return Result(Outcome.FAILED, f"{place}{exc.strerror or exc}", 1, self._again)
        except Exception as exc:  # noqa: BLE001 (the lock must still be written for what is done)
            return Result(Outcome.FAILED, f"a mistake in pallet: {exc!r}", 1, "please report it")
        return DONE


def _publish(store: Store, step: _Step, *, again: str) -> None:
    match step:
        case ArtifactPlan(wanted=wanted, probe=probe):
            push_artifact(
                store, wanted.name, wanted.tag, wanted.manifest, OCI_MANIFEST, wanted.blobs, probe=probe
            )
        case FloatingPlan(goal=goal):
            move_tag(store, goal.name, goal.tag, goal.wanted.manifest, OCI_MANIFEST, again=again)


def _same_blob(steps: Iterable[_Step]) -> Iterator[tuple[Key, Key]]:
    """Yield pairs of artifacts that put one blob into one repository: the second comes after the first.

    The reference registry (seen with 2.8.2) may refuse a manifest with MANIFEST_BLOB_UNKNOWN while
    the same blob is being put into its repository once more.
    """
    last: dict[tuple[Repository, Digest], Key] = {}
    for step in steps:
        if isinstance(step, ArtifactPlan):
            for blob in step.wanted.blobs:
                place = (step.wanted.name, blob.digest)
                if place in last:
                    yield last[place], step.key
                last[place] = step.key


def _waits_for(step: _Step) -> tuple[Key, ...]:
    return step.waits_for if isinstance(step, ArtifactPlan) else (step.goal.wanted.key,)


def _settled_result(step: _Step, outcome: Outcome) -> Result:
    exit_code = step.seen.exit_code if isinstance(step.seen, Unknown) else 0
    return DONE if outcome is Outcome.DONE else Result(outcome, step.reason, exit_code, step.fix)
