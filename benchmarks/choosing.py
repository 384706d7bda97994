"""What `select` and `search` cost over a catalog: whole commands, and no registry but a folder.

Must never be added: requests, which the other benchmarks time.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table
from reconciler.desired.versions.version import Version
from reconciler.discovery.catalog import LATEST, catalog_manifest
from reconciler.discovery.catalog_document import CatalogDocument, item_of, render_catalog
from reconciler.discovery.entries import Entry
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Descriptor
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository, Tag

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.lab import Lab
    from benchmarks.processes import Finished

MANY, FEW = 100_000, 1000
SELECT_MAX_S, SELECT_MAX_MB, ANY_MAX_S = 3.0, 500.0, 1.0
"""For many entries, and for few; the start of the interpreter and reading the catalog included."""
_WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"
_MB = 1_000_000
_WANTED = ("--skill", "create_plan", "--language", "python", "--env", "prod", "--memory", "4GB")
_QUESTIONS = (
    ("select, a skill that all have", ("select", *_WANTED)),
    ("select, a skill that few have", ("select", "--skill", "create_plan", "--skill", "skill_42")),
    ("search, a word and a comparison", ("search", "0042", "timeout<=600")),
)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A folder with a catalog of so many entries."""

    folder: Path
    entries: int


def measure(lab: Lab) -> Table:
    """Ask the same of two catalogs."""
    figures: list[Figure] = []
    goals: list[Goal] = []
    for count in (FEW, MANY):
        folder = lab.folder / f"shelf-{count}"
        _publish_elsewhere(folder, count)
        shelf = _Shelf(folder, count)
        for what, arguments in _QUESTIONS:
            runs = [_ask(lab, shelf, arguments) for _ in range(lab.scale.jobs_repetitions)]
            seconds = tuple(run.wall_s for run in runs)
            peak_mb = max(run.peak_bytes for run in runs) / _MB
            name = f"{what}, {count} entries"
            figures.append(Figure(name, "s", seconds, f"{peak_mb:.0f} MB at most"))
            most_s = ANY_MAX_S if count == FEW else SELECT_MAX_S
            goals.append(Goal(f"{name}: seconds", seconds, most_s, at_most=True))
            if count == MANY:
                goals.append(Goal(f"{name}: MB", (peak_mb,), SELECT_MAX_MB, at_most=True))
    return Table("Choosing", figures, goals, ["whole commands over a catalog in a layout"])


def _ask(lab: Lab, shelf: _Shelf, arguments: tuple[str, ...]) -> Finished:
    finished = lab.pallet(shelf.folder, *arguments, "--registry", "oci-layout:.", "--quiet")
    if "w/" not in finished.output:
        raise RuntimeError(f"expected an answer among {shelf.entries}, got {finished.output[:200]!r}")
    return finished


def _publish_elsewhere(folder: Path, count: int) -> None:
    """Publish in another process: the peak of a command counts what its parent held when it began."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_publish, folder, count).result()


def _publish(folder: Path, count: int) -> None:
    """Write a layout that holds a catalog, and nothing of what it lists."""
    folder.mkdir()
    store, name = open_layout(folder, label=str(folder)), Repository("catalog")
    content = render_catalog(CatalogDocument(tuple(item_of(_entry(place), "acme") for place in range(count))))
    blob = Blob.of_bytes(content)
    store.put_blob(name, blob)
    manifest = catalog_manifest(Descriptor("", blob.digest, blob.size_bytes))
    store.put_manifest(name, LATEST, manifest, OCI_MANIFEST)
    store.close()


def _entry(place: int) -> Entry:
    version, name = Version(f"1.{place % 50}.0"), Repository(f"w/{place:06d}")
    said = {
        "language": "python" if place % 2 else "go",
        "max-memory": f"{place % 8 + 1}GB",
        "priority": str(place % 10),
        "skills": f"create_plan,skill_{place % 100},skill_{place % 7}",
        "timeout": "600",
        "type": "sequential",
    }
    annotations = {f"org.pallet.workflow.{key}": text for key, text in said.items()}
    annotations["org.opencontainers.image.title"] = f"{place:06d}.yaml"
    digest = Digest.of(name.encode())
    return Entry(name, version, Tag(version.text), digest, 700, OCI_MANIFEST, _WORKFLOW, annotations)
