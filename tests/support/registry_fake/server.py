"""A real HTTP server on 127.0.0.1 that says exactly what a test tells it to.

Must never be added: knowledge of registries; that is `registry`.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from typing import Self

from tests.support.registry_fake.http_server import HttpServer
from tests.support.registry_fake.messages import Answering, Reply, Request, Rule

__all__ = ["Reply", "Request", "Rule", "ScriptedServer"]


class ScriptedServer:
    """Answers by its rules, oldest first; what no rule knows is unexpected and fails the test at the end."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.unexpected: list[str] = []
        """Each with its headers, without what is secret in them."""
        self.scheme = "http"
        self._rules: list[Rule] = []
        self._lock = threading.RLock()
        self._http = HttpServer(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def connections(self) -> int:
        """How many were ever opened."""
        return self._http.opened

    @property
    def plain_requests(self) -> int:
        """How many came in clear text although TLS is spoken."""
        return self._http.plain_requests

    def on(self, method: str, pattern: str, reply: Answering, *, times: int = 10**9) -> Self:
        """Answer requests whose target matches `pattern`; a function may return None to pass."""
        self._rules.append(Rule(method, re.compile(pattern), reply, times))
        return self

    def forget_rules(self) -> Self:
        """Begin anew with rules."""
        self._rules.clear()
        return self

    def seen(self, method: str = "*", pattern: str = "") -> list[Request]:
        """The requests so far, those that look like this."""
        with self._lock:
            found = re.compile(pattern)
            return [r for r in self.requests if method in {r.method, "*"} and found.search(r.target)]

    def default(self, request: Request) -> Reply:
        """Answer what no rule answers."""
        self.unexpected.append(request.described())
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

    def reads_bytes(self, method: str, target: str) -> int | None:
        """How much of a body is read before it is answered; None for all of it."""
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(method, target)), None)
            early = rule is not None and isinstance(rule.reply, Reply) and rule.reply.before_body
            return 0 if early else None

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Answer https only; the handshake happens in the connection's own thread."""
        self.scheme = "https"
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


def free_port() -> int:
    """A port on loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
