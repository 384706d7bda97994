"""What --help says is what the commands do, and saying it costs no heavy import."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.cli.main import COMMANDS, pallet, run
from tests.support.processes import run_command, run_pallet

HEAVY = ("httpx", "jsonschema", "rich")
IMPORTED = """\
import sys
from reconciler.cli.main import run
code = run(sys.argv[1:])
sys.stderr.write(" ".join(name for name in {heavy!r} if name in sys.modules))
sys.exit(code)
"""


def command_of(name: str) -> click.Command:
    command = pallet.get_command(click.Context(pallet), name)
    assert command is not None
    return command


def variable_of(name: str, flag: str) -> str:
    own = _OWN_VARIABLES.get((name, flag))
    return own or "PALLET_" + flag.removeprefix("--").upper().replace("-", "_")


_OWN_VARIABLES = {
    # PALLET_TARGET names a target that is there already.
    ("init", "--target"): "PALLET_INIT_TARGET",
    # PALLET_FORCE holds names for sync: as a switch it must overwrite nothing.
    ("push", "--force"): "PALLET_PUSH_FORCE",
    ("copy", "--force"): "PALLET_COPY_FORCE",
    ("delete", "--force"): "PALLET_DELETE_FORCE",
    ("catalog", "--force"): "PALLET_CATALOG_FORCE",
    # PALLET_OUTPUT is the file of a result elsewhere.
    ("pull", "--output"): "PALLET_PULL_OUTPUT",
    # PALLET_KIND and PALLET_ANNOTATION are what push writes, PALLET_ALL is what resolve reads.
    ("list", "--kind"): "PALLET_LIST_KIND",
    ("list", "--all"): "PALLET_LIST_ALL",
    ("search", "--annotation"): "PALLET_SEARCH_ANNOTATION",
    # PALLET_REPOSITORY is where doctor tries to write.
    ("search", "--repository"): "PALLET_SEARCH_REPOSITORY",
    ("select", "--repository"): "PALLET_SELECT_REPOSITORY",
}


def example_lines(name: str) -> Iterator[str]:
    help_text = command_of(name).help or ""
    examples = help_text.partition("Examples:")[2]
    for line in examples.replace("\b", "").splitlines():
        if line.strip().startswith("pallet "):
            yield line.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_table_of_commands_says_what_the_command_says(name: str) -> None:
    command = command_of(name)

    assert command.name == name
    assert command.short_help == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_typed(name: str) -> None:
    lines = list(example_lines(name))

    assert lines, "expected an Examples section with at least one line"
    for line in lines:
        words = shlex.split(line.partition("  #")[0])
        with click.Context(pallet, info_name="pallet", **pallet.context_settings) as parent:
            typed, command, arguments = pallet.resolve_command(parent, words[1:])
            assert typed == name, line
            # Parsed, not run: a wrong flag or value raises.
            command.make_context(typed, arguments, parent=parent)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_has_its_variable(name: str) -> None:
    for parameter in command_of(name).params:
        if not isinstance(parameter, click.Option):
            continue
        long = next(flag for flag in parameter.opts if flag.startswith("--"))
        assert parameter.envvar == variable_of(name, long)
        assert parameter.help, long


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_and_exits_zero(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "-h"):
        assert run([name, flag]) == 0
        said = capsys.readouterr()
        assert said.out.startswith(f"Usage: pallet {name} ")
        assert "Examples:" in said.out
        assert said.err == ""


def test_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0

    out = capsys.readouterr().out
    for name, said in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(said)}$", out, re.MULTILINE), name


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        *([name, "--help"] for name in COMMANDS),
    ],
    ids=" ".join,
)
def test_saying_what_it_is_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    ran = run_command([sys.executable, "-c", IMPORTED.format(heavy=HEAVY), *arguments], cwd=tmp_path)

    assert (ran.code, ran.stderr) == (0, "")


def test_layout_needs_no_http_client(tmp_path: Path) -> None:
    (tmp_path / "pallet.toml").write_text('[project]\nname = "desk"\n')

    ran = run_command([sys.executable, "-c", IMPORTED.format(heavy=("httpx",)), "sync"], cwd=tmp_path)

    assert (ran.code, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "complete -o nosort"),
        ("zsh", "compdef _pallet_completion pallet"),
        ("fish", "complete --no-files"),
    ],
)
def test_completion_script_is_printed(shell: str, mark: str, tmp_path: Path) -> None:
    ran = run_pallet(cwd=tmp_path, environment={"_PALLET_COMPLETE": f"{shell}_source"})

    assert ran.code == 0
    assert mark in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("pallet sy", "sync", id="command"),
        pytest.param("pallet sync --re", "--restore", id="flag"),
        pytest.param("pallet sync --format j", "json", id="value"),
    ],
)
def test_completion_offers_what_fits(words: str, expected: str, tmp_path: Path) -> None:
    ran = run_pallet(
        cwd=tmp_path,
        environment={
            "_PALLET_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
    )

    assert ran.code == 0, ran.everything
    assert f"plain,{expected}" in ran.stdout.splitlines()
