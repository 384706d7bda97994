"""Promoting to a registry where nine of ten artifacts are already: pallet, and loops of other tools.

Must never be added: a figure of an empty destination, which is a first push.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.results import Figure, Goal, Table
from reconciler.desired.project import load_project
from tests.support.docker_registry import DockerRegistry
from tests.support.scenarios import CountingProxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.lab import Lab
    from reconciler.desired.wanted import Wanted

_PROMOTE = ("promote", "--from", "registry", "--to", "second", "--progress", "none")
_TOOLS = {
    "crane copy": ("crane", "copy", "--insecure"),
    "oras cp": ("oras", "cp", "--from-plain-http", "--to-plain-http", "--no-tty"),
    "skopeo copy": (
        "skopeo",
        "copy",
        "--quiet",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ),
}


def measure(lab: Lab) -> Table:
    """Promote a project of which nine tenths are at the destination; each time to a new place there."""
    count = max(10, lab.scale.artifacts // 2)
    folder = lab.fresh_project(count)
    lab.pallet(folder, "sync", "--target", "registry")
    wanted = load_project(folder / "pallet.toml").wanted
    config = (folder / "pallet.toml").read_text(encoding="utf-8")
    there = wanted[: count - count // 10]
    place = lab.folder / "second-registry"
    place.mkdir(exist_ok=True)
    second = DockerRegistry(place)
    second.start()
    try:
        seconds = []
        for number in range(lab.scale.repetitions):
            _aim(folder, config, f"{second.url}/run-{number}")
            _fill(lab, folder, there)
            seconds.append(lab.pallet(folder, *_PROMOTE).wall_s)
        heads = _count_heads(lab, folder, config, second, there)
        source = _repository(config)
        tools = list(_other_tools(lab, folder, there, source, f"{second.host}/run-0"))
    finally:
        second.stop()
    figures = [
        Figure(
            "pallet promote, whole command", "s", tuple(seconds), f"{count - len(there)} of {count} travel"
        ),
        Figure(
            "pallet promote, for each that is there",
            "ms",
            tuple(second_ * 1000 / count for second_ in seconds),
            "the whole command by its artifacts",
        ),
        *tools,
    ]
    goal = Goal("HEADs for each artifact that is there", (heads,), 1.0, at_most=True)
    return Table(f"Promoting {count} artifacts, {len(there)} of which are there", figures, [goal], _missing())


def _repository(config: str) -> str:
    """Return host and prefix of the target `registry` in a pallet.toml of the workload."""
    url = config.partition('[target.registry]\nurl = "')[2].partition('"')[0]
    return url.removeprefix("http://")


def _aim(folder: Path, config: str, url: str) -> None:
    text = f'{config}\n[target.second]\nurl = "{url}"\n'
    (folder / "pallet.toml").write_text(text, encoding="utf-8")


def _fill(lab: Lab, folder: Path, there: Sequence[Wanted]) -> None:
    only = [word for item in there for word in ("--only", item.name)]
    lab.pallet(folder, *_PROMOTE, *only)


def _count_heads(
    lab: Lab, folder: Path, config: str, second: DockerRegistry, there: Sequence[Wanted]
) -> float:
    """Return how many HEADs arrive, on both sides, for one artifact that is there."""
    source = _repository(config)
    host, _, prefix = source.partition("/")
    with CountingProxy(second.host) as proxy, CountingProxy(host) as source_proxy:
        through = config.replace(f"http://{source}", f"{source_proxy.url}/{prefix}")
        _aim(folder, through, f"{proxy.url}/run-0")
        lab.pallet(folder, *_PROMOTE)
        return (proxy.counts["HEAD"] + source_proxy.counts["HEAD"]) / (len(there) + len(there) // 9)


def _other_tools(
    lab: Lab, folder: Path, there: Sequence[Wanted], source: str, destination: str
) -> Iterator[Figure]:
    """Yield what each installed tool takes to find out that an artifact is there, one process for each."""
    for name, command in _TOOLS.items():
        if shutil.which(command[0]) is None:
            continue
        scheme = "docker://" if command[0] == "skopeo" else ""
        seconds = []
        for item in there[: lab.scale.tool_artifacts]:
            ends = [f"{scheme}{place}/{item.name}:{item.tag}" for place in (source, destination)]
            seconds.append(lab.run([*command, *ends], folder).wall_s * 1000)
        yield Figure(f"{name}, for each that is there", "ms", tuple(seconds), "one process for each")


def _missing() -> list[str]:
    return [f"{name.split()[0]} is not installed" for name, c in _TOOLS.items() if shutil.which(c[0]) is None]
