"""A registry that misbehaves, a client that is logged in to it, and what it may be asked for.

Each deed does one thing and makes sure that it was done. Must never be added: what is expected of a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.oci import media_types, transfer
from reconciler.oci.blob import Blob
from reconciler.oci.manifest import Descriptor, Manifest, parse, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import put_referrer, referrers_of
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.profiles import GENERIC, Profile
from reconciler.oci.registry.store import RegistryStore
from reconciler.oci.registry.tls import Trust
from reconciler.oci.registry.uploads.blobs import Uploads
from reconciler.oci.registry.uploads.chunks import Sizes
from reconciler.oci.registry.uploads.journal import Journal
from tests.oci.registry.situations import (
    BLOB,
    DESCRIPTOR,
    DIGEST,
    MANIFEST,
    OCI,
    REPOSITORY,
    TAG,
    FakeClock,
    opened,
)
from tests.support import certificates
from tests.support.scripted_registry import Request, ScriptedRegistry, ScriptedServer, problem

PASSWORD, IDENTITY_TOKEN = "s3:cret-passw0rd", "s3cret-identity-t0ken"
LOGIN = Credential("bob", PASSWORD, source="the test")
IDENTITY = Credential("bob", PASSWORD, IDENTITY_TOKEN, source="the test")
CONTENT = bytes(number % 251 for number in range(5000))
LARGE = Blob.of_bytes(CONTENT)
OTHER = Repository("workflows/other")
REFERRER = render(
    Manifest(
        DESCRIPTOR,
        (DESCRIPTOR,),
        artifact_type="text/plain",
        subject=Descriptor(OCI, DIGEST, len(MANIFEST)),
    )
)
IN_CHUNKS = Sizes(
    single_post_max=0,
    resumable_min=1,
    resumable_chunk=1000,
    worthwhile_chunk=1,
    fallback_chunk=1000,
    smallest_chunk=100,
)


@dataclass(slots=True)
class Scene:
    """Everything that a deed needs."""

    server: ScriptedRegistry
    elsewhere: ScriptedServer
    """Another origin: it knows nothing, and answers 404 to everything."""
    store: RegistryStore
    clock: FakeClock
    folder: Path

    def foreign_requests(self) -> list[Request]:
        """What went to another origin: another port, or another name."""
        named = [r for r in self.server.requests if r.headers["host"] != self.server.host]
        return [*self.elsewhere.requests, *named]


@contextmanager
def set_up(
    folder: Path,
    *,
    bearer: bool = False,
    credential: Credential | None = LOGIN,
    profile: Profile = GENERIC,
    tls: bool = False,
) -> Iterator[Scene]:
    """Run a registry that asks who is there and holds one artifact, and a client that knows."""
    clock = FakeClock()
    server, trust = ScriptedRegistry(), Trust(ca=certificates.CA) if tls else None
    if tls:
        server.speak_tls(certificates.server_context())
    with server, ScriptedServer() as elsewhere:
        _fill(server)
        server.users["bob"], server.bearer, server.elsewhere = PASSWORD, bearer, elsewhere.url
        server.identity_tokens.add(IDENTITY_TOKEN)
        elsewhere.on("*", "", problem(404, "NOT_FOUND", "nothing here"))
        with opened(server, credential=credential, clock=clock, profile=profile, trust=trust) as store:
            yield Scene(server, elsewhere, store, clock, folder)


def _fill(server: ScriptedRegistry) -> None:
    for name in (REPOSITORY, OTHER):
        server.hold(name).blobs[BLOB.digest] = BLOB.open().read()
    server.hold(OTHER).blobs[LARGE.digest] = CONTENT
    server.put(REPOSITORY, MANIFEST, OCI, TAG, "latest")


def push(scene: Scene) -> None:
    scene.store.put_blob(REPOSITORY, LARGE)
    _is_stored(scene)


def push_chunks(scene: Scene) -> None:
    Uploads(scene.store.session, Journal(lambda: scene.folder), IN_CHUNKS).put(REPOSITORY, LARGE)
    _is_stored(scene)


def mount(scene: Scene) -> None:
    if not scene.store.mount_blob(REPOSITORY, Descriptor(OCI, LARGE.digest, LARGE.size_bytes), OTHER):
        scene.store.put_blob(REPOSITORY, LARGE)
    _is_stored(scene)


def _is_stored(scene: Scene) -> None:
    assert scene.server.hold(REPOSITORY).blobs[LARGE.digest] == CONTENT


def pull(scene: Scene) -> None:
    assert b"".join(scene.store.fetch_blob(REPOSITORY, DESCRIPTOR)) == BLOB.open().read()


def pull_large(scene: Scene) -> None:
    descriptor = Descriptor("text/plain", LARGE.digest, LARGE.size_bytes)
    assert b"".join(scene.store.fetch_blob(OTHER, descriptor)) == CONTENT


def pull_rest(scene: Scene) -> None:
    descriptor = Descriptor("text/plain", LARGE.digest, LARGE.size_bytes)
    assert b"".join(scene.store.fetch_blob(OTHER, descriptor, offset=4000)) == CONTENT[4000:]


def look(scene: Scene) -> None:
    assert scene.store.has_blob(REPOSITORY, BLOB.digest)


def head(scene: Scene) -> None:
    assert scene.store.head_manifest(REPOSITORY, TAG).digest == DIGEST


def head_absent(scene: Scene) -> None:
    scene.store.head_manifest(Repository("nobody/here"), TAG)


def fetch(scene: Scene) -> None:
    assert scene.store.fetch_manifest(REPOSITORY, TAG).content == MANIFEST


def fetch_by_digest(scene: Scene) -> None:
    assert scene.store.fetch_manifest(REPOSITORY, DIGEST).content == MANIFEST


def publish(scene: Scene) -> None:
    assert scene.store.put_manifest(REPOSITORY, Tag("2.0.0"), MANIFEST, OCI) == DIGEST
    assert scene.server.hold(REPOSITORY).tags["2.0.0"] == DIGEST


def publish_again(scene: Scene) -> None:
    assert scene.store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST


def move_tag(scene: Scene) -> None:
    other = render(Manifest(DESCRIPTOR, (DESCRIPTOR,), annotations={"moved": "yes"}))
    scene.store.put_manifest(REPOSITORY, TAG, other, OCI)


def float_tag(scene: Scene) -> None:
    transfer.move_tag(scene.store, REPOSITORY, Tag("stable"), MANIFEST, OCI, again="run again")
    assert scene.server.hold(REPOSITORY).tags["stable"] == DIGEST


def publish_incomplete(scene: Scene) -> None:
    absent = Descriptor("text/plain", LARGE.digest, LARGE.size_bytes)
    scene.store.put_manifest(REPOSITORY, Tag("2.0.0"), render(Manifest(absent, (absent,))), OCI)


def push_to_new(scene: Scene) -> None:
    scene.store.put_blob(Repository("nobody/here"), BLOB)


def move_two_tags(scene: Scene) -> None:
    tags = [Tag("2"), Tag("2.0")]
    assert scene.store.put_tags(REPOSITORY, tags, MANIFEST, OCI) == {}
    assert {scene.server.hold(REPOSITORY).tags[tag] for tag in tags} == {DIGEST}


def delete_tag(scene: Scene) -> None:
    scene.store.delete_manifest(REPOSITORY, TAG)


def list_tags(scene: Scene) -> None:
    assert scene.store.list_tags(REPOSITORY) == [TAG, "latest"]


def list_no_tags(scene: Scene) -> None:
    assert scene.store.list_tags(REPOSITORY) == []


def list_repositories(scene: Scene) -> None:
    scene.store.list_repositories()


def attach(scene: Scene) -> None:
    entry = put_referrer(scene.store, REPOSITORY, REFERRER, OCI)
    assert [one.digest for one in referrers_of(scene.store, REPOSITORY, DIGEST)] == [entry.digest]
    assert entry.artifact_type == "text/plain"


def find_attached(scene: Scene) -> None:
    entry = scene.server.put(REPOSITORY, REFERRER, OCI)
    typed = referrers_of(scene.store, REPOSITORY, DIGEST, "text/plain")
    assert [one.digest for one in typed] == [entry]
    assert referrers_of(scene.store, REPOSITORY, DIGEST, "text/other") == []


def fallback_is_an_index(scene: Scene) -> None:
    """Attach, and see what stands under the fallback tag."""
    attach(scene)
    content, media_type = scene.server.hold(REPOSITORY).manifests[
        scene.server.hold(REPOSITORY).tags[f"sha256-{DIGEST.partition(':')[2]}"]
    ]
    assert media_type == media_types.OCI_INDEX == parse(content).media_type
