"""`pallet tags`: what people and programs read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discovery.published import manifest_of
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up, triage
from tests.support.scripted_registry import ScriptedRegistry

NAME = "workflows/triage"
OCI = "application/vnd.oci.image.manifest.v1+json"
SAID = {
    "org.opencontainers.image.created": "2024-05-01T10:00:00Z",
    "org.pallet.release.notes": "Faster.\n\nMuch faster.",
    "org.pallet.workflow.breaking-change": "true",
}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def shelf(online: Desk, registry: ScriptedRegistry) -> Desk:
    """1.0.0 that says nothing, 1.1.0 that says a lot, 2.0.0 that is not stable; latest and nightly."""
    registry.put(NAME, manifest_of({}), OCI, "1.0.0")
    registry.put(NAME, manifest_of(SAID), OCI, "1.1.0", "latest", "1")
    registry.put(NAME, manifest_of({"org.pallet.release.stable": "false"}), OCI, "2.0.0")
    registry.put(NAME, manifest_of({"org.test.name": "nightly"}), OCI, "nightly")
    return online


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_table_tells_it_all(shelf: Desk) -> None:
    ran = shelf.pallet("tags", NAME)

    assert ran.code == 0
    head, *body = rows(ran.stdout)
    assert head == ["tag", "digest", "created", "stable", "breaking", "floating", "tags", "notes"]
    assert [[row[0], *row[2:]] for row in body] == [
        ["2.0.0", "–", "no", "–", "–", "–"],
        ["1.1.0", "2024-05-01T10:00:00Z", "yes", "yes", "1,", "latest", "Faster."],
        ["1.0.0", "–", "yes", "–", "–", "–"],
    ]
    assert ran.stderr == "tags that point to none of these: nightly\n"


def test_json_tells_it_whole(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("tags", NAME, "--format", "json")

    document = read_result(ran.stdout)
    digest = registry.hold(NAME).tags["1.1.0"]
    assert [item["version"] for item in document["versions"]] == ["2.0.0", "1.1.0", "1.0.0"]
    assert document["versions"][1] == {
        "version": "1.1.0",
        "tag": "1.1.0",
        "digest": digest,
        "reference": f"{registry.host}/{NAME}:1.1.0",
        "created": "2024-05-01T10:00:00Z",
        "stable": True,
        "breaking": True,
        "notes": "Faster.\n\nMuch faster.",
        "floating_tags": ["1", "latest"],
    }
    assert {"tag": "latest", "digest": digest} in document["other_tags"]
    assert (document["format_version"], document["left_out"], document["notes"]) == ("1.0", 0, [])


@pytest.mark.parametrize(
    ("arguments", "tags"),
    [
        ((NAME, "--stable"), ["1.1.0", "1.0.0"]),
        ((NAME, "^1"), ["1.1.0", "1.0.0"]),
        ((f"{NAME}@~1.0",), ["1.0.0"]),
        ((NAME, "--match", "*.1.*"), ["1.1.0"]),
        ((NAME, "--limit", "1"), ["2.0.0"]),
        ((NAME, "--limit", "0"), ["2.0.0", "1.1.0", "1.0.0"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_filters_leave_what_is_wanted(shelf: Desk, arguments: tuple[str, ...], tags: list[str]) -> None:
    ran = shelf.pallet("tags", *arguments)

    assert [row[0] for row in rows(ran.stdout)[1:]] == tags


def test_limit_is_said_aloud(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("tags", NAME, "--limit", "1")

    assert ran.stderr == f"{registry.host}/{NAME}: older versions are left out: 2; --limit 0 shows all\n"


def test_empty_answer_is_explained(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("tags", NAME, "^9")

    assert (ran.code, ran.stdout) == (0, "")
    assert ran.stderr == f"{registry.host}/{NAME}: no version is left: the filter lets none through\n"


def test_repository_without_versions_is_noted(online: Desk, registry: ScriptedRegistry) -> None:
    registry.put(NAME, manifest_of({}), OCI, "main")

    ran = online.pallet("tags", NAME)

    note = f"{registry.host}/{NAME}: none of its tags is a version: expected such as 1.0.0, got main"
    assert (ran.code, ran.stdout) == (0, "")
    assert ran.stderr.splitlines()[0] == note


def test_missing_repository_is_a_failure(online: Desk) -> None:
    ran = online.pallet("tags", "workflows/nobody", "--format", "json")

    assert ran.code == 1
    assert read_result(ran.stdout)["exit_code"] == 1


def test_control_characters_never_reach_a_terminal(online: Desk, registry: ScriptedRegistry) -> None:
    notes = "\x1b[31mred\x07 \u202eback\nsecond"
    evil = {"org.pallet.release.notes": notes, "org.opencontainers.image.created": "\x1b]0;x\x07"}
    registry.put(NAME, manifest_of(evil), OCI, "1.0.0")

    text = online.pallet("tags", NAME).stdout

    assert "red" in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    document = read_result(online.pallet("tags", NAME, "--format", "json").stdout)
    assert document["versions"][0]["notes"] == notes


def test_long_notes_are_cut(online: Desk, registry: ScriptedRegistry) -> None:
    registry.put(NAME, manifest_of({"org.pallet.release.notes": "n" * 500}), OCI, "1.0.0")

    assert f" {'n' * 99}…\n" in online.pallet("tags", NAME).stdout


def test_verbose_shows_whole_digests(shelf: Desk, registry: ScriptedRegistry) -> None:
    assert registry.hold(NAME).tags["2.0.0"] in shelf.pallet("tags", NAME, "-v").stdout


def test_no_content_is_downloaded(shelf: Desk, registry: ScriptedRegistry) -> None:
    for manifests in (3, 0):
        registry.requests.clear()
        assert shelf.pallet("tags", NAME).code == 0
        assert len(registry.seen("GET", "/tags/list")) == 1
        assert len(registry.seen("HEAD", "/manifests/")) == 6
        assert len(registry.seen("GET", "/manifests/")) == manifests
        assert len(registry.requests) == 7 + manifests


def test_many_pages_are_read(online: Desk, registry: ScriptedRegistry) -> None:
    registry.page_size = 1000
    registry.put(NAME, manifest_of({}), OCI, *(f"{n // 100}.{n % 100}.0" for n in range(10_000)))

    ran = online.pallet("tags", NAME, "--limit", "3")

    assert [row[0] for row in rows(ran.stdout)[1:]] == ["99.99.0", "99.98.0", "99.97.0"]
    assert "older versions are left out: 9997;" in ran.stderr
    assert len(registry.seen("GET", "/tags/list")) == 10


def test_docker_registry_lists(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = set_up(tmp_path / "real", f"{docker_registry.url}/{repository_prefix}", capsys)
    for version in ("1.0.0", "1.1.0+b2"):
        desk.write("workflows/triage.yaml", triage(version))
        assert desk.pallet("sync").code == 0

    ran = desk.pallet("tags", NAME, "--format", "json")

    assert [(item["version"], item["floating_tags"]) for item in read_result(ran.stdout)["versions"]] == [
        ("1.1.0+b2", ["latest"]),
        ("1.0.0", []),
    ]
