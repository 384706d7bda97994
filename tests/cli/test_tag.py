"""`pallet tag`: rolled back on purpose, held by pallet.toml, and reported as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import CountingProxy, Desk, digest_at, set_up, triage

FILE, NAME = "workflows/triage.yaml", "workflows/triage"
LATEST = f"oci-layout:.pallet/registry/{NAME}:latest"


def publish(desk: Desk, *versions: str) -> Desk:
    for version in versions:
        desk.write(FILE, triage(version, skill=f"skill_{version.replace('.', '_')}"))
        ran = desk.pallet("sync")
        assert ran.code == 0, ran.everything
    return desk


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """1.4.0, and 1.5.0 which is latest."""
    return publish(desk, "1.4.0", "1.5.0")


def floating(desk: Desk, command: str, *arguments: str) -> dict[str, Any]:
    """Return what a command says of `latest`, and its exit code."""
    document = json.loads(desk.pallet(command, *arguments, "--format", "json").stdout)
    one = next(tag for tag in document["floating"] if tag["name"] == NAME)
    return {**one, "exit_code": document["exit_code"]}


def test_text_is_reference_and_digest(shelf: Desk) -> None:
    ran = shelf.pallet("tag", NAME, "^1", "--as", "production")

    resolved = shelf.pallet("resolve", NAME, "1.5.0").stdout.split()
    assert ran.stdout.split() == [LATEST.replace("latest", "production"), resolved[2]]
    assert ran.stderr == f"{LATEST.replace('latest', 'production')}: holds 1.5.0 now\n"


def test_json_says_before_and_after(shelf: Desk) -> None:
    before, after = (shelf.pallet("resolve", NAME, each).stdout.split()[2] for each in ("1.5.0", "1.4.0"))

    ran = shelf.pallet("tag", NAME, "1.4.0", "--as", "latest", "--backward", "--format", "json")

    assert read_result(ran.stdout) == {
        "format_version": "1.0",
        "command": "tag",
        "reference": LATEST,
        "version": "1.4.0",
        "tag": "latest",
        "digest": after,
        "before": before,
        "version_before": "1.5.0",
        "backward": True,
        "exit_code": 0,
        "problems": [],
    }


def test_backward_is_refused_unasked(shelf: Desk) -> None:
    ran = shelf.pallet("tag", NAME, "1.4.0", "--as", "latest")

    assert (ran.code, ran.stdout) == (4, "")
    assert ran.stderr == (
        f"pallet: {LATEST}: would move backward: expected 1.5.0 or higher, got 1.4.0\n"
        "  → say that it is meant: --backward\n"
    )


def test_version_keeps_what_it_holds(shelf: Desk) -> None:
    ran = shelf.pallet("tag", NAME, "1.4.0", "--as", "v1.5.0", "--backward")

    assert ran.code == 4
    assert f"{NAME}:1.5.0: this version holds other content: expected sha256:" in ran.stderr


def test_rollback_is_undone_unless_it_is_held(shelf: Desk) -> None:
    assert floating(shelf, "check")["verdict"] == "current"
    rolled_back = shelf.pallet("tag", NAME, "1.4.0", "--as", "latest", "--backward")
    assert rolled_back.stderr.splitlines() == [
        f"{LATEST}: holds 1.4.0 now, before 1.5.0",
        "the next `pallet sync` moves it forward again; to keep it, write into pallet.toml:",
        f'[hold."{NAME}"]',
        'latest = "1.4.0"',
    ]
    assert (floating(shelf, "check")["verdict"], floating(shelf, "check")["exit_code"]) == ("behind", 2)

    advice = "\n".join(rolled_back.stderr.splitlines()[2:])
    with (shelf.root / "pallet.toml").open("a") as config:
        config.write(f"\n{advice}\n")

    held = floating(shelf, "check")
    assert (held["verdict"], held["exit_code"]) == ("held", 0)
    assert held["reason"] == "held at 1.4.0 by pallet.toml: left alone"
    assert shelf.pallet("sync").code == 0
    assert floating(shelf, "check")["from"] == shelf.pallet("resolve", NAME, "1.4.0").stdout.split()[2]


def test_advice_quotes_a_tag_with_a_dot(shelf: Desk) -> None:
    shelf.pallet("tag", NAME, "1.5.0", "--as", "1.x")

    ran = shelf.pallet("tag", NAME, "1.4.0", "--as", "1.x", "--backward")

    assert ran.stderr.splitlines()[-1] == '"1.x" = "1.4.0"'


def test_unstable_release_is_passed_over(desk: Desk) -> None:
    publish(desk, "1.0.0")
    config = desk.root / "pallet.toml"
    config.write_text(
        config.read_text().replace('kind = "workflow"\n', 'kind = "workflow"\nstable = false\n', 1)
    )
    desk.write(FILE, triage("1.1.0"))
    assert desk.pallet("sync", "--only", NAME).code == 0

    assert desk.pallet("resolve", NAME, "^1").stdout.split()[0] == "1.0.0"
    assert desk.pallet("resolve", NAME, "1.1.0").stdout.split()[0] == "1.1.0"
    tags = read_result(desk.pallet("tags", NAME, "--format", "json").stdout)["versions"]
    assert [(one["version"], one["stable"], one["floating_tags"]) for one in tags] == [
        ("1.1.0", False, []),
        ("1.0.0", True, ["latest"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        pytest.param(
            (f"{NAME}:1.4.0", "1.4.0", "--as", "x"),
            64,
            "pallet: reference: expected a repository, got 1.4.0 of it too",
            id="tag-in-the-reference",
        ),
        pytest.param((NAME, "1.4.0", "--as", "a b"), 64, "pallet: --as: not a tag: expected", id="no-tag"),
        pytest.param((NAME, "1.4.0"), 64, "pallet: Missing option '--as'", id="no-as"),
        pytest.param((NAME, "^", "--as", "x"), 64, "pallet: constraint: ", id="no-constraint"),
        pytest.param((NAME, "", "--as", "x"), 64, "pallet: constraint: expected such as ^1.2", id="empty"),
        pytest.param(
            (NAME, "1.4.0+b1", "--as", "x"),
            1,
            f"pallet: oci-layout:.pallet/registry/{NAME}: no such version: expected 1.4.0+b1",
            id="other-build",
        ),
        pytest.param(
            (NAME, "1.4.1", "--as", "x"),
            1,
            f"pallet: oci-layout:.pallet/registry/{NAME}: no such version: expected =1.4.1, got 1.5.0, 1.4.0",
            id="no-such-version",
        ),
        pytest.param(("no/such", "1.0.0", "--as", "x"), 1, "pallet: ", id="no-such-repository"),
    ],
)
def test_what_cannot_be_is_refused(
    shelf: Desk, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    ran = shelf.pallet("tag", *arguments)

    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(complaint)
    there = read_result(shelf.pallet("tags", NAME, "--format", "json").stdout)["other_tags"]
    assert [one["tag"] for one in there] == ["latest"]


def test_registry_is_asked_little(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))
    with CountingProxy(docker_registry.host) as proxy:
        files = {FILE: triage()}
        desk = publish(
            set_up(tmp_path / "desk", f"{proxy.url}/{repository_prefix}", capsys, files=files),
            "1.4.0",
            "1.5.0",
        )
        proxy.forget()

        ran = desk.pallet("tag", NAME, "1.4.0", "--as", "latest", "--backward")

        assert ran.code == 0, ran.everything
        assert [request.method for request in proxy.requests] == ["GET", "GET", "HEAD", "GET", "PUT", "HEAD"]
    name = f"{repository_prefix}/{NAME}"
    assert digest_at(docker_registry.host, name, "latest") == digest_at(docker_registry.host, name, "1.4.0")
