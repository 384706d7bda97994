"""As little client as can be: bytes prepared, sockets kept open, answers read to their end.

What a registry does with this is its limit for clients of this machine. Must never be added: what a
real client needs, such as retries, verification or credentials.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from reconciler.oci.media_types import OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.desired.wanted import Wanted

_TIMEOUT_S = 60.0
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Parcel:
    """One artifact of one blob, as it goes over the wire."""

    name: str
    """With the target's prefix."""
    tag: str
    manifest: bytes
    blob: bytes
    blob_digest: str

    @classmethod
    def of(cls, wanted: Wanted, prefix: str) -> Self:
        (blob,) = wanted.blobs
        with blob.open() as stream:
            content = stream.read()
        return cls(f"{prefix}/{wanted.name}", wanted.tag, wanted.manifest, content, blob.digest)


class Line:
    """One kept connection; one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        self._socket = socket.create_connection((host, port), timeout=_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self._socket.close()

    def push(self, parcel: Parcel) -> None:
        """POST, PUT of the blob, PUT of the manifest."""
        head = self._exchange("POST", f"/v2/{parcel.name}/blobs/uploads/", 202)
        location = urlsplit(_header(head, b"location"))
        target = f"{location.path}?{location.query}&digest={parcel.blob_digest}"
        self._exchange("PUT", target, 201, parcel.blob, "application/octet-stream")
        self._exchange("PUT", f"/v2/{parcel.name}/manifests/{parcel.tag}", 201, parcel.manifest, OCI_MANIFEST)

    def head(self, parcel: Parcel) -> None:
        self._exchange("HEAD", f"/v2/{parcel.name}/manifests/{parcel.tag}", 200)

    def _exchange(
        self, method: str, target: str, status: int, body: bytes = b"", media_type: str = "*/*"
    ) -> bytes:
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\nAccept: {OCI_MANIFEST}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode("ascii") + body)
        answer = self._socket.recv(_PIECE_BYTES)
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head_bytes, _, rest = answer.partition(b"\r\n\r\n")
        if not head_bytes.startswith(b"HTTP/1.1 %d " % status):
            raise RuntimeError(f"{method} {target}: expected {status}, got {answer[:500]!r}")
        length = 0 if method == "HEAD" else int(_header(head_bytes, b"content-length"))
        while len(rest) < length:
            rest += self._more()
        return head_bytes

    def _more(self) -> bytes:
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise RuntimeError("the registry closed the connection")
        return piece


def _header(head: bytes, name: bytes) -> str:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip().decode("ascii")
    return "0"


def work_through(
    lines: Iterable[Line], parcels: Iterable[Parcel], work: Callable[[Line, Parcel], None]
) -> None:
    """Do `work` for every parcel, each line by a thread of its own.

    Raises:
        RuntimeError: one failed.
    """
    waiting = deque(parcels)
    failures: list[Exception] = []

    def take(line: Line) -> None:
        try:
            while True:
                work(line, waiting.popleft())
        except IndexError:
            return
        except (OSError, RuntimeError) as exc:
            failures.append(exc)

    threads = [threading.Thread(target=take, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"raw client: {failures[0]}") from failures[0]
