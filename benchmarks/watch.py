"""From a saved file to the tag, what a watch costs while nothing happens, and how it starts on many files.

The time is that of pallet's own events: from the end of the quiet period, which nobody can do without, to the
registry's last answer. Must never be added: a sleep in what is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import Figure, Goal, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.lab import Lab

PUSH_MAX_MS, IDLE_MAX_PERCENT, GROWTH_MAX_MB, START_MAX_S = 100.0, 0.1, 5.0, 3.0
"""For 1,000 artifacts; of one core; over 10,000 saves; on 10,000 files."""
_SAVES = 50
_IDLE_S = 20.0
_ROUND = 100
"""Files that are saved at once, where memory is looked at."""
_ROUNDS = 100
_WARM_UP_ROUNDS = 10
_MEGABYTE = 1_000_000


def measure(lab: Lab) -> Table:
    """Watch a project: save one file after another, then none, then many; start on ten times as many."""
    count = lab.scale.artifacts
    is_whole = count >= 1000
    folder = lab.fresh_project(count)
    with _watching(lab, folder, "--debounce", "0.2") as watch:
        watch.settle()
        pushes = [_save_one(watch, folder, number) for number in range(_SAVES if is_whole else 10)]
        idle = [watch.busy_percent(_IDLE_S if is_whole else 2.0) for _ in range(3)]
    growth = _growth(lab, folder, _ROUNDS if is_whole else 12, min(_ROUND, count))
    quiet = tuple(push["since_quiet_ms"] for push in pushes)
    saved = tuple(push["since_save_ms"] for push in pushes)
    figures = [
        Figure(f"quiet period to tag, {count} artifacts", "ms", quiet, "POST, PUT, PUT and all before them"),
        Figure("save to tag", "ms", saved, "the quiet period of 200 ms included"),
        Figure("processor while nothing happens", "%", tuple(idle), "of one core"),
        Figure(f"memory after {growth.saves_first} saves", "MB", (growth.first_mb,)),
        Figure(f"memory after {growth.saves} saves", "MB", (growth.last_mb,), f"{_ROUND} files at once"),
    ]
    starts = _starts(lab, count * 10)
    figures += starts
    goals = [
        Goal("quiet period to tag: ms", quiet, PUSH_MAX_MS, at_most=True),
        Goal("idle: % of one core", tuple(idle), IDLE_MAX_PERCENT, at_most=True),
        Goal(
            f"memory: MB more after {growth.saves} saves",
            (growth.last_mb - growth.first_mb,),
            GROWTH_MAX_MB,
            at_most=True,
        ),
        Goal(f"start on {count * 10} files: s", starts[0].values, START_MAX_S, at_most=True),
    ]
    remark = "the start ends when every save is noticed; what stands in the registry is compared after it"
    return Table(f"Watching {count} workflows", figures, goals if is_whole else [], [remark])


class _Growth:
    """Memory early and late."""

    def __init__(self, saves_first: int, first_mb: float, saves: int, last_mb: float) -> None:
        self.saves_first, self.first_mb, self.saves, self.last_mb = saves_first, first_mb, saves, last_mb


class _Watch:
    """A running `pallet watch`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait(self, event: str, **expected: object) -> dict[str, Any]:
        """Return the next event of this name.

        Raises:
            RuntimeError: the watch ended before.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            document: dict[str, Any] = json.loads(line)
            if document["event"] == event and expected.items() <= document.items():
                return document
        raise RuntimeError(f"pallet watch ended before {event}")

    def settle(self) -> dict[str, Any]:
        return self.wait("finished", waiting=0)

    def busy_percent(self, seconds: float) -> float:
        """Return how much of one core it uses while nothing happens."""
        before_s, started_s = self._processor_s(), time.perf_counter()
        time.sleep(seconds)  # nothing is to happen
        return 100 * (self._processor_s() - before_s) / (time.perf_counter() - started_s)

    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE

    def _processor_s(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _watching(lab: Lab, folder: Path, *arguments: str) -> Iterator[_Watch]:
    command = [sys.executable, "-m", "reconciler", "watch", "--format", "jsonl"]
    process = subprocess.Popen(
        [*command, "--target", "registry", *arguments],
        cwd=folder,
        env=lab.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    with process:
        try:
            yield _Watch(process)
        finally:
            process.terminate()


def _save_one(watch: _Watch, folder: Path, number: int) -> dict[str, Any]:
    _save(_flows(folder)[number % 7], number)
    pushed = watch.wait("pushed", cause="save")
    watch.settle()
    return pushed


def _growth(lab: Lab, folder: Path, rounds: int, size: int) -> _Growth:
    """Save many files again and again, each time with other content."""
    flows = _flows(folder)[:size]
    warm_up = min(_WARM_UP_ROUNDS, rounds // 2)
    first_mb = 0.0
    with _watching(lab, folder, "--debounce", "0.02") as watch:
        watch.settle()
        for number in range(rounds):
            for flow in flows:
                _save(flow, 1_000 + number)
            pushed = 0
            while pushed < size:
                pushed += watch.wait("finished")["pushed"]
            if number + 1 == warm_up:
                first_mb = watch.memory_mb()
        return _Growth(warm_up * size, first_mb, rounds * size, watch.memory_mb())


def _starts(lab: Lab, count: int) -> list[Figure]:
    folder = lab.project(count)
    noticing, building = [], []
    for _ in range(lab.scale.jobs_repetitions):
        started_s = time.perf_counter()
        with _watching(lab, folder) as watch:
            watch.wait("watching")
            noticing.append(time.perf_counter() - started_s)
            watch.wait("finished")
            building.append(time.perf_counter() - started_s)
    return [
        Figure(f"start on {count} files, until every save is noticed", "s", tuple(noticing)),
        Figure("until all of them are built", "s", tuple(building), "the first time nothing is remembered"),
    ]


def _flows(folder: Path) -> list[Path]:
    return sorted(folder.glob("workflows/*/*.yaml"))


def _save(path: Path, number: int) -> None:
    """Give a workflow a description that it has not had, in its first such line."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(
        f'  description: "Save {number}"\n' if line.startswith("  description:") else line for line in lines
    )
    path.write_text(text, encoding="utf-8")
