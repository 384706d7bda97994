"""What is told of the tree: problems and how artifacts stand, each once, when it changes.

Decided here: what is news. Must never be added: what becomes of a delivery, or how news is shown.
One thread at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sync.watching import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.desired.lockfile import Key
    from reconciler.errors import Problem
    from reconciler.sync.watching.ledger import Ledger, Step
    from reconciler.sync.watching.workshop import Draft


class TreeNews:
    """Remembers what was told."""

    def __init__(self, tell: Callable[[events.Event], None]) -> None:
        self._tell = tell
        self.problems: Sequence[Problem] = ()
        self._states: dict[Key, events.State] = {}
        """How artifacts stand, as far as it was told."""

    def note(self, key: Key, state: events.State) -> None:
        """Take in how an artifact stands, which an event of its own tells."""
        self._states[key] = state

    def tell_step(self, draft: Draft, step: Step) -> None:
        """Tell of artifacts that came and went, and of a pallet.toml that was read anew."""
        if draft.reloaded is not None:
            self._tell(events.Reloaded(draft.reloaded, len(draft.wanted)))
        for item in step.joined:
            self._tell(events.Joined(item.name, item.version.text))
        for item in step.left:
            self._tell(events.Left(item.name, item.version.text))

    def tell_states(self, ledger: Ledger) -> bool:
        """Tell of artifacts that stand otherwise now; say whether there were any.

        Nothing is told of those that are new: their own events say what becomes of them.
        """
        before = self._states
        self._states = {item.key: ledger.state(item.key) for item in ledger.wanted}
        has_news = False
        for item in ledger.wanted:
            state = self._states[item.key]
            if before.get(item.key, state) is not state:
                has_news = True
                files = tuple(file.path for file in item.files)
                self._tell(events.Standing(item.name, item.version.text, state, files))
        return has_news

    def tell_problems(self, problems: Sequence[Problem]) -> bool:
        """Tell of problems that are new, and of files that have none any more; say whether there was news."""
        before, now = set(self.problems), set(problems)
        self.problems = tuple(problems)
        mended = _files(before) - _files(now)
        changed = _files(before - now) - mended
        for file in sorted(changed):
            self._tell(events.Cleared(file))
        for problem in dict.fromkeys(problems):
            if problem not in before or problem.file in changed:
                self._tell(events.Found(problem))
        for file in sorted(mended):
            self._tell(events.Mended(file))
        return before != now


def _files(problems: Iterable[Problem]) -> set[str]:
    return {problem.file for problem in problems if problem.file is not None}
