"""Requests out, answers in, with patience: the only place that repeats a request or follows one elsewhere.

Decides what is retried and when a server is given up. A server from which nothing comes is asked
no more for the rest of the run: a thousand artifacts against a dead server fail in seconds.
Of httpx only its requests, transports and errors are used: its client would parse every URL again
and keep cookies.
Must never be added: what an endpoint means, or credentials; those come ready for each call.
"""

from __future__ import annotations

import itertools
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from reconciler import __version__
from reconciler.errors import StoreError, UnreachableError
from reconciler.oci.registry import retries
from reconciler.oci.registry.answers import Answer
from reconciler.oci.registry.calls import Body, BrokenOffError, Call, private_redirect, redirected
from reconciler.oci.registry.connections import Connections
from reconciler.oci.registry.limits import Limits
from reconciler.oci.registry.notices import Notices, read_warning
from reconciler.oci.registry.patience import Patience
from reconciler.oci.registry.private_storage import NOWHERE, PrivateStorage
from reconciler.oci.registry.settings import CONNECT_TIMEOUT_S, Clock, Settings
from reconciler.oci.registry.silence import explain, is_final
from reconciler.oci.registry.urls import Origin
from reconciler.oci.registry.whereabouts import Resolve, Whereabouts, system_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reconciler.oci.registry.failures import Refusal
    from reconciler.oci.registry.limits import Ticket
    from reconciler.oci.registry.urls import Url

MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WARNING = b"warning"
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)
_BODYLESS = frozenset({"GET", "HEAD", "DELETE"})
_SAME_EVERY_TIME = (("User-Agent", f"pallet/{__version__}"), ("Accept-Encoding", "identity"))


@dataclass(slots=True)
class _Route:
    """The way to one server, and what was learnt about it."""

    headers: list[tuple[str, str]]
    transport: httpx.BaseTransport
    patience: Patience
    url: httpx.URL | None = None
    """The server, parsed once; None where a proxy must be told the whole URL each time."""
    answers: int = 0
    given_up: tuple[str, str] | None = None
    """Why, and what to do."""


class Transport:
    """Sends calls; one for a store, shared by its threads.

    Args:
        proxy_for: the URL of the proxy for a server, None for none.
        tls: the context for connections to a server over https.
        limits: how much a server is asked for at most.
        notices: hears what servers warn of.
        resolve: looks up names to which a registry points.
        private_storage: where in a private network a registry may redirect to.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        tls: Callable[[Origin], ssl.SSLContext],
        proxy_for: Callable[[Origin], str | None] = lambda _: None,
        limits: Callable[[Origin], Limits] = lambda _: Limits(),
        notices: Notices | None = None,
        resolve: Resolve = system_addresses,
        private_storage: PrivateStorage = NOWHERE,
    ) -> None:
        self._settings, self._clock, self._proxy_for = settings, clock, proxy_for
        self.clock = clock
        self.notices = notices or Notices()
        self.whereabouts = Whereabouts(resolve, lambda origin: proxy_for(origin) is not None)
        self._tls, self._limits = tls, limits
        self._private_storage = private_storage
        self._connections = Connections(idle=settings.connections, tls=self._tls_of)
        self._routes: dict[Origin, _Route] = {}
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        """Requests sent, by `METHOD kind`, retries and redirects included."""
        self.first_request_s: float | None = None
        """On the clock's monotonic scale."""
        self.last_answer_s: float | None = None

    def send(self, call: Call, *, authorization: str | None = None) -> Answer:
        """Send a call until there is an answer worth having, which the caller reads or discards.

        Raises:
            BrokenOffError: no answer came to a call that is not to be sent again.
            UnreachableError: no answer came, or the server was given up before.
            ThrottledError: it asks for patience, and did so after all retries, or call after call.
            StoreError: a passing failure that did not pass, or a redirect to where none may lead.
        """
        url = call.url
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._send_to(url, call, authorization)
            if not call.follows_redirects or answer.status not in _REDIRECTS:
                return answer
            refusal = answer.refusal()
            url = redirected(refusal, self._private_storage)
            if url.origin != call.url.origin:
                authorization = None
                self._require_allowed(refusal, url.origin, call.url.origin)
        raise StoreError(f"{refusal.request}: more than {MAX_REDIRECTS} redirects")

    def _require_allowed(self, refusal: Refusal, target: Origin, registry: Origin) -> None:
        addresses = self.whereabouts.private_addresses(target, registry=registry)
        if addresses and not self._private_storage.holds(target.host, addresses):
            raise private_redirect(refusal, target, addresses[0])

    def close(self) -> None:
        with self._lock:
            transports = [self._connections, *(route.transport for route in self._routes.values())]
            self._routes.clear()
        for transport in transports:
            transport.close()

    def _tls_of(self, host: str, port: int | None) -> ssl.SSLContext:
        return self._tls(Origin("https", host, port or 443))

    def _send_to(self, url: Url, call: Call, authorization: str | None) -> Answer:
        route = self._route(url.origin)
        answers_before = route.answers
        for attempt in itertools.count():
            if route.given_up is not None:
                raise UnreachableError(route.given_up[0], fix=route.given_up[1])
            route.patience.require_open()
            try:
                answer, ticket = self._attempt(route, url, call, authorization)
            except httpx.TransportError as exc:
                if not call.is_resent and not isinstance(exc, _NEVER_SENT):
                    raise self._broken_off(route, url, call, exc) from exc
                pause_s = None if is_final(exc) else route.patience.pause_s(attempt)
                if pause_s is None:
                    raise self._give_up(
                        route, url, call, exc, silent=route.answers == answers_before
                    ) from exc
            else:
                verdict = route.patience.judge(answer, ticket, attempt)
                if verdict is None:
                    return answer
                if call.asks_after_failure and (verdict.is_down or not verdict.is_throttled):
                    return answer
                pause_s = verdict.pause_s
                if pause_s is None:
                    raise route.patience.refuse(answer, is_throttled=verdict.is_throttled)
                answer.discard()
            self._clock.sleep(pause_s)
        raise AssertionError("the loop ends by itself")

    @property
    def retries(self) -> int:
        """How often a call is repeated; callers that repeat for themselves keep to it."""
        return self._settings.retries

    def pause(self, attempt: int) -> bool:
        """Wait before repeating what was tried `attempt + 1` times; False, at once, where that was enough."""
        if attempt >= self._settings.retries:
            return False
        pause_s = retries.delay_s(attempt, retry_after_s=None, jitter=self._clock.jitter())
        assert pause_s is not None  # no server wishes for too long a one
        self._clock.sleep(pause_s)
        return True

    def _attempt(
        self, route: _Route, url: Url, call: Call, authorization: str | None
    ) -> tuple[Answer, Ticket]:
        timeout_s = call.timeout_s or self._settings.timeout_s
        extensions: dict[str, object] = {
            "timeout": {
                "connect": CONNECT_TIMEOUT_S,
                "read": timeout_s,
                "write": timeout_s,
                "pool": timeout_s,
            },
            "resend": call.is_resent,
        }
        if route.url is not None:
            extensions["target"] = url.target.encode("ascii")
        request = httpx.Request(
            call.method,
            route.url or str(url),
            headers=_headers(route, call, authorization),
            stream=httpx.ByteStream(call.body) if isinstance(call.body, bytes) else _Stream(call.body),
            extensions=extensions,
        )
        with route.patience.gate.passed() as ticket:
            self._count(call)
            response = route.transport.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        route.answers += 1
        self.last_answer_s = self._clock.monotonic_s()
        self._hear_warnings(url, response)
        pieces = _pieces(response.stream, f"{call.method} {url.origin}")
        answer = Answer(call, url, response.status_code, response.headers.raw, pieces, response.stream.close)
        return answer, ticket

    def _hear_warnings(self, url: Url, response: httpx.Response) -> None:
        for name, value in response.headers.raw:
            if len(name) == len(_WARNING) and name.lower() == _WARNING:
                for text in read_warning(value.decode("latin-1")):
                    self.notices.say(f"{url.origin.netloc} warns: {text}")

    def _count(self, call: Call) -> None:
        with self._lock:
            self.counts[f"{call.method} {call.kind}"] += 1
            if self.first_request_s is None:
                self.first_request_s = self._clock.monotonic_s()

    def _route(self, origin: Origin) -> _Route:
        route = self._routes.get(origin)
        if route is not None:
            return route
        with self._lock:
            if origin not in self._routes:
                self._routes[origin] = self._new_route(origin)
            return self._routes[origin]

    def _new_route(self, origin: Origin) -> _Route:
        headers = [("Host", origin.netloc), *_SAME_EVERY_TIME]
        patience = Patience(self._limits(origin), self._clock, retries_max=self._settings.retries)
        proxy = self._proxy_for(origin)
        if proxy is None:
            return _Route(headers, self._connections, patience, httpx.URL(str(origin)))
        try:
            verify = self._tls(origin) if origin.scheme == "https" else ssl.create_default_context()
            transport = httpx.HTTPTransport(verify=verify, proxy=proxy, trust_env=False)
        except (ValueError, ImportError, httpx.InvalidURL) as exc:
            # The text of the cause may hold the proxy's password.
            raise UnreachableError(
                f"{origin}: the environment names a proxy that cannot be used: expected http://host:port",
                fix="mend HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or name the registry in NO_PROXY",
            ) from exc
        return _Route(headers, transport, patience)

    def _broken_off(self, route: _Route, url: Url, call: Call, exc: httpx.TransportError) -> BrokenOffError:
        subject = f"{url.origin} (through a proxy)" if route.url is None else str(url.origin)
        why, fix = explain(exc, subject, call.timeout_s or self._settings.timeout_s)
        return BrokenOffError(why, fix=fix)

    def _give_up(
        self, route: _Route, url: Url, call: Call, exc: httpx.TransportError, *, silent: bool
    ) -> Exception:
        """Nobody had an answer from this server meanwhile: the next call would only wait as long again."""
        subject = f"{url.origin} (through a proxy)" if route.url is None else str(url.origin)
        why, fix = explain(exc, subject, call.timeout_s or self._settings.timeout_s)
        if silent:
            route.given_up = (why, fix)
        return UnreachableError(why, fix=fix)


class _Stream(httpx.SyncByteStream):
    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


def _headers(route: _Route, call: Call, authorization: str | None) -> list[tuple[str, str]]:
    headers = [*route.headers, *call.headers]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    if call.method not in _BODYLESS:
        size_bytes = len(call.body) if isinstance(call.body, bytes) else call.body.size_bytes
        headers.append(("Content-Length", str(size_bytes)))
    return headers


def _pieces(stream: Iterable[bytes], subject: str) -> Iterator[bytes]:
    try:
        yield from stream
    except httpx.TransportError as exc:
        raise UnreachableError(f"{subject}: the answer broke off: {exc}", fix="run again") from exc
