"""What a run may ask of the reference registry: counted, request by request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docker_registry import DockerRegistry
from tests.support.scenarios import CountingProxy, Desk, overwrite, set_up, triage


@pytest.fixture
def proxy(docker_registry: DockerRegistry) -> Iterator[CountingProxy]:
    with CountingProxy(docker_registry.host) as server:
        yield server


@pytest.fixture
def url(proxy: CountingProxy, repository_prefix: str) -> str:
    return f"{proxy.url}/{repository_prefix}"


def one_file(root: Path, url: str, capsys: pytest.CaptureFixture[str], *floating: str) -> Desk:
    return set_up(root, url, capsys, files={"workflows/triage.yaml": triage()}, floating=floating)


def test_new_artifact_costs_four_requests(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = one_file(tmp_path, url, capsys)

    ran = desk.pallet("sync")

    assert ran.code == 0, ran.everything
    methods = [request.method for request in proxy.requests]
    assert methods == ["HEAD", "POST", "PUT", "PUT"]


@pytest.mark.parametrize(
    "floating",
    [
        pytest.param(("latest",), id="one"),
        pytest.param(("latest", "{major}"), id="two"),
        pytest.param(("latest", "{major}", "{major}.{minor}"), id="three"),
    ],
)
def test_new_floating_tags_cost_two_each_and_one_list(
    url: str,
    proxy: CountingProxy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    floating: tuple[str, ...],
) -> None:
    desk = one_file(tmp_path, url, capsys, *floating)

    ran = desk.pallet("sync")

    assert ran.code == 0, ran.everything
    assert len(proxy.seen("GET", "/tags/list")) == 1
    assert len(proxy.requests) <= 4 + 2 * len(floating) + 1
    for tag in floating:
        assert len(proxy.seen("PUT", f"/manifests/{tag.format(major=1, minor=0)}$")) == 1


def test_floating_tags_added_later_cost_one_list(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_file(tmp_path, url, capsys).pallet("sync").code == 0
    desk = one_file(tmp_path, url, capsys, "latest", "{major}")
    proxy.forget()

    assert desk.pallet("sync").code == 0

    assert len(proxy.seen("GET", "/tags/list")) == 1


def test_moving_a_floating_tag_costs_two_beyond_looking(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = one_file(tmp_path, url, capsys, "latest")
    assert desk.pallet("sync").code == 0
    desk.write("workflows/triage.yaml", triage("1.1.0"))
    proxy.forget()

    ran = desk.pallet("sync")

    assert ran.code == 0, ran.everything
    assert len(proxy.seen("*", "/manifests/latest$")) <= 3
    assert len(proxy.seen("PUT", "/manifests/latest$")) == 1
    assert len(proxy.seen("GET", "/tags/list")) <= 1


def test_second_target_costs_the_same_with_a_lock(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = one_file(tmp_path, url, capsys)
    assert desk.pallet("lock").code == 0

    assert desk.pallet("sync").code == 0

    assert proxy.counts == {"HEAD": 1, "POST": 1, "PUT": 2}


def test_in_sync_reads_no_blob(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = one_file(tmp_path, url, capsys, "latest", "{major}")
    assert desk.pallet("sync").code == 0
    proxy.forget()

    for command in ("plan", "check", "sync"):
        assert desk.pallet(command).code == 0

    assert proxy.counts == {"HEAD": 3 * 3}
    assert proxy.seen("*", "/blobs/") == []


def test_only_asks_for_what_was_chosen(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = set_up(tmp_path, url, capsys)
    assert desk.pallet("sync").code == 0
    proxy.forget()

    assert desk.pallet("check", "--only", "agents/*").code == 0

    assert proxy.counts == {"HEAD": 6}
    assert proxy.seen("*", "/workflows/") == []


def test_refused_artifact_costs_one_look(
    url: str,
    proxy: CountingProxy,
    repository_prefix: str,
    docker_registry: DockerRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = one_file(tmp_path, url, capsys)
    assert desk.pallet("sync").code == 0
    overwrite(docker_registry.host, f"{repository_prefix}/workflows/triage", "1.0.0")
    proxy.forget()

    assert desk.pallet("sync").code == 4

    assert proxy.counts == {"HEAD": 1}


def with_sbom(root: Path, url: str, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return a project of one workflow, which has an SBOM attached."""
    desk = one_file(root, url, capsys)
    config = (root / "pallet.toml").read_text(encoding="utf-8")
    desk.write("pallet.toml", f'{config}\n[[artifact.attach]]\nfiles = "sbom.json"\n')
    desk.write("sbom.json", '{"bomFormat": "CycloneDX"}')
    return desk


def test_attachment_in_step_costs_the_fallback_tag_alone(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = with_sbom(tmp_path, url, capsys)
    assert desk.pallet("sync").code == 0
    proxy.forget()

    ran = desk.pallet("sync")

    assert ran.code == 0, ran.everything
    # One HEAD for the artifact, one question that this registry has no answer to, one GET of the list.
    assert [request.method for request in proxy.requests] == ["HEAD", "GET", "GET"]
    assert len(proxy.seen("GET", "/referrers/")) == 1


def test_new_attachment_costs_eleven_beyond_the_artifact(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = with_sbom(tmp_path, url, capsys).pallet("sync")

    assert ran.code == 0, ran.everything
    # Two blobs, its manifest, the artifact's manifest by digest; the list: asked, read, read, put, read again.
    counts = proxy.counts
    assert counts == {"HEAD": 1, "POST": 3, "PUT": 7, "GET": 4}


def with_catalog(root: Path, url: str, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return a project of one workflow that publishes a catalog."""
    desk = one_file(root, url, capsys)
    config = (root / "pallet.toml").read_text(encoding="utf-8")
    desk.write("pallet.toml", f'{config}\n[catalog]\nrepository = "catalog"\n')
    return desk


def test_catalog_in_step_costs_one_look(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = with_catalog(tmp_path, url, capsys)
    assert desk.pallet("sync").code == 0
    proxy.forget()

    for command in ("plan", "check", "sync"):
        assert desk.pallet(command).code == 0

    assert proxy.counts == {"HEAD": 3 * 2}


def test_catalog_is_written_with_nine_requests_and_no_more(
    url: str, proxy: CountingProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = with_catalog(tmp_path, url, capsys).pallet("sync")

    assert ran.code == 0, ran.everything
    # Planned; looked at, and its tags; content, own tag, `latest`; looked at again, and its tags.
    methods = [request.method for request in proxy.seen("*", "/catalog/")]
    assert methods == ["HEAD", "HEAD", "GET", "POST", "PUT", "PUT", "PUT", "HEAD", "GET"]


def test_discovery_with_a_catalog_costs_two_requests_and_then_one(
    url: str,
    proxy: CountingProxy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = with_catalog(tmp_path, url, capsys)
    assert desk.pallet("sync").code == 0
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "another cache"))
    proxy.forget()

    assert desk.pallet("list").code == 0
    assert [request.method for request in proxy.requests] == ["GET", "GET"]
    proxy.forget()

    assert desk.pallet("search", "triage").code == 0
    assert [request.method for request in proxy.requests] == ["GET"]
