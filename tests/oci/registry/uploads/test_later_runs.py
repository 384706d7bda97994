"""Uploads that a killed run began, and a later one goes on with."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from reconciler.errors import DigestMismatchError, StoreError, UnreachableError
from reconciler.oci.blob import Blob
from tests.oci.registry.situations import REPOSITORY
from tests.oci.registry.uploads.large_blobs import (
    BLOB,
    CONTENT,
    is_stored,
    no_session_left,
    patched,
    put,
)
from tests.support.scripted_registry import Reply, ScriptedRegistry, problem


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Mortal(io.BytesIO):
    """Content in a process that does not live to send what follows the third chunk."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 60_000:
            raise Killed
        return super().read(size)


def kill(server: ScriptedRegistry, folder: Path) -> None:
    """Push until the process dies, with three chunks acknowledged."""
    with pytest.raises(Killed):
        put(server, folder, Blob(BLOB.digest, BLOB.size_bytes, lambda: Mortal(CONTENT)))
    assert patched(server)[:3] == ["0-19999", "20000-39999", "40000-59999"]
    server.requests.clear()


def test_later_run_sends_only_the_rest(server: ScriptedRegistry, tmp_path: Path) -> None:
    kill(server, tmp_path)
    assert put(server, tmp_path) == {"GET": 1, "PATCH": 3, "PUT": 1}
    assert patched(server) == ["60000-79999", "80000-99999", "100000-102399"]
    assert is_stored(server)
    assert no_session_left(server)
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize(
    "status",
    [Reply(404), problem(400, "BLOB_UPLOAD_INVALID"), Reply(200, {"Range": "0-99999999"}), Reply(204)],
)
def test_later_run_starts_over_where_the_session_is_gone(
    server: ScriptedRegistry, tmp_path: Path, status: Reply
) -> None:
    kill(server, tmp_path)
    server.on("GET", "/uploads/", status)
    assert put(server, tmp_path) == {"GET": 1, "POST": 1, "PATCH": 6, "PUT": 1}
    assert is_stored(server)


def test_later_run_believes_the_registry_not_the_journal(server: ScriptedRegistry, tmp_path: Path) -> None:
    kill(server, tmp_path)
    (upload,) = server.hold(REPOSITORY).sessions.values()
    upload.content += CONTENT[60_000:70_000]  # arrived, though nobody was told
    put(server, tmp_path)
    assert patched(server)[0] == "70000-89999"
    assert is_stored(server)


def test_later_run_goes_nowhere_else(server: ScriptedRegistry, tmp_path: Path) -> None:
    kill(server, tmp_path)
    (path,) = tmp_path.glob("*.json")
    path.write_text(
        path.read_text()
        .replace(server.url, "http://127.0.0.1:9", 1)
        .replace(f'"location": "{server.url}', '"location": "http://127.0.0.1:9')
    )
    path.write_text(
        path.read_text().replace('"registry": "http://127.0.0.1:9"', f'"registry": "{server.url}"')
    )
    assert put(server, tmp_path) == {"POST": 1, "PATCH": 6, "PUT": 1}


def test_other_content_is_found_out_after_a_resume(server: ScriptedRegistry, tmp_path: Path) -> None:
    kill(server, tmp_path)
    changed = Blob(BLOB.digest, BLOB.size_bytes, Blob.of_bytes(b"!" + CONTENT[1:]).open)
    with pytest.raises(DigestMismatchError):
        put(server, tmp_path, changed)
    assert server.hold(REPOSITORY).blobs == {}
    assert no_session_left(server)


def test_unreachable_registry_leaves_the_upload_for_later(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.on("PATCH", "c40000", Reply(hang_up=True), times=1)
    with pytest.raises(UnreachableError, match="the connection broke"):
        put(server, tmp_path, retries=0)
    server.requests.clear()
    put(server, tmp_path)
    assert patched(server)[0] == "40000-59999"
    assert is_stored(server)


def test_location_is_never_printed(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.on("PATCH", "", problem(403, "DENIED"))
    with pytest.raises(StoreError) as caught:
        put(server, tmp_path)
    assert "_state=***" in str(caught.value)
    assert "a%2Fb" not in str(caught.value)
