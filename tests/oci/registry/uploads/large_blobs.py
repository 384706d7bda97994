"""One blob that is large for its sizes of chunks, pushed to a scripted registry."""

from __future__ import annotations

from pathlib import Path

from reconciler.oci.blob import Blob
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.uploads.chunks import Sizes
from reconciler.oci.registry.uploads.journal import Journal
from tests.oci.registry.situations import REPOSITORY, FakeClock, opened
from tests.support.scripted_registry import ScriptedRegistry

CONTENT = bytes(range(256)) * 400
BLOB = Blob.of_bytes(CONTENT)
SIZES = Sizes(resumable_min=20_000, resumable_chunk=20_000, fallback_chunk=10_000, smallest_chunk=1000)
CHUNKS = [20_000, 20_000, 20_000, 20_000, 20_000, 2400]
ECR = Profile("ecr", trusts_range=False)


def put(
    server: ScriptedRegistry,
    folder: Path | None,
    blob: Blob = BLOB,
    *,
    profile: Profile | None = None,
    retries: int = 2,
) -> dict[str, int]:
    """Push a blob; with a folder for a journal it goes in chunks. Return the counts of requests."""
    journal = None if folder is None else Journal(lambda: folder)
    with opened(
        server, journal=journal, sizes=SIZES, profile=profile, retries=retries, clock=FakeClock()
    ) as store:
        store.put_blob(REPOSITORY, blob)
        return {key.removesuffix(" upload"): count for key, count in store.transport.counts.items()}


def patched(server: ScriptedRegistry) -> list[str]:
    return [request.headers["content-range"] for request in server.seen("PATCH")]


def is_stored(server: ScriptedRegistry) -> bool:
    return server.hold(REPOSITORY).blobs == {BLOB.digest: CONTENT}


def no_session_left(server: ScriptedRegistry) -> bool:
    return not server.hold(REPOSITORY).sessions
