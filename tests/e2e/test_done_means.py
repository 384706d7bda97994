"""A folder of workflows and agent cards, a real registry, and what users do with both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.scenarios import (
    NAMELESS,
    NAMES,
    STABLE,
    UNCLOSED,
    CountingProxy,
    Desk,
    delete_manifest,
    digest_at,
    overwrite,
    set_up,
    snapshot,
    triage,
)

VERSIONS = {"workflows/fanout": "2.1.0", "workflows/nightly": "1.0.0-rc.1"}


@pytest.fixture
def proxy(docker_registry: DockerRegistry) -> Iterator[CountingProxy]:
    with CountingProxy(docker_registry.host) as server:
        yield server


@pytest.fixture
def desk(
    proxy: CountingProxy, repository_prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Desk:
    return set_up(tmp_path / "desk", f"{proxy.url}/{repository_prefix}", capsys)


@pytest.fixture(params=["by-hand", "in-ci"])
def ci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether CI=true stands in the environment; a lock has to be committed there first."""
    if request.param == "in-ci":
        monkeypatch.setenv("CI", "true")
    return str(request.param)


@pytest.fixture
def published(desk: Desk, proxy: CountingProxy, ci: str) -> Desk:
    """Everything is in the registry, and nothing is counted yet."""
    assert desk.pallet("lock").code == 0
    first = desk.pallet("sync")
    assert first.code == 0, first.everything
    proxy.forget()
    return desk


def test_first_sync_publishes_all_six(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    ran = desk.pallet("sync")

    assert ran.code == 0, ran.everything
    assert "6 pushed · 5 floating tags moved; pallet.lock written: commit it" in ran.stdout
    for name in NAMES:
        repository = f"{repository_prefix}/{name}"
        digest = digest_at(docker_registry.host, repository, VERSIONS.get(name, "1.0.0"))
        assert digest is not None
        assert f'digest = "{digest}"' in desk.lock.read_text()
        assert digest_at(docker_registry.host, repository, "latest") == (digest if name in STABLE else None)


def test_ci_without_lock_wants_one(desk: Desk, proxy: CountingProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    ran = desk.pallet("sync")

    assert ran.code == 6
    assert "CI is set: sync means sync --locked here\n" in ran.stderr
    assert (
        "pallet: pallet.lock: expected a lock, got none\n  → run `pallet lock` and commit it\n" in ran.stderr
    )
    assert not desk.lock.exists()
    assert proxy.requests == []


def test_second_sync_only_looks(published: Desk, proxy: CountingProxy) -> None:
    before = snapshot(published.root)

    ran = published.pallet("sync")

    assert (ran.code, ran.stdout.splitlines()[-1]) == (0, "6 in sync")
    assert proxy.counts == {"HEAD": len(NAMES) + len(STABLE)}
    assert len({request.target for request in proxy.requests}) == len(NAMES) + len(STABLE)
    assert snapshot(published.root) == before


def test_check_asks_the_same_and_writes_nothing(published: Desk, proxy: CountingProxy) -> None:
    ran = published.pallet("check")

    assert (ran.code, ran.stdout.splitlines()[-1]) == (0, "6 in sync")
    assert proxy.counts == {"HEAD": len(NAMES) + len(STABLE)}


def test_edit_without_bump_is_refused(published: Desk, proxy: CountingProxy, ci: str) -> None:
    published.write("workflows/triage.yaml", triage(skill="choose_nobody"))
    locked = published.lock.read_bytes()

    checked = published.pallet("check")
    synced = published.pallet("sync")

    assert checked.code == 4
    assert "you changed files of a published version" in checked.stdout
    assert (
        "→ give it a new version, such as 1.0.1: pallet bump workflows/triage patch; or take back the change"
        in checked.stdout
    )
    if ci == "by-hand":
        assert synced.code == 4
        assert (
            "→ give it a new version, such as 1.0.1: pallet bump workflows/triage patch; or take back the change"
            in synced.stdout
        )
    else:
        assert synced.code == 6
        assert "pallet.lock: out of date: workflows/triage 1.0.0: locked" in synced.stderr
    assert set(proxy.counts) <= {"HEAD"}
    assert published.lock.read_bytes() == locked


def test_bump_publishes_beside_the_old(
    published: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    repository = f"{repository_prefix}/workflows/triage"
    old = digest_at(docker_registry.host, repository, "1.0.0")
    published.write("workflows/triage.yaml", triage("1.0.1", skill="choose_nobody"))
    assert published.pallet("lock").code == 0

    ran = published.pallet("sync")

    assert ran.code == 0, ran.everything
    new = digest_at(docker_registry.host, repository, "1.0.1")
    assert new not in (None, old)
    assert digest_at(docker_registry.host, repository, "1.0.0") == old
    assert digest_at(docker_registry.host, repository, "latest") == new


def test_overwritten_tag_is_drift_until_restored(
    published: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    repository = f"{repository_prefix}/workflows/triage"
    ours = digest_at(docker_registry.host, repository, "1.0.0")
    theirs = overwrite(docker_registry.host, repository, "1.0.0")

    checked = published.pallet("check")
    assert checked.code == 3
    assert "somebody changed the registry" in checked.stdout
    assert "→ pallet sync --restore workflows/triage" in checked.stdout

    refused = published.pallet("sync")
    assert refused.code == 4
    assert "→ pallet sync --restore workflows/triage" in refused.stdout
    assert digest_at(docker_registry.host, repository, "1.0.0") == theirs

    restored = published.pallet("sync", "--restore", "workflows/triage")
    assert restored.code == 0, restored.everything
    assert "1 restored" in restored.stdout
    assert "restored" in restored.stdout
    last = restored.stderr.splitlines()[-1]
    assert last.startswith("pallet: RESTORED ")
    assert f"{repository}:1.0.0: it held {theirs[7:19]}, and holds {str(ours)[7:19]} again" in last
    assert digest_at(docker_registry.host, repository, "1.0.0") == ours
    assert published.pallet("check").code == 0


def test_deleted_tag_is_missing_and_pushed_again(
    published: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    repository = f"{repository_prefix}/agents/clerk"
    ours = digest_at(docker_registry.host, repository, "1.0.0")
    delete_manifest(docker_registry.host, repository, str(ours))

    assert published.pallet("check").code == 3
    ran = published.pallet("sync")

    assert ran.code == 0, ran.everything
    assert digest_at(docker_registry.host, repository, "1.0.0") == ours
    assert published.pallet("check").code == 0


def test_stopped_registry_is_unknown_not_absent(
    own_docker_registry: DockerRegistry, ci: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = set_up(tmp_path / "desk", own_docker_registry.url, capsys)
    assert desk.pallet("lock").code == 0
    assert desk.pallet("sync").code == 0
    locked = desk.lock.read_bytes()
    own_docker_registry.stop()

    checked = desk.pallet("check", "--retries", "0")
    synced = desk.pallet("sync", "--retries", "0")

    assert checked.code in (1, 75)
    assert "unknown" in checked.stdout
    assert synced.code in (1, 75)
    assert desk.lock.read_bytes() == locked
    own_docker_registry.start()
    assert desk.pallet("check").code == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(UNCLOSED, "pallet: workflows/broken.yaml:7:13: not YAML", id="list-never-closed"),
        pytest.param(
            NAMELESS, "pallet: workflows/broken.yaml:1:1: metadata: missing key 'name'", id="no-name"
        ),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan", "sync", "check", "lock"])
def test_invalid_file_is_refused_with_its_line(
    desk: Desk, proxy: CountingProxy, command: str, content: str, complaint: str
) -> None:
    desk.write("workflows/broken.yaml", content)

    ran = desk.pallet(command)

    assert ran.code == 78
    assert complaint in ran.stderr
    assert ran.stdout == ""
    assert proxy.requests == []
    assert not desk.lock.exists()


def test_all_invalid_files_are_named_at_once(desk: Desk, proxy: CountingProxy) -> None:
    desk.write("workflows/unclosed.yaml", UNCLOSED)
    desk.write("workflows/nameless.yaml", NAMELESS)

    ran = desk.pallet("sync")

    assert ran.code == 78
    assert "workflows/unclosed.yaml:" in ran.stderr
    assert "workflows/nameless.yaml:" in ran.stderr
    assert "pallet: 2 problems found; nothing was written\n" in ran.stderr
    assert proxy.requests == []
