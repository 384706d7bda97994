"""pallet login and logout: against a registry that asks, with real helpers, and what is never printed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.support import certificates
from tests.support.credential_helper import CredentialHelper, install_helper
from tests.support.docker_registry import PASSWORD, USER, DockerRegistry
from tests.support.processes import PALLET, Ran, run_command
from tests.support.results import read_result
from tests.support.scripted_registry import Reply, ScriptedRegistry

SECRET = "s3cret-w0rd"
ENTRY = {"auth": "Ym9iOnMzY3JldC13MHJk"}


@pytest.fixture
def basic(registry: ScriptedRegistry) -> ScriptedRegistry:
    registry.users["bob"] = SECRET
    return registry


@pytest.fixture
def bearer(basic: ScriptedRegistry) -> ScriptedRegistry:
    basic.bearer = True
    return basic


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's config.json of this test alone."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return tmp_path / "docker" / "config.json"


@pytest.fixture
def helper(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> CredentialHelper:
    """A helper that config.json names for every host."""
    installed = install_helper(tmp_path / "bin")
    monkeypatch.setenv("PATH", installed.environment["PATH"])
    config.parent.mkdir()
    config.write_text(json.dumps({"credsStore": "vault"}))
    return installed


class Typed:
    """Runs pallet with something on stdin; nothing that it prints may hold the secret."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str | Path, stdin: str | bytes = "") -> Ran:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = run([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        assert SECRET not in said.out + said.err
        assert ENTRY["auth"] not in said.out + said.err
        return Ran(code, said.out, said.err)


@pytest.fixture
def pallet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(capsys, monkeypatch)


def as_bob(pallet: Typed, host: str, *more: str | Path, secret: str = SECRET) -> Ran:
    return pallet("login", host, "-u", "bob", "--password-stdin", *more, stdin=f"{secret}\n")


@pytest.mark.parametrize("is_bearer", [True, False], ids=["bearer", "basic"])
def test_login_is_checked_and_kept_in_the_file(
    basic: ScriptedRegistry, config: Path, pallet: Typed, is_bearer: bool
) -> None:
    basic.bearer = is_bearer
    ran = as_bob(pallet, basic.host)
    assert ran.code == 0, ran.everything
    assert ran.stdout == f"{basic.host}: logged in as bob, kept in {config}\n"
    assert ran.stderr == (
        f"{config}: unencrypted: a credential helper (credsStore in that file) would encrypt it\n"
    )
    assert json.loads(config.read_text()) == {"auths": {basic.host: ENTRY}}
    assert config.stat().st_mode & 0o777 == 0o600
    assert len(basic.seen("GET", "/token")) == is_bearer


@pytest.mark.parametrize("is_bearer", [True, False], ids=["bearer", "basic"])
def test_wrong_password_is_not_kept(
    basic: ScriptedRegistry, config: Path, pallet: Typed, is_bearer: bool
) -> None:
    basic.bearer = is_bearer
    ran = as_bob(pallet, basic.host, secret="wrong-w0rd")
    assert ran.code == 77
    assert "the registry answered 401 Unauthorized: UNAUTHORIZED" in ran.stderr
    assert ran.stderr.endswith("  → check name and password: nothing was kept\n")
    assert ran.stdout == ""
    assert "wrong-w0rd" not in ran.stderr
    assert not config.parent.exists()


def test_wrong_password_is_not_kept_where_reading_is_public(
    bearer: ScriptedRegistry, config: Path, pallet: Typed
) -> None:
    bearer.open_to_all = True
    assert as_bob(pallet, bearer.host, secret="wrong-w0rd").code == 77
    assert not config.parent.exists()


def test_helper_keeps_it_and_forgets_it(
    basic: ScriptedRegistry, config: Path, helper: CredentialHelper, pallet: Typed
) -> None:
    ran = as_bob(pallet, basic.host)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == f"{basic.host}: logged in as bob, kept in docker-credential-vault\n"
    assert json.loads(config.read_text()) == {"credsStore": "vault", "auths": {basic.host: {}}}
    assert helper.held[basic.host]["Secret"] == SECRET

    ran = pallet("logout", basic.host)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == f"{basic.host}: logged out, removed from docker-credential-vault\n"
    assert helper.held == {}
    assert json.loads(config.read_text()) == {"credsStore": "vault", "auths": {}}


def test_identity_token_is_exchanged_and_kept(bearer: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    bearer.identity_tokens.add(SECRET)
    ran = pallet("login", bearer.host, "--identity-token-stdin", stdin=SECRET)
    assert ran.code == 0, ran.everything
    assert ran.stdout == f"{bearer.host}: logged in, kept in {config}\n"
    assert json.loads(config.read_text())["auths"][bearer.host]["identitytoken"] == SECRET


def test_open_registry_proves_nothing(registry: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    ran = as_bob(pallet, registry.host)
    assert ran.code == 0
    assert ran.stdout == (
        f"{registry.host}: kept as bob in {config}, not checked: the registry does not ask who is there\n"
    )
    assert "logged in" not in ran.everything
    assert json.loads(config.read_text()) == {"auths": {registry.host: ENTRY}}


def test_web_page_is_no_registry(registry: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    registry.on("GET", "/v2/", Reply(200, {"Content-Type": "text/html"}, b"<h1>Welcome</h1>"))
    ran = as_bob(pallet, registry.host)
    assert ran.code == 1
    assert ran.stdout == ""
    assert (
        f"http://{registry.host}: does not look like a registry: GET http://{registry.host}/v2/: "
        "expected the root of a registry, got a web page\n"
    ) in ran.stderr
    assert not config.parent.exists()


def test_empty_root_is_no_web_page(registry: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    registry.on("GET", "/v2/", Reply(200, {"Content-Type": "text/html"}))
    assert as_bob(pallet, registry.host).code == 0


def test_kerberos_is_not_blamed_on_the_password(
    registry: ScriptedRegistry, config: Path, pallet: Typed
) -> None:
    registry.on("GET", "/v2/", Reply(401, {"WWW-Authenticate": "Negotiate"}))
    ran = as_bob(pallet, registry.host)
    assert ran.code == 77
    assert "asks for authentication by negotiate: expected bearer or basic\n" in ran.stderr
    assert ran.stderr.endswith(
        "  → this registry, or a proxy in front of it, wants Kerberos: let whoever runs it allow "
        "an access token or a robot account, and log in with that\n"
    )
    assert not config.parent.exists()


def test_authority_means_https_on_loopback(basic: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    basic.speak_tls(certificates.server_context())
    ran = as_bob(pallet, basic.host, "--ca", certificates.CA)
    assert ran.code == 0, ran.everything
    assert ran.stdout == f"{basic.host}: logged in as bob, kept in {config}\n"


def test_other_server_is_no_registry(registry: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    registry.on("GET", "/v2/", Reply(404, body=b"not here"))
    ran = as_bob(pallet, registry.host)
    assert ran.code == 1
    assert "404 Not Found: not here: does not look like a registry\n  → check host and port\n" in ran.stderr
    assert not config.parent.exists()


def test_scheme_is_taken_off(basic: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    ran = as_bob(pallet, f"http://{basic.host}/v2/")
    assert ran.code == 0
    assert f"http://{basic.host}/v2/: the registry is {basic.host}\n" in ran.stderr
    assert list(json.loads(config.read_text())["auths"]) == [basic.host]


def test_authfile_is_written_and_its_variable_named(
    basic: ScriptedRegistry, config: Path, tmp_path: Path, pallet: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "auth.json"
    ran = as_bob(pallet, basic.host, "--authfile", path)
    assert ran.code == 0
    assert (
        f"pallet: {path}: no command looks there by itself: set REGISTRY_AUTH_FILE=auth.json\n" in ran.stderr
    )
    assert json.loads(path.read_text()) == {"auths": {basic.host: ENTRY}}
    assert not config.exists()

    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
    assert "REGISTRY_AUTH_FILE" not in as_bob(pallet, basic.host).stderr
    assert not config.exists()


def test_other_credential_that_comes_first_is_named(
    basic: ScriptedRegistry, config: Path, pallet: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"auths": {basic.host: {"username": "ann", "password": "x"}}}
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps(other))
    ran = as_bob(pallet, basic.host)
    assert ran.code == 0
    assert (
        f"pallet: {basic.host}: the variable DOCKER_AUTH_CONFIG has another credential, which comes first\n"
    ) in ran.stderr
    assert (
        f"pallet: {basic.host}: is still known from the variable DOCKER_AUTH_CONFIG\n"
        in pallet("logout", basic.host).stderr
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        pytest.param(["h"], "", "password: expected a terminal to ask on, or --password-stdin", id="nobody"),
        pytest.param(
            ["h", "--password-stdin"],
            "x",
            "--password-stdin: expected --username too, got none",
            id="no-name",
        ),
        pytest.param(
            ["h", "-u", "a:b", "--password-stdin"],
            "x",
            "--username: expected a name without a colon, got one with it",
            id="colon",
        ),
        pytest.param(
            ["h", "-u", "bob", "--password-stdin"],
            "\n",
            "stdin: expected a password, got nothing",
            id="empty",
        ),
        pytest.param(
            ["h", "-u", "bob", "--password-stdin"],
            b"\xff",
            "stdin: expected a password in UTF-8, got other bytes",
            id="bytes",
        ),
        pytest.param(
            ["h", "-u", "bob", "--password-stdin"],
            "x" * 70_000,
            "stdin: expected a password of at most 65536 bytes, got more",
            id="huge",
        ),
        pytest.param(
            ["h", "--identity-token-stdin", "--password-stdin"],
            "x",
            "--password-stdin: expected one secret on stdin, got --identity-token-stdin too",
            id="two-secrets",
        ),
        pytest.param(
            ["ghcr.io/acme", "-u", "bob"], "", "host: expected host[:port], got the path acme too", id="path"
        ),
        pytest.param(
            [f"https://bob:{SECRET}@h", "-u", "bob"],
            "",
            "host: expected host[:port], got a user name too",
            id="secret-in-the-host",
        ),
        pytest.param(["h", "--password", "x"], "", "--password-stdin", id="password-as-argument"),
    ],
)
def test_wrong_usage_is_named(
    config: Path, pallet: Typed, arguments: list[str], stdin: str | bytes, message: str
) -> None:
    ran = pallet("login", *arguments, stdin=stdin)
    assert ran.code == 64
    assert message in ran.stderr
    assert not config.exists()


def test_broken_file_is_named(config: Path, basic: ScriptedRegistry, pallet: Typed) -> None:
    config.parent.mkdir()
    config.write_text("{")
    for ran in (as_bob(pallet, basic.host), pallet("logout", basic.host)):
        assert ran.code == 77
        assert f"pallet: {config}: not JSON at line 1" in ran.stderr
    assert config.read_text() == "{"


def test_logout_of_nobody_says_so(config: Path, pallet: Typed) -> None:
    ran = pallet("logout", "ghcr.io")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == f"ghcr.io: nothing to remove: {config} does not know it\n"
    assert not config.parent.exists()


def test_json_says_where_it_is(basic: ScriptedRegistry, config: Path, pallet: Typed) -> None:
    document = read_result(as_bob(pallet, basic.host, "--format", "json").stdout)
    assert (document["kept_in"], document["encrypted"], document["proved"]) == (str(config), False, True)
    document = read_result(pallet("logout", basic.host, "--format", "json").stdout)
    assert document["removed_from"] == [str(config)]


def test_password_is_asked_for_without_echo(basic: ScriptedRegistry, config: Path, tmp_path: Path) -> None:
    script = tmp_path / "type.py"
    script.write_text(_TYPE)
    ran = run_command(
        [sys.executable, str(script), f"bob\n{SECRET}\n", *PALLET, "login", basic.host], cwd=tmp_path
    )
    assert ran.code == 0, ran.everything
    assert "Username: bob" in ran.stdout.replace("\r", "")
    assert "Password: " in ran.stdout
    assert SECRET not in ran.everything
    assert json.loads(config.read_text()) == {"auths": {basic.host: ENTRY}}


_TYPE = """\
import os, pty, sys

said = b""
lines = sys.argv[1].encode().splitlines(keepends=True)
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
try:
    while piece := os.read(terminal, 1000):
        said += piece
        if lines and said.rstrip(b" ").endswith(b":"):
            os.write(terminal, lines.pop(0))
except OSError:
    pass
os.write(1, said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_login_is_what_the_registry_takes(
    login_docker_registry: DockerRegistry, config: Path, tmp_path: Path, pallet: Typed
) -> None:
    host = login_docker_registry.host
    ran = pallet("login", host, "-u", USER, "--password-stdin", stdin="babbage")
    assert (ran.code, config.exists()) == (77, False)
    (tmp_path / "note.txt").write_text("x")
    push = ("push", tmp_path / "note.txt", f"{host}/notes:1.0.0")
    assert pallet(*push).code == 77
    assert pallet("login", host, "-u", USER, "--password-stdin", stdin=PASSWORD).code == 0
    assert pallet(*push).code == 0
    assert pallet("logout", host).code == 0
    assert pallet(*push).code == 77
