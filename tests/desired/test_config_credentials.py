"""`username`, `password` and `token` of a target: where secrets are, and never a secret itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.errors import ConfigError
from reconciler.oci.registry.credentials.secret import CommandSecret, EnvironmentSecret, FileSecret
from reconciler.oci.registry.credentials.target import BearerToken, Login
from tests.support.projects import HEAD

TARGET = HEAD + '[target.x]\nurl = "https://registry.example.com/acme"\n'
INLINE = "a secret does not belong into pallet.toml: expected a table that says where it is"
SECRET = "hunter2-geheim"


def write(folder: Path, text: str) -> Path:
    path = folder / "pallet.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("lines", "credential"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param(
            'username = "ci"\npassword = { env = "X" }', Login("ci", EnvironmentSecret("X")), id="variable"
        ),
        pytest.param(
            'username = "ci"\npassword = { file = "s/x" }', Login("ci", FileSecret("s/x")), id="file"
        ),
        pytest.param(
            'username = "ci"\npassword = { command = "pass x | head -1" }',
            Login("ci", CommandSecret("pass x | head -1")),
            id="line",
        ),
        pytest.param(
            'username = "ci"\npassword = { command = ["pass", "x"] }',
            Login("ci", CommandSecret(("pass", "x"))),
            id="list",
        ),
        pytest.param('token = { env = "X" }', BearerToken(EnvironmentSecret("X")), id="token"),
        pytest.param('token.file = "/run/secrets/x"', BearerToken(FileSecret("/run/secrets/x")), id="dotted"),
    ],
)
def test_target_says_where_its_secret_is(tmp_path: Path, lines: str, credential: object) -> None:
    assert read_config(write(tmp_path, TARGET + lines)).targets["x"].credential == credential


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        pytest.param(
            f'username = "ci"\npassword = "{SECRET}"', 6, f"target.x.password: {INLINE}", id="inline-password"
        ),
        pytest.param(f'token = "{SECRET}"', 5, f"target.x.token: {INLINE}", id="inline-token"),
        pytest.param(f'token = ["{SECRET}"]', 5, f"target.x.token: {INLINE}", id="inline-list"),
        pytest.param(
            f'token = {{ env = "{SECRET}" }}',
            5,
            "target.x.token: env: expected the name of a variable: letters, digits and _, got something else",
            id="secret-as-the-name",
        ),
        pytest.param(
            f'token = {{ file = ["{SECRET}"] }}',
            5,
            "target.x.token: file: expected the path of a file, got something else",
            id="file-that-is-none",
        ),
        pytest.param(
            f'token = {{ command = ["", "{SECRET}"] }}',
            5,
            "target.x.token: command: expected a line for the shell, or a list of a program and its arguments, "
            "got something else",
            id="command-without-a-program",
        ),
        pytest.param(
            f'token = {{ value = "{SECRET}" }}',
            5,
            "target.x.token: expected one of env, file, command, got 'value'",
            id="another-key",
        ),
        pytest.param(
            'token = { comand = "x" }',
            5,
            "target.x.token: expected one of env, file, command, got 'comand': did you mean 'command'?",
            id="misspelt-key",
        ),
        pytest.param(
            'token = { env = "X", file = "x" }',
            5,
            "target.x.token: expected one of env, file, command, got 2 keys",
            id="two-keys",
        ),
        pytest.param(
            "token = {}",
            5,
            "target.x.token: expected one of env, file, command, got an empty table",
            id="empty",
        ),
        pytest.param(
            'password = { env = "X" }',
            5,
            "target.x.password: expected a username beside it, got none",
            id="password-alone",
        ),
        pytest.param(
            'username = "ci"',
            5,
            "target.x.username: expected a password beside it, got none",
            id="name-alone",
        ),
        pytest.param(
            'username = "ci"\ntoken = { env = "X" }',
            6,
            "target.x.token: expected either a token or username, got both",
            id="name-and-token",
        ),
        pytest.param(
            'username = "a:b"\npassword = { env = "X" }',
            5,
            "target.x.username: expected a name without a colon, got another",
            id="colon",
        ),
    ],
)
def test_mistake_is_named_with_its_line(tmp_path: Path, lines: str, line: int, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, TARGET + lines))
    said = [str(one) for one in caught.value.problems]
    assert f"pallet.toml:{line}: {problem}" in said
    assert SECRET not in "".join(f"{one!r}" for one in caught.value.problems)


def test_advice_says_how_to_do_it_right(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, f'{TARGET}token = "{SECRET}"'))
    (problem,) = caught.value.problems
    assert problem.fix == 'token = { env = "VARIABLE" }, or { file = … }, { command = … }'


def test_directory_takes_no_login(tmp_path: Path) -> None:
    text = HEAD + '[target.x]\nurl = "oci-layout:out"\ntoken = { env = "X" }\n'
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text))
    assert [str(problem) for problem in caught.value.problems] == [
        "pallet.toml:5: target.x.token: expected none for a directory, which asks nobody who they are"
    ]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = (
        HEAD
        + f'[target.x]\nurl = 5\nimmutable = "no"\ntoken = "{SECRET}"\n[target.y]\npassword = "{SECRET}"\n'
    )
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text))
    paths = {problem.path for problem in caught.value.problems}
    assert paths >= {"target.x.url", "target.x.immutable", "target.x.token", "target.y", "target.y.password"}
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f'[target]\nx = "https://ci:{SECRET}@h"\n',
        f'[target.x]\nurl = ["https://ci:{SECRET}@h"]\n',
        f'[target.x]\nurl = "https://ci:{SECRET}@h/acme"\n',
        f'[target.x]\nurl = "/https://ci:{SECRET}@h/acme"\n',
        f'[target.x]\nurl = "https://h"\nimmutable = "https://ci:{SECRET}@h"\n',
        f'[[artifact]]\nfiles = "https://ci:{SECRET}@h/x"\nrepository = "r"\nkind = "config"\nversion = "x"\n',
        f'[target.x]\nurl = "https://h"\npasswort = "{SECRET}"\n',
        f'[target.x]\nurl = "https://h"\npassword = "{SECRET}\n',
        f'[target]\nx = 1\n[target.y]\nurl = "h"\npassword = "{SECRET}"\n',
        f'target = "https://ci:{SECRET}@h"\n',
    ],
)
def test_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, HEAD + text))
    assert SECRET not in "".join(f"{problem!r}{problem}" for problem in caught.value.problems)
