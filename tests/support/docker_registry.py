"""Debian's docker-registry (the reference registry, 2.8) as a process of its own on loopback."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support import certificates
from tests.support.token_server import ISSUER, SERVICE, TokenServer

PROJECT = Path(__file__).parents[2]
UNPACKED = PROJECT / ".cache" / "docker-registry"
MISSING = (
    "docker-registry is not installed: run `python -m tests.support.install_registry`, put the binary on PATH, "
    "or set PALLET_TEST_NO_REGISTRY=1 to skip the tests that need it"
)
USER, PASSWORD = "ada", "lovelace"
HTPASSWD = "ada:$2y$05$.R5edTJFEDxfZFYxeevkeuQD18DHgzkfyOK/923vh9W5FiQye51QG\n"
"""USER and PASSWORD as `htpasswd -nbB -C 5` writes them: the registry takes bcrypt only."""
_START_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 5.0
_MARK = "X-Test-Registry"


def find_binary() -> str | None:
    """Return the registry's binary: on PATH, or unpacked below .cache."""
    return shutil.which("docker-registry") or shutil.which("docker-registry", path=UNPACKED / "usr" / "bin")


class DockerRegistry:
    """One registry with a folder of its own; it keeps its port and content when it is started again.

    Args:
        with_login: asks for USER and PASSWORD.
        tokens: asks for tokens of this server, which must be running.
        with_tls: speaks https, with the server certificate of `tests.support.certificates`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        with_login: bool = False,
        tokens: TokenServer | None = None,
        with_tls: bool = False,
    ) -> None:
        assert not (with_login and tokens), "docker-registry asks in one way"
        self._folder, self._with_login, self._tokens, self._with_tls = folder, with_login, tokens, with_tls
        self._port = 0
        self._token = secrets.token_hex(8)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._with_tls else 'http'}://{self.host}"

    def start(self) -> None:
        """Run the registry and return when it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time; its last words are in the text.
        """
        assert self._process is None, "the registry is running already"
        self._port = self._port or _free_port()
        config = self._folder / "config.yml"
        config.write_text(yaml.safe_dump(self._config()), encoding="utf-8")
        binary = find_binary()
        assert binary is not None, MISSING
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "serve", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # REGISTRY_* variables would override the file.
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder), "OTEL_TRACES_EXPORTER": "none"},
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process, whatever state it is in."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_DEADLINE_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"docker-registry ended: {self._last_words()}")
            if self._answers():
                return
            time.sleep(0.02)
        raise RuntimeError(f"docker-registry did not answer in {_START_DEADLINE_S:g} s: {self._last_words()}")

    def _last_words(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")[-1000:]

    def _config(self) -> Mapping[str, object]:
        http_: dict[str, object] = {
            "addr": self.host,
            "secret": "only-for-tests",
            "headers": {_MARK: [self._token]},
        }
        if self._with_tls:
            http_["tls"] = {"certificate": str(certificates.SERVER), "key": str(certificates.SERVER_KEY)}
        config: dict[str, object] = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self._folder / "storage")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": http_,
        }
        return config | self._auth()

    def _auth(self) -> dict[str, object]:
        if self._with_login:
            passwords = self._folder / "htpasswd"
            passwords.write_text(HTPASSWD, encoding="utf-8")
            return {"auth": {"htpasswd": {"realm": "test", "path": str(passwords)}}}
        if self._tokens is not None:
            token = {"realm": f"{self._tokens.url}/token", "service": SERVICE, "issuer": ISSUER}
            return {"auth": {"token": {**token, "rootcertbundle": str(certificates.TOKEN)}}}
        return {}

    def _answers(self) -> bool:
        """Whether this very process answers, and not one that took the port first: by the token."""
        connection: http.client.HTTPConnection
        if self._with_tls:
            context = ssl.create_default_context(cafile=certificates.CA)
            connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=1, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().headers[_MARK] == self._token
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
