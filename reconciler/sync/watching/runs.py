"""One run: build what was touched, publish what differs, and tell of everything that somebody should know.

Decided here: in which order, and what is said of deliveries, once. What is said of the tree is `tree_news`'s.
Must never be added: when a run takes place, or how it is shown. One thread at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import DigestMismatchError, PalletError, Problem
from reconciler.sync.watching import events
from reconciler.sync.watching.conductor import Outcome, Run
from reconciler.sync.watching.delivery import Delivery, Pushed, Trouble
from reconciler.sync.watching.tree_news import TreeNews

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.desired.config import Config
    from reconciler.desired.lockfile import Key
    from reconciler.oci.store import Store
    from reconciler.sync.watching.delivery import Deliverer
    from reconciler.sync.watching.ledger import Ledger
    from reconciler.sync.watching.noticeboard import Hints
    from reconciler.sync.watching.workshop import Draft, Workshop

Address = tuple[str, str]
"""A target's name and url."""

BATCH = 64
"""Artifacts that are compared before somebody's save is looked at again."""
_FILES_TOLD_MAX = 100


@dataclass(slots=True)
class Tally:
    """What all runs came to."""

    pushed: int = 0
    artifacts: set[str] = field(default_factory=set)
    """Names of those that were published."""
    exit_codes: list[int] = field(default_factory=list)
    """Of what failed in the last run."""


@dataclass(slots=True)
class Runs:
    """What runs share."""

    workshop: Workshop
    ledger: Ledger
    deliverer: Deliverer
    open_store: Callable[[Config], Store]
    """Called at the start, and whenever pallet.toml may lead elsewhere or a login may be another one."""
    tell: Callable[[events.Event], None]
    find_address: Callable[[Config], Address]
    """Says where a pallet.toml leads; may raise a PalletError, which opening the store then tells."""
    address: Address
    """Where it leads now."""
    clock: Callable[[], float] = time.monotonic
    on_folders: Callable[[frozenset[str]], None] = lambda _: None
    """Hears of folders that matter from now on."""
    tally: Tally = field(default_factory=Tally)
    fresh: list[Pushed] = field(default_factory=list)
    """Published since somebody last took them."""
    has_saved: bool = False
    """Whether any of these was saved by somebody."""
    last_error: PalletError | None = None
    """Why the registry is away."""
    _store: Store | None = None
    _is_first: bool = True
    _is_withheld: bool = False
    _saved_s: dict[Key, float] = field(default_factory=dict)
    _said: dict[Key, str] = field(default_factory=dict)
    """Failures that were told, by artifact."""
    _news: TreeNews = field(init=False)

    def __post_init__(self) -> None:
        self._news = TreeNews(self.tell)

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with the tree, as far as it was told."""
        return self._news.problems

    def perform(self, run: Run, hints: Hints) -> Outcome:
        """Do one run."""
        started_s = self.clock()
        draft = self._build(run, hints)
        has_news = run.anew
        if draft is not None:
            has_news |= self._take_in(draft, hints, is_save=not self._is_first)
            self._is_first = False
        if run.anew:
            self.ledger.doubt()
            self.close_store()
        if not has_news and not self.ledger.waiting:
            return Outcome()  # somebody has written a file that is nobody's concern
        counts: Counter[str] = Counter()
        outcome = self._deliver(run, counts) if run.delivers and not self._is_withheld else Outcome()
        self.tell(
            events.Finished(
                run.number,
                counts["pushed"],
                counts["current"],
                counts["failed"],
                self.ledger.waiting,
                len(self.ledger.wanted),
                1000 * (self.clock() - started_s),
            )
        )
        return outcome

    def take_fresh(self) -> list[Pushed]:
        """Return what was published since this was last asked."""
        fresh, self.fresh, self.has_saved = self.fresh, [], False
        return fresh

    def close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _build(self, run: Run, hints: Hints) -> Draft | None:
        if not run.takes_hints:
            return None
        try:
            return self.workshop.build(hints, anew=run.anew)
        except OSError as exc:
            problem = Problem("unreadable", f"cannot be read: {exc.strerror or exc}", file=str(exc.filename))
            self._news.tell_problems([*self.problems, problem])
            return None

    def _take_in(self, draft: Draft, hints: Hints, *, is_save: bool) -> bool:
        """Tell of what a look at the tree has found; say whether there was anything."""
        if draft.changed and is_save:
            self.tell(events.Changed(draft.changed[:_FILES_TOLD_MAX]))
        if draft.reloaded is not None:
            self.close_store()
        self._is_withheld = draft.is_withheld
        step = self.ledger.want(draft.wanted, kept=draft.broken, is_save=is_save)
        has_news = self._news.tell_problems(draft.problems)
        if is_save:
            self._news.tell_step(draft, step)
        has_news |= self._follow_address(draft.config)
        has_news |= bool(step.joined or step.left or step.altered)
        has_news |= self._news.tell_states(self.ledger)
        if is_save and draft.changed and not has_news:
            self.tell(events.Unchanged(draft.changed[:_FILES_TOLD_MAX]))
        for item in (*step.joined, *step.altered):
            if is_save and hints.first_s is not None:
                self._saved_s[item.key] = hints.first_s
            self._said.pop(item.key, None)
        for item in step.left:
            self._saved_s.pop(item.key, None)
            self._said.pop(item.key, None)
        if draft.new_folders or draft.is_structural:
            self.on_folders(draft.new_folders)
        return has_news or bool(draft.changed)

    def _follow_address(self, config: Config) -> bool:
        """Forget what another registry was seen to hold; say whether pallet.toml leads elsewhere now."""
        try:
            address = self.find_address(config)
        except PalletError:
            return False
        if address == self.address:
            return False
        self.address = address
        self._said.clear()
        self.close_store()
        self.ledger.doubt()
        self.tell(events.Retargeted(*address))
        return True

    def _deliver(self, run: Run, counts: Counter[str]) -> Outcome:
        goals = self.ledger.next_goals(BATCH)
        if not goals:
            return Outcome()
        self.tally.exit_codes.clear()
        try:
            store = self._store = self._store or self.open_store(self.workshop.config)
        except PalletError as exc:
            self.tally.exit_codes.append(exc.exit_code)
            self.last_error = exc
            return Outcome(is_away=True)
        is_away = False
        for delivery in self.deliverer.deliver(store, goals):
            is_away |= delivery.trouble is Trouble.AWAY
            counts[self._record(run, delivery)] += 1
        if is_away:
            # Another login, or another address behind the name, may be what helps next time.
            self.close_store()
        later = counts["failed"] + counts["overtaken"]
        return Outcome(
            is_away=is_away,
            has_more=not is_away and self.ledger.waiting > later,
            has_failed=bool(counts["failed"]) and not is_away,
            was_overtaken=bool(counts["overtaken"]),
            was_reached=bool(counts["pushed"] or counts["current"] or counts["refused"]),
        )

    def _record(self, run: Run, delivery: Delivery) -> str:
        """Take in what became of one goal; return what it counts as."""
        goal = delivery.goal
        if delivery.error is not None:
            return self._record_failure(delivery, delivery.error)
        self._news.note(goal.key, events.State.SETTLED)
        self._said.pop(goal.key, None)
        saved_s = self._saved_s.pop(goal.key, None)
        if delivery.pushed is None:
            self.ledger.held(goal, delivery.held)
            self.tell(
                events.Current(
                    goal.wanted.name, goal.wanted.version.text, delivery.reference, goal.wanted.digest
                )
            )
            return "current"
        self.ledger.published(goal)
        now_s = self.clock()
        self.tally.pushed += 1
        self.tally.artifacts.add(goal.wanted.name)
        self.fresh.append(delivery.pushed)
        self.has_saved |= goal.is_saved
        is_save = goal.is_saved and saved_s is not None
        self.tell(
            events.Delivered(
                delivery.pushed,
                "save" if goal.is_saved else "start",
                1000 * (now_s - saved_s) if saved_s is not None else None,
                1000 * (now_s - run.due_s) if is_save and run.takes_hints else None,
            )
        )
        return "pushed"

    def _record_failure(self, delivery: Delivery, error: PalletError) -> str:
        goal, trouble = delivery.goal, delivery.trouble
        self.tally.exit_codes.append(error.exit_code)
        if trouble is Trouble.AWAY:
            self.last_error = error
            return "away"
        if trouble is Trouble.NEVER:
            self.ledger.refused(goal)
            self._news.note(goal.key, events.State.REFUSED)
        if isinstance(error, DigestMismatchError) and goal.key not in self._said:
            self._said[goal.key] = ""  # saved once more while it was sent: the next run has the rest
            return "overtaken"
        if self._said.get(goal.key) != str(error):
            self._said[goal.key] = str(error)
            wanted = goal.wanted
            self.tell(
                events.Failed(
                    wanted.name,
                    wanted.version.text,
                    delivery.reference,
                    str(error),
                    error.fix,
                    error.exit_code,
                    will_retry=trouble is Trouble.LATER,
                )
            )
        return "refused" if trouble is Trouble.NEVER else "failed"
