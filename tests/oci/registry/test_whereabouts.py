"""Names that lead into the user's own network, and who may point there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from reconciler.errors import StoreError, UnauthorisedError, UnreachableError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.urls import Url
from reconciler.oci.registry.whereabouts import Whereabouts, system_addresses
from tests.oci.registry.situations import BLOB, DESCRIPTOR, MANIFEST, OCI, REPOSITORY, TAG, opened
from tests.support.scripted_registry import Reply, ScriptedRegistry, ScriptedServer

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.7"


@dataclass(slots=True)
class Names:
    """A resolver that knows some names, and remembers what it was asked."""

    known: dict[str, Sequence[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.known:
            raise OSError("no such name")
        return self.known[host]


def near(names: Names, target: str, *, registry: str, is_proxied: bool = False) -> list[str]:
    whereabouts = Whereabouts(names, lambda _: is_proxied)
    origin, asking = Url.parse(target).origin, Url.parse(registry).origin
    found = whereabouts.private_addresses(origin, registry=asking)
    assert whereabouts.private_addresses(origin, registry=asking) == found
    return list(found)


@pytest.mark.parametrize(
    ("addresses", "address"),
    [
        pytest.param([PUBLIC], None, id="public"),
        pytest.param([PRIVATE], PRIVATE, id="private"),
        pytest.param([PUBLIC, PRIVATE], PRIVATE, id="one-of-two"),
        pytest.param(["127.0.0.1"], "127.0.0.1", id="loopback"),
        pytest.param(["169.254.169.254"], "169.254.169.254", id="metadata"),
        pytest.param(["100.64.0.1"], "100.64.0.1", id="carrier"),
        pytest.param(["::1"], "::1", id="loopback-6"),
        pytest.param(["fe80::1%eth0"], "fe80::1%eth0", id="link-6"),
        pytest.param(["fd00::1"], "fd00::1", id="private-6"),
        pytest.param(["::ffff:10.0.0.7"], "::ffff:10.0.0.7", id="mapped"),
        pytest.param(["2606:2800:220:1:248:1893:25c8:1946"], None, id="public-6"),
    ],
)
def test_name_counts_as_what_it_resolves_to(addresses: list[str], address: str | None) -> None:
    names = Names({"storage.test": addresses, "registry.test": [PUBLIC]})
    found = near(names, "https://storage.test", registry="https://registry.test")
    assert found == ([] if address is None else [address])
    assert names.asked == ["storage.test"] + ["registry.test"] * (address is not None)


@pytest.mark.parametrize(
    ("target", "registry", "asked"),
    [
        pytest.param("https://storage.test", "https://10.0.0.5", [], id="registry-by-private-address"),
        pytest.param("https://storage.test", "http://localhost:5000", [], id="registry-on-this-machine"),
        pytest.param(
            "https://storage.test", "https://inside.test", ["storage.test", "inside.test"], id="private-name"
        ),
        pytest.param("https://storage.test:9000", "https://storage.test", [], id="same-host"),
        pytest.param("https://nowhere.test", "https://registry.test", ["nowhere.test"], id="no-such-name"),
    ],
)
def test_pointing_there_is_no_harm(target: str, registry: str, asked: list[str]) -> None:
    names = Names({"storage.test": [PRIVATE], "inside.test": ["192.168.1.2"], "registry.test": [PUBLIC]})
    assert near(names, target, registry=registry) == []
    assert names.asked == asked


def test_proxy_looks_names_up_itself() -> None:
    names = Names({"storage.test": [PRIVATE]})
    assert near(names, "https://storage.test", registry="https://registry.test", is_proxied=True) == []
    assert names.asked == []


def test_name_that_is_none_leads_nowhere() -> None:
    assert near(Names(), "https://a..b", registry="https://registry.test") == []


def test_system_knows_this_machine() -> None:
    assert set(system_addresses("localhost")) <= {"127.0.0.1", "::1"}


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Stands for every server that a proxy reaches; `inside.test` would be reached without one."""
    with ScriptedServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "inside.test")
        yield proxy


NAMES = {"registry.test": [PUBLIC], "inside.test": [PRIVATE]}


def test_redirect_to_a_private_name_is_refused(outside: ScriptedServer) -> None:
    outside.on("*", "", Reply(307, {"Location": "http://inside.test/blob?sig=1"}))
    names = Names(dict(NAMES))
    with opened("http://registry.test", resolve=names) as store:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"private network, to http://inside\.test \(10\.0\.0\.7\)"):
                list(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert names.asked == ["inside.test", "registry.test"]
    assert not [request for request in outside.requests if "inside.test" in request.target]


@pytest.mark.parametrize(
    ("written", "is_allowed"),
    [
        pytest.param("inside.test", True, id="name"),
        pytest.param("10.0.0.0/24", True, id="network"),
        pytest.param("10.0.0.7", False, id="one-address-of-two"),
        pytest.param("other.inside.test", False, id="other-name"),
        pytest.param("inside.tes", False, id="part-of-a-name"),
    ],
)
def test_private_storage_may_be_allowed(outside: ScriptedServer, written: str, is_allowed: bool) -> None:
    names = Names({"registry.test": [PUBLIC], "inside.test": [PRIVATE, "10.0.0.8", PUBLIC]})
    outside.on("*", "^http://registry", Reply(307, {"Location": "http://inside.test/blob?sig=1"}))
    # Nothing is there: that it is asked at all is what was allowed.
    failure = UnreachableError if is_allowed else StoreError
    with (
        opened("http://registry.test", resolve=names, private_storage=[written], retries=0) as store,
        pytest.raises(failure, match=r"http://inside\.test"),
    ):
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))


def test_realm_with_a_private_name_is_refused(outside: ScriptedServer) -> None:
    outside.on("*", "", Reply(401, {"WWW-Authenticate": 'Bearer realm="http://inside.test/token"'}))
    names = Names(dict(NAMES))
    with opened("http://registry.test", resolve=names) as store:
        with pytest.raises(
            UnauthorisedError, match=r"in a private network: http://inside\.test \(10\.0\.0\.7\)"
        ):
            store.head_manifest(REPOSITORY, TAG)
        assert store.transport.counts["GET token"] == 0


def test_registry_itself_is_never_looked_up(server: ScriptedRegistry) -> None:
    names = Names()
    server.users["bob"], server.bearer = "s3:cret", True
    with opened(server, credential=Credential("bob", "s3:cret"), resolve=names) as store:
        store.put_blob(REPOSITORY, BLOB)
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
        store.head_manifest(REPOSITORY, TAG)
        list(store.fetch_blob(REPOSITORY, DESCRIPTOR))
    assert names.asked == []
