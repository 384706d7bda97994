"""What login writes and logout removes, and what they leave alone."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from reconciler.errors import UnauthorisedError, UnreachableError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.credentials.files import CredentialFiles
from reconciler.oci.registry.credentials.helpers import Helpers
from reconciler.oci.registry.credentials.keeping import Keeper, Kept, choose_file
from tests.support.credential_helper import CredentialHelper, install_helper

BOB = Credential("bob", "s3:cret")
BOB_ENTRY = {"auth": base64.b64encode(b"bob:s3:cret").decode()}
NOBODY = Helpers({"PATH": ""})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "docker" / "config.json"


@pytest.fixture
def helper(tmp_path: Path) -> CredentialHelper:
    return install_helper(tmp_path / "bin")


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def read(path: Path) -> object:
    return json.loads(path.read_text())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_new_file_is_the_owners_alone(path: Path) -> None:
    assert Keeper(path, NOBODY).keep("h:5000", BOB) == Kept(str(path), is_encrypted=False)
    assert read(path) == {"auths": {"h:5000": BOB_ENTRY}}
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert {entry.name: mode(entry) for entry in path.parent.iterdir()} == {
        "config.json": 0o600,
        "config.json.lock": 0o600,
    }


def test_logins_at_once_keep_each_other(path: Path) -> None:
    hosts = [f"h{number}" for number in range(16)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda host: Keeper(path, NOBODY).keep(host, BOB), hosts))
    assert read(path) == {"auths": dict.fromkeys(hosts, BOB_ENTRY)}


def test_login_that_does_not_end_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("{}")
    keeper = Keeper(path, NOBODY, lock_timeout_s=0)
    with filelock.FileLock(f"{path}.lock"):
        for act in (lambda: keeper.keep("h", BOB), lambda: keeper.forget("h")):
            with pytest.raises(UnreachableError, match="another login has been writing it for 0 s"):
                act()
    assert read(path) == {}
    keeper.keep("h", BOB)
    assert read(path) == {"auths": {"h": BOB_ENTRY}}


def test_open_file_is_closed(path: Path) -> None:
    write(path, {})
    path.chmod(0o666)
    Keeper(path, NOBODY).keep("h", BOB)
    assert mode(path) == 0o600


def test_everything_else_stays_in_its_order(path: Path) -> None:
    before = {
        "psFormat": "ä {{.ID}}",
        "auths": {"z": {"auth": "YTpi", "email": "a@b"}, "a": {}},
        "HttpHeaders": {"X": "1"},
        "detachKeys": "ctrl-e",
    }
    write(path, before)
    Keeper(path, NOBODY).keep("h", BOB)
    after = json.loads(path.read_text())
    assert after == {**before, "auths": {"z": {"auth": "YTpi", "email": "a@b"}, "a": {}, "h": BOB_ENTRY}}
    assert list(after) == list(before)
    assert Keeper(path, NOBODY).forget("h") == [str(path)]
    assert read(path) == before


@pytest.mark.parametrize(
    ("host", "before", "key"),
    [
        pytest.param("h", ["https://h/v1/", "H"], "h", id="other-ways-of-writing"),
        pytest.param("docker.io", ["docker.io"], "https://index.docker.io/v1/", id="docker-hub"),
        pytest.param("registry-1.docker.io", [], "https://index.docker.io/v1/", id="docker-hubs-api"),
    ],
)
def test_host_has_one_entry(path: Path, host: str, before: list[str], key: str) -> None:
    write(path, {"auths": {name: {"auth": "YTpi"} for name in before}})
    Keeper(path, NOBODY).keep(host, BOB)
    assert read(path) == {"auths": {key: BOB_ENTRY}}


def test_identity_token_is_kept_as_docker_does(path: Path) -> None:
    token = Credential("bob", identity_token="refresh")
    Keeper(path, NOBODY).keep("h", token)
    assert read(path) == {"auths": {"h": {"auth": "Ym9iOg==", "identitytoken": "refresh"}}}
    files = CredentialFiles(environment={"REGISTRY_AUTH_FILE": str(path)}, home=path.parent)
    assert files.find("h") == token


def test_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles.json"
    write(elsewhere, {"auths": {}})
    path.parent.mkdir()
    path.symlink_to(elsewhere)
    Keeper(path, NOBODY).keep("h", BOB)
    assert path.is_symlink()
    assert read(elsewhere) == {"auths": {"h": BOB_ENTRY}}


@pytest.mark.parametrize("document", [{"credsStore": "vault"}, {"credHelpers": {"h": "vault"}}])
def test_helper_keeps_the_secret(path: Path, helper: CredentialHelper, document: dict[str, object]) -> None:
    write(path, {**document, "auths": {"https://h": BOB_ENTRY}})
    keeper = Keeper(path, Helpers(helper.environment))
    assert keeper.keep("h", BOB) == Kept("docker-credential-vault", is_encrypted=True)
    assert helper.held == {"h": {"ServerURL": "h", "Username": "bob", "Secret": "s3:cret"}}
    assert read(path) == {**document, "auths": {"h": {}}}
    environment = {"REGISTRY_AUTH_FILE": str(path), **helper.environment}
    assert CredentialFiles(environment=environment, home=path.parent).find("h") == BOB


def test_helper_forgets(path: Path, helper: CredentialHelper) -> None:
    write(path, {"credsStore": "vault"})
    Keeper(path, Helpers(helper.environment)).keep("docker.io", BOB)
    assert Keeper(path, Helpers(helper.environment)).forget("docker.io") == ["docker-credential-vault"]
    assert helper.held == {}
    assert read(path) == {"credsStore": "vault", "auths": {}}


def test_helper_and_file_forget(path: Path, helper: CredentialHelper) -> None:
    helper.hold("h", "bob", "s3:cret")
    helper.hold("https://h", "ann", "s3:cret")
    write(path, {"credsStore": "vault", "auths": {"https://h": BOB_ENTRY, "x": {}}})
    removed = Keeper(path, Helpers(helper.environment)).forget("h")
    assert removed == ["docker-credential-vault", str(path)]
    assert helper.held == {}
    assert read(path) == {"credsStore": "vault", "auths": {"x": {}}}


def test_nothing_to_forget_changes_nothing(path: Path) -> None:
    assert Keeper(path, NOBODY).forget("h") == []
    assert not path.parent.exists()
    write(path, {"auths": {"other": {}}})
    before = path.read_bytes()
    assert Keeper(path, NOBODY).forget("h") == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{", '{"auths": []}', '{"auths": {"x": {"auth": "%"}}}'])
def test_broken_file_is_left_alone(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    for act in (lambda: Keeper(path, NOBODY).keep("h", BOB), lambda: Keeper(path, NOBODY).forget("h")):
        with pytest.raises(UnauthorisedError, match=r"config\.json"):
            act()
    assert path.read_text() == text


def test_missing_helper_keeps_nothing(path: Path) -> None:
    write(path, {"credsStore": "desktop", "auths": {}})
    with pytest.raises(UnauthorisedError, match="docker-credential-desktop: no such program on PATH"):
        Keeper(path, NOBODY).keep("h", BOB)
    assert read(path) == {"credsStore": "desktop", "auths": {}}


def test_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreachableError, match=r"credential file: .*file is in the way"):
        Keeper(tmp_path / "file" / "config.json", NOBODY).keep("h", BOB)


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({"REGISTRY_AUTH_FILE": "/a.json", "DOCKER_CONFIG": "/d"}, "/a.json"),
        ({"DOCKER_CONFIG": "/d"}, "/d/config.json"),
        ({}, "/home/bob/.docker/config.json"),
    ],
    ids=["auth-file", "docker-config", "home"],
)
def test_file_is_the_first_that_is_looked_into(environment: dict[str, str], chosen: str) -> None:
    assert choose_file(environment, Path("/home/bob")) == Path(chosen)
