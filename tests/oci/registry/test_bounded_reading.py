"""A server that never comes to an end, in all the ways in which HTTP lets it."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.errors import UnreachableError
from reconciler.oci.registry.bounded_reading import INTERIM_MAX, BoundedResponse
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import REPOSITORY, TAG, opened

TAGS = b'{"tags": ["1.0.0"]}'
OK = b"HTTP/1.1 200 OK\r\n"
ANSWER = OK + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(TAGS), TAGS)
CHUNKED = OK + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
ENDLESS_S = 10.0
"""How long a server goes on that nobody stops; no test waits for it."""


@contextmanager
def saying(pieces: Callable[[], Iterable[bytes]]) -> Iterator[str]:
    """Run a server that answers every request with these pieces, as long as anybody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(ENDLESS_S)
        thread = threading.Thread(target=_serve, args=(listener, pieces))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _serve(listener: socket.socket, pieces: Callable[[], Iterable[bytes]]) -> None:
    connection, _ = listener.accept()
    until_s = time.monotonic() + ENDLESS_S
    with connection:
        connection.settimeout(ENDLESS_S)
        try:
            while connection.recv(65536):
                for piece in pieces():
                    connection.sendall(piece)
                    assert time.monotonic() < until_s, "nobody hung up"
        except ConnectionError:
            return  # whom we talked to has heard enough


def trickling(content: bytes) -> Iterator[bytes]:
    for byte in itertools.chain(content, itertools.repeat(ord("x"))):
        time.sleep(0.02)
        yield bytes([byte])


def list_tags(url: str) -> list[str]:
    with opened(url, retries=0, timeout_s=0.3) as store:
        return list_twice(store)


def list_twice(store: RegistryStore) -> list[str]:
    """The second answer is another's where the first was taken for its own interim one."""
    first = store.list_tags(REPOSITORY)
    assert store.list_tags(REPOSITORY) == first
    return [str(tag) for tag in first]


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        pytest.param(
            lambda: itertools.repeat(CONTINUE),
            f"expected at most {INTERIM_MAX} interim answers, got more",
            id="interim-answers",
        ),
        pytest.param(
            lambda: itertools.repeat(HINTS),
            f"expected at most {INTERIM_MAX} interim answers, got more",
            id="early-hints",
        ),
        pytest.param(
            lambda: itertools.chain([CHUNKED, b"0\r\n"], itertools.repeat(b"X-Trailer: 1\r\n" * 1000)),
            "too much around the body",
            id="trailers",
        ),
        pytest.param(
            lambda: itertools.chain([CHUNKED], itertools.repeat(b"1;" + b"e" * 60_000 + b"\r\nx\r\n")),
            "too much around the body",
            id="chunk-extensions",
        ),
        pytest.param(lambda: trickling(OK + b"X-Slow: "), "no answer within 0.3 s", id="trickling-head"),
        pytest.param(
            lambda: itertools.chain(
                [OK + b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"], trickling(b"")
            ),
            "the answer broke off: the answer comes too slowly|broke off: timed out",
            id="trickling-body",
        ),
    ],
)
def test_endless_answer_ends(pieces: Callable[[], Iterable[bytes]], why: str) -> None:
    with saying(pieces) as url, pytest.raises(UnreachableError, match=why):
        list_tags(url)


@pytest.mark.parametrize("interim", [CONTINUE, HINTS, CONTINUE * INTERIM_MAX], ids=["100", "103", "most"])
def test_interim_answers_are_passed_over(interim: bytes) -> None:
    with saying(lambda: [interim, ANSWER]) as url:
        assert list_tags(url) == [TAG]


def test_steady_body_takes_its_time() -> None:
    """Longer than the timeout as a whole, never silent for so long, and not a trickle."""
    piece = b" " * 1024
    head = OK + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
        len(TAGS) + 20 * len(piece)
    )

    def slowly() -> Iterator[bytes]:
        yield head
        for _ in range(20):
            time.sleep(0.03)
            yield piece
        yield TAGS

    with saying(slowly) as url, opened(url, retries=0, timeout_s=0.3) as store:
        assert store.list_tags(REPOSITORY) == [TAG]


def test_small_chunks_are_no_wrapping() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(ENDLESS_S)
        sender = threading.Thread(
            target=theirs.sendall, args=(CHUNKED + b"1\r\nx\r\n" * 400_000 + b"0\r\n\r\n",)
        )
        sender.start()
        response = BoundedResponse(ours)
        response.begin()
        total = 0
        while piece := response.read(1000):
            total += len(piece)
        sender.join()
    assert total == 400_000
