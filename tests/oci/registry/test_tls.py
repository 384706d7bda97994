"""https for real: a certificate that only this test trusts."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import UnreachableError
from tests.oci.registry.situations import DIGEST, MANIFEST, OCI, REPOSITORY, TAG, FakeClock, opened
from tests.support.scripted_registry import ScriptedRegistry


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        *subject,
    ]
    made = subprocess.run([*command, "-keyout", "-"], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[ScriptedRegistry]:
    server = ScriptedRegistry()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.speak_tls(context)
    with server:
        server.put(REPOSITORY, MANIFEST, OCI, TAG)
        yield server


def test_trusted_certificate_is_fine(
    secure: ScriptedRegistry, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with opened(f"https://localhost:{secure.port}") as store:
        for _ in range(3):
            assert store.head_manifest(REPOSITORY, TAG).digest == DIGEST
    assert secure.connections == 1


def test_unknown_certificate_is_refused_at_once(secure: ScriptedRegistry) -> None:
    clock = FakeClock()
    url = f"https://localhost:{secure.port}"
    with opened(url, clock=clock) as store, pytest.raises(UnreachableError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert str(caught.value) == f"{url}: certificate refused: self-signed certificate"
    assert caught.value.fix == (
        "name the registry as its certificate does, or point SSL_CERT_FILE to its authority"
    )
    assert clock.pauses_s == []
    assert secure.requests == []


def test_certificate_of_another_name_is_refused(
    secure: ScriptedRegistry, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        opened(f"https://127.0.0.1:{secure.port}") as store,
        pytest.raises(UnreachableError, match="certificate refused: IP address mismatch"),
    ):
        store.head_manifest(REPOSITORY, TAG)
