"""One client at work in a process of its own: `python -m benchmarks.stretch CLIENT FOLDER CONNECTIONS`.

Prints how long it took from the first request to the last answer, and what the client's processor
did meanwhile; so neither starting Python nor reading files is in the rates.
Must never be added: repetitions or comparisons.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.lab import Stretch
from benchmarks.raw_client import Line, Parcel, work_through
from reconciler.compose import Connection, Surroundings, choose_target, open_store
from reconciler.desired.project import load_project
from reconciler.oci.registry.store import RegistryStore
from reconciler.sync.actions import Outcome, Plan
from reconciler.sync.reconcile import Reconciler
from reconciler.sync.stop import Stop
from reconciler.sync.verdicts import Verdict

_TARGET = "registry"


def _push_with_pallet(folder: Path, jobs: int) -> Stretch:
    reconciler, store = _reconciler(folder, jobs)
    processor_s = time.process_time()
    report = reconciler.sync(_planned(reconciler, Verdict.CREATE))
    assert all(result.outcome is Outcome.DONE for result in report.results.everything), report.results
    return _measured(store, time.process_time() - processor_s)


def _check_with_pallet(folder: Path, jobs: int) -> Stretch:
    reconciler, store = _reconciler(folder, jobs)
    processor_s = time.process_time()
    _planned(reconciler, Verdict.IN_SYNC)
    return _measured(store, time.process_time() - processor_s)


def _reconciler(folder: Path, jobs: int) -> tuple[Reconciler, RegistryStore]:
    project = load_project(folder / "pallet.toml")
    target = choose_target(project.config, _TARGET)
    # A retry would hide that the registry could not keep up.
    connection = Connection(jobs=jobs, retries=0)
    store = open_store(target, Surroundings(folder, connection, environment={}, home=folder, stop=Stop()))
    assert isinstance(store, RegistryStore)
    return Reconciler(project, target, store, jobs), store


def _planned(reconciler: Reconciler, verdict: Verdict) -> Plan:
    plan = reconciler.plan()
    assert all(item.verdict is verdict for item in plan.artifacts), plan.summary
    return plan


def _measured(store: RegistryStore, processor_s: float) -> Stretch:
    transport = store.transport
    assert transport.first_request_s is not None
    assert transport.last_answer_s is not None
    store.close()
    return Stretch(transport.last_answer_s - transport.first_request_s, processor_s, transport.counts.total())


def _push_raw(folder: Path, connections: int) -> Stretch:
    return _raw(folder, connections, is_push=True)


def _check_raw(folder: Path, connections: int) -> Stretch:
    return _raw(folder, connections, is_push=False)


def _raw(folder: Path, connections: int, *, is_push: bool) -> Stretch:
    project = load_project(folder / "pallet.toml")
    url = urlsplit(project.config.targets[_TARGET].url)
    assert url.hostname is not None
    assert url.port is not None
    parcels = [Parcel.of(wanted, url.path.strip("/")) for wanted in project.wanted]
    lines = [Line(url.hostname, url.port) for _ in range(connections)]
    processor_s, started = time.process_time(), time.monotonic()
    work_through(lines, parcels, Line.push if is_push else Line.head)
    seconds, processor_s = time.monotonic() - started, time.process_time() - processor_s
    for line in lines:
        line.close()
    return Stretch(seconds, processor_s, len(parcels) * (3 if is_push else 1))


CLIENTS = {
    "pallet-push": _push_with_pallet,
    "pallet-check": _check_with_pallet,
    "raw-push": _push_raw,
    "raw-check": _check_raw,
}

if __name__ == "__main__":
    client, folder, connections = sys.argv[1:]
    print(json.dumps(asdict(CLIENTS[client](Path(folder), int(connections)))))
