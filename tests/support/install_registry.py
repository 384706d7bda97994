"""Fetches Debian's docker-registry for the tests, without root: `python -m tests.support.install_registry`.

Everything stays below .cache. Where it cannot be had, one sentence says why and the tests that
need it fail with theirs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.docker_registry import PROJECT, UNPACKED, find_binary

_APT = PROJECT / ".cache" / "apt"
_DEADLINE_S = 300


def main() -> int:
    """Leave a docker-registry on PATH or below .cache; 0 even where that failed."""
    if find_binary() is not None:
        return 0
    try:
        _install()
    except (OSError, subprocess.SubprocessError, StopIteration) as exc:
        sys.stderr.write(
            f"install_registry: docker-registry could not be fetched from Debian: {_reason(exc)}\n"
        )
    return 0


def _install() -> None:
    options = _apt_options()
    _run(["apt-get", *options, "update"], cwd=_APT)
    with tempfile.TemporaryDirectory(dir=_APT) as folder:
        _run(["apt-get", *options, "download", "docker-registry"], cwd=Path(folder))
        package = next(Path(folder).glob("docker-registry_*.deb"))
        unpacked = Path(folder) / "unpacked"
        _run(["dpkg", "-x", str(package), str(unpacked)], cwd=Path(folder))
        shutil.rmtree(UNPACKED, ignore_errors=True)
        # Renamed when complete: an interrupted run leaves nothing that looks installed.
        unpacked.rename(UNPACKED)


def _apt_options() -> list[str]:
    for folder in ("lists/partial", "cache/archives/partial"):
        (_APT / folder).mkdir(parents=True, exist_ok=True)
    settings = [f"Dir::State::lists={_APT / 'lists'}", f"Dir::Cache={_APT / 'cache'}", "Debug::NoLocking=1"]
    if os.geteuid() == 0:
        # apt would drop to the user _apt, who may not enter a private directory.
        settings.append("APT::Sandbox::User=root")
    return [part for setting in settings for part in ("-o", setting)]


def _run(command: list[str], *, cwd: Path) -> None:
    subprocess.run(
        command,
        cwd=cwd,
        check=True,
        timeout=_DEADLINE_S,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _reason(exc: Exception) -> str:
    if isinstance(exc, subprocess.CalledProcessError):
        lines = (exc.stderr or exc.stdout or "").strip().splitlines() or [f"exit code {exc.returncode}"]
        return f"{exc.cmd[0]}: {lines[-1]}"
    return str(exc) or type(exc).__name__


if __name__ == "__main__":
    sys.exit(main())
