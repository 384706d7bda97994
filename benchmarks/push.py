"""First push: pallet, the registry's limit for raw concurrent clients, a plain loop, other tools.

Must never be added: floating tags, which the others do not move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import other_tools
from benchmarks.results import Figure, Goal, Table, ratios
from reconciler.desired.project import load_project
from reconciler.oci.registry.settings import JOBS

if TYPE_CHECKING:
    from benchmarks.lab import Lab

NEEDED = 0.8
"""Of the raw limit; pallet sends one request more for each artifact, since it looks before it pushes."""


def measure(lab: Lab) -> Table:
    """Compare first pushes, pallet and the raw client by turns."""
    count = lab.scale.artifacts
    connections = _find_peak(lab)
    pallet, raw, whole = [], [], []
    for _ in range(lab.scale.repetitions):
        pallet.append(_rate(lab, "pallet-push", JOBS))
        raw.append(_rate(lab, "raw-push", connections))
        whole.append(lab.pallet(lab.fresh_project(count), "sync", "--target", "registry").wall_s)
    ours = Figure(f"pallet, --jobs {JOBS}", "artifacts/s", tuple(pallet), "HEAD, POST, PUT, PUT")
    limit = Figure(f"raw client, {connections} connections", "artifacts/s", tuple(raw), "POST, PUT, PUT")
    figures = [
        ours,
        Figure("pallet sync, whole command", "s", tuple(whole), f"{count} artifacts, a fresh process"),
        limit,
        Figure("plain loop, 1 connection", "artifacts/s", (_rate(lab, "raw-push", 1),), "POST, PUT, PUT"),
        *_other_tools(lab),
    ]
    goal = Goal(f"first push, of the rate of the {limit.what}", ratios(ours, limit), NEEDED)
    return Table(f"First push of {count} workflows", figures, [goal], other_tools.missing())


def _rate(lab: Lab, client: str, connections: int) -> float:
    count = lab.scale.artifacts
    return count / lab.stretch(client, lab.fresh_project(count), connections).seconds


def _find_peak(lab: Lab) -> int:
    """Return the number of connections with which the raw client is fastest."""
    rates = {connections: _rate(lab, "raw-push", connections) for connections in lab.scale.connections}
    return max(rates, key=lambda connections: rates[connections])


def _other_tools(lab: Lab) -> list[Figure]:
    folder = lab.fresh_project(lab.scale.tool_artifacts)
    project = load_project(folder / "pallet.toml")
    lab.pallet(folder, "sync", "--target", "local")  # skopeo copies from layouts
    registry = project.config.targets["registry"].url.removeprefix("http://")
    return list(other_tools.measure_pushes(lab, folder, project.wanted, registry))
