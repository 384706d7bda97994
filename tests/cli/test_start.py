"""Ctrl-C while pallet is still being imported, and what only looks like the end of a terminal's input."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.processes import run_command

_INTERRUPTED_BY_IMPORT = """
import runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[-1]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["pallet", "validate", "--", *sys.argv[1:]]
runpy.run_module("reconciler", run_name="__main__")
"""


@pytest.mark.parametrize("module", ["reconciler.cli.main", "click", "reconciler.cli.validate"])
def test_interrupted_start_shows_no_traceback(tmp_path: Path, module: str) -> None:
    ran = run_command((sys.executable, "-c", _INTERRUPTED_BY_IMPORT, module), cwd=tmp_path)

    assert ran.code == 130
    assert ran.everything.strip() == ""


_CUT_MODULE = """
import runpy, sys

class Cut:
    def find_spec(self, name, path=None, target=None):
        if name == "reconciler.cli.validate":
            raise EOFError("marshal data too short")

sys.meta_path.insert(0, Cut())
sys.argv = ["pallet", "validate"]
runpy.run_module("reconciler", run_name="__main__")
"""


def test_end_of_a_file_is_no_abort(tmp_path: Path) -> None:
    ran = run_command((sys.executable, "-c", _CUT_MODULE), cwd=tmp_path)

    assert ran.code == 70
    assert "EOFError: marshal data too short" in ran.stderr
    assert "this is a mistake in pallet" in ran.stderr
