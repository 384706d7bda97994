"""`pallet resolve`, and where its references lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, triage
from tests.support.scripted_registry import ScriptedRegistry

NAME = "workflows/triage"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """triage 1.0.0, 1.1.0+b2, 2.0.0-rc.1 and 2.0.0 in a layout."""
    return publish(desk)


def publish(desk: Desk) -> Desk:
    for version in ("1.0.0", "1.1.0+b2", "2.0.0-rc.1", "2.0.0"):
        desk.write("workflows/triage.yaml", triage(version))
        ran = desk.pallet("sync")
        assert ran.code == 0, ran.everything
    return desk


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((NAME, "^1"), "1.1.0+b2 1.1.0_b2 sha256:"),
        ((f"{NAME}@^1",), "1.1.0+b2 1.1.0_b2 sha256:"),
        ((NAME, "latest"), "2.0.0 2.0.0 sha256:"),
        ((f"{NAME}@latest",), "2.0.0 2.0.0 sha256:"),
        ((NAME, "1.0.0"), "1.0.0 1.0.0 sha256:"),
        ((NAME, "<2", "--prereleases"), "1.1.0+b2 1.1.0_b2 sha256:"),
        ((NAME, "<2.0.0", "--prereleases"), "2.0.0-rc.1 2.0.0-rc.1 sha256:"),
        (("-t", "main", NAME, ">= 1, < 2"), "1.1.0+b2 1.1.0_b2 sha256:"),
        ((f"oci-layout:.pallet/registry/{NAME}", "^2"), "2.0.0 2.0.0 sha256:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_version_tag_and_digest_are_printed(shelf: Desk, arguments: tuple[str, ...], line: str) -> None:
    ran = shelf.pallet("resolve", *arguments)

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(line)
    assert ran.stdout.count("\n") == 1


def test_all_are_printed_newest_first(shelf: Desk) -> None:
    ran = shelf.pallet("resolve", NAME, "*", "--all")

    assert [line.split()[0] for line in ran.stdout.splitlines()] == ["2.0.0", "1.1.0+b2", "1.0.0"]


def test_json_says_the_same(shelf: Desk) -> None:
    ran = shelf.pallet("resolve", NAME, "^1", "--all", "--format", "json")

    document = read_result(ran.stdout)
    assert {key: document[key] for key in ("format_version", "command", "repository", "constraint")} == {
        "format_version": "1.0",
        "command": "resolve",
        "repository": f"oci-layout:.pallet/registry/{NAME}",
        "constraint": "^1",
    }
    assert [item["version"] for item in document["all"]] == ["1.1.0+b2", "1.0.0"]
    newest = document["all"][0]
    assert newest == {key: document[key] for key in ("version", "tag", "digest", "reference")}
    assert newest["reference"] == f"oci-layout:.pallet/registry/{NAME}:1.1.0_b2"
    assert (document["exit_code"], document["problems"]) == (0, [])


def test_nothing_found_is_a_failure(shelf: Desk) -> None:
    ran = shelf.pallet("resolve", NAME, "^3", "--format", "json")

    assert ran.code == 1
    message = (
        f"oci-layout:.pallet/registry/{NAME}: no such version: "
        "expected ^3, got 2.0.0, 2.0.0-rc.1, 1.1.0+b2, 1.0.0"
    )
    lister = f"`pallet tags oci-layout:.pallet/registry/{NAME}`"
    assert ran.stderr == f"pallet: {message}\n  → ask for one of these; {lister} lists all\n"
    assert [problem["message"] for problem in read_result(ran.stdout)["problems"]] == [message]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((NAME,), "constraint: expected such as ^1.2, got none"),
        ((NAME, ""), "constraint: expected such as ^1.2, got an empty text"),
        ((f"{NAME}@",), "constraint: expected such as ^1.2, got an empty text"),
        ((f"{NAME}@^1", "^2"), "constraint: expected one, got ^1 and ^2"),
        ((NAME, "01.2.3"), "constraint: not a version constraint: expected ^1.2, "),
        ((f"{NAME}:1.0.0", "^1"), "reference: expected a repository, got 1.0.0 of it too"),
        ((f"{NAME}:1.0.0@^1",), "reference: expected a tag or a constraint, got the tag 1.0.0 and a constraint too"),
        ((f"{NAME}@sha256:12", "^1"), "reference: not a sha256 digest: expected 64 lower-case hex digits"),
        (("Upper/case", "^1"), "reference: not a repository name: expected lower-case letters"),
        (("localhost:99999/x", "^1"), "reference: registry URL: expected [http[s]://]host[:port][/prefix]"),
        (("oci-layout:", "^1"), "reference: expected oci-layout:DIR/REPOSITORY, got no repository"),
        ((NAME, "^1", "-t", "nowhere"), "target nowhere: expected one of main"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_wrong_usage_is_said(desk: Desk, arguments: tuple[str, ...], complaint: str) -> None:
    ran = desk.pallet("resolve", *arguments)

    assert (ran.code, ran.stdout) == (64, "")
    assert ran.stderr.startswith(f"pallet: {complaint}")


@pytest.mark.parametrize(
    "reference",
    [
        "ada:hunter2@h.test/x",
        "https://ada:hunter2@h.test/x",
        "http://hunter2@h.test/x:1",
        "a:hunter2!@h.test/x",
    ],
)
def test_passwords_are_never_repeated(desk: Desk, reference: str) -> None:
    ran = desk.pallet("resolve", reference, "^1")

    assert ran.code == 64
    assert "a user name or password does not belong there" in ran.stderr
    assert "hunter2" not in ran.everything


def test_name_without_project_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Desk(tmp_path, "", capsys).pallet("resolve", NAME, "^1")

    assert ran.code == 64
    assert ran.stderr == (
        f"pallet: {NAME}: names no registry: expected a host in front or a pallet.toml, got none\n"
        f"  → write host/{NAME}, or start in the project's folder\n"
    )


def test_layout_needs_no_project(shelf: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shelf.root / ".pallet" / "registry"

    ran = Desk(tmp_path, "", capsys).pallet("resolve", f"oci-layout:{folder}/{NAME}@^2")

    assert (ran.code, ran.stdout.split()[0]) == (0, "2.0.0")


def test_host_needs_no_valid_project(online: Desk, registry: ScriptedRegistry) -> None:
    publish(online)
    online.write("pallet.toml", "[broken")

    for scheme in ("", "http://"):
        ran = online.pallet("resolve", f"{scheme}{registry.host}/{NAME}@^2")
        assert (ran.code, ran.stdout.split()[0]) == (0, "2.0.0")


def test_second_time_asks_only_what_may_change(online: Desk, registry: ScriptedRegistry, cache: Path) -> None:
    publish(online)
    for asked in (["GET", "HEAD", "GET"], ["GET", "HEAD"]):
        registry.requests.clear()
        assert online.pallet("resolve", NAME, "^2").code == 0
        assert [request.method for request in registry.requests] == asked
    assert len([path for path in (cache / "manifests").rglob("*") if path.is_file()]) == 1


def test_layouts_are_not_copied(shelf: Desk, cache: Path) -> None:
    assert shelf.pallet("resolve", NAME, "^2").code == 0
    assert not (cache / "manifests").exists()


def test_docker_registry_resolves(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = publish(set_up(tmp_path / "real", f"{docker_registry.url}/{repository_prefix}", capsys))

    ran = desk.pallet("resolve", f"{docker_registry.host}/{repository_prefix}/{NAME}", "~1.1")

    assert (ran.code, ran.stdout.split()[:2]) == (0, ["1.1.0+b2", "1.1.0_b2"])
