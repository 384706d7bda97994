"""What the tests of the registry client start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.private_storage import PrivateStorage
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.settings import Clock, Settings
from reconciler.oci.registry.store import RegistryStore, open_registry
from reconciler.oci.registry.tls import Trust
from reconciler.oci.registry.uploads.chunks import Sizes
from reconciler.oci.registry.uploads.journal import Journal
from reconciler.oci.registry.whereabouts import Resolve, system_addresses
from tests.support.scripted_server import ScriptedServer

REPOSITORY, TAG = Repository("workflows/plan"), Tag("1.0.0")
BLOB = Blob.of_bytes(b"steps: []\n")
DESCRIPTOR = Descriptor("text/plain", BLOB.digest, BLOB.size_bytes)
MANIFEST = render(Manifest(config=DESCRIPTOR, layers=(DESCRIPTOR,)))
DIGEST = Digest.of(MANIFEST)
OCI = media_types.OCI_MANIFEST
NOW_S = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


@dataclass(slots=True)
class FakeClock:
    """A clock that only moves when somebody sleeps."""

    monotonic_s: float = 1000.0
    pauses_s: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self.monotonic_s += seconds

    def clock(self) -> Clock:
        return Clock(
            monotonic_s=lambda: self.monotonic_s, now_s=lambda: NOW_S, sleep=self.sleep, jitter=lambda: 0.5
        )


@dataclass(slots=True)
class Known:
    """Credentials in memory."""

    credentials: dict[str, Credential] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def find(self, host: str, repository: str | None = None) -> Credential | None:
        self.asked.append(host)
        return self.credentials.get(host)


@contextmanager
def opened(
    server: ScriptedServer | str,
    *,
    credential: Credential | None = None,
    clock: FakeClock | None = None,
    retries: int = 2,
    timeout_s: float = 5.0,
    prefix: str = "",
    profile: Profile | None = None,
    journal: Journal | None = None,
    sizes: Sizes | None = None,
    trust: Trust | None = None,
    resolve: Resolve = system_addresses,
    private_storage: Sequence[str] = (),
) -> Iterator[RegistryStore]:
    url = server if isinstance(server, str) else server.url
    endpoint = Endpoint.parse(f"{url}/{prefix}")
    known = Known({endpoint.host: credential} if credential else {})
    settings = Settings(retries=retries, timeout_s=timeout_s)
    store = open_registry(
        endpoint,
        credentials=known,
        settings=settings,
        clock=(clock or FakeClock()).clock(),
        profile=profile,
        journal=journal,
        sizes=sizes,
        trust=trust,
        resolve=resolve,
        private_storage=PrivateStorage.parse(private_storage),
    )
    try:
        yield store
    finally:
        store.close()
