"""Where a reference leads outside of a project: below what --registry names, or where a lock is good."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.whereabouts import Found, called
from reconciler.desired.config import Target
from reconciler.desired.requirements import REQUIRES
from reconciler.oci.reference import Repository
from tests.discovery.published import manifest_of
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, snapshot, triage
from tests.support.scripted_registry import ScriptedRegistry

ROUTER = """\
metadata: { name: Router, version: 2.0.0, requires: [plan@^1, tools/search] }
steps: [{ id: first, skill: route }]
"""
PLAN = "metadata: { name: Plan, version: 1.2.0 }\nsteps: [{ id: first, skill: create_plan }]\n"
SEARCH = '\n[[artifact]]\nfiles = "tools/*.yaml"\nrepository = "tools/{stem}"\nkind = "workflow"\n'
FILES = ["tools/search/search.yaml", "workflows/plan/plan.yaml", "workflows/router/router.yaml"]


@dataclass(frozen=True, slots=True)
class Two:
    """A project that published its workflows, and a folder without one."""

    project: Desk
    outside: Desk
    place: str
    """What --registry is told there."""


@pytest.fixture(params=["registry", "layout"])
def two(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Two:
    url, place = "oci-layout:.pallet/registry", "oci-layout:../desk/.pallet/registry"
    if request.param == "registry":
        server: DockerRegistry = request.getfixturevalue("docker_registry")
        url = place = f"{server.url}/{request.getfixturevalue('repository_prefix')}/team"
    files = {"workflows/router.yaml": ROUTER, "workflows/plan.yaml": PLAN}
    desk = set_up(tmp_path / "desk", url, capsys, files=files)
    desk.write("tools/search.yaml", triage("1.0.0"))
    desk.write("pallet.toml", (desk.root / "pallet.toml").read_text() + SEARCH)
    ran = desk.pallet("sync")
    assert ran.code == 0, ran.everything
    outside = Desk(tmp_path / "outside", url, capsys)
    outside.root.mkdir()
    return Two(desk, outside, place)


def _chosen(two: Two) -> str:
    """Return what `select` prints where there is no pallet.toml."""
    ran = two.outside.pallet("select", "--skill", "route", "--registry", two.place)
    assert ran.code == 0, ran.everything
    return ran.stdout.split()[0]


@pytest.mark.parametrize("is_whole", [True, False], ids=["what-was-printed", "a-name"])
def test_deps_finds_what_stands_below_the_registry(two: Two, is_whole: bool) -> None:
    reference = _chosen(two) if is_whole else "workflows/router:2.0.0"

    ran = two.outside.pallet("deps", reference, "--registry", two.place)

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == two.project.pallet("deps", "workflows/router").stdout


def test_variable_names_the_registry(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_REGISTRY", two.place)

    for command in (["deps", "workflows/router"], ["pull", "workflows/router:2.0.0", "-o", "out"]):
        ran = two.outside.pallet(*command)
        assert ran.code == 0, ran.everything
    assert list(snapshot(two.outside.root / "out")) == ["router.yaml"]


def test_pull_finds_what_stands_below_the_registry(two: Two) -> None:
    ran = two.outside.pallet("pull", _chosen(two), "--with-deps", "-o", "out", "--registry", two.place)

    assert ran.code == 0, ran.everything
    assert list(snapshot(two.outside.root / "out")) == FILES


def test_who_needs_it_is_found_below_the_registry(two: Two) -> None:
    ran = two.outside.pallet("deps", "tools/search", "--reverse", "--format", "json", "--registry", two.place)

    edges = read_result(ran.stdout)["edges"]
    assert {edge["from"]["repository"] for edge in edges} == {"workflows/router"}


def test_lock_of_a_project_is_good_outside(two: Two) -> None:
    made = two.project.pallet("pull", "workflows/router", "--with-deps", "-o", "out", "--lock", "../a.lock")
    reference = _chosen(two).rpartition(":")[0]

    for number, arguments in enumerate(([reference], ["workflows/router", "--registry", two.place])):
        ran = two.outside.pallet("pull", *arguments, "--from-lock", "../a.lock", "-o", f"again{number}")

        assert (ran.code, ran.stdout) == (0, made.stdout), ran.everything
        assert list(snapshot(two.outside.root / f"again{number}")) == FILES


def test_lock_made_outside_is_good_in_the_project(two: Two) -> None:
    reference = _chosen(two).replace("workflows/router:2.0.0", "workflows/plan")
    made = two.outside.pallet("pull", reference, "--with-deps", "-o", "out", "--lock", "../a.lock")
    assert made.code == 0, made.everything

    ran = two.project.pallet("pull", "workflows/plan", "--from-lock", "../a.lock", "-o", "again")

    assert (ran.code, ran.stdout) == (0, made.stdout), ran.everything


def test_fix_for_a_lock_of_another_works(two: Two) -> None:
    two.project.pallet("pull", "workflows/router", "--with-deps", "-o", "out", "--lock", "../a.lock")
    other = _chosen(two).replace("workflows/router:2.0.0", "workflows/plan")

    ran = two.outside.pallet("pull", other, "--from-lock", "../a.lock", "-o", "out")

    assert ran.code == 64
    assert "expected a lock of " in ran.stderr
    assert ", got one of workflows/router\n" in ran.stderr
    fix = ran.stderr.partition("→ pallet ")[2].split()
    assert two.outside.pallet(*fix, "-o", "out").code == 0
    assert list(snapshot(two.outside.root / "out")) == FILES


def test_lock_of_what_stands_nowhere_near_says_how_to_name_it(two: Two) -> None:
    two.project.pallet("pull", "workflows/plan", "--with-deps", "-o", "out", "--lock", "../a.lock")

    ran = two.outside.pallet("pull", _chosen(two).rpartition(":")[0], "--from-lock", "../a.lock")

    assert ran.code == 64
    assert ran.stderr.endswith(
        "  → pallet pull workflows/plan from where it stands: "
        "in a project, or with --registry HOST/PREFIX or oci-layout:DIR\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["deps", "other.test/x", "--registry", "reg.test/acme"], "reference: expected one of --registry reg.test/acme, got one of other.test", id="another-host"),
        pytest.param(["deps", "reg.test/x", "--registry", "reg.test/acme"], "reference: expected one of --registry reg.test/acme, got one of reg.test", id="outside"),
        pytest.param(["pull", "x:1", "--registry", "oci-layout:"], "--registry: expected oci-layout:DIR, got no directory", id="no-directory"),
        pytest.param(["pull", "x:1", "--registry", "reg.test", "--target", "main"], "--registry: expected it or --target, got both", id="two"),
    ],
)  # fmt: skip
def test_contradiction_is_wrong_usage(desk: Desk, arguments: list[str], expected: str) -> None:
    ran = desk.pallet(*arguments)

    assert (ran.code, ran.stderr.splitlines()[0]) == (64, f"pallet: {expected}")


def test_prefix_that_nobody_named_is_asked_for(registry: ScriptedRegistry, desk: Desk) -> None:
    (desk.root / "pallet.toml").unlink()
    content = manifest_of({REQUIRES: "tools/search"})
    registry.put("acme/w/router", content, "application/vnd.oci.image.manifest.v1+json", "1.0.0")

    ran = desk.pallet("deps", f"{registry.url}/acme/w/router")

    assert ran.code == 1
    assert ran.stderr.endswith(f", add that, such as --registry {registry.url}/PREFIX\n")


@pytest.mark.parametrize(
    ("url", "repository", "name", "expected"),
    [
        pytest.param("r.test", "a/w/x", "w/x", "https://r.test/a", id="below-a-prefix"),
        pytest.param("r.test/a", "w/x", "a/w/x", "https://r.test", id="above-the-prefix"),
        pytest.param("r.test/a", "b/w/x", "w/x", "https://r.test/a/b", id="a-longer-prefix"),
        pytest.param("r.test/a", "w/x", "w/x", "r.test/a", id="as-it-is"),
        pytest.param("r.test/a", "xw/x", "w/x", None, id="no-half-component"),
        pytest.param("r.test", "x", "w/x", None, id="shorter"),
        pytest.param("oci-layout:m/w", "x", "w/x", "oci-layout:m", id="folder"),
        pytest.param("oci-layout:w", "x", "w/x", "oci-layout:.", id="folder-here"),
        pytest.param("oci-layout:.", "x", "base/x", "oci-layout:/", id="folder-where-we-stand"),
        pytest.param("oci-layout:m", "x", "w/x", None, id="another-folder"),
    ],
)
def test_place_in_which_it_is_called_so(url: str, repository: str, name: str, expected: str | None) -> None:
    found = Found(Target("", url), Repository(repository), Path("/base"), is_known=False, is_bounded=False)

    place = called(found, Repository(name))

    assert (None if place is None else place.target.url) == expected
    assert place is None or place.repository == name
