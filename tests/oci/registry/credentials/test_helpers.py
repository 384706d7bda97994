"""Helpers as real programs: those that answer, and those that do anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.credentials.helpers import Helpers
from tests.support.credential_helper import CredentialHelper, install_helper, install_shell_helper


def helpers_of(helper: CredentialHelper, *, time_limit_s: float = 10.0) -> Helpers:
    return Helpers(helper.environment, time_limit_s=time_limit_s)


@pytest.mark.parametrize(
    ("username", "secret", "credential"),
    [
        pytest.param("bob", "s3cret", Credential("bob", "s3cret"), id="password"),
        pytest.param("<token>", "refresh", Credential(identity_token="refresh"), id="identity-token"),
        pytest.param("", "", None, id="nothing"),
    ],
)
def test_answer_is_understood(
    tmp_path: Path, username: str, secret: str, credential: Credential | None
) -> None:
    helper = install_helper(tmp_path)
    helper.hold("h", username, secret)
    assert helpers_of(helper).get("vault", "h") == credential


@pytest.mark.parametrize("stream", [1, 2], ids=["stdout", "stderr"])
def test_unknown_server_is_no_failure(tmp_path: Path, stream: int) -> None:
    lines = f"echo 'credentials not found in native keychain' >&{stream}; exit 1"
    assert helpers_of(install_shell_helper(tmp_path, lines)).get("vault", "h") is None


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param("echo token geheim; exit 1", "fails for h: exit code 1", id="stdout"),
        pytest.param("echo debug: geheim >&2; exit 3", "fails for h: exit code 3", id="stderr"),
        pytest.param("exit 1", "fails for h: exit code 1", id="silent"),
        pytest.param("kill -9 $$", "fails for h: ended by signal 9", id="killed"),
        pytest.param(
            "echo 'geheim: pass not initialized: geheim' >&2; exit 1",
            "fails for h: exit code 1, pass not initialized",
            id="known-phrase",
        ),
        pytest.param(
            'printf \'{"Username":"u","Secret":"geheim"}\'; exit 1',
            "fails for h: exit code 1",
            id="secret-and-failure",
        ),
        pytest.param("echo geheim", "expected a JSON object, got something else", id="no-json"),
        pytest.param("echo '[\"geheim\"]'", "expected a JSON object, got something else", id="no-object"),
        pytest.param(
            "echo '{\"Secret\": 5}'", "expected Username and Secret as text, got something else", id="no-text"
        ),
        pytest.param(
            "head -c 70000 /dev/zero", "get: said too much: expected at most 65536 bytes", id="endless"
        ),
    ],
)
def test_failure_is_named_without_secrets(tmp_path: Path, lines: str, message: str) -> None:
    helpers = helpers_of(install_shell_helper(tmp_path, lines))
    with pytest.raises(UnauthorisedError) as caught:
        helpers.get("vault", "h")
    assert str(caught.value) == f"docker-credential-vault: {message}"
    assert caught.value.fix == "run docker-credential-vault list to see what it says"
    assert "geheim" not in repr(caught.value.__cause__)


def test_helper_that_hangs_is_given_up(tmp_path: Path) -> None:
    helper = install_shell_helper(tmp_path, "sleep 600")
    with pytest.raises(UnauthorisedError, match=r"vault: get: gave no answer in 0\.05 s"):
        helpers_of(helper, time_limit_s=0.05).get("vault", "h")


def test_helper_that_fails_is_asked_once(tmp_path: Path) -> None:
    helper = install_shell_helper(tmp_path, f"echo run >> {tmp_path}/runs; exit 1")
    helpers = helpers_of(helper)
    for _ in range(3):
        with pytest.raises(UnauthorisedError, match="fails for h"):
            helpers.get("vault", "h")
    assert (tmp_path / "runs").read_text() == "run\n"


@pytest.mark.parametrize("suffix", ["../evil", "a/b", "", "a b", "a;b", "ä", "a\n"])
def test_suffix_is_no_path(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UnauthorisedError) as caught:
        helpers_of(install_helper(tmp_path)).get(suffix, "h")
    assert str(caught.value) == (f"credential helper: expected letters, digits and . _ -, got {suffix!r}")


def test_helper_is_not_taken_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_helper(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnauthorisedError, match="docker-credential-vault: no such program on PATH"):
        Helpers({"PATH": "/nowhere"}).get("vault", "h")


def test_credential_goes_there_and_back(tmp_path: Path) -> None:
    helper = install_helper(tmp_path)
    helpers = helpers_of(helper)
    assert helpers.get("vault", "h") is None
    helpers.store("vault", "h", Credential("bob", "s3cret"))
    assert helper.held == {"h": {"ServerURL": "h", "Username": "bob", "Secret": "s3cret"}}
    assert helpers.get("vault", "h") == Credential("bob", "s3cret")
    assert helpers.erase("vault", "h")
    assert helper.held == {}
    assert not helpers.erase("vault", "h")


def test_identity_token_goes_there_and_back(tmp_path: Path) -> None:
    helper = install_helper(tmp_path)
    helpers_of(helper).store("vault", "h", Credential("bob", identity_token="refresh"))
    assert helpers_of(helper).get("vault", "h") == Credential(identity_token="refresh")


def test_refusal_to_store_does_not_repeat_the_secret(tmp_path: Path) -> None:
    helper = install_shell_helper(tmp_path, 'read line; echo "cannot take $line, nor older"; exit 1')
    with pytest.raises(UnauthorisedError) as caught:
        helpers_of(helper).store("vault", "h", Credential("bob", "geheim"))
    assert str(caught.value) == "docker-credential-vault: does not store: exit code 1"


def test_refusal_to_erase_is_named(tmp_path: Path) -> None:
    lines = (
        'case $1 in get) echo \'{"Username":"u","Secret":"s"}\';; *) echo "not implemented"; exit 1;; esac'
    )
    with pytest.raises(UnauthorisedError) as caught:
        helpers_of(install_shell_helper(tmp_path, lines)).erase("vault", "h")
    assert str(caught.value) == "docker-credential-vault: does not erase: exit code 1, not implemented"
