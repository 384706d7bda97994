"""HTTP/1.1 over sockets for a scripted server: whole answers, cut ones, resets in both directions.

Must never be added: which answer; the scripted server says so.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from tests.support.registry_fake.messages import Reply, Request


class Scripted(Protocol):
    """Whoever decides."""

    def answer(self, request: Request) -> Reply: ...

    def reads_bytes(self, method: str, target: str) -> int | None: ...


class HttpServer(ThreadingHTTPServer):
    """Listens on a free port of loopback; one thread for each connection."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, scripted: Scripted) -> None:
        self.scripted = scripted
        self.opened = 0
        self.plain_requests = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self.opened += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was quicker

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no failure of the server; one that speaks no TLS to it is counted."""
        error = sys.exc_info()[1]
        if isinstance(error, ssl.SSLError) and error.reason == "HTTP_REQUEST":
            self.plain_requests += 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer

    def _serve(self) -> None:
        scripted = self.server.scripted
        limit = scripted.reads_bytes(self.command, self.path)
        body = self._body(limit)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = scripted.answer(Request(self.command, self.path, headers, body))
        if reply.hang_up:
            self._hang_up()
            return
        self._send(reply)
        if reply.reset_at is not None:
            self._reset()
        whole = reply.cut_at is None and limit is None
        self.close_connection = self.close_connection or reply.close or not whole

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - http.server's names

    def _body(self, limit: int | None) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        size_bytes = int(self.headers.get("Content-Length", "0"))
        return self.rfile.read(size_bytes if limit is None else min(limit, size_bytes))

    def _chunks(self) -> bytes:
        content = bytearray()
        while size_bytes := int(self.rfile.readline(100).partition(b";")[0], 16):
            content += self.rfile.read(size_bytes)
            self.rfile.readline(2)
        while self.rfile.readline(1000).strip():
            continue  # trailers
        return bytes(content)

    def _hang_up(self) -> None:
        """The end of the stream, and a reset to whatever still comes."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _reset(self) -> None:
        """A reset at once, without an end of the stream before it."""
        self.wfile.flush()
        self._hang_up()
        self.connection.close()

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        named = {name.lower() for name, _ in reply.pairs}
        for name, value in reply.pairs:
            self.send_header(name, value)
        if not named & {"content-length", "transfer-encoding"} and reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            end = reply.cut_at if reply.reset_at is None else reply.reset_at
            self.wfile.write(reply.body[:end])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""
