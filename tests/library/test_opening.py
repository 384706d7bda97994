"""How a registry is opened: what `where` means, who we are, and what is refused before anything is asked."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from reconciler import ConfigError, Registry, Stop, StoppedError, UnauthorisedError, UsageError
from reconciler.errors import UnreachableError
from tests.library.shop import SECRET, Heard, environment_of, write_project
from tests.support.certificates import CA
from tests.support.docker_registry import DockerRegistry
from tests.support.scripted_registry import Reply, ScriptedRegistry


def test_target_of_a_project_is_opened_by_its_name(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "oci-layout:shelf")

    with (
        Registry.open(project=project, environment={}) as default,
        Registry.open("other", project=project / "pallet.toml", environment={}) as other,
    ):
        default.push(project / "workflows" / "plan.yaml", "workflows/plan")
        assert (default.url, other.url) == ("oci-layout:shelf", "oci-layout:other")

    # A target's directory is relative to its pallet.toml, wherever the program runs.
    assert (project / "shelf" / "workflows" / "plan" / "index.json").is_file()


def test_settings_of_a_target_hold_for_its_url(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.users["ci"] = SECRET
    project = write_project(tmp_path / "project", server.url)
    text = (project / "pallet.toml").read_text()
    login = 'username = "ci"\npassword = { env = "CI_PASSWORD" }\n[target.other]'
    (project / "pallet.toml").write_text(text.replace("[target.other]", login))
    environment = {**environment_of(tmp_path), "CI_PASSWORD": SECRET}

    with Registry.open(server.url, project=project, environment=environment, home=tmp_path) as registry:
        assert registry.repositories() == []


def test_layout_is_relative_to_the_directory(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note")

    with Registry.open("oci-layout:shelf", directory=tmp_path, environment={}) as registry:
        registry.push("note.md", "notes/one:1.0.0", kind="files")

    assert (tmp_path / "shelf" / "notes" / "one" / "index.json").is_file()


@pytest.mark.parametrize(
    ("where", "arguments", "said"),
    [
        pytest.param(None, {}, "registry: expected a host such as localhost:5000", id="nothing"),
        pytest.param("production", {}, "expected a host such as .*, got 'production'", id="a-name-alone"),
        pytest.param("ftp://h.test", {}, "registry: registry URL: ", id="other-scheme"),
        pytest.param("h.test?a=1", {}, "got a query or a fragment too", id="query"),
        pytest.param("oci-layout:", {}, "expected oci-layout:DIRECTORY, got no directory", id="no-directory"),
        pytest.param("h.test", {"username": "ci"}, "expected username and password, got username alone", id="half"),
        pytest.param("h.test", {"password": SECRET}, "got password alone", id="other-half"),
        pytest.param("h.test", {"token": SECRET, "username": "ci"}, "token: expected it, or .*, got both", id="both"),
        pytest.param("h.test", {"token": f"{SECRET}\nX: y"}, "token: expected one word", id="token-of-lines"),
        pytest.param("h.test", {"username": "a:b", "password": SECRET}, "a name without a colon", id="colon"),
        pytest.param("h.test", {"profile": "nobody"}, "profile: expected one of .*'nobody'", id="profile"),
        pytest.param("h.test", {"concurrency": 0}, "concurrency: expected at least 1, got 0", id="concurrency"),
        pytest.param(
            "h.test",
            {"private_storage": ["8.8.8.8"]},
            "private_storage: .*'8.8.8.8', which is not private",
            id="storage",
        ),
        pytest.param(
            "h.test", {"private_storage": "minio:9000"}, "private_storage: .*'minio:9000'", id="storage-as-text"
        ),
        pytest.param("h.test", {"client_key": "k.pem"}, "client_key: expected client_certificate", id="key-alone"),
        pytest.param("h.test", {"jobs": 0}, "jobs: expected 1 to 256, got 0", id="no-jobs"),
        pytest.param("h.test", {"retries": -1}, "retries: expected 0 or more, got -1", id="retries"),
        pytest.param("h.test", {"timeout_s": 0}, "timeout_s: expected more than 0 seconds", id="no-time"),
        pytest.param("h.test", {"catalog": "No Name"}, "catalog: not a repository name", id="catalog"),
        pytest.param("oci-layout:a", {"insecure": True}, "insecure: expected it of a registry", id="layout-tls"),
        pytest.param("oci-layout:a", {"token": SECRET}, "credentials: expected it of a registry", id="layout-token"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(where: str | None, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        Registry.open(where, environment={}, **arguments)

    assert SECRET not in f"{refused.value} {refused.value.fix}"


def test_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="a user name or password does not belong there") as refused:
        Registry.open(f"https://ci:{SECRET}@h.test/acme")

    assert SECRET not in f"{refused.value} {refused.value.fix}"


def test_unknown_target_names_those_there_are(tmp_path: Path) -> None:
    project = write_project(tmp_path, "oci-layout:shelf")

    with pytest.raises(UsageError, match="target staging: expected one of other, shelf"):
        Registry.open("staging", project=project)
    with pytest.raises(ConfigError):
        Registry.open(project=tmp_path / "workflows")


@pytest.mark.parametrize("given", [{"username": "ci", "password": SECRET}, {"token": "t0ken-of-ours"}])
def test_credentials_as_arguments_are_used_and_never_shown(
    given: dict[str, Any], server: ScriptedRegistry, tmp_path: Path
) -> None:
    token = given.get("token")
    login = base64.b64encode(f"ci:{SECRET}".encode()).decode()
    ours = f"Bearer {token}" if token else f"Basic {login}"
    challenge = f'Bearer realm="{server.url}/token"' if token else 'Basic realm="shop"'
    server.on(
        "GET",
        "/v2/",
        lambda request: (
            server.faithful(request)
            if request.headers.get("authorization") == ours
            else Reply(401, {"WWW-Authenticate": challenge})
        ),
        times=100,
    )
    opened: dict[str, Any] = {"environment": environment_of(tmp_path), "home": tmp_path}

    with Registry.open(server.url, **opened, **given) as registry:
        assert registry.repositories() == []
        shown = f"{registry!r} {registry._opened!r}"
    with Registry.open(server.url, **opened) as nobody, pytest.raises(UnauthorisedError) as refused:
        nobody.tags("workflows/plan")

    for secret in (SECRET, login, "t0ken-of-ours"):
        assert secret not in f"{shown} {refused.value} {refused.value.fix}"


def test_refused_credentials_say_where_they_are_from(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.users["ci"] = "another"
    wrong: dict[str, Any] = {"username": "ci", "password": SECRET, "environment": environment_of(tmp_path)}

    with Registry.open(server.url, **wrong) as registry, pytest.raises(UnauthorisedError) as refused:
        registry.tags("workflows/plan")

    assert "the arguments username and password" in f"{refused.value} {refused.value.fix}"
    assert SECRET not in f"{refused.value} {refused.value.fix}"


def test_environment_is_not_shown(tmp_path: Path) -> None:
    environment = {**environment_of(tmp_path), "CI_PASSWORD": SECRET}

    with Registry.open("oci-layout:shelf", directory=tmp_path, environment=environment) as registry:
        assert SECRET not in f"{registry!r} {registry._opened!r}"


def test_authority_as_argument_is_trusted(tls_docker_registry: DockerRegistry, tmp_path: Path) -> None:
    where, environment = tls_docker_registry.url, environment_of(tmp_path)

    with Registry.open(where, ca=CA, environment=environment, home=tmp_path) as registry:
        assert isinstance(registry.repositories(), list)
    with (
        Registry.open(where, environment=environment, home=tmp_path, retries=0) as distrustful,
        pytest.raises(UnreachableError, match="certificate"),
    ):
        distrustful.repositories()


def test_notices_are_heard_once(server: ScriptedRegistry, tmp_path: Path) -> None:
    heard: list[str] = []
    server.on("GET", "/tags/list", Reply(200, {"Warning": '299 - "moving soon"'}, b'{"tags":[]}'), times=2)

    with Registry.open(server.url, notices=heard.append, environment=environment_of(tmp_path)) as registry:
        registry.tags("workflows/plan")
        registry.tags("workflows/plan")

    assert len(heard) == 1
    assert "moving soon" in heard[0]


def test_closed_registry_refuses(tmp_path: Path) -> None:
    registry = Registry.open("oci-layout:shelf", directory=tmp_path, environment={})
    registry.close()
    registry.close()

    with pytest.raises(UsageError, match="oci-layout:shelf: closed: expected an open registry"):
        registry.repositories()
    assert repr(registry) == "Registry('oci-layout:shelf')"


def test_stop_ends_long_methods(registry: Registry, url: str, tmp_path: Path) -> None:
    stop = Stop()
    stop.request()

    with (
        Registry.open(url, stop=stop, environment=environment_of(tmp_path)) as stopped,
        pytest.raises(StoppedError) as ended,
    ):
        stopped.search()
    assert ended.value.exit_code == 130


def test_progress_of_the_registry_is_told(registry: Registry, url: str, tmp_path: Path) -> None:
    heard = Heard()

    with Registry.open(url, progress=heard, environment={}, catalog="") as listening:
        listening.search()

    assert heard.steps == [("looking at repositories", 2)]
    assert (sorted(heard.items), heard.ended) == (["workflows/code", "workflows/plan"], 1)
