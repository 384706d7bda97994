"""Pages whose connection breaks in their middle: the first, a later one, and one that was only a guess."""

from __future__ import annotations

import json

import pytest

from reconciler.errors import UnreachableError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import MANIFEST, OCI, REPOSITORY, FakeClock, opened
from tests.support.referring import descriptor_of, referrer_of
from tests.support.scripted_registry import Reply, Request, ScriptedRegistry

SUBJECT = descriptor_of(MANIFEST)


def cut(server: ScriptedRegistry, request: Request) -> Reply:
    reply = server.faithful(request)
    return Reply(reply.status, reply.pairs, reply.body, cut_at=len(reply.body) // 2)


@pytest.mark.parametrize("page", ["n=1000$", "last=b"], ids=["first", "later"])
def test_broken_page_is_read_again(server: ScriptedRegistry, store: RegistryStore, page: str) -> None:
    server.page_size = 2
    server.put(REPOSITORY, MANIFEST, OCI, "a", "b", "c", "d")
    server.on("GET", page, lambda request: cut(server, request), times=1)
    assert store.list_tags(REPOSITORY) == ["a", "b", "c", "d"]
    assert store.transport.counts == {"GET tags": 3}


def test_each_page_may_break_as_often_as_calls_are_repeated(server: ScriptedRegistry) -> None:
    server.page_size = 2
    server.put(REPOSITORY, MANIFEST, OCI, "a", "b", "c", "d")
    clock = FakeClock()
    for page in ("n=1000$", "last=b"):
        server.on("GET", page, lambda request: cut(server, request), times=2)
    with opened(server, clock=clock, retries=2) as store:
        assert store.list_tags(REPOSITORY) == ["a", "b", "c", "d"]
    assert clock.pauses_s == [0.25, 0.5] * 2


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (3, 4)])
def test_page_that_always_breaks_is_given_up(server: ScriptedRegistry, retries: int, asked: int) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, "a")
    server.on("GET", "/tags/", lambda request: cut(server, request))
    with opened(server, retries=retries) as store:
        with pytest.raises(UnreachableError, match="the answer broke off: the answer ended"):
            store.list_tags(REPOSITORY)
        assert store.transport.counts == {"GET tags": asked}


def test_guessed_page_that_breaks_is_no_end(server: ScriptedRegistry, store: RegistryStore) -> None:
    tags = [f"1.0.{number:04}" for number in range(1500)]

    def answer(request: Request) -> Reply:
        rest = [tag for tag in tags if tag > request.first("last")][:1000]
        return Reply(200, body=json.dumps({"tags": rest}).encode())

    server.on("GET", "last=", Reply(200, body=b'{"tags": ["x"]}', cut_at=4), times=1)
    server.on("GET", "/tags/", answer)
    assert store.list_tags(REPOSITORY) == tags


def test_broken_page_of_referrers_is_read_again(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.page_size = 1
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    sent = {server.put(REPOSITORY, referrer_of(SUBJECT, say=word), OCI) for word in ("a", "b", "c")}
    server.on("GET", "from=1", lambda request: cut(server, request), times=1)
    listed = store.list_referrers(REPOSITORY, SUBJECT.digest)
    assert listed is not None
    assert {entry.digest for entry in listed} == sent
    assert store.transport.counts == {"GET referrers": 4}


def test_list_may_turn_out_to_be_none_when_read_again(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    broken = Reply(200, {"Content-Type": media_types.OCI_INDEX}, b"{}", cut_at=1)
    server.on("GET", "/referrers/", broken, times=1)
    server.on("GET", "/referrers/", Reply(404))
    assert store.list_referrers(REPOSITORY, Digest.of(MANIFEST)) is None
    assert store.transport.counts == {"GET referrers": 2}
