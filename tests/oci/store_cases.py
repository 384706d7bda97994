"""Every kind of store that the behaviour suite is run against.

A new kind is one function here, and what it cannot do is a field of its `Case`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.registry.credentials import Anonymous, Credential
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import open_registry
from reconciler.oci.registry.tls import Trust
from reconciler.oci.store import Store
from tests.oci.registry.situations import Known
from tests.support import certificates
from tests.support.docker_registry import PASSWORD, USER, DockerRegistry
from tests.support.memory_store import MemoryStore
from tests.support.scripted_registry import ScriptedRegistry

ADA = Credential(USER, PASSWORD, source="the test")


@dataclass(frozen=True)
class Case:
    """A store, and what its kind cannot do."""

    store: Store
    deletes_tags: bool = True
    repeats_uploads: bool = True
    """Whether one blob may be put several times at once."""


def _memory(_: pytest.FixtureRequest) -> Iterator[Case]:
    yield Case(MemoryStore())


def _memory_without_referrers(_: pytest.FixtureRequest) -> Iterator[Case]:
    store = MemoryStore()
    store.referrers_api = False
    yield Case(store)


def _layout(request: pytest.FixtureRequest) -> Iterator[Case]:
    path: Path = request.getfixturevalue("tmp_path")
    yield Case(open_layout(path / "root"))


def _scripted(_: pytest.FixtureRequest) -> Iterator[Case]:
    with ScriptedRegistry() as server:
        yield from _open(server.url)


def _scripted_tokens(_: pytest.FixtureRequest) -> Iterator[Case]:
    with ScriptedRegistry() as server:
        server.users[USER], server.bearer = PASSWORD, True
        yield from _open(server.url, login=True)


def _scripted_old(_: pytest.FixtureRequest) -> Iterator[Case]:
    """A registry before version 1.1 of the specification that says no digests and lists two tags at a time."""
    with ScriptedRegistry() as server:
        server.referrers_api, server.says_digest, server.page_size = False, False, 2
        yield from _open(server.url)


def _docker(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from _docker_case(request, "docker_registry")


def _docker_password(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from _docker_case(request, "password_docker_registry", login=True)


def _docker_tokens(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from _docker_case(request, "token_docker_registry", login=True)


def _docker_tls(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from _docker_case(request, "tls_docker_registry", trust=Trust(ca=certificates.CA))


def _docker_case(
    request: pytest.FixtureRequest, fixture: str, *, login: bool = False, trust: Trust | None = None
) -> Iterator[Case]:
    registry: DockerRegistry = request.getfixturevalue(fixture)
    prefix: str = request.getfixturevalue("repository_prefix")
    # 2.8 answers 405 to the deletion of a tag; only digests can be deleted. Its file system driver cuts a
    # link before it writes it again, so that a blob put twice at once is unknown for a moment (400).
    for case in _open(f"{registry.url}/{prefix}", login=login, trust=trust):
        yield Case(case.store, deletes_tags=False, repeats_uploads=False)


def _open(url: str, *, login: bool = False, trust: Trust | None = None) -> Iterator[Case]:
    endpoint = Endpoint.parse(url)
    credentials = Known({endpoint.host: ADA}) if login else Anonymous()
    store = open_registry(endpoint, credentials=credentials, trust=trust)
    try:
        yield Case(store)
    finally:
        store.close()


CASES = {
    "memory": _memory,
    "memory-without-referrers": _memory_without_referrers,
    "layout": _layout,
    "scripted": _scripted,
    "scripted-tokens": _scripted_tokens,
    "scripted-old": _scripted_old,
    "docker": _docker,
    "docker-password": _docker_password,
    "docker-tokens": _docker_tokens,
    "docker-tls": _docker_tls,
}
