"""A real HTTP server on 127.0.0.1 that says exactly what a test tells it to.

Must never be added: knowledge of registries; that is `scripted_registry`.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.target.partition("?")[2]):
            found.setdefault(name, []).append(value)
        return found

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] | list[tuple[str, str]] = field(default_factory=dict)
    body: bytes = b""
    cut_at: int | None = None
    """Announce the whole body, send this many bytes of it, and close."""
    hang_up: bool = False
    """Reset the connection instead of answering."""
    close: bool = False
    """Close the connection after the answer, without saying so."""
    before_body: bool = False
    """Answer as soon as the head has arrived, read nothing more, and close."""


@dataclass(slots=True)
class Rule:
    """An answer for requests that look like this, so many times."""

    method: str
    pattern: re.Pattern[str]
    reply: Reply | Callable[[Request], Reply | None]
    times: int

    def matches(self, method: str, target: str) -> bool:
        return self.times > 0 and self.method in {method, "*"} and self.pattern.search(target) is not None


class ScriptedServer:
    """Answers by its rules, oldest first; what no rule knows is unexpected and fails the test at the end."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.unexpected: list[str] = []
        self._rules: list[Rule] = []
        self._lock = threading.RLock()
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def connections(self) -> int:
        """How many were ever opened."""
        return self._http.opened

    def on(
        self,
        method: str,
        pattern: str,
        reply: Reply | Callable[[Request], Reply | None],
        *,
        times: int = 10**9,
    ) -> Self:
        """Answer requests whose target matches `pattern`; a function may return None to pass."""
        self._rules.append(Rule(method, re.compile(pattern), reply, times))
        return self

    def seen(self, method: str = "*", pattern: str = "") -> list[Request]:
        """The requests so far, those that look like this."""
        with self._lock:
            found = re.compile(pattern)
            return [r for r in self.requests if method in {r.method, "*"} and found.search(r.target)]

    def default(self, request: Request) -> Reply:
        """Answer what no rule answers."""
        self.unexpected.append(str(request))
        return Reply(599, body=f"unexpected request: {request}".encode())

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            for rule in self._rules:
                if rule.matches(request.method, request.target):
                    reply = rule.reply if isinstance(rule.reply, Reply) else rule.reply(request)
                    if reply is not None:
                        rule.times -= 1
                        return reply
            return self.default(request)

    def early(self, method: str, target: str) -> bool:
        """Whether the answer does not wait for the body."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(method, target)), None)
            return rule is not None and isinstance(rule.reply, Reply) and rule.reply.before_body

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Answer https only; the handshake happens in the connection's own thread."""
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )

    def drop_connections(self) -> None:
        """Close all connections, as an idle timeout of a server does."""
        self._http.drop_connections()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.drop_connections()
        self._http.server_close()
        if exc_type is None:
            assert not self.unexpected, f"unexpected requests: {self.unexpected}"


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, server: ScriptedServer) -> None:
        self.scripted = server
        self.opened = 0
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
        """A client that goes away is no failure of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def _serve(self) -> None:
        scripted = self.server.scripted
        early = scripted.early(self.command, self.path)
        body = b"" if early else self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = scripted.answer(Request(self.command, self.path, headers, body))
        if reply.hang_up:
            self._hang_up()
            return
        self._send(reply)
        self.close_connection = self.close_connection or reply.close or early or reply.cut_at is not None

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        pairs = reply.headers.items() if isinstance(reply.headers, Mapping) else reply.headers
        named = {name.lower() for name, _ in pairs}
        for name, value in pairs:
            self.send_header(name, value)
        if "content-length" not in named:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut_at])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""
