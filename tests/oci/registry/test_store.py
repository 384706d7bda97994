from __future__ import annotations

import ast
from pathlib import Path

import reconciler
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import RegistryStore, open_registry
from reconciler.oci.store import Store
from tests.support.scripted_registry import ScriptedRegistry

HTTP_MODULES = {"bounded_reading.py", "connections.py", "silence.py", "transport.py"}


def test_registry_is_a_store(server: ScriptedRegistry) -> None:
    store: Store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())
    store.close()
    assert server.requests == []


def test_names_are_as_people_write_them() -> None:
    store = open_registry(Endpoint.parse("https://h:5000/acme"), credentials=Anonymous())
    digest = Digest.of(b"")
    assert store.name(Repository("a/b")) == "h:5000/acme/a/b"
    assert store.name(Repository("a/b"), Tag("1.0.0")) == "h:5000/acme/a/b:1.0.0"
    assert store.name(Repository("a/b"), digest) == f"h:5000/acme/a/b@{digest}"


def test_closed_store_is_closed_twice_without_harm(store: RegistryStore) -> None:
    store.close()


def test_only_the_transport_knows_http() -> None:
    package = Path(reconciler.__file__).parent
    importing = {path.name for path in package.rglob("*.py") if imports_http(path)}
    assert importing == HTTP_MODULES


def imports_http(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return bool({"httpx", "http.client"} & names)
