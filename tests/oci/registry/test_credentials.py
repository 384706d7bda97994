from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials import Anonymous, Credential, DockerConfig


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def written(folder: Path, document: object) -> DockerConfig:
    (folder / "config.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return DockerConfig(environment={"DOCKER_CONFIG": str(folder)}, home=Path("/nowhere"))


@pytest.mark.parametrize(
    ("auths", "host", "credential"),
    [
        pytest.param(
            {"h": {"auth": encoded("bob:s3:cret")}}, "h", Credential("bob", "s3:cret"), id="first-colon"
        ),
        pytest.param({"h:5000": {"auth": encoded("b:c\0")}}, "h:5000", Credential("b", "c"), id="port"),
        pytest.param({"h": {"username": "b", "password": "c"}}, "h", Credential("b", "c"), id="plain"),
        pytest.param(
            {"h": {"auth": encoded("b:"), "identitytoken": "t"}},
            "h",
            Credential("b", "", "t"),
            id="identity-token",
        ),
        pytest.param({"https://h": {"auth": encoded("b:c")}}, "h", Credential("b", "c"), id="https-prefix"),
        pytest.param(
            {"https://h/v2/": {"auth": encoded("b:c")}}, "h", Credential("b", "c"), id="https-and-path"
        ),
        pytest.param(
            {"https://h/v1/": {"auth": encoded("x:y")}, "h": {"auth": encoded("b:c")}},
            "h",
            Credential("b", "c"),
            id="exact-first",
        ),
        pytest.param(
            {"https://index.docker.io/v1/": {"auth": encoded("b:c")}},
            "docker.io",
            Credential("b", "c"),
            id="hub",
        ),
        pytest.param(
            {"docker.io": {"auth": encoded("b:c")}},
            "registry-1.docker.io",
            Credential("b", "c"),
            id="hub-api",
        ),
        pytest.param({"h:5000": {"auth": encoded("b:c")}}, "h", None, id="other-port"),
        pytest.param({"h/ns": {"auth": encoded("b:c")}}, "h", None, id="part-of-a-host"),
        pytest.param({"h": {}}, "h", None, id="empty-entry"),
        pytest.param({}, "h", None, id="unknown-host"),
    ],
)
def test_credential_is_found(
    tmp_path: Path, auths: dict[str, object], host: str, credential: Credential | None
) -> None:
    assert written(tmp_path, {"auths": auths}).find(host) == credential


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param('{"auths": {"h": {"auth": "c2VjcmV0', "not JSON at line 1", id="half-written"),
        pytest.param("[]", "the document: expected an object, got list", id="no-object"),
        pytest.param({"auths": []}, "auths: expected an object, got list", id="auths-no-object"),
        pytest.param({"auths": {"h": 1}}, "auths['h']: expected an object, got int", id="entry-no-object"),
        pytest.param(
            {"auths": {"h": {"auth": "%%secret"}}},
            "auths['h'].auth: expected base64 of name:password",
            id="no-base64",
        ),
        pytest.param(
            {"auths": {"h": {"auth": encoded("secret")}}},
            "auths['h'].auth: expected base64 of name:password, got no colon",
            id="no-colon",
        ),
        pytest.param({"auths": {"h": {"auth": 5}}}, "auths['h'].auth: expected text, got int", id="no-text"),
        pytest.param(
            {"auths": {"h": {"username": "\ud800"}}},
            "auths['h'].username: expected text, got half a character",
            id="half-a-character",
        ),
        pytest.param(
            {"auths": {"h": {}}, "credsStore": "desktop"},
            "credentials of h are kept by helper 'desktop': expected them in `auths`",
            id="in-a-store",
        ),
        pytest.param(
            {"credHelpers": {"h": "gcloud"}},
            "credentials of h are kept by helper 'gcloud': expected them in `auths`",
            id="in-a-helper",
        ),
    ],
)
def test_broken_file_is_named(tmp_path: Path, document: object, message: str) -> None:
    config = written(tmp_path, document)
    with pytest.raises(UnauthorisedError) as caught:
        config.find("h")
    assert str(caught.value) == f"{tmp_path / 'config.json'}: {message}"
    assert "secret" not in str(caught.value)


def test_missing_file_means_anonymous(tmp_path: Path) -> None:
    assert DockerConfig(environment={}, home=tmp_path).find("h") is None


def test_helper_of_another_host_is_no_matter(tmp_path: Path) -> None:
    assert written(tmp_path, {"auths": {"x": {}}, "credsStore": "desktop"}).find("h") is None


def test_home_is_looked_into(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {"h": {"auth": encoded("b:c")}}}))
    credential = DockerConfig(environment={}, home=tmp_path).find("h")
    assert credential is not None
    assert credential.source == str(folder / "config.json")


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    config = DockerConfig(environment={"DOCKER_CONFIG": str(tmp_path)}, home=tmp_path)
    with pytest.raises(UnauthorisedError, match=r"config\.json: cannot be read: Is a directory"):
        config.find("h")


def test_secrets_are_not_shown() -> None:
    assert "geheim" not in repr(Credential("b", "geheim", "geheim"))
    assert Anonymous().find("h") is None
