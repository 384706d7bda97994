"""README.md does what it says: its commands run, its links lead somewhere, its tables are the program's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.sync import exit_codes
from tests.support.docker_registry import PROJECT
from tests.support.processes import DEADLINE_S, run_command

README = (PROJECT / "README.md").read_text(encoding="utf-8")
TEXTS = sorted(
    path.relative_to(PROJECT)
    for path in (*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"))
    if path.is_file()
)
_FENCE = re.compile(r"^```(?P<mark>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
_ROW = re.compile(r"^\| `pallet (?P<name>[a-z]+)[^`]*` \|", re.MULTILINE)
_CODE_ROW = re.compile(r"^\| (?P<code>\d+)(?:, (?P<other>\d+))? \|", re.MULTILINE)


def blocks(mark: str) -> list[str]:
    return [match["body"] for match in _FENCE.finditer(README) if match["mark"] == mark]


def links(text: str) -> Iterator[str]:
    for match in _LINK.finditer(_FENCE.sub("", text)):
        target = match["target"]
        if not re.match(r"[a-z]+:|#", target):
            yield unquote(target.partition("#")[0])


def test_every_command_runs_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    # Whatever git is told on this machine must not decide; at home there is nothing in tests.
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    scripts = blocks("sh")
    assert len(scripts) >= 5

    # One shell, so that state carries over from block to block.
    script = "\n".join(f"echo '>>> block {number}' >&2\n{body}" for number, body in enumerate(scripts))
    ran = run_command(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path)

    assert ran.code == 0, ran.everything
    assert "Traceback" not in ran.everything


def test_every_shell_block_is_marked() -> None:
    marks = {match["mark"] for match in _FENCE.finditer(README)}

    assert marks <= {"sh", "sh make", "toml", "yaml", "json", "text", ""}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("line", [line for block in blocks("sh make") for line in block.splitlines()])
def test_make_knows_its_target(line: str) -> None:
    make, *targets = line.split()

    assert make == "make"
    subprocess.run(
        ["make", "--dry-run", *targets], cwd=PROJECT, check=True, capture_output=True, timeout=DEADLINE_S
    )


@pytest.mark.parametrize("text", TEXTS, ids=str)
def test_every_relative_link_leads_to_a_file(text: Path) -> None:
    folder = (PROJECT / text).parent

    dead = [
        target
        for target in links((PROJECT / text).read_text(encoding="utf-8"))
        if not (folder / target).exists()
    ]

    assert dead == []


def test_table_of_commands_is_the_program_s() -> None:
    assert [match["name"] for match in _ROW.finditer(README)] == list(COMMANDS)


def test_table_of_exit_codes_knows_every_code() -> None:
    said = {int(code) for match in _CODE_ROW.finditer(README) for code in match.groups() if code}

    ours = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert said >= ours | {64, 70, 130, 143}
