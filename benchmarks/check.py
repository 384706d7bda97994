"""Checking what is in sync: pallet, the registry's ceiling, a plain loop, other tools.

Must never be added: anything that writes while the others read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks import other_tools
from benchmarks.results import Figure, Goal, Table, ratios
from reconciler.desired.project import load_project
from reconciler.oci.registry.settings import JOBS

if TYPE_CHECKING:
    from benchmarks.lab import Lab
    from reconciler.desired.wanted import Wanted

NEEDED = 0.5
"""Of what a client in C reaches."""


def measure(lab: Lab) -> Table:
    """Compare checks of everything, pallet and ab by turns."""
    count = lab.scale.artifacts
    folder = lab.fresh_project(count)
    lab.pallet(folder, "sync", "--target", "registry")
    project = load_project(folder / "pallet.toml")
    url = project.config.targets["registry"].url
    pallet, ceiling, raw, whole = [], [], [], []
    for _ in range(lab.scale.repetitions):
        pallet.append(count / lab.stretch("pallet-check", folder, JOBS).seconds)
        if other_tools.has_ab():
            ceiling.append(other_tools.ceiling(lab, _manifest(url, project.wanted[0]), connections=JOBS))
        raw.append(count / lab.stretch("raw-check", folder, JOBS).seconds)
        whole.append(lab.pallet(folder, "check", "--target", "registry").wall_s)
    loop = count / lab.stretch("raw-check", folder, 1).seconds
    ours = Figure(f"pallet, --jobs {JOBS}", "artifacts/s", tuple(pallet), "one HEAD for each artifact")
    others = [
        Figure(f"raw client, {JOBS} connections", "requests/s", tuple(raw), "one HEAD for each artifact"),
        Figure("plain loop, 1 connection", "requests/s", (loop,), "one HEAD for each artifact"),
        *other_tools.measure_checks(lab, folder, project.wanted, url.removeprefix("http://")),
    ]
    if ceiling:
        name = f"ab -k -i, {JOBS} connections"
        others.insert(0, Figure(name, "requests/s", tuple(ceiling), "HEAD of one manifest"))
    limit = others[0]
    figures = [
        ours,
        Figure("pallet check, whole command", "s", tuple(whole), f"{count} artifacts, a fresh process"),
        *others,
    ]
    goal = Goal(f"check, of the rate of {limit.what}", ratios(ours, limit), NEEDED)
    return Table(f"Check of {count} workflows in sync", figures, [goal], other_tools.missing())


def _manifest(url: str, wanted: Wanted) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/v2{parts.path}/{wanted.name}/manifests/{wanted.tag}"
