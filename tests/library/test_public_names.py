"""What `import reconciler` gives, and what it leaves alone: no terminal, no signal, no heavy import."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

import reconciler
from reconciler import Registry, errors
from tests.support.docker_registry import PROJECT
from tests.support.processes import run_command

SEE = {"sync": "plan", "check": "plan", "push_image": "push"}
"""Where the arguments are told that a method shares with another one."""
USER = """\
from reconciler import Entry, PalletError, Progress, Registry, Resolved

class Quiet:
    def begin(self, what: str, total: int) -> None: ...
    def advance(self, item: str) -> None: ...
    def end(self) -> None: ...

def choose(progress: Progress) -> Entry:
    with Registry.open("localhost:5000", progress=progress) as registry:
        found: Resolved = registry.resolve("workflows/plan", "^1.2")
        registry.pull(found, "out")
        return registry.select(skills=["plan"]).entry

try:
    entry: Entry = choose(Quiet())
except PalletError as exc:
    reveal: int = exc.exit_code
"""


def test_every_public_name_is_there() -> None:
    for name in reconciler.__all__:
        assert getattr(reconciler, name) is not None
    assert set(reconciler.__all__) <= set(dir(reconciler))
    with pytest.raises(AttributeError, match="module 'reconciler' has no attribute 'Rejistry'"):
        _ = reconciler.Rejistry  # type: ignore[attr-defined]


def test_every_error_is_public() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }

    assert kinds <= set(reconciler.__all__)
    assert all(getattr(reconciler, name) is getattr(errors, name) for name in kinds)


def test_every_method_says_what_it_does() -> None:
    methods = {name: value for name, value in inspect.getmembers(Registry, callable) if name[0] != "_"}

    assert len(methods) >= 19
    for name, method in methods.items():
        text, signature = inspect.getdoc(method) or "", inspect.signature(method)
        elsewhere = inspect.getdoc(getattr(Registry, SEE.get(name, name))) or ""
        told = {word for word in signature.parameters if f"\n    {word}: " in f"{text}{elsewhere}"}
        # What an artifact is, the class says.
        assert signature.parameters.keys() - told <= {"self", "artifact"}, name
        assert signature.return_annotation is not inspect.Signature.empty, name
        assert "Raises:" in text or name == "close", name


def test_importing_it_costs_nothing(tmp_path: Path) -> None:
    code = "import sys; import reconciler; print([name for name in sys.modules if name.startswith('reconciler.')])"

    ran = run_command([sys.executable, "-c", code], cwd=tmp_path)

    assert (ran.code, ran.stdout.strip()) == (0, "[]")


def test_using_it_loads_no_terminal_and_no_http_client(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note")
    code = (
        "import signal, sys\n"
        "before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)\n"
        "from reconciler import Registry\n"
        "with Registry.open('oci-layout:shelf') as registry:\n"
        "    registry.push('note.md', 'notes/one:1.0.0')\n"
        "    registry.pull('notes/one:1.0.0', 'out')\n"
        "    registry.search()\n"
        "assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))\n"
        "sys.stderr.write(' '.join(sorted({'click', 'rich', 'httpx'} & set(sys.modules))))\n"
    )

    ran = run_command([sys.executable, "-c", code], cwd=tmp_path)

    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")


def test_typed_programs_are_checked(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: types are not checked from outside")
    (tmp_path / "right.py").write_text(USER)
    (tmp_path / "wrong.py").write_text("from reconciler import Registry\nRegistry.open(1)\nRegistry.opened\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]

    ran = run_command(
        [*command, "right.py", "wrong.py"], cwd=tmp_path, environment={"MYPYPATH": str(PROJECT)}
    )

    complaints = [line.partition(": ")[0] for line in ran.stdout.splitlines() if ": error: " in line]
    assert complaints == ["wrong.py:2", "wrong.py:3"], ran.everything
