"""Whom an encrypted connection trusts, and who we are to the other side.

Decided here: the system's authorities count always (SSL_CERT_FILE and SSL_CERT_DIR change which they are),
a target's `ca` besides. Folders `certs.d/HOST[:PORT]` are read as containers-certs.d(5) says: `*.crt` are
authorities, `NAME.cert` with `NAME.key` is a client certificate; the first folder that there is counts.
What was written for one registry (a client certificate, `insecure`) holds for its own host alone, not for
the token server or the storage that it names. Must never be added: a connection without verification that
nobody wrote down, or a question on the terminal.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.oci.registry.urls import Origin

_CERTIFICATES = ("-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----")
_KEY = "PRIVATE KEY-----"
_ENCRYPTED = ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")
_NO_PASSPHRASE = "-"  # noqa: S105 - none at all
"""Given so that OpenSSL never asks for one on the terminal."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is written for one registry."""

    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    """None where the certificate's file holds the key too."""
    insecure: bool = False
    """Whether its certificate is not verified, and a secret may travel to it over plain http."""
    folders: tuple[Path, ...] = ()
    """Every `certs.d`, the most personal one first."""
    root: Path | None = None
    """The folder that paths are shown relative to."""


@dataclass(frozen=True, slots=True)
class Materials:
    """The files that one connection's trust is made of."""

    authorities: tuple[Path, ...] = ()
    pairs: tuple[tuple[Path, Path], ...] = ()
    """Client certificates with their keys."""
    insecure: bool = False


def certificate_folders(home: Path) -> tuple[Path, ...]:
    """Return where `certs.d` may be, as containers-certs.d(5) and docker have it."""
    system = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))
    return (home / ".config" / "containers" / "certs.d", *system)


class Contexts:
    """The TLS contexts of one store: made when they are needed, one for all servers that want the same.

    Args:
        trust: what is written for the registry.
        origin: the registry.
        host: the registry as the user names it, which is how its folder in `certs.d` is called.
    """

    def __init__(self, trust: Trust, origin: Origin, host: str) -> None:
        self._trust, self._origin, self._host = trust, origin, host
        self._made: dict[Materials, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def check(self) -> None:
        """Load what is written for the registry, so that a mistake in it is said before anything is sent.

        Raises:
            ConfigError: files are missing, or are not what they should be; all of them are named.
        """
        if self._origin.scheme == "https" and self._materials(self._origin) != Materials():
            self.of(self._origin)

    def of(self, origin: Origin) -> ssl.SSLContext:
        """Return the context for connections to a server.

        Raises:
            ConfigError: files are missing, or are not what they should be; all of them are named.
        """
        materials = self._materials(origin)
        with self._lock:
            if materials not in self._made:  # reading the system's takes as long as ten requests
                self._made[materials] = make_context(materials, root=self._trust.root)
            return self._made[materials]

    def _materials(self, origin: Origin) -> Materials:
        trust, own = self._trust, origin.host == self._origin.host
        authorities = () if trust.ca is None else (trust.ca,)
        name = self._host if origin == self._origin else origin.netloc
        found = _read_folder(trust.folders, name, root=trust.root)
        pairs = found.pairs
        if own and trust.client_certificate is not None:
            pairs = ((trust.client_certificate, trust.client_key or trust.client_certificate),)
        return Materials((*authorities, *found.authorities), pairs, own and trust.insecure)


def make_context(materials: Materials, *, root: Path | None = None) -> ssl.SSLContext:
    """Return a client's context; files are named relative to `root` where they are below it.

    Raises:
        ConfigError: files are missing, or are not what they should be; all of them are named.
    """
    context = ssl.create_default_context()
    if materials.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    problems = [
        *(problem for path in materials.authorities for problem in _trust_authority(context, path)),
        *(problem for pair in materials.pairs for problem in _load_pair(context, *pair)),
    ]
    _raise_if_any(problems, root)
    return context


def _read_folder(folders: tuple[Path, ...], name: str, *, root: Path | None) -> Materials:
    """Return what the first folder of a server holds."""
    for folder in folders:
        try:
            paths = sorted(path for path in (folder / name).iterdir() if not path.is_dir())
        except OSError:
            continue  # not there, or not for us to read: as containers-certs.d(5) has it
        names = {path.name for path in paths}
        certificates = [path for path in paths if path.suffix == ".cert"]
        problems = [
            _problem(
                path, "a client certificate without its key", f"expected {path.stem}.key beside it, got none"
            )
            for path in certificates
            if f"{path.stem}.key" not in names
        ]
        problems += [
            _problem(path, "a key without its certificate", f"expected {path.stem}.cert beside it, got none")
            for path in paths
            if path.suffix == ".key" and f"{path.stem}.cert" not in names
        ]
        _raise_if_any(problems, root)
        authorities = tuple(path for path in paths if path.suffix == ".crt")
        return Materials(authorities, tuple((path, path.with_suffix(".key")) for path in certificates))
    return Materials()


@dataclass(frozen=True, slots=True)
class _Problem:
    path: Path
    message: str
    fix: str | None = None


def _problem(path: Path, what: str, expected: str, fix: str | None = None) -> _Problem:
    return _Problem(path, f"{what}: {expected}", fix)


def _raise_if_any(problems: list[_Problem], root: Path | None) -> None:
    if problems:
        raise ConfigError(
            [
                Problem("invalid-certificate", problem.message, _shown(problem.path, root), fix=problem.fix)
                for problem in problems
            ]
        )


def _shown(path: Path, root: Path | None) -> str:
    return path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else str(path)


def _trust_authority(context: ssl.SSLContext, path: Path) -> Iterator[_Problem]:
    problem = _check_certificate(path)
    if problem is not None:
        yield problem
        return
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as exc:
        yield _problem(path, "a certificate that cannot be read", f"expected PEM, got {exc.reason}")


def _load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> Iterator[_Problem]:
    problems = [found for found in (_check_certificate(certificate), _check_key(key)) if found is not None]
    if problems:
        yield from problems
        return
    try:
        context.load_cert_chain(certificate, key, password=_NO_PASSPHRASE)
    except ssl.SSLError as exc:
        if exc.reason == "KEY_VALUES_MISMATCH":
            yield _problem(key, "the key of another certificate", f"expected that of {certificate.name}")
        else:
            yield _problem(certificate, "not usable with its key", f"expected PEM, got {exc.reason}")


def _check_certificate(path: Path) -> _Problem | None:
    text = _read(path)
    if isinstance(text, _Problem):
        return text
    if any(mark in text for mark in _CERTIFICATES):
        return None
    fix = f"openssl x509 -in {path.name} -inform DER -out {path.stem}.pem, where it is in DER"
    return _problem(path, "not a certificate", "expected PEM, got something else", fix)


def _check_key(path: Path) -> _Problem | None:
    text = _read(path)
    if isinstance(text, _Problem):
        return text
    if any(mark in text for mark in _ENCRYPTED):
        fix = f"openssl pkey -in {path.name} -out plain.key, and keep plain.key readable for you alone"
        return _problem(path, "an encrypted key", "expected one without a passphrase", fix)
    if _KEY not in text:
        return _problem(path, "not a private key", "expected PEM, got something else")
    return None


def _read(path: Path) -> str | _Problem:
    try:
        return path.read_text(encoding="latin-1")
    except OSError as exc:
        return _Problem(path, f"cannot be read: {(exc.strerror or str(exc)).lower()}")
