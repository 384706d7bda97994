"""Every place where credentials stand, and which of them wins."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

import pytest

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials import Anonymous, Credential
from reconciler.oci.registry.credentials.files import FILE_MAX_BYTES, CredentialFiles
from tests.support.credential_helper import CredentialHelper, install_helper, install_shell_helper


def auths(name: str, *, host: str = "h") -> str:
    """A file that knows `host` under a name that tells who wrote it."""
    entry = {"auth": base64.b64encode(f"{name}:pw".encode()).decode()}
    return json.dumps({"auths": {host: entry}})


PLACES = {
    "REGISTRY_AUTH_FILE": "auth-file.json",
    "DOCKER_AUTH_CONFIG": "",
    "DOCKER_CONFIG": "docker/config.json",
    "XDG_RUNTIME_DIR": "run/containers/auth.json",
    "XDG_CONFIG_HOME": "config/containers/auth.json",
    ".dockercfg": "home/.dockercfg",
}
"""In the order of the search: the variable, and the file that it means."""


def found(folder: Path, texts: dict[str, str]) -> Credential | None:
    """Write these places, and look for `h`."""
    environment = {
        "REGISTRY_AUTH_FILE": str(folder / "auth-file.json"),
        "DOCKER_AUTH_CONFIG": texts.get("DOCKER_AUTH_CONFIG", ""),
        "DOCKER_CONFIG": str(folder / "docker"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    for name, text in texts.items():
        if PLACES[name]:
            path = folder / PLACES[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return CredentialFiles(environment=environment, home=folder / "home").find("h")


@pytest.mark.parametrize("first", range(len(PLACES)))
def test_first_place_that_knows_the_host_wins(tmp_path: Path, first: int) -> None:
    knowing = list(PLACES)[first:]
    credential = found(tmp_path, {name: auths(name.strip(".")) for name in knowing})
    assert credential == Credential(knowing[0].strip("."), "pw")


@pytest.mark.skipif(sys.platform != "linux", reason="podman has that folder on Linux alone")
@pytest.mark.parametrize("runtime", ["", "run"], ids=["unset", "set"])
def test_podmans_folder_stands_in_for_the_sessions(tmp_path: Path, runtime: str) -> None:
    path = tmp_path / "containers" / str(os.getuid()) / "auth.json"
    path.parent.mkdir(parents=True)
    path.write_text(auths("bob"))
    environment = {"XDG_RUNTIME_DIR": str(tmp_path / runtime)} if runtime else {}
    files = CredentialFiles(environment=environment, home=tmp_path / "home", run=tmp_path / "containers")
    assert files.find("h") == (None if runtime else Credential("bob", "pw"))


@pytest.mark.parametrize("name", PLACES)
def test_place_is_named(tmp_path: Path, name: str) -> None:
    credential = found(tmp_path, {name: auths("bob")})
    assert credential is not None
    assert credential.source == (str(tmp_path / PLACES[name]) if PLACES[name] else name)


@pytest.mark.parametrize("name", PLACES)
def test_place_that_knows_others_is_passed_over(tmp_path: Path, name: str) -> None:
    texts = {"REGISTRY_AUTH_FILE": "", **{place: auths("bob", host="other") for place in PLACES}}
    assert found(tmp_path, {**texts, name: auths("bob", host="other")}) is None


@pytest.mark.parametrize("name", PLACES)
def test_broken_place_is_not_anonymous(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnauthorisedError, match="not JSON at line 1") as caught:
        found(tmp_path, {name: "{"})
    assert str(caught.value).startswith(str(tmp_path / PLACES[name]) if PLACES[name] else name)
    assert caught.value.exit_code == 77


def test_broken_place_behind_the_winner_is_not_read(tmp_path: Path) -> None:
    assert found(tmp_path, {"DOCKER_CONFIG": auths("bob"), ".dockercfg": "{"}) == Credential("bob", "pw")


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        (".docker/config.json", {}),
        (".config/containers/auth.json", {}),
        (".dockercfg", {"DOCKER_CONFIG": ""}),
    ],
    ids=["docker", "podman", "legacy"],
)
def test_home_is_looked_into(tmp_path: Path, path: str, environment: dict[str, str]) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(auths("bob"))
    assert CredentialFiles(environment=environment, home=tmp_path).find("h") == Credential("bob", "pw")


def test_no_file_at_all_means_anonymous(tmp_path: Path) -> None:
    assert CredentialFiles(environment={}, home=tmp_path / "nowhere").find("h") is None
    assert Anonymous().find("h") is None


def test_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_text(auths("bob"))
    files = CredentialFiles(environment={"REGISTRY_AUTH_FILE": str(path)}, home=tmp_path)
    assert files.find("h", "a") == Credential("bob", "pw")
    path.write_text("{")
    assert files.find("h", "b") == Credential("bob", "pw")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (
            lambda path: path.write_bytes(b" " * (FILE_MAX_BYTES + 1)),
            "too large: expected at most 4194304 bytes",
        ),
    ],
    ids=["a-folder", "huge"],
)
def test_file_that_cannot_be_read_is_named(tmp_path: Path, prepare: object, message: str) -> None:
    path = tmp_path / "auth.json"
    assert callable(prepare)
    prepare(path)
    files = CredentialFiles(environment={"REGISTRY_AUTH_FILE": str(path)}, home=tmp_path)
    with pytest.raises(UnauthorisedError) as caught:
        files.find("h")
    assert str(caught.value) == f"{path}: {message}"


def test_most_specific_entry_wins(tmp_path: Path) -> None:
    names = {"h": "all", "h/team": "team", "h/team/app": "app"}
    entries = {key: {"username": name, "password": "pw"} for key, name in names.items()}
    (tmp_path / "auth.json").write_text(json.dumps({"auths": entries}))
    files = CredentialFiles(environment={"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}, home=tmp_path)
    asked = {"team/app": "app", "team/app/x": "app", "team/other": "team", "teams": "all", None: "all"}
    for repository, name in asked.items():
        assert files.find("h", repository) == Credential(name, "pw"), repository


HELD, WRITTEN, NAMESPACE = "held", "written", "namespace"


@pytest.mark.parametrize(
    ("document", "holds", "username"),
    [
        pytest.param({"credHelpers": {"h": "vault"}}, True, HELD, id="helper-of-the-host"),
        pytest.param(
            {"credHelpers": {"h": "vault"}, "credsStore": "broken"}, True, HELD, id="helper-before-store"
        ),
        pytest.param(
            {"credHelpers": {"h": "vault"}, "auths": {"h": {"username": WRITTEN, "password": "pw"}}},
            True,
            HELD,
            id="helper-before-entry",
        ),
        pytest.param(
            {"credHelpers": {"h": "vault"}, "auths": {"h": {"username": WRITTEN, "password": "pw"}}},
            False,
            WRITTEN,
            id="entry-behind-helper",
        ),
        pytest.param({"credHelpers": {"x": "broken"}}, True, None, id="helper-of-another-host"),
        pytest.param({"credsStore": "vault"}, True, HELD, id="store"),
        pytest.param({"credsStore": "vault"}, False, None, id="store-knows-nobody"),
        pytest.param(
            {"credsStore": "vault", "auths": {"h": {}}}, True, HELD, id="empty-entry-asks-the-store"
        ),
        pytest.param(
            {"credsStore": "vault", "auths": {"h": {"username": WRITTEN, "password": "pw"}}},
            True,
            HELD,
            id="store-before-entry",
        ),
        pytest.param(
            {"credsStore": "vault", "auths": {"h": {"username": WRITTEN, "password": "pw"}}},
            False,
            WRITTEN,
            id="entry-behind-store",
        ),
        pytest.param(
            {"credsStore": "vault", "auths": {"h/ns": {"username": NAMESPACE, "password": "pw"}}},
            True,
            NAMESPACE,
            id="part-of-the-host-before-store",
        ),
        pytest.param({"credsStore": "elsewhere"}, True, None, id="store-of-another-machine"),
        pytest.param(
            {"credsStore": "elsewhere", "auths": {"h": {"username": WRITTEN, "password": "pw"}}},
            True,
            WRITTEN,
            id="entry-where-the-store-is-missing",
        ),
    ],
)
def test_one_file_has_an_order_too(
    tmp_path: Path, document: object, holds: bool, username: str | None
) -> None:
    helper = install_helper(tmp_path)
    install_shell_helper(tmp_path, "exit 1", "broken")
    if holds:
        helper.hold("h", HELD, "pw")
    credential = files_of(tmp_path, document, helper).find("h", "ns/app")
    assert credential == (Credential(username, "pw") if username else None)


def files_of(folder: Path, document: object, helper: CredentialHelper) -> CredentialFiles:
    (folder / "auth.json").write_text(json.dumps(document))
    environment = {"REGISTRY_AUTH_FILE": str(folder / "auth.json"), **helper.environment}
    return CredentialFiles(environment=environment, home=folder)


@pytest.mark.parametrize(
    "document",
    [{"credsStore": "desktop", "auths": {"h": {}}}, {"credHelpers": {"h": "desktop"}}],
    ids=["store", "helper"],
)
def test_missing_helper_that_holds_the_secret_is_named(tmp_path: Path, document: object) -> None:
    files = files_of(tmp_path, document, install_helper(tmp_path))
    with pytest.raises(UnauthorisedError) as caught:
        files.find("h")
    assert str(caught.value) == "docker-credential-desktop: no such program on PATH"
    assert caught.value.fix == "install docker-credential-desktop, or take it out of the credential file"


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
@pytest.mark.parametrize("server", ["https://index.docker.io/v1/", "docker.io"])
def test_docker_hub_is_one_to_helpers_too(tmp_path: Path, host: str, server: str) -> None:
    helper = install_helper(tmp_path)
    helper.hold(server, "bob", "pw")
    assert files_of(tmp_path, {"credsStore": "vault"}, helper).find(host) == Credential("bob", "pw")


def test_helper_is_asked_once_for_many_repositories(tmp_path: Path) -> None:
    helper = install_helper(tmp_path)
    helper.hold("h", "bob", "pw")
    files = files_of(tmp_path, {"credHelpers": {"h": "vault"}}, helper)
    assert {files.find("h", f"app-{number}") for number in range(20)} == {Credential("bob", "pw")}
    assert helper.calls == ["get h"]
