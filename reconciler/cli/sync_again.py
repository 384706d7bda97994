"""`pallet sync --watch`: passes of sync, a line each, until a signal comes or nothing is left to go on with.

Must never be added: when a pass begins, which is `sync.continuous`'; or a rule that a single sync has not.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.cli.editor_schema import locate_to_write
from reconciler.cli.projects import load
from reconciler.cli.session import open_reconciler, stop_on_signals
from reconciler.errors import InvalidError, PalletError, UsageError
from reconciler.reports import counts, documents, rows
from reconciler.reports.problems import render_failure
from reconciler.sync.continuous import Cause, Continuous, Pass
from reconciler.sync.reconcile import require_current_lock
from reconciler.sync.run_lock import hold_run_lock
from reconciler.sync.watching.changes import ProjectChanges
from reconciler.sync.watching.observers import Noticing

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.screen import Screen
    from reconciler.desired.project import Project
    from reconciler.sync.reconcile import Report
    from reconciler.sync.selection import Selection
    from reconciler.sync.stop import Stop


_NAMES_MAX = 3
"""As many artifacts are named with what is wrong with all of them."""


@dataclass(slots=True)
class SyncAgain:
    """A sync that goes on, and what it has said already."""

    place: Place
    reach: Reach
    screen: Screen
    selection: Selection
    is_locked: bool
    _said: str = ""
    _passes: int = field(default=0)

    def run(self, every_s: float | None) -> int:
        """Sync until a signal comes; return the exit code.

        Raises:
            PalletError: there was nothing to begin with.
        """
        path = locate_to_write(self.place)
        with stop_on_signals() as stop:
            changes = ProjectChanges(path, Noticing(), stop, self.screen.say)
            try:
                return Continuous(changes, stop, every_s).run(
                    lambda cause: self._pass(path, cause, changes, stop)
                )
            finally:
                changes.close()

    def _pass(self, path: Path, cause: Cause, changes: ProjectChanges, stop: Stop) -> Pass:
        self._passes += 1
        try:
            changes.begin()
            with nullcontext() if self.is_locked else hold_run_lock(path.parent, self.screen.say):
                project = load(self.place, self.screen, locked=self.is_locked)
                if self.is_locked:
                    require_current_lock(project)
                with open_reconciler(
                    project, self.reach, self.screen, self.selection, stop=stop
                ) as reconciler:
                    report = reconciler.sync(reconciler.plan())
        except PalletError as exc:
            return self._failed(path, cause, exc)
        return self._done(project, cause, report)

    def _failed(self, path: Path, cause: Cause, failure: PalletError) -> Pass:
        """Tell of a pass that could not do its work; it is the last where no other could."""
        is_last = not path.is_file() or isinstance(failure, UsageError)
        is_last = is_last or (self._passes == 1 and isinstance(failure, InvalidError))
        first_line = str(failure).splitlines()[0]
        self._tell(cause, failure.exit_code, first_line, documents.failure_document("sync", failure))
        self._explain(render_failure(failure))
        return Pass(failure.exit_code, is_last=is_last)

    def _done(self, project: Project, cause: Cause, report: Report) -> Pass:
        plan, results = report.plan, report.results
        code = report.exit_code
        document = documents.plan_document(
            "sync",
            plan,
            exit_code=code,
            results=results,
            problems=project.warnings,
            lock_written=report.lock_written,
            config=project.config.path.name,
        )
        lock = "; pallet.lock written" if report.lock_written else ""
        self._tell(
            cause, code, f"target {plan.target}: {counts.summarise_results(plan, results)}{lock}", document
        )
        said = _amiss(rows.rows_of(plan, results)) if code else []
        if report.lock_error is not None:
            said.append(render_failure(report.lock_error).rstrip("\n"))
        self._explain("\n".join(said))
        for sentence in rows.restored(plan, results):
            self.screen.shout(sentence)
        return Pass(code)

    def _tell(self, cause: Cause, code: int, summary: str, document: documents.Document) -> None:
        """Print the line of a pass."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if self.screen.output.format == "json":
            line = json.dumps({"time": now, "cause": cause.value, **document}, ensure_ascii=False)
        else:
            line = f"{now} {cause}: {summary}" + (f" (exit code {code})" if code else "")
        self.screen.result(f"{line}\n")

    def _explain(self, text: str) -> None:
        """Say what is wrong when it begins to be, not in every pass."""
        if text and text != self._said:
            self.screen.say(text.rstrip("\n"))
        self._said = text


def _amiss(everything: list[rows.Row]) -> list[str]:
    """Return what is wrong, one entry for each cause, however many artifacts it has."""
    causes: dict[tuple[str, str | None], list[str]] = {}
    for row in everything:
        if row.mark in ("!", "x", "?"):
            causes.setdefault((row.why, row.next), []).append(row.what)
    return [_say(names, why, fix) for (why, fix), names in causes.items()]


def _say(names: list[str], why: str, fix: str | None) -> str:
    shown = ", ".join(names[:_NAMES_MAX])
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    return f"{shown}{more}: {why}" + (f"\n  → {fix}" if fix else "")
