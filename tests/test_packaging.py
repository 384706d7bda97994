"""The wheel: complete, and as good as the checkout. It is built and unpacked once for all tests here."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.docker_registry import PROJECT
from tests.support.processes import Ran, run_command
from tests.support.scenarios import UNCLOSED, write_project

SHIPPED = {
    f"reconciler/schemas/{path.relative_to(PROJECT / 'schemas').as_posix()}"
    for path in (PROJECT / "schemas").rglob("*")
    if path.is_file()
}
WHERE = "import reconciler.desired.kinds.schemas as s; print(s.schemas_directory())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # With the backend installed nothing has to be fetched; without it pip fetches it.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    _pip("wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", str(folder), str(PROJECT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs, without its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    _pip("install", "--quiet", "--no-deps", "--no-compile", "--target", str(folder), str(wheel), cwd=folder)
    return folder


def _pip(*arguments: str, cwd: Path) -> None:
    ran = run_command([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], cwd=cwd)
    assert ran.code == 0, ran.everything


def python(installed: Path, *arguments: str, cwd: Path) -> Ran:
    """Run Python with the wheel's package in front of the checkout's."""
    return run_command([sys.executable, *arguments], cwd=cwd, environment={"PYTHONPATH": str(installed)})


def test_wheel_carries_schemas_and_kinds_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert len(names) == len(set(names))
    assert {name for name in names if "schemas/" in name} == SHIPPED
    assert [name for name in names if name.endswith(".schema.json") and name not in SHIPPED] == []


def test_wheel_carries_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    modules = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "reconciler").rglob("*.py")}
    assert modules <= names
    assert "reconciler/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"reconciler", "pallet"}
    assert [name for name in names if name.endswith((".pyc", ".coverage"))] == []


def test_wheel_installs_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))

    assert "pallet = reconciler.cli.start:main" in archive.read(entry_points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_schemas_are_found_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    ran = python(installed, "-c", WHERE, cwd=tmp_path)

    assert ran.stdout.strip() == str(installed / "reconciler" / "schemas")


def test_schemas_are_found_in_the_checkout(tmp_path: Path) -> None:
    ran = run_command([sys.executable, "-c", WHERE], cwd=tmp_path)

    assert ran.stdout.strip() == str(PROJECT / "schemas")
    assert not (PROJECT / "reconciler" / "schemas").exists()


def test_wheel_works_as_the_checkout_does(installed: Path, tmp_path: Path) -> None:
    locks = []
    for name in ("wheel", "checkout"):
        folder = tmp_path / name
        write_project(folder, "oci-layout:registry")
        source = installed if name == "wheel" else PROJECT
        for command in ("validate", "sync", "check"):
            ran = python(source, "-m", "reconciler", command, cwd=folder)
            assert ran.code == 0, ran.everything
        locks.append((folder / "pallet.lock").read_bytes())

    assert locks[0] == locks[1]


def test_wheel_checks_files_against_its_schemas(installed: Path, tmp_path: Path) -> None:
    write_project(
        tmp_path, "oci-layout:registry", files={"workflows/unclosed.yaml": UNCLOSED, "agents/a.json": "{}"}
    )

    ran = python(installed, "-m", "reconciler", "validate", cwd=tmp_path)

    assert ran.code == 78
    assert "workflows/unclosed.yaml:7:13: not YAML" in ran.stderr
    assert "agents/a.json:1:1: missing key 'name'" in ran.stderr
