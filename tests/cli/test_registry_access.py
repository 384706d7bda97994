"""The ways to a registry that a target may need, with the whole command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import certificates
from tests.support.scenarios import CountingProxy, Desk, set_up
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry, ScriptedServer


@pytest.fixture
def secure() -> Iterator[ScriptedRegistry]:
    server = ScriptedRegistry()
    server.speak_tls(certificates.server_context(wants_client=True))
    with server:
        yield server


def add_to_target(desk: Desk, *lines: str) -> None:
    config = desk.root / "pallet.toml"
    text = config.read_text()
    url = next(line for line in text.splitlines() if line.startswith("url = "))
    config.write_text(text.replace(url, "\n".join([url, *lines])))


@pytest.fixture
def tls_desk(secure: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = set_up(tmp_path / "desk", f"https://localhost:{secure.port}", capsys)
    for path in (certificates.CA, certificates.CLIENT, certificates.CLIENT_KEY):
        (desk.root / path.name).write_bytes(path.read_bytes())
    return desk


CLIENT = ('client-certificate = "client.pem"', 'client-key = "client.key"')


def test_sync_goes_over_tls_with_a_certificate(tls_desk: Desk, secure: ScriptedRegistry) -> None:
    add_to_target(tls_desk, 'ca = "ca.pem"', *CLIENT)
    ran = tls_desk.pallet("sync")
    assert ran.code == 0, ran.everything
    assert len(secure.repositories) == 6
    assert "insecure" not in ran.everything


def test_missing_authority_stops_before_anything_is_sent(tls_desk: Desk, secure: ScriptedRegistry) -> None:
    add_to_target(tls_desk, 'ca = "none.pem"', *CLIENT)
    ran = tls_desk.pallet("sync")
    assert ran.code == 78
    assert "none.pem: cannot be read: no such file or directory" in ran.stderr
    assert secure.requests == []


def test_insecure_is_said_in_every_run_quiet_or_not(tls_desk: Desk, secure: ScriptedRegistry) -> None:
    add_to_target(tls_desk, "insecure = true", *CLIENT)
    ran = tls_desk.pallet("sync", "--quiet")
    assert ran.code == 0, ran.everything
    assert (
        ran.stderr.count(f"pallet: localhost:{secure.port}: insecure: its certificate is not verified") == 1
    )


def test_hidden_repositories_are_published(
    online: Desk, registry: ScriptedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Artifactory: what is not there is forbidden, until somebody who may pushes there."""

    def hide(request: Request) -> Reply | None:
        name = request.path.removeprefix("/v2/").partition("/manifests/")[0].partition("/tags/")[0]
        asks = registry.refusal(request, registry.url) is not None
        return None if asks or name in registry.repositories else Reply(401, body=b'{"message":"no"}')

    registry.users["ci"] = "hush-hush"
    registry.on("GET", "/(manifests|tags)/", hide)
    registry.on("HEAD", "/manifests/", hide)
    (tmp_path / "config.json").write_text(
        json.dumps({"auths": {registry.host: {"username": "ci", "password": "hush-hush"}}})
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    forbidden = online.pallet("check")
    assert forbidden.code == 77, forbidden.everything
    add_to_target(online, 'profile = "artifactory"')
    planned = json.loads(online.pallet("plan", "--format", "json").stdout)
    assert {action["seen_state"] for action in planned["actions"]} == {"hidden"}
    ran = online.pallet("sync")
    assert ran.code == 0, ran.everything
    assert len(registry.repositories) == 6
    assert online.pallet("check").code == 0


def test_final_tag_is_refused_and_not_failed(online: Desk, registry: ScriptedRegistry) -> None:
    """Somebody else published between the look and the push."""
    final = b'{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}'

    def refuse(request: Request) -> Reply | None:
        if not request.target.endswith("2.1.0"):
            return None
        name = request.path.removeprefix("/v2/").partition("/manifests/")[0]
        registry.put(name, request.body.replace(b"{", b"{ ", 1), request.headers["content-type"], "2.1.0")
        return Reply(400, body=final)

    registry.on("PUT", "/manifests/", refuse)
    ran = online.pallet("sync")
    assert ran.code == 4, ran.everything
    assert "the tag is final and holds other content" in ran.everything


def test_throttled_sync_says_run_again_later(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("*", "", Reply(429, {"Retry-After": "3600"}))
    ran = online.pallet("sync")
    assert ran.code == 75, ran.everything
    assert len(registry.requests) <= 16


OUTSIDE = "http://registry.test"


class Outside(CountingProxy):
    """A proxy, through which a registry stands outside under a name of its own."""

    def default(self, request: Request) -> Reply:
        return super().default(replace(request, target=request.target.removeprefix(OUTSIDE)))


def test_private_storage_has_to_be_written(
    registry: ScriptedRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def storage_of(request: Request) -> Reply:
        return Reply(307, {"Location": f"{storage.url}{request.path.removeprefix(OUTSIDE)}"})

    desk = set_up(tmp_path / "desk", OUTSIDE, capsys)
    with Outside(registry.host) as proxy, ScriptedServer() as storage:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert desk.pallet("sync").code == 0
        proxy.on("GET", "/blobs/", storage_of)
        storage.on("GET", "", registry.faithful)
        refused = desk.pallet("pull", "workflows/triage@*", "-o", "back")
        assert refused.code == 1, refused.everything
        assert 'private-storage = ["127.0.0.1"]' in refused.stderr
        assert storage.requests == []
        add_to_target(desk, 'private-storage = ["127.0.0.1"]')
        allowed = desk.pallet("pull", "workflows/triage@*", "-o", "back")
        assert allowed.code == 0, allowed.everything
        assert storage.requests
