"""One large blob up and down: pallet's store beside curl with the same requests.

pallet verifies the digest while the bytes are on their way, curl does not. Must never be added: small
files, which `push` measures.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table, ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.lab import Lab

NEEDED = 0.9
"""Of what curl reaches."""
MEMORY_MAX_MB = 100.0
_MEGABYTE = 1_000_000
_PIECE_BYTES = 1024 * 1024
_LOCATION = re.compile(r"^location: *(\S+)", re.IGNORECASE | re.MULTILINE)
_REMARKS = (
    "pallet verifies SHA-256 on the way, in both directions; curl verifies nothing",
    "curl is timed with its start, pallet from before its first request; each in a process of its own",
)


@dataclass(frozen=True, slots=True)
class _Content:
    path: Path
    digest: str
    size_bytes: int


def measure(lab: Lab) -> Table:
    """Push and pull by turns, several times; who goes first alternates.

    Raises:
        RuntimeError: curl is not installed, or something failed.
    """
    if shutil.which("curl") is None:
        raise RuntimeError("curl is not installed: it is what transfers are compared with")
    content = _make(lab)
    rates: dict[str, list[float]] = {"push": [], "push by curl": [], "pull": [], "pull by curl": []}
    peaks: list[float] = []

    def with_pallet(direction: str, name: str) -> float:
        seconds, peak_bytes = _with_pallet(lab, content, direction, name)
        peaks.append(peak_bytes / _MEGABYTE)
        return seconds

    for number in range(lab.scale.repetitions):
        ours, theirs = f"pallet-{number}/blob", f"curl-{number}/blob"
        steps: list[tuple[str, Callable[[], float]]] = [
            ("push", partial(with_pallet, "push", ours)),
            ("push by curl", partial(_push_with_curl, lab, content, theirs)),
            ("pull", partial(with_pallet, "pull", ours)),
            ("pull by curl", partial(_pull_with_curl, lab, content, theirs)),
        ]
        for index in (0, 1, 2, 3) if number % 2 == 0 else (1, 0, 3, 2):
            what, step = steps[index]
            os.sync()  # what the step before has written is not written on its account
            rates[what].append(content.size_bytes / _MEGABYTE / step())
    others = [*_oras(lab, content), *_crane(lab, content)]
    content.path.unlink()
    return _table(content, rates, peaks, others)


def _oras(lab: Lab, content: _Content) -> Iterator[Figure]:
    if shutil.which("oras") is None:
        return
    where = f"{_host(lab)}/oras/blob"
    push = ["oras", "blob", "push", "--plain-http", "--size", str(content.size_bytes)]
    yield _rate(lab, content, "oras blob push", [*push, f"{where}@{content.digest}", content.path])
    fetch: list[str | Path] = ["oras", "blob", "fetch", "--plain-http", "--output", lab.folder / "pulled.bin"]
    yield _rate(lab, content, "oras blob fetch", [*fetch, f"{where}@{content.digest}"])


def _crane(lab: Lab, content: _Content) -> Iterator[Figure]:
    if shutil.which("crane") is None:
        return
    blob = f"{_host(lab)}/pallet-0/blob@{content.digest}"
    written = 'crane blob --insecure "$0" > "$1"'
    yield _rate(lab, content, "crane blob", ["sh", "-c", written, blob, lab.folder / "pulled.bin"])


def _host(lab: Lab) -> str:
    return lab.registry.url.removeprefix("http://")


def _rate(lab: Lab, content: _Content, what: str, command: list[str | Path]) -> Figure:
    """Return a tool's rates: once, since of what is pushed a second time nothing travels."""
    os.sync()
    seconds = lab.run(command, lab.folder).wall_s
    (lab.folder / "pulled.bin").unlink(missing_ok=True)
    return Figure(what, "MB/s", (content.size_bytes / _MEGABYTE / seconds,), "one process, once")


def _table(
    content: _Content, rates: dict[str, list[float]], peaks: list[float], others: Sequence[Figure]
) -> Table:
    push = Figure("pallet, push", "MB/s", tuple(rates["push"]), "POST, PATCH for each 64 MiB, PUT")
    curl_push = Figure("curl, push", "MB/s", tuple(rates["push by curl"]), "POST, PUT")
    pull = Figure("pallet, pull", "MB/s", tuple(rates["pull"]), "GET to a file")
    curl_pull = Figure("curl, pull", "MB/s", tuple(rates["pull by curl"]), "GET to a file")
    memory = Figure("pallet, memory", "MB", tuple(peaks), "peak of the whole process")
    goals = [
        Goal("push of a large blob, of curl's rate", ratios(push, curl_push), NEEDED),
        Goal("pull of a large blob, of curl's rate", ratios(pull, curl_pull), NEEDED),
        Goal("MB for a large blob", (max(peaks),), MEMORY_MAX_MB, at_most=True),
    ]
    missing = [f"{tool} is not installed" for tool in ("oras", "crane") if shutil.which(tool) is None]
    remarks = [*_REMARKS, *missing]
    title = f"One blob of {content.size_bytes // _PIECE_BYTES} MiB"
    return Table(title, [push, curl_push, pull, curl_pull, *others, memory], goals, remarks)


def _make(lab: Lab) -> _Content:
    path, hashed = lab.folder / "blob.bin", hashlib.sha256()
    with path.open("wb") as stream:
        for _ in range(lab.scale.blob_bytes // _PIECE_BYTES):
            piece = os.urandom(_PIECE_BYTES)
            hashed.update(piece)
            stream.write(piece)
    return _Content(path, f"sha256:{hashed.hexdigest()}", path.stat().st_size)


def _with_pallet(lab: Lab, content: _Content, direction: str, name: str) -> tuple[float, int]:
    path = content.path if direction == "push" else lab.folder / "pulled.bin"
    told = (direction, lab.registry.url, name, str(path), content.digest, str(content.size_bytes))
    finished = lab.run([sys.executable, "-m", "benchmarks.transfer_client", *told], lab.folder)
    if direction == "pull":
        path.unlink()
    return float(json.loads(finished.output)["seconds"]), finished.peak_bytes


def _push_with_curl(lab: Lab, content: _Content, name: str) -> float:
    curl = ["curl", "--silent", "--show-error", "--fail"]
    start = f"{lab.registry.url}/v2/{name}/blobs/uploads/"
    started = time.perf_counter()
    answer = lab.run([*curl, "--dump-header", "-", "--request", "POST", start], lab.folder).output
    location = _LOCATION.search(answer)
    if location is None:
        raise RuntimeError(f"curl: expected a Location, got {answer[-1000:]}")
    kind = ("--header", "Content-Type: application/octet-stream")
    where = f"{location[1]}&digest={content.digest}"
    lab.run([*curl, *kind, "--upload-file", content.path, where], lab.folder)
    return time.perf_counter() - started


def _pull_with_curl(lab: Lab, content: _Content, name: str) -> float:
    path = lab.folder / "pulled.bin"
    url = f"{lab.registry.url}/v2/{name}/blobs/{content.digest}"
    finished = lab.run(["curl", "--silent", "--show-error", "--fail", "--output", path, url], lab.folder)
    path.unlink()
    return finished.wall_s
