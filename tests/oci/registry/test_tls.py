"""https for real, with certificates that only these tests trust."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import ConfigError, UnauthorisedError, UnreachableError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.notices import Notices
from reconciler.oci.registry.settings import Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from reconciler.oci.registry.tls import Materials, Trust, certificate_folders, make_context
from tests.oci.registry.situations import (
    BLOB,
    DESCRIPTOR,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    Known,
    opened,
)
from tests.support import certificates
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry
from tests.support.tunnel import tunnel_to

CLIENT = Trust(ca=certificates.CA, client_certificate=certificates.CLIENT, client_key=certificates.CLIENT_KEY)


@contextmanager
def served(*, wants_client: bool = False) -> Iterator[ScriptedRegistry]:
    server = ScriptedRegistry()
    server.speak_tls(certificates.server_context(wants_client=wants_client))
    with server:
        server.put(REPOSITORY, MANIFEST, OCI, TAG)
        yield server


@pytest.fixture
def secure() -> Iterator[ScriptedRegistry]:
    with served() as server:
        yield server


@contextmanager
def trusting(
    url: str, trust: Trust, *, notices: Notices | None = None, credential: Credential | None = None
) -> Iterator[RegistryStore]:
    endpoint = Endpoint.parse(url)
    store = open_registry(
        endpoint,
        credentials=Known({endpoint.host: credential} if credential else {}),
        settings=Settings(retries=0, timeout_s=5.0),
        clock=FakeClock().clock(),
        trust=trust,
        notices=notices,
    )
    try:
        yield store
    finally:
        store.close()


def test_authority_of_the_environment_counts(
    secure: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.CA))
    with opened(f"https://localhost:{secure.port}") as store:
        for _ in range(3):
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert secure.connections == 1


def test_authority_of_the_target_counts(secure: ScriptedRegistry) -> None:
    with trusting(f"https://localhost:{secure.port}", Trust(ca=certificates.CA)) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_authority_of_the_target_counts_beside_the_environments(
    secure: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.CA))
    with trusting(f"https://localhost:{secure.port}", Trust(ca=certificates.OTHER_CA)) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_unknown_certificate_is_refused_at_once(secure: ScriptedRegistry) -> None:
    clock = FakeClock()
    url = f"https://localhost:{secure.port}"
    with opened(url, clock=clock) as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == (f"{url}: certificate refused: unable to get local issuer certificate")
    assert caught.value.fix == (
        "name the registry as its certificate does, or name the file of its authority: ca in its target"
    )
    assert clock.pauses_s == []
    assert secure.requests == []


def test_certificate_of_another_authority_is_refused(secure: ScriptedRegistry) -> None:
    with (
        trusting(f"https://localhost:{secure.port}", Trust(ca=certificates.OTHER_CA)) as store,
        pytest.raises(UnreachableError, match="certificate refused: unable to get local issuer"),
    ):
        store.head_manifest(REPOSITORY, TAG)


def test_insecure_is_said_once_and_loudly(secure: ScriptedRegistry) -> None:
    shouted: list[str] = []
    notices = Notices(shout=shouted.append)
    for _ in range(2):
        with trusting(f"https://localhost:{secure.port}", Trust(insecure=True), notices=notices) as store:
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert shouted == [f"localhost:{secure.port}: insecure: its certificate is not verified"]


def test_insecure_holds_for_its_own_host_alone(secure: ScriptedRegistry) -> None:
    with served() as storage:
        secure.on("GET", "/blobs/", Reply(307, {"Location": f"https://127.0.0.1:{storage.port}/stored"}))
        with (
            trusting(f"https://localhost:{secure.port}", Trust(insecure=True)) as store,
            pytest.raises(UnreachableError, match="certificate refused"),
        ):
            b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR))
        assert storage.requests == []


def test_client_certificate_is_shown() -> None:
    with (
        served(wants_client=True) as server,
        trusting(f"https://localhost:{server.port}", CLIENT) as store,
    ):
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_missing_client_certificate_is_named() -> None:
    with served(wants_client=True) as server:
        url = f"https://localhost:{server.port}"
        with (
            trusting(url, Trust(ca=certificates.CA)) as store,
            pytest.raises(UnreachableError, match=f"{url}: TLS failed: .*: it may want") as caught,
        ):
            store.head_manifest(REPOSITORY, TAG)
    assert caught.value.fix == "name the files: client-certificate and client-key in its target"


def test_client_certificate_stays_with_its_host(secure: ScriptedRegistry) -> None:
    with served(wants_client=True) as storage:
        secure.on("GET", "/blobs/", Reply(307, {"Location": f"https://127.0.0.1:{storage.port}/stored"}))
        with (
            trusting(f"https://localhost:{secure.port}", CLIENT) as store,
            pytest.raises(UnreachableError, match="TLS failed"),
        ):
            b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR))
        assert storage.requests == []


def test_authority_counts_for_storage_too(secure: ScriptedRegistry) -> None:
    with served() as storage:
        storage.on("GET", "/stored", Reply(200, body=BLOB.open().read()))
        secure.on("GET", "/blobs/", Reply(307, {"Location": f"https://127.0.0.1:{storage.port}/stored"}))
        with trusting(f"https://localhost:{secure.port}", Trust(ca=certificates.CA)) as store:
            assert b"".join(store.fetch_blob(REPOSITORY, DESCRIPTOR)) == BLOB.open().read()


def test_client_certificate_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(wants_client=True) as server, tunnel_to(server.port) as (proxy, asked):
        monkeypatch.setenv("https_proxy", proxy)
        # The name is not that of the certificate, and loopback is never asked through a proxy.
        with trusting("https://registry.invalid", replace(CLIENT, insecure=True)) as store:
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert asked == ["CONNECT registry.invalid:443 HTTP/1.1"]


def test_another_name_is_refused_through_a_proxy(
    secure: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tunnel_to(secure.port) as (proxy, _):
        monkeypatch.setenv("https_proxy", proxy)
        with (
            trusting("https://registry.invalid", Trust(ca=certificates.CA)) as store,
            # The authority is trusted: only the name is wrong.
            pytest.raises(UnreachableError, match="certificate refused: Hostname mismatch"),
        ):
            store.head_manifest(REPOSITORY, TAG)


def folder_of(home: Path, name: str, *, files: dict[str, Path]) -> Path:
    folder = home / ".config" / "containers" / "certs.d" / name
    folder.mkdir(parents=True)
    for target, source in files.items():
        (folder / target).write_bytes(source.read_bytes())
    return folder


def test_folder_of_the_host_is_read(tmp_path: Path) -> None:
    with served(wants_client=True) as server:
        files = {
            "a.crt": certificates.CA,
            "me.cert": certificates.CLIENT,
            "me.key": certificates.CLIENT_KEY,
            "README": certificates.FOLDER / "README.md",
        }
        folder_of(tmp_path, f"localhost:{server.port}", files=files)
        trust = Trust(folders=certificate_folders(tmp_path))
        with trusting(f"https://localhost:{server.port}", trust) as store:
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_folder_of_another_port_is_not_read(tmp_path: Path, secure: ScriptedRegistry) -> None:
    folder_of(tmp_path, "localhost:1", files={"a.crt": certificates.CA})
    trust = Trust(folders=certificate_folders(tmp_path))
    with (
        trusting(f"https://localhost:{secure.port}", trust) as store,
        pytest.raises(UnreachableError, match="certificate refused"),
    ):
        store.head_manifest(REPOSITORY, TAG)


def test_most_personal_folder_counts_alone(tmp_path: Path, secure: ScriptedRegistry) -> None:
    mine, systems = tmp_path / "mine", tmp_path / "systems"
    name = f"localhost:{secure.port}"
    (mine / name).mkdir(parents=True)
    (systems / name).mkdir(parents=True)
    (mine / name / "a.crt").write_bytes(certificates.CA.read_bytes())
    (systems / name / "a.crt").write_bytes(b"nonsense that nobody may look at")
    with trusting(f"https://{name}", Trust(folders=(mine, systems))) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_half_a_pair_is_named(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, "h:5000", files={"a.cert": certificates.CLIENT, "b.key": certificates.CLIENT_KEY}
    )
    with (
        pytest.raises(ConfigError) as caught,
        trusting("https://h:5000", Trust(folders=certificate_folders(tmp_path))),
    ):
        pass
    assert str(caught.value).splitlines() == [
        f"{folder / 'a.cert'}: a client certificate without its key: expected a.key beside it, got none",
        f"{folder / 'b.key'}: a key without its certificate: expected b.cert beside it, got none",
    ]


def encrypted(folder: Path) -> Path:
    path = folder / "locked.key"
    path.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n")
    return path


def text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("certificates, one day\n")
    return path


def broken(folder: Path) -> Path:
    path = folder / "broken.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("none.pem", "none.pem: cannot be read: no such file or directory", id="missing"),
        pytest.param("", ".: cannot be read: is a directory", id="folder"),
        pytest.param(
            "notes.txt", "notes.txt: not a certificate: expected PEM, got something else", id="text"
        ),
        pytest.param(
            "broken.pem", "broken.pem: a certificate that cannot be read: expected PEM, got ", id="broken"
        ),
    ],
)
def test_bad_authority_is_named(tmp_path: Path, name: str, message: str) -> None:
    text_file(tmp_path)
    broken(tmp_path)
    with (
        pytest.raises(ConfigError) as caught,
        trusting("https://h", Trust(ca=tmp_path / name, root=tmp_path)),
    ):
        pass
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param(
            "locked.key", "locked.key: an encrypted key: expected one without a passphrase", id="encrypted"
        ),
        pytest.param(
            "server.key",
            "server.key: the key of another certificate: expected that of client.pem",
            id="another's",
        ),
        pytest.param(
            "client.pem", "client.pem: not a private key: expected PEM, got something else", id="no-key"
        ),
        pytest.param("none.key", "none.key: cannot be read: no such file or directory", id="missing"),
    ],
)
def test_bad_client_key_is_named(tmp_path: Path, key: str, message: str) -> None:
    encrypted(tmp_path)
    for path in (certificates.SERVER_KEY, certificates.CLIENT):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    trust = Trust(client_certificate=tmp_path / "client.pem", client_key=tmp_path / key, root=tmp_path)
    with pytest.raises(ConfigError) as caught, trusting("https://h", trust):
        pass
    assert str(caught.value) == message


def test_every_bad_file_is_named_at_once(tmp_path: Path) -> None:
    trust = Trust(
        ca=tmp_path / "a", client_certificate=tmp_path / "b", client_key=tmp_path / "c", root=tmp_path
    )
    with pytest.raises(ConfigError) as caught, trusting("https://h", trust):
        pass
    assert [problem.file for problem in caught.value.problems] == ["a", "b", "c"]


def test_files_are_not_read_for_plain_http(tmp_path: Path, server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    with trusting(server.url, Trust(ca=tmp_path / "none.pem")) as store:
        assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def test_context_verifies_unless_told_otherwise() -> None:
    context = make_context(Materials())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    ("trust", "shouted"),
    [
        pytest.param(Trust(), [], id="silent"),
        pytest.param(
            Trust(insecure=True),
            ["registry.example: insecure: credentials and content travel unencrypted"],
            id="insecure",
        ),
    ],
)
def test_plain_http_is_said_where_written(trust: Trust, shouted: list[str]) -> None:
    heard: list[str] = []
    with trusting("http://registry.example", trust, notices=Notices(shout=heard.append)):
        assert heard == shouted


def direct(request: Request) -> Request:
    """Return what the proxy was asked as the registry would be."""
    return replace(request, target=request.target.removeprefix("http://registry.example"))


@pytest.mark.parametrize(
    ("is_insecure", "sent"), [pytest.param(False, False, id="kept"), pytest.param(True, True, id="written")]
)
def test_secret_over_plain_http_travels_only_where_written(
    monkeypatch: pytest.MonkeyPatch, is_insecure: bool, sent: bool
) -> None:
    """A proxy stands in for a registry that is not on loopback."""
    with ScriptedRegistry() as server:
        server.users["bob"] = "secret"
        server.put(REPOSITORY, MANIFEST, OCI, TAG)
        server.on("*", "^http://", lambda request: server.default(direct(request)))
        monkeypatch.setenv("http_proxy", server.url)
        with trusting(
            "http://registry.example",
            Trust(insecure=is_insecure),
            credential=Credential("bob", "secret"),
        ) as store:
            if sent:
                assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
            else:
                with pytest.raises(UnauthorisedError, match="credentials are not sent over plain http"):
                    store.head_manifest(REPOSITORY, TAG)
        assert any("authorization" in request.headers for request in server.requests) is sent
