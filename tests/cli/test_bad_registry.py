"""A registry that is down or lies: unknown is not absent, nothing is pushed, nothing is lost."""

from __future__ import annotations

import pytest

from tests.support.scenarios import Desk
from tests.support.scripted_registry import Reply, ScriptedRegistry, problem

HTML = Reply(200, {"Content-Type": "text/html"}, b"<html><body>Please log in to the hotel</body></html>")
LIE = {
    "Docker-Content-Digest": f"sha256:{'0' * 64}",
    "Content-Type": "application/vnd.oci.image.manifest.v1+json",
}
ONE = ("--only", "workflows/triage")


@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        pytest.param(HTML, 1, "expected a manifest, got a web page", id="html"),
        pytest.param(
            problem(401, "UNAUTHORIZED"),
            77,
            "the registry answered 401 Unauthorized → log in: pallet login 127.0.0.1",
            id="401",
        ),
        pytest.param(problem(403, "DENIED"), 77, "the registry answered 403 Forbidden", id="403"),
        pytest.param(
            Reply(429, {"Retry-After": "0"}), 75, "the registry answered 429 Too Many Requests", id="429"
        ),
        pytest.param(problem(500, "UNKNOWN"), 1, "the registry answered 500 Internal Server Error", id="500"),
        pytest.param(Reply(503), 75, "the registry answered 503 Service Unavailable", id="503"),
        pytest.param(Reply(hang_up=True), 1, "the connection broke", id="hangs-up"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "check", "sync"])
def test_unknown_state_never_becomes_a_write(
    online: Desk, registry: ScriptedRegistry, command: str, reply: Reply, code: int, text: str
) -> None:
    assert online.pallet("lock").code == 0
    locked = online.lock.read_bytes()
    registry.on("*", "", reply)

    ran = online.pallet(command, "--retries", "0")

    assert ran.code == code, ran.everything
    assert "Traceback" not in ran.everything
    said = " ".join(ran.stdout.split())
    assert "unknown" in said
    assert text in said
    assert {request.method for request in registry.requests} <= {"HEAD", "GET"}
    assert online.lock.read_bytes() == locked


@pytest.mark.parametrize("command", ["plan", "check", "sync"])
def test_registry_that_is_down_is_unknown(online: Desk, registry: ScriptedRegistry, command: str) -> None:
    toml = (online.root / "pallet.toml").read_text()
    online.write("pallet.toml", toml.replace(registry.url, "http://127.0.0.1:1"))

    ran = online.pallet(command, "--retries", "0")

    assert ran.code == 1, ran.everything
    assert "127.0.0.1:1" in ran.stdout
    assert "refused" in ran.stdout
    assert "unknown" in ran.stdout
    assert not online.lock.exists()


def test_wrong_digest_at_a_push_is_a_failure(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("PUT", "/manifests/", Reply(201, LIE))

    ran = online.pallet("sync", *ONE)

    assert ran.code == 1, ran.everything
    assert "digest mismatch" in ran.stdout
    assert not online.lock.exists() or "workflows/triage" not in online.lock.read_text()


def test_wrong_digest_at_a_read_is_said_by_explain(online: Desk, registry: ScriptedRegistry) -> None:
    assert online.pallet("sync").code == 0
    other = registry.put("workflows/triage", b'{"schemaVersion": 2}', LIE["Content-Type"], "1.0.0")
    registry.on("GET", "/manifests/", Reply(200, {**LIE, "Docker-Content-Digest": other}, b"something else"))

    ran = online.pallet("explain", "workflows/triage")

    assert "what the registry holds cannot be compared" in ran.stdout
    assert "digest mismatch" in ran.stdout


def test_throttling_that_never_ends_is_75(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("*", "", Reply(429, {"Retry-After": "0"}))

    ran = online.pallet("check", "--retries", "1", *ONE)

    assert ran.code == 75, ran.everything
    # The version tag and the floating tag, each asked twice.
    assert len(registry.requests) == 4
    assert "run again" in ran.stdout


def test_failures_among_successes_are_partly_done(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("PUT", "/v2/agents/clerk/manifests/", problem(500, "UNKNOWN", "disk on fire"))

    ran = online.pallet("sync", "--retries", "0")

    assert ran.code == 5, ran.everything
    assert "disk on fire" in ran.stdout
    assert "5 pushed" in ran.stdout
    assert "1 failed" in ran.stdout
    assert "agents/clerk" not in online.lock.read_text()


def test_push_right_missing_is_77(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("POST", "", problem(403, "DENIED", "read only for you"))

    ran = online.pallet("sync", "--retries", "0")

    assert ran.code == 77, ran.everything
    assert "read only for you" in ran.stdout
    assert not online.lock.exists()


def test_throttling_while_pushing_is_75(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("POST", "", Reply(429, {"Retry-After": "0"}))

    ran = online.pallet("sync", "--retries", "0")

    assert ran.code == 75, ran.everything


def test_password_is_never_printed(online: Desk, registry: ScriptedRegistry) -> None:
    toml = (online.root / "pallet.toml").read_text()
    online.write("pallet.toml", toml.replace("http://", "http://ada:lovelace@"))

    ran = online.pallet("plan", "--retries", "0")

    assert "lovelace" not in ran.everything
    assert ran.code != 0
