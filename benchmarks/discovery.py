"""What discovery costs beside requests: needs over graphs of thousands of artifacts.

Must never be added: a registry.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table
from reconciler.desired.requirements import REQUIRES
from reconciler.desired.versions.version import Version
from reconciler.discovery.dependencies import find_dependencies
from reconciler.discovery.entries import Entry
from reconciler.discovery.shelves import EntryShelf
from reconciler.oci.digest import Digest
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.lab import Lab

NODES = 10_000
DEPS_MAX_S = 1.0
"""For 10,000 nodes, in seconds of work."""
_SEED = 7


def measure(lab: Lab) -> Table:
    """Find out what the first of many artifacts needs, in three shapes of graph."""
    shapes: dict[str, Callable[[], list[Entry]]] = {
        "a chain": _chain,
        "four requirements each": _web,
        "a circle": _circle,
    }
    figures, goals = [], []
    for name, build in shapes.items():
        values = tuple(_find(build()) for _ in range(lab.scale.jobs_repetitions))
        figures.append(Figure(f"needs over {NODES} nodes, {name}", "s", values))
        goals.append(Goal(f"{name}: seconds of work", values, DEPS_MAX_S, at_most=True))
    return Table("Needs", figures, goals, ["processor time; the annotations are at hand"])


def _find(entries: list[Entry]) -> float:
    shelf = EntryShelf(entries)
    began_s = time.process_time()
    found = find_dependencies(entries[0], shelf)
    took_s = time.process_time() - began_s
    if len(found.entries) < NODES // 2:
        raise RuntimeError(f"expected a graph of some {NODES} nodes, got {len(found.entries)}")
    return took_s


def _chain() -> list[Entry]:
    return [_entry(place, 0, f"n{place + 1}@^1.0" if place < NODES - 1 else "") for place in range(NODES)]


def _circle() -> list[Entry]:
    return [_entry(place, 0, f"n{(place + 1) % NODES}") for place in range(NODES)]


def _web() -> list[Entry]:
    chance = random.Random(_SEED)

    def needs(place: int) -> str:
        beyond = range(place + 1, min(NODES, place + 200))
        return ",".join(f"n{chance.choice(beyond)}@^1.{chance.randrange(2)}" for _ in range(4) if beyond)

    return [_entry(place, minor, needs(place)) for place in range(NODES) for minor in (1, 0)]


def _entry(place: int, minor: int, requires: str) -> Entry:
    version, name = Version(f"1.{minor}.0"), Repository(f"w/n{place}")
    digest = Digest.of(f"{name} {version}".encode())
    annotations = {REQUIRES: requires} if requires else {}
    return Entry(name, version, Tag(version.text), digest, 300, OCI_MANIFEST, "text/plain", annotations)
