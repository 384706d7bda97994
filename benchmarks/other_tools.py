"""Other people's programs against the same registry: ab, skopeo, and oras where it is installed.

Must never be added: a tool that `make bench` would need; what is missing is said and left out.
"""

from __future__ import annotations

import re
import shutil
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.results import Figure
from reconciler.oci.media_types import OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.lab import Lab
    from reconciler.desired.wanted import Wanted

_RATE = re.compile(r"^Requests per second: +([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"^(?:Failed requests|Non-2xx responses): +([0-9]+)", re.MULTILINE)
_WORKFLOW = "application/vnd.pallet.workflow.v1+yaml"


def has_ab() -> bool:
    return shutil.which("ab") is not None


def ceiling(lab: Lab, url: str, *, connections: int) -> float:
    """Return how many HEADs of one manifest per second the registry answers to ab, kept alive.

    Not wrk: it waits for the body of a HEAD.

    Raises:
        RuntimeError: an answer was no success.
    """
    counts = ["-q", "-k", "-i", "-c", str(connections), "-n", str(2 * lab.scale.artifacts)]
    output = lab.run(["ab", *counts, "-H", f"Accept: {OCI_MANIFEST}", url], lab.folder).output
    rate = _RATE.search(output)
    if rate is None or any(int(count) for count in _FAILED.findall(output)):
        raise RuntimeError(f"ab: expected only successes, got {output[-1000:]}")
    return float(rate[1])


def measure_pushes(lab: Lab, folder: Path, wanted: Sequence[Wanted], registry: str) -> Iterator[Figure]:
    """Yield what each installed tool makes of first pushes, one process for each artifact.

    Args:
        folder: of the project, whose layouts below .pallet hold the artifacts.
        registry: host and prefix.
    """
    some = list(islice(wanted, lab.scale.tool_artifacts))
    if shutil.which("skopeo"):
        yield _rate(lab, folder, "skopeo copy", [_skopeo_copy(item, registry) for item in some])
    if shutil.which("oras"):
        yield _rate(lab, folder, "oras push", [_oras_push(item, registry) for item in some])


def measure_checks(lab: Lab, folder: Path, wanted: Sequence[Wanted], registry: str) -> Iterator[Figure]:
    """Yield what each installed tool makes of asking for manifests, one process for each."""
    some = list(islice(wanted, lab.scale.tool_artifacts))
    if shutil.which("skopeo"):
        yield _rate(lab, folder, "skopeo inspect --raw", [_skopeo_inspect(item, registry) for item in some])
    if shutil.which("oras"):
        yield _rate(lab, folder, "oras manifest fetch", [_oras_fetch(item, registry) for item in some])


def missing() -> list[str]:
    """Return a sentence for each tool that is not there."""
    return [f"{tool} is not installed" for tool in ("ab", "skopeo", "oras") if shutil.which(tool) is None]


def _rate(lab: Lab, folder: Path, what: str, commands: Sequence[Sequence[str]]) -> Figure:
    rates = tuple(1 / lab.run(command, folder).wall_s for command in commands)
    return Figure(what, "artifacts/s", rates, "one process for each")


def _skopeo_copy(item: Wanted, registry: str) -> list[str]:
    source = f"oci:.pallet/registry/{item.name}:{item.tag}"
    destination = f"docker://{registry}/{item.name}:{item.tag}"
    return ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", source, destination]


def _skopeo_inspect(item: Wanted, registry: str) -> list[str]:
    return ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{registry}/{item.name}:{item.tag}"]


def _oras_push(item: Wanted, registry: str) -> list[str]:
    file = f"{item.files[0].path}:{_WORKFLOW}"
    return ["oras", "push", "--plain-http", "--no-tty", f"{registry}/{item.name}:{item.tag}", file]


def _oras_fetch(item: Wanted, registry: str) -> list[str]:
    reference = f"{registry}/{item.name}:{item.tag}"
    return ["oras", "manifest", "fetch", "--plain-http", "--descriptor", reference]
