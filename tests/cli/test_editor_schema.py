"""The schema that pallet.toml's first line names is there, and is this pallet's, wherever somebody edits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.desired.kinds.schemas import schemas_directory

WORKFLOW = "metadata:\n  name: plan\n  version: 1.2.0\nsteps:\n  - id: a\n    skill: s\n"
SCHEMA = ".pallet/schemas/pallet.schema.json"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that init wrote, as git would clone it: without .pallet/."""
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/a.yaml").write_text(WORKFLOW, encoding="utf-8")
    assert run(["init", "-C", str(tmp_path)]) == 0
    shutil.rmtree(tmp_path / ".pallet")
    return tmp_path


def _named(root: Path) -> Path:
    first = (root / "pallet.toml").read_text("utf-8").splitlines()[0]
    return root / first.removeprefix("#:schema ")


def _current() -> bytes:
    return (schemas_directory() / "pallet.schema.json").read_bytes()


@pytest.mark.parametrize(
    "words", [["validate"], ["lock"], ["sync"], ["watch", "--once"], ["bump", "workflows/a", "patch"]]
)
def test_clone_gets_the_schema(clone: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([words[0], "-C", str(clone), *words[1:]]) == 0
    assert _named(clone).read_bytes() == _current()
    assert "schema" not in capsys.readouterr().err


def test_invalid_settings_get_the_schema_that_helps_to_mend_them(clone: Path) -> None:
    with (clone / "pallet.toml").open("a", encoding="utf-8") as file:
        file.write("unknown = 1\n")
    assert run(["validate", "-C", str(clone)]) == 78
    assert _named(clone).read_bytes() == _current()


def test_schema_of_another_pallet_is_replaced(clone: Path) -> None:
    _named(clone).parent.mkdir(parents=True)
    _named(clone).write_text("{}", encoding="utf-8")
    assert run(["lock", "-C", str(clone)]) == 0
    assert _named(clone).read_bytes() == _current()


@pytest.mark.parametrize("words", [["plan"], ["check", "--offline"], ["lock", "--check"]])
def test_what_never_writes_leaves_the_clone_alone(clone: Path, words: list[str]) -> None:
    run([words[0], "-C", str(clone), *words[1:]])
    assert not (clone / ".pallet/schemas").exists()


def test_ci_has_no_editor(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert run(["validate", "-C", str(clone)]) == 0
    assert not (clone / ".pallet").exists()


def test_settings_without_the_line_get_nothing(clone: Path) -> None:
    path = clone / "pallet.toml"
    path.write_text(path.read_text("utf-8").partition("\n")[2], encoding="utf-8")
    assert run(["validate", "-C", str(clone)]) == 0
    assert not (clone / ".pallet").exists()


def test_link_out_of_the_project_is_not_followed(
    clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (clone / ".pallet").symlink_to(outside)
    assert run(["validate", "-C", str(clone)]) == 0
    assert list(outside.iterdir()) == []


def test_place_that_cannot_be_written_is_no_failure(clone: Path) -> None:
    (clone / ".pallet").mkdir()
    (clone / ".pallet/schemas").write_text("a file", encoding="utf-8")
    assert run(["validate", "-C", str(clone)]) == 0
    assert (clone / ".pallet/schemas").read_text("utf-8") == "a file"
