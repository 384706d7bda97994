"""A target says who we are: from pallet.toml to the registry, and no secret on the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.credential_helper import install_shell_helper
from tests.support.processes import Ran
from tests.support.scenarios import Desk
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry

SECRET, WRONG = "s3cret-w0rd", "wr0ng-w0rd"
ENCODED = "YW5uOnMzY3JldC13MHJk"


@pytest.fixture
def asking(registry: ScriptedRegistry) -> ScriptedRegistry:
    registry.users["ann"] = SECRET
    return registry


def say(desk: Desk, lines: str) -> None:
    """Put lines into the target's table."""
    config = desk.root / "pallet.toml"
    text = config.read_text()
    assert text.count("\nurl = ") == 1
    head, url, tail = text.partition("\nurl = ")
    address, _, rest = tail.partition("\n")
    config.write_text(f"{head}{url}{address}\n{lines}\n{rest}")


def shown(desk: Desk, command: str, *arguments: str) -> Ran:
    """Run a command; nothing that it says may hold a secret, in whatever form."""
    ran = desk.pallet(command, *arguments)
    for secret in (SECRET, WRONG, ENCODED):
        assert secret not in ran.everything
    return ran


@pytest.mark.parametrize("is_bearer", [True, False], ids=["bearer", "basic"])
@pytest.mark.parametrize(
    "password",
    ['{ env = "ANN" }', '{ file = "secrets/ann" }', '{ command = "cat secrets/ann" }'],
    ids=["variable", "file", "command"],
)
def test_target_logs_in(
    online: Desk, asking: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch, password: str, is_bearer: bool
) -> None:
    asking.bearer = is_bearer
    monkeypatch.setenv("ANN", SECRET)
    online.write("secrets/ann", f"{SECRET}\n")
    say(online, f'username = "ann"\npassword = {password}')
    assert shown(online, "sync").code == 0
    assert shown(online, "check", "--verbose").code == 0


def test_target_sends_its_token(
    online: Desk, registry: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gate(request: Request) -> Reply | None:
        is_ours = request.headers.get("authorization") == f"Bearer {SECRET}"
        return None if is_ours else Reply(401, {"WWW-Authenticate": 'Bearer realm="/token"'})

    registry.on("*", "", gate)
    monkeypatch.setenv("TOKEN", SECRET)
    say(online, 'token = { env = "TOKEN" }')
    assert shown(online, "sync").code == 0


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    ("password", "message"),
    [
        pytest.param('{ env = "NONE" }', "target main: password: variable NONE: is not set", id="unset"),
        pytest.param(
            '{ file = "none" }',
            "target main: password: file none: cannot be read: No such file or directory",
            id="no-file",
        ),
        pytest.param(
            f'["echo", "{WRONG}"]',
            "a secret does not belong into pallet.toml: expected a table that says where it is",
            id="inline",
        ),
        pytest.param(
            f'{{ command = "echo {SECRET} >&2; echo {SECRET}; exit 1" }}',
            "target main: password: command echo: ended with 1: ***",
            id="failing-command",
        ),
        pytest.param(f'{{ command = "echo {WRONG}" }}', "401 Unauthorized", id="wrong-password"),
    ],
)
def test_failure_names_the_place_and_no_secret(
    online: Desk, asking: ScriptedRegistry, password: str, message: str, style: str
) -> None:
    say(online, f'username = "ann"\npassword = {password}')
    for command in ("plan", "sync"):
        ran = shown(online, command, "--format", style)
        assert ran.code == (78 if password.startswith("[") else 77), ran.everything
        assert message in ran.everything


def test_target_wins_over_files(
    online: Desk, asking: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", "{broken")
    monkeypatch.setenv("ANN", SECRET)
    assert shown(online, "plan").code == 77
    say(online, 'username = "ann"\npassword = { env = "ANN" }')
    assert shown(online, "plan").code == 0


def test_registry_that_asks_nobody_runs_no_command(online: Desk) -> None:
    say(online, 'username = "ann"\npassword = { command = "touch ran; echo x" }')
    assert shown(online, "sync").code == 0
    assert not (online.root / "ran").exists()


def test_helper_that_fails_is_named(
    online: Desk, asking: ScriptedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = install_shell_helper(
        tmp_path / "bin",
        f'echo \'{{"Username":"ann","Secret":"{SECRET}"}}\'; echo "the vault is locked" >&2; exit 1',
    )
    monkeypatch.setenv("PATH", helper.environment["PATH"])
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", '{"credsStore": "vault"}')
    ran = shown(online, "plan")
    assert ran.code == 77
    assert f"docker-credential-vault: fails for {asking.host}: exit code 1" in " ".join(
        ran.everything.split()
    )
    assert "the vault is locked" not in ran.everything  # what a helper says may hold a secret
