"""The store that is a registry: one object with the methods of `reconciler.oci.store.Store`.

Must never be added: HTTP; every method is one function of `read`, `write` or `listing`.
"""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

from reconciler.oci.digest import Digest
from reconciler.oci.registry import downloads, listing, read, referrers, tagging, write
from reconciler.oci.registry.auth import Session
from reconciler.oci.registry.limits import Limits
from reconciler.oci.registry.notices import Notices
from reconciler.oci.registry.private_storage import NOWHERE, PrivateStorage
from reconciler.oci.registry.profiles import find_profile
from reconciler.oci.registry.settings import Clock, Settings
from reconciler.oci.registry.tls import Contexts, Trust
from reconciler.oci.registry.tokens import Tokens
from reconciler.oci.registry.transport import Transport
from reconciler.oci.registry.uploads.blobs import Uploads
from reconciler.oci.registry.whereabouts import system_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.errors import PalletError
    from reconciler.oci.blob import Blob
    from reconciler.oci.manifest import Descriptor
    from reconciler.oci.reference import Repository, Tag
    from reconciler.oci.registry.credentials import CredentialSource
    from reconciler.oci.registry.endpoint import Endpoint
    from reconciler.oci.registry.profiles import Profile
    from reconciler.oci.registry.uploads.chunks import Sizes
    from reconciler.oci.registry.uploads.journal import Journal
    from reconciler.oci.registry.urls import Origin
    from reconciler.oci.registry.whereabouts import Resolve
    from reconciler.oci.store import ManifestContent


def open_registry(
    endpoint: Endpoint,
    *,
    credentials: CredentialSource,
    settings: Settings | None = None,
    clock: Clock | None = None,
    profile: Profile | None = None,
    trust: Trust | None = None,
    notices: Notices | None = None,
    journal: Journal | None = None,
    sizes: Sizes | None = None,
    resolve: Resolve = system_addresses,
    private_storage: PrivateStorage = NOWHERE,
) -> RegistryStore:
    """Return the store of a registry; nothing is sent yet. Proxies are those of the environment.

    Args:
        profile: what is known of the registry; None for what its host name tells.
        trust: the certificates that are written for it; None for the system's authorities alone.
        notices: hears what the registry warns of; None for nobody.
        journal: where large uploads stand, for later runs to go on with; None for nowhere.
        sizes: from which sizes on blobs go in chunks; None for the usual ones.
        resolve: looks up names to which it points.
        private_storage: where in a private network it may redirect to.

    Raises:
        ConfigError: a certificate that is written for the registry cannot be used.
    """
    clock, notices, trust = clock or Clock(), notices or Notices(), trust or Trust()
    profile = profile or find_profile(endpoint.host)
    contexts = Contexts(trust, endpoint.origin, endpoint.host)
    contexts.check()
    _say_insecure(endpoint, trust, notices)
    transport = Transport(
        settings or Settings(),
        clock,
        tls=contexts.of,
        proxy_for=environment_proxy,
        limits=_limits_by_origin(endpoint, profile),
        notices=notices,
        resolve=resolve,
        private_storage=private_storage,
    )
    session = _begin(transport, clock, credentials, endpoint, profile, is_insecure=trust.insecure)
    return RegistryStore(endpoint, session, Uploads(session, journal, sizes))


def _begin(
    transport: Transport,
    clock: Clock,
    credentials: CredentialSource,
    endpoint: Endpoint,
    profile: Profile,
    *,
    is_insecure: bool,
) -> Session:
    return Session(
        transport,
        Tokens(transport, clock),
        credentials,
        origin=endpoint.origin,
        host=endpoint.host,
        profile=profile,
        is_insecure=is_insecure,
    )


def _limits_by_origin(endpoint: Endpoint, profile: Profile) -> Callable[[Origin], Limits]:
    """Return how much is asked of each server: what the profile says holds for the registry itself."""
    own = Limits(profile.concurrency, profile.requests_per_s, profile.throttles_with_403)
    return lambda origin: own if origin == endpoint.origin else Limits()


def _say_insecure(endpoint: Endpoint, trust: Trust, notices: Notices) -> None:
    if trust.insecure and endpoint.scheme == "https":
        notices.shout(f"{endpoint.host}: insecure: its certificate is not verified")
    elif trust.insecure and not endpoint.origin.is_loopback:
        notices.shout(f"{endpoint.host}: insecure: credentials and content travel unencrypted")


def environment_proxy(origin: Origin) -> str | None:
    """Return the proxy that the environment names for a server; loopback is always asked directly."""
    if origin.is_loopback or urllib.request.proxy_bypass(origin.netloc):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


class RegistryStore:
    """A registry over HTTP; safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, session: Session, uploads: Uploads | None = None) -> None:
        self._endpoint, self._session = endpoint, session
        self._uploads = uploads or Uploads(session)

    @property
    def transport(self) -> Transport:
        """For counting requests."""
        return self._session.transport

    @property
    def session(self) -> Session:
        """For asking what no other store could be asked."""
        return self._session

    @property
    def user(self) -> str | None:
        """Who we are to it, once it has asked; None for nobody in particular."""
        return self._session.user

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        return read.head_manifest(self._session, self.full_name(repository), reference)

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        return read.fetch_manifest(self._session, self.full_name(repository), reference)

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        return write.put_manifest(self._session, self.full_name(repository), reference, content, media_type)

    def put_tags(
        self, repository: Repository, tags: Sequence[Tag], content: bytes, media_type: str
    ) -> Mapping[Tag, PalletError]:
        return tagging.put_tags(self._session, self.full_name(repository), tags, content, media_type)

    def delete_manifest(self, repository: Repository, reference: Tag | Digest) -> None:
        write.delete_manifest(self._session, self.full_name(repository), reference)

    def has_blob(self, repository: Repository, digest: Digest, *, size_bytes: int | None = None) -> bool:
        return read.has_blob(self._session, self.full_name(repository), digest, size_bytes=size_bytes)

    def fetch_blob(
        self, repository: Repository, descriptor: Descriptor, *, offset: int = 0
    ) -> Iterator[bytes]:
        return downloads.fetch_blob(self._session, self.full_name(repository), descriptor, offset=offset)

    def put_blob(self, repository: Repository, blob: Blob) -> None:
        self._uploads.put(self.full_name(repository), blob)

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        return self._uploads.mount(self.full_name(repository), blob.digest, self.full_name(source))

    def list_tags(self, repository: Repository) -> list[Tag]:
        return listing.list_tags(self._session, self.full_name(repository))

    def list_repositories(self) -> list[Repository]:
        return listing.list_repositories(self._session, self._endpoint.prefix)

    def list_referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None = None
    ) -> list[Descriptor] | None:
        return referrers.list_referrers(self._session, self.full_name(repository), subject, artifact_type)

    def give_way(self, times: int) -> None:
        self._session.writes.give_way(times)

    def name(self, repository: Repository, reference: Tag | Digest | None = None) -> str:
        mark = "" if reference is None else "@" if isinstance(reference, Digest) else ":"
        return f"{self._endpoint.host}/{self.full_name(repository)}{mark}{reference or ''}"

    def full_name(self, repository: Repository) -> str:
        """The repository with the prefix, as the registry knows it."""
        return self._endpoint.full_name(repository)

    def close(self) -> None:
        self._uploads.close()
        self._session.transport.close()
