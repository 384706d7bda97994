"""Secrets of a target: read from where it says, or refused by the name of that place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.credentials.secret import (
    SECRET_MAX_BYTES,
    CommandSecret,
    EnvironmentSecret,
    FileSecret,
    Secret,
    read_secret,
)
from reconciler.oci.registry.credentials.target import BearerToken, Login, TargetCredentials

VARIABLE, FILE = EnvironmentSecret("TOKEN"), FileSecret("secrets/token")


def read(secret: Secret, folder: Path, *, time_limit_s: float = 10.0, **environment: str) -> str:
    variables = {"PATH": os.environ["PATH"], **environment}
    return read_secret(
        secret, "target x: password", environment=variables, root=folder, time_limit_s=time_limit_s
    )


def write(folder: Path, content: bytes) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "token").write_bytes(content)


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("s3cret", "s3cret"),
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        ("s3cret\n\n", "s3cret\n"),
        (" s3 cret ", " s3 cret "),
        ("ä€", "ä€"),
    ],
)
def test_one_line_end_is_taken_off(tmp_path: Path, written: str, secret: str) -> None:
    write(tmp_path, written.encode())
    assert read(VARIABLE, tmp_path, TOKEN=written) == secret
    assert read(FILE, tmp_path) == secret
    assert read(CommandSecret(("cat", "secrets/token")), tmp_path) == secret


def test_absolute_file_is_itself(tmp_path: Path) -> None:
    write(tmp_path, b"s3cret")
    assert read(FileSecret(str(tmp_path / "secrets" / "token")), Path("/nowhere")) == "s3cret"


def test_text_of_a_command_is_for_the_shell(tmp_path: Path) -> None:
    assert read(CommandSecret("echo $PREFIX | tr a-z A-Z"), tmp_path, PREFIX="abc") == "ABC"


def test_list_of_a_command_is_not(tmp_path: Path) -> None:
    assert read(CommandSecret(("echo", "$PREFIX;x")), tmp_path, PREFIX="abc") == "$PREFIX;x"


@pytest.mark.parametrize(
    ("secret", "message", "fix"),
    [
        pytest.param(EnvironmentSecret("NONE"), "variable NONE: is not set", "export NONE=…", id="unset"),
        pytest.param(
            EnvironmentSecret("EMPTY"),
            "variable EMPTY: expected a secret, got nothing",
            "export EMPTY=…",
            id="empty-variable",
        ),
        pytest.param(
            FileSecret("none"),
            "file none: cannot be read: No such file or directory",
            "write the secret to {folder}/none",
            id="no-file",
        ),
        pytest.param(
            FileSecret("secrets"),
            "file secrets: cannot be read: Is a directory",
            "write the secret to {folder}/secrets",
            id="folder",
        ),
        pytest.param(
            FileSecret("secrets/token"),
            "file secrets/token: expected a secret, got nothing",
            "write the secret to secrets/token",
            id="empty-file",
        ),
        pytest.param(
            CommandSecret(("/nowhere/vault", "--key", "geheim")),
            "command /nowhere/vault: cannot be started: no such file or directory",
            "run it in the folder of pallet.toml to see what it says",
            id="no-command",
        ),
        pytest.param(
            CommandSecret("echo geheim; echo no: geheim >&2; exit 7"),
            "command echo: ended with 7: no: ***",
            "run it in the folder of pallet.toml to see what it says",
            id="failing-command",
        ),
        pytest.param(
            CommandSecret("true geheim"),
            "command true: expected a secret, got nothing",
            "run it in the folder of pallet.toml to see what it prints",
            id="silent-command",
        ),
    ],
)
def test_missing_secret_is_named(tmp_path: Path, secret: Secret, message: str, fix: str) -> None:
    write(tmp_path, b"\n")
    with pytest.raises(UnauthorisedError) as caught:
        read(secret, tmp_path, EMPTY="")
    assert str(caught.value) == f"target x: password: {message}"
    assert caught.value.fix == fix.format(folder=tmp_path)
    assert caught.value.exit_code == 77


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "expected text in UTF-8, got other bytes"),
        (b"x" * (SECRET_MAX_BYTES + 1), "too large: expected at most 65536 bytes"),
    ],
    ids=["bytes", "huge"],
)
def test_file_that_is_no_secret_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path, content)
    with pytest.raises(UnauthorisedError) as caught:
        read(FILE, tmp_path)
    assert str(caught.value) == f"target x: password: file secrets/token: {message}"


def test_command_that_hangs_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(UnauthorisedError, match=r"command sleep: gave no answer in 0\.05 s"):
        read(CommandSecret("sleep 600"), tmp_path, time_limit_s=0.05)


def of_target(stated: Login | BearerToken, folder: Path, **environment: str) -> TargetCredentials:
    return TargetCredentials(
        stated, "target x", environment={"PATH": os.environ["PATH"], **environment}, root=folder
    )


def test_target_has_a_name_and_a_password(tmp_path: Path) -> None:
    credential = of_target(Login("ci", VARIABLE), tmp_path, TOKEN="s3cret").find("h")
    assert credential == Credential("ci", "s3cret")
    assert credential.whose == "the credential of 'ci' from variable TOKEN"


def test_target_has_a_token(tmp_path: Path) -> None:
    credential = of_target(BearerToken(VARIABLE), tmp_path, TOKEN="s3cret\n").find("h")
    assert credential == Credential(registry_token="s3cret")
    assert credential.whose == "the credential from variable TOKEN"


def test_token_that_is_no_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnauthorisedError) as caught:
        of_target(BearerToken(VARIABLE), tmp_path, TOKEN="geheim\r\nX-Evil: 1").find("h")
    assert str(caught.value) == (
        "target x: token: variable TOKEN: expected one word of printable ASCII, got other text"
    )


def test_command_fails_once(tmp_path: Path) -> None:
    target = of_target(Login("ci", CommandSecret("echo run >> runs; exit 1")), tmp_path)
    for _ in range(3):
        with pytest.raises(UnauthorisedError, match="ended with 1"):
            target.find("h")
    assert (tmp_path / "runs").read_text() == "run\n"


def test_command_runs_once(tmp_path: Path) -> None:
    target = of_target(Login("ci", CommandSecret("echo run >> runs; echo s3cret")), tmp_path)
    assert not (tmp_path / "runs").exists()
    assert {target.find("h", f"app-{number}") for number in range(3)} == {Credential("ci", "s3cret")}
    assert (tmp_path / "runs").read_text() == "run\n"
