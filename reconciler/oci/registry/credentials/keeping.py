"""What login writes and logout removes: through the helper of the file, else in the file itself.

Everything else that the file says stays as it is, in its order. The file is replaced whole and only its
owner may read it; two logins at once wait for each other, by a lock beside it.
Must never be added: asking a registry.
"""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import filelock

from reconciler.errors import UnreachableError
from reconciler.oci.files import disk_failures, write_atomically
from reconciler.oci.registry.credentials.entries import load, parse
from reconciler.oci.registry.credentials.files import AUTH_FILE, docker_config, read_text
from reconciler.oci.registry.credentials.helpers import Helpers, program_of
from reconciler.oci.registry.credentials.matching import keys_of, written_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.oci.registry.credentials.values import Credential


LOCK_TIMEOUT_S: Final = 30.0
"""A helper that somebody has to answer may take its 10 seconds, and then another one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a credential is now."""

    where: str
    """A helper's program, or the path of a file."""
    is_encrypted: bool
    """Whether a helper has it, and not a file that anybody with its rights can read."""


def choose_file(environment: Mapping[str, str], home: Path) -> Path:
    """Return the file that a login goes to where none is named: the first that is looked into."""
    named = environment.get(AUTH_FILE)
    return Path(named) if named else docker_config(environment, home)


class Keeper:
    """Keeps credentials by one file, as docker does.

    Args:
        path: of the file; it need not be there.
        lock_timeout_s: how long another login is waited for.
    """

    def __init__(self, path: Path, helpers: Helpers, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self._path, self._helpers, self._lock_timeout_s = path, helpers, lock_timeout_s
        self._source = str(path)

    def keep(self, host: str, credential: Credential) -> Kept:
        """Store a credential in place of what was there for the host.

        Raises:
            UnauthorisedError: the file cannot be understood, or the helper does not take it.
            UnreachableError: the disk refused.
        """
        with self._locked():
            document = self._load()
            key, suffix = written_key(host), self._helper(host)
            if suffix:
                self._helpers.store(suffix, key, credential)
            # As docker does: an empty entry says that the store knows the host.
            self._write_entry(document, host, {} if suffix else _entry(credential))
            return Kept(program_of(suffix), True) if suffix else Kept(self._source, False)  # noqa: FBT003 - a field

    def forget(self, host: str) -> list[str]:
        """Remove what is known of the host; return from where.

        Raises:
            UnauthorisedError: the file cannot be understood, or the helper fails.
            UnreachableError: the disk refused.
        """
        if not read_text(self._path):
            return []  # and no folder is made for the sake of a lock
        with self._locked():
            return self._forget(host)

    def _forget(self, host: str) -> list[str]:
        document = self._load()
        auths = document.get("auths")
        keys = keys_of(host, auths) if isinstance(auths, dict) else []
        removed, suffix = [], self._helper(host)
        if suffix:
            names = dict.fromkeys([*keys, written_key(host)])
            # A list: every one is erased, also after the first.
            if True in [self._helpers.erase(suffix, name) for name in names]:
                removed.append(program_of(suffix))
        if keys:
            had_secret = any(parse(read_text(self._path), self._source).auths[key] for key in keys)
            self._write_entry(document, host, None)
            if had_secret or not removed:
                removed.append(self._source)
        return removed

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other logins of pallet out between reading the file and writing it.

        Raises:
            UnreachableError: another one does not come to its end, or the disk refused.
        """
        with disk_failures("credential file", self._path):
            path = self._path.resolve()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = filelock.FileLock(path.with_name(f"{path.name}.lock"), mode=0o600)
            try:
                lock.acquire(timeout=self._lock_timeout_s)
            except filelock.Timeout as exc:
                raise UnreachableError(
                    f"{path}: another login has been writing it for {self._lock_timeout_s:.0f} s",
                    fix="wait for it, or end it, then run again",
                ) from exc
            except (NotImplementedError, OSError):
                pass  # no place for a lock: as docker, which has none; what cannot be written says so itself
        try:
            yield
        finally:
            lock.release()

    def _load(self) -> dict[str, object]:
        text = read_text(self._path)
        # Whoever reads it later must understand it whole; better to refuse now.
        parse(text, self._source)
        return load(text, self._source)

    def _helper(self, host: str) -> str:
        file = parse(read_text(self._path), self._source)
        own = keys_of(host, file.helpers)
        return (file.helpers[own[0]] if own else "") or file.store

    def _write_entry(self, document: dict[str, object], host: str, entry: Mapping[str, str] | None) -> None:
        """Put an entry in place of every other one of the host; None for none."""
        table = document.get("auths")
        before = table if isinstance(table, dict) else {}
        stale = keys_of(host, before)
        auths = {key: value for key, value in before.items() if key not in stale}
        if entry is not None:
            auths[written_key(host)] = dict(entry)
        document["auths"] = auths
        self._write(json.dumps(document, indent="\t") + "\n")

    def _write(self, text: str) -> None:
        with disk_failures("credential file", self._path):
            # Through a link, as those who keep their settings elsewhere expect.
            path = self._path.resolve()
            write_atomically(path, [text.encode()], mode=0o600)


def _entry(credential: Credential) -> dict[str, str]:
    name_and_password = f"{credential.username}:{credential.password}".encode()
    entry = {"auth": base64.b64encode(name_and_password).decode()}
    if credential.identity_token:
        entry["identitytoken"] = credential.identity_token
    return entry
