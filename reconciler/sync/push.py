"""Publish one artifact on somebody's word, without pallet.toml's and without a lock.

Decided here: what a push may write. A version never names other content unless that is forced; a tag that is
no version is put where it was told to be. Floating tags follow by the plan that `sync` makes.
Must never be added: a second way to judge a floating tag, or to send an artifact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.errors import HiddenError, NotFoundError, RefusedError, StoppedError, StoreError
from reconciler.oci.referrer_index import describe_referrer
from reconciler.oci.referrers import list_referrer
from reconciler.oci.sameness import recognise
from reconciler.oci.transfer import push_artifact
from reconciler.sync.actions import FloatingPlan, Outcome, Plan, Terms
from reconciler.sync.apply import Applier
from reconciler.sync.exit_codes import of_report
from reconciler.sync.facts import Present, Unknown
from reconciler.sync.floating import FloatingKey, set_goals
from reconciler.sync.observe import Observer
from reconciler.sync.outcomes import Result, Results
from reconciler.sync.plan import make_plan
from reconciler.sync.progress import Progress, Silent
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Action, Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.single import Single
    from reconciler.desired.versions.version import Version
    from reconciler.oci.digest import Digest
    from reconciler.oci.store import Store

_AGAIN = "run the same command again"


class Change(StrEnum):
    """What became of the tag."""

    PUSHED = "pushed"
    OVERWRITTEN = "overwritten"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FollowedTag:
    """One floating tag: what was planned for it, and what became of that."""

    plan: FloatingPlan
    result: Result


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did."""

    reference: str
    single: Single
    change: Change
    followed: tuple[FollowedTag, ...] = ()
    left_alone: tuple[str, ...] = ()
    """Templates of floating tags that this version may not take, since it is not stable."""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Pusher:
    """A store, and how it is asked."""

    store: Store
    project: str | None
    """The project's name; None where there is no pallet.toml."""
    jobs: int = 1
    held: Mapping[FloatingKey, Version] = field(default_factory=dict)
    stop: Stop = field(default_factory=Stop)
    progress: Progress = field(default_factory=Silent)

    def push(self, single: Single, *, force: bool = False) -> Pushed:
        """Publish an artifact under its tag, then let floating tags follow; one HEAD where it is there.

        Raises:
            RefusedError: the version holds other content, and that is not forced.
            PalletError: the store could not tell, or did not confirm; floating tags are what they were.
        """
        if not single.is_versioned:
            return self._put(single)
        plan = self._plan(single, force=force)
        self._require_permission(plan)
        results = Applier(self.store, self.jobs, self.stop, self.progress).apply(plan)
        artifact = plan.artifacts[0]
        if results.stopped_by and results.artifacts[artifact.key].outcome is not Outcome.DONE:
            raise StoppedError("stopped before anything was published", signal_number=results.stopped_by)
        _require_done(results.artifacts[artifact.key])
        if artifact.action is not Action.PUSH:
            change = Change.UNCHANGED
        else:
            change = Change.OVERWRITTEN if isinstance(artifact.seen, Present) else Change.PUSHED
        return Pushed(
            artifact.reference,
            single,
            change,
            tuple(FollowedTag(item, results.floating[item.key]) for item in plan.floating),
            tuple(tag for tag in single.wanted.floating_tags if tag not in single.wanted.follows),
            of_report(Results(results.artifacts, results.floating, stopped_by=results.stopped_by)),
        )

    def _plan(self, single: Single, *, force: bool) -> Plan:
        # None is compared with what a manifest says of its project, and equals only its silence.
        observer = Observer(self.store, self.project, self.jobs, self.stop, self.progress)
        observed = observer.observe([single.wanted], set_goals([single.wanted]), {})
        terms = Terms(
            target="",
            permit=lambda _: Permission(immutable=True, force=force),
            refer=self.store.name,
            held=self.held,
        )
        return make_plan([single.wanted], {}, observed, terms)

    def _require_permission(self, plan: Plan) -> None:
        artifact = plan.artifacts[0]
        if isinstance(artifact.seen, Unknown):
            raise _failure(artifact.seen.why, artifact.seen.exit_code, artifact.seen.fix)
        if artifact.action is Action.REFUSE:
            assert isinstance(artifact.seen, Present)
            next_version = artifact.wanted.version.next_patch()
            raise RefusedError(
                f"{artifact.reference}: this version holds other content: "
                f"expected {artifact.wanted.digest}, got {artifact.seen.digest}",
                fix=f"push another version, such as {next_version}; or overwrite what is there: --force",
            )

    def _put(self, single: Single) -> Pushed:
        """Let a tag that is no version name the artifact, whatever it names now."""
        wanted, tag = single.wanted, single.tag
        reference = self.store.name(wanted.name, tag)
        before, is_hidden = self._look(single)
        if before == wanted.digest:
            return Pushed(reference, single, Change.UNCHANGED)
        push_artifact(
            self.store,
            wanted.name,
            tag,
            wanted.manifest,
            wanted.media_type,
            wanted.blobs,
            children=wanted.children,
            # What was hidden is looked at once more, when the store has taken something.
            probe=None if is_hidden else before is not None,
        )
        return Pushed(reference, single, Change.PUSHED if before is None else Change.OVERWRITTEN)

    def _look(self, single: Single) -> tuple[Digest | None, bool]:
        """Return what the tag names, and whether the store would not say."""
        name, tag = single.wanted.name, single.tag
        try:
            held = self.store.head_manifest(name, tag).digest
            return recognise(self.store, name, tag, held, [single.wanted.digest]), False
        except NotFoundError:
            return None, False
        except HiddenError:
            return None, True


def list_by_subject(store: Store, single: Single) -> None:
    """Let an artifact that was pushed be found by what it refers to; nothing where it refers to nothing.

    Raises:
        RefusedError: something else stands where the store would list it.
        PalletError: the store could not tell, or did not confirm it.
    """
    described = describe_referrer(single.wanted.manifest, single.wanted.digest)
    if described is not None:
        subject, entry = described
        list_referrer(store, single.wanted.name, subject.digest, entry)


def _require_done(result: Result) -> None:
    if result.outcome is not Outcome.DONE:
        fix = _AGAIN if result.fix == "pallet sync" else result.fix
        raise _failure(result.error or "not published", result.exit_code, fix)


def _failure(message: str, exit_code: int, fix: str | None) -> StoreError:
    """Return what the store said when it was asked, with the exit code of that."""
    failure = StoreError(message, fix=fix)
    failure.exit_code = exit_code or StoreError.exit_code
    return failure
