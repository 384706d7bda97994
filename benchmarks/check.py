"""Checking what is in sync: pallet, the registry's ceiling, a plain loop, other tools.

Must never be added: anything that writes while the others read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import other_tools
from benchmarks.results import Figure, Goal, Table, ratio
from reconciler.cli.options import JOBS
from reconciler.desired.project import load_project

if TYPE_CHECKING:
    from benchmarks.lab import Lab

NEEDED = 0.5
"""Of what a client in C reaches."""


def measure(lab: Lab) -> Table:
    """Compare checks of everything, pallet and ab by turns."""
    count = lab.scale.artifacts
    folder = lab.fresh_project(count)
    lab.pallet(folder, "sync", "--target", "registry")
    project = load_project(folder / "pallet.toml")
    url = project.config.targets["registry"].url
    first = project.wanted[0]
    manifest = f"{url}/{first.name}/manifests/{first.tag}".replace("/run-", "/v2/run-", 1)
    pallet, ceiling, raw, whole = [], [], [], []
    for _ in range(lab.scale.repetitions):
        pallet.append(count / lab.stretch("pallet-check", folder, JOBS).seconds)
        ceiling.append(other_tools.ceiling(lab, manifest, connections=JOBS))
        raw.append(count / lab.stretch("raw-check", folder, JOBS).seconds)
        whole.append(lab.pallet(folder, "check", "--target", "registry").wall_s)
    loop = count / lab.stretch("raw-check", folder, 1).seconds
    ours = Figure(f"pallet, --jobs {JOBS}", "artifacts/s", tuple(pallet), "one HEAD for each artifact")
    limit = Figure(f"ab -k -i, {JOBS} connections", "requests/s", tuple(ceiling), "HEAD of one manifest")
    figures = [
        ours,
        Figure("pallet check, whole command", "s", tuple(whole), f"{count} artifacts, a fresh process"),
        limit,
        Figure(f"raw client, {JOBS} connections", "requests/s", tuple(raw), "one HEAD for each artifact"),
        Figure("plain loop, 1 connection", "requests/s", (loop,), "one HEAD for each artifact"),
        *other_tools.measure_checks(lab, folder, project.wanted, url.removeprefix("http://")),
    ]
    goal = Goal("check, of ab's rate", ratio(ours, limit), NEEDED)
    return Table(f"Check of {count} workflows in sync", figures, [goal], other_tools.missing())
