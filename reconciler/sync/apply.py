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
from typing import TYPE_CHECKING, Protocol, assert_never

from reconciler.errors import ImmutableTagError, PalletError, RefusedError, StoreError
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.transfer import move_tags, push_artifact, push_referrer, require_unseen
from reconciler.sync.actions import ArtifactPlan, AttachmentPlan, FloatingPlan, Outcome, Plan
from reconciler.sync.facts import Unknown
from reconciler.sync.outcomes import DONE, Result, Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.lockfile import Key
    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.store import Store
    from reconciler.sync.progress import Progress
    from reconciler.sync.stop import Stop

Step = ArtifactPlan | AttachmentPlan | FloatingPlan
_Key = tuple[object, ...]
"""Of an artifact, of an attachment or of a floating tag; no two of them are alike."""
Unit = tuple[Step, ...]
"""What is done at once: an artifact with what is to be attached to it, all that is to be attached to one that
is there, or all floating tags that are to name one."""


class Publish(Protocol):
    """Brings one unit into a store, and says of each step why it failed, if it did."""

    def __call__(self, store: Store, unit: Unit, *, again: str) -> list[PalletError | None]: ...


@dataclass(slots=True)
class Applier:
    """One run of one plan."""

    store: Store
    jobs: int
    stop: Stop
    progress: Progress
    publish: Publish | None = None
    """How a unit gets into the store; None for what was built here."""
    _results: dict[_Key, Result] = field(default_factory=dict)
    _again: str = "pallet sync"

    def apply(self, plan: Plan) -> Results:
        """Do it; return what became of every action, those that needed nothing included."""
        self._again = plan.again
        steps: dict[_Key, Step] = {step.key: step for step in plan.steps}
        for key, step in steps.items():
            if step.settled is not None:
                self._results[key] = _settled_result(step, step.settled)
        todo = {key: step for key, step in steps.items() if step.settled is None}
        self.progress.begin("publishing", len(todo))
        try:
            self._run(_units(todo.values()))
        finally:
            self.progress.end()
        return Results(
            artifacts={item.key: self._results[item.key] for item in plan.artifacts},
            floating={item.key: self._results[item.key] for item in plan.floating},
            attachments={item.key: self._results[item.key] for item in plan.attachments},
            stopped_by=self.stop.signal_number,
        )

    def _run(self, units: Sequence[Unit]) -> None:
        order = _order(units)
        order.prepare()
        # A queue and not `wait`, which looks at everything that is running for each one that finishes.
        finished: SimpleQueue[Future[list[Result]]] = SimpleQueue()
        running: dict[Future[list[Result]], int] = {}
        with ThreadPoolExecutor(max_workers=self.jobs, thread_name_prefix="apply") as pool:
            while order.is_active():
                for number in order.get_ready():
                    future = pool.submit(self._attempt, units[number])
                    running[future] = number
                    future.add_done_callback(finished.put)
                future = finished.get()
                number = running.pop(future)
                for step, result in zip(units[number], future.result(), strict=True):
                    self._results[step.key] = result
                    self.progress.advance(step.reference)
                order.done(number)

    def _attempt(self, unit: Unit) -> list[Result]:
        """Return what became of each step, in order."""
        skipped = self._skip(unit[0])
        if skipped is not None:
            return [skipped] * len(unit)
        try:
            publish = self.publish or publish_built
            return [_result(failure) for failure in publish(self.store, unit, again=self._again)]
        except PalletError as exc:
            return [_result(exc)] * len(unit)
        except OSError as exc:
            place = f"{exc.filename}: " if exc.filename else ""
            return [Result(Outcome.FAILED, f"{place}{exc.strerror or exc}", 1, self._again)] * len(unit)
        except Exception as exc:  # noqa: BLE001 (the lock must still be written for what is done)
            return [Result(Outcome.FAILED, f"a mistake in pallet: {exc!r}", 1, "please report it")] * len(
                unit
            )

    def _skip(self, step: Step) -> Result | None:
        """Say why a step is not even tried; the steps of a unit wait for the same."""
        if self.stop.is_requested:
            return Result(Outcome.SKIPPED, "stopped before it was begun", fix=self._again)
        failed = next(
            (key for key in _waits_for(step) if self._results[key].outcome is not Outcome.DONE), None
        )
        if failed is None:
            return None
        what = f"waits for {failed[0]} {failed[1]}, which was not published"
        return Result(Outcome.SKIPPED, what, fix=self._again)


def _units(steps: Iterable[Step]) -> list[Unit]:
    """Return each artifact with its attachments, attachments of one artifact, and its floating tags."""
    published: dict[Key, list[Step]] = {}
    tags: dict[Key, list[Step]] = {}
    for step in steps:
        if isinstance(step, FloatingPlan):
            tags.setdefault(step.goal.wanted.key, []).append(step)
        else:
            published.setdefault(step.wanted.key, []).append(step)
    return [tuple(together) for together in (*published.values(), *tags.values())]


def _order(units: Sequence[Unit]) -> TopologicalSorter[int]:
    """Return the numbers of the units, each after those that it waits for."""
    number_of: dict[_Key, int] = {unit[0].key: number for number, unit in enumerate(units)}
    order: TopologicalSorter[int] = TopologicalSorter()
    for number, unit in enumerate(units):
        order.add(number, *(number_of[key] for key in _waits_for(unit[0]) if key in number_of))
    for earlier, later in _same_blob(units):
        order.add(later, earlier)
    return order


def _result(failure: PalletError | None) -> Result:
    """Say what became of a step: what the store keeps as it is was refused, and did not fail."""
    if failure is None:
        return DONE
    refused = isinstance(failure, ImmutableTagError | RefusedError)
    outcome = Outcome.REFUSED if refused else Outcome.FAILED
    return Result(outcome, str(failure), failure.exit_code, failure.fix)


def publish_built(store: Store, unit: Unit, *, again: str) -> list[PalletError | None]:
    """Publish what was built here; return for each step of a unit why it failed, if it did."""
    match unit:
        case (ArtifactPlan() as item,):
            _push(store, item, item.wanted.tag)
            return [None]
        case (ArtifactPlan() as item, *attachments):
            return _push_attached(
                store, item, [step for step in attachments if isinstance(step, AttachmentPlan)]
            )
        case (AttachmentPlan(), *_):
            return [_attach(store, step) for step in unit if isinstance(step, AttachmentPlan)]
        case _:
            return _move(store, [step for step in unit if isinstance(step, FloatingPlan)], again=again)


def _move(store: Store, steps: Sequence[FloatingPlan], *, again: str) -> list[PalletError | None]:
    """Let floating tags name one artifact; one that was hidden is looked at again, and never overwritten."""
    wanted = steps[0].goal.wanted
    failures: dict[Tag, PalletError] = {}
    for step in steps:
        if step.is_hidden:
            try:
                require_unseen(store, wanted.name, step.goal.tag, wanted.digest)
            except PalletError as exc:
                failures[step.goal.tag] = exc
    tags = [step.goal.tag for step in steps if step.goal.tag not in failures]
    if tags:
        content = _manifest_of(store, wanted)
        failures |= move_tags(store, wanted.name, tags, content, wanted.media_type, again=again)
    return [failures.get(step.goal.tag) for step in steps]


def _push(store: Store, item: ArtifactPlan, reference: Tag | Digest) -> None:
    wanted = item.wanted
    push_artifact(
        store,
        wanted.name,
        reference,
        wanted.manifest,
        wanted.media_type,
        wanted.blobs,
        children=wanted.children,
        probe=item.probe,
    )


def _push_attached(
    store: Store, item: ArtifactPlan, attachments: Sequence[AttachmentPlan]
) -> list[PalletError | None]:
    """Publish an artifact by its digest, then what refers to it, and only then give it its version tag."""
    wanted = item.wanted
    _push(store, item, wanted.digest)
    failures = [_attach(store, step) for step in attachments]
    failed = next((failure for failure in failures if failure is not None), None)
    if failed is None:
        if item.probe is None:
            require_unseen(store, wanted.name, wanted.tag, wanted.digest)
        store.put_manifest(wanted.name, wanted.tag, wanted.manifest, wanted.media_type)
        return [None, *failures]
    refused = isinstance(failed, ImmutableTagError | RefusedError)
    why = (RefusedError if refused else StoreError)(
        f"{item.reference}: left without its tag: not attached: {failed}", fix=failed.fix
    )
    why.exit_code = failed.exit_code
    return [why, *failures]


def _attach(store: Store, step: AttachmentPlan) -> PalletError | None:
    """Publish one attachment; return why that failed, so that the next one is tried."""
    attachment = step.attachment
    try:
        push_referrer(store, step.wanted.name, attachment.manifest, OCI_MANIFEST, attachment.blobs)
    except PalletError as exc:
        return exc
    return None


def _manifest_of(store: Store, wanted: Wanted) -> bytes:
    """Return an artifact's manifest; the store's own, verified, where only the digest is known here."""
    if wanted.known_by is None:
        return wanted.manifest
    return store.fetch_manifest(wanted.name, wanted.digest).content


def _same_blob(units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Yield pairs of units that put one blob into one repository: the second comes after the first.

    The reference registry (seen with 2.8.2) may refuse a manifest with MANIFEST_BLOB_UNKNOWN while
    the same blob is being put into its repository once more.
    """
    last: dict[tuple[Repository, Digest], int] = {}
    for number, unit in enumerate(units):
        for place in {place: None for step in unit for place in _places(step)}:
            if place in last:
                yield last[place], number
            last[place] = number


def _places(step: Step) -> Iterator[tuple[Repository, Digest]]:
    """Yield where a step puts which blob."""
    if isinstance(step, FloatingPlan):
        return
    blobs = step.wanted.blobs if isinstance(step, ArtifactPlan) else step.attachment.blobs
    for blob in blobs:
        yield step.wanted.name, blob.digest


def _waits_for(step: Step) -> tuple[Key, ...]:
    match step:
        case ArtifactPlan():
            return step.waits_for
        case AttachmentPlan():
            return (step.wanted.key,)
        case FloatingPlan():
            return (step.goal.wanted.key,)
        case _:
            assert_never(step)


def _settled_result(step: Step, outcome: Outcome) -> Result:
    exit_code = step.seen.exit_code if isinstance(step.seen, Unknown) else 0
    return DONE if outcome is Outcome.DONE else Result(outcome, step.reason, exit_code, step.fix)
