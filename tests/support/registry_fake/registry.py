"""A registry in memory, over real HTTP on 127.0.0.1: right by default, wrong by a fault or by a rule.

    with ScriptedRegistry() as server:
        server.page_size = 10
        server.misbehave(Fault.RANGE_MISSING)
        server.on("HEAD", "/manifests/", Reply(429, {"Retry-After": "3"}), times=2)
        store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())

Behaves as distribution-spec v1.1.1 says. Must never be added: anything of the code under test.
"""

from __future__ import annotations

from typing import Self

from tests.support.registry_fake import (
    blobs,
    faulty_answers,
    faulty_auth,
    faulty_lists,
    faulty_manifests,
    faulty_starts,
    faulty_uploads,
    listing,
    manifests,
    uploads,
)
from tests.support.registry_fake.contents import digest_of
from tests.support.registry_fake.faults import AT_THE_GATE, INSTEAD, READS_BYTES, SPOIL, Fault, FaultSettings
from tests.support.registry_fake.messages import Reply, Request
from tests.support.registry_fake.paths import Place, Route, place_of, route
from tests.support.registry_fake.server import ScriptedServer
from tests.support.registry_fake.state import Registry
from tests.support.registry_fake.tokens import Gate

THEMES = (faulty_answers, faulty_auth, faulty_lists, faulty_manifests, faulty_starts, faulty_uploads)
"""Their import is what registers the faults."""
_FOR_EVER = 10**9


class ScriptedRegistry(ScriptedServer, Registry, Gate, FaultSettings):
    """Repositories in memory; `users` makes it ask who is there."""

    def __init__(self) -> None:
        ScriptedServer.__init__(self)
        Registry.__init__(self)
        Gate.__init__(self)
        FaultSettings.__init__(self)
        self.shown: list[Fault] = []
        """The faults that were shown, each time."""
        self._faults: dict[Fault, int] = {}

    def misbehave(self, *faults: Fault, times: int = _FOR_EVER) -> Self:
        """Show these faults from now on, each at so many requests."""
        self._faults.update(dict.fromkeys(faults, times))
        return self

    @property
    def faults(self) -> list[Fault]:
        """Those that are shown now."""
        return [fault for fault, times in self._faults.items() if times > 0]

    def behave(self) -> None:
        """Show no faults any more."""
        self._faults.clear()

    def put(self, name: str, content: bytes, media_type: str, *tags: str) -> str:
        """Place a manifest without HTTP; return its digest."""
        digest = digest_of(content)
        held = self.hold(name)
        held.manifests[digest] = (content, media_type)
        held.tags.update(dict.fromkeys(tags, digest))
        return digest

    def default(self, request: Request) -> Reply:
        passed = place_of(request.path) is Place.TOKEN or self.refusal(request, self.url) is None
        reply = self._instead(request, passed=passed) or self.faithful(request)
        for fault in self.faults:
            if fault in SPOIL and (spoilt := SPOIL[fault](self, request, reply)) is not None:
                self._has_shown(fault)
                reply = spoilt
        return reply

    def faithful(self, request: Request) -> Reply:
        """The right answer."""
        found = route(request.path)
        if found is None:
            return super().default(request)
        if found.place is Place.TOKEN:
            return self.give_token(request)
        return self.refusal(request, self.url) or self._serve(request, found)

    def reads_bytes(self, method: str, target: str) -> int | None:
        with self._lock:
            for fault in self.faults:
                if fault in READS_BYTES:
                    limit = READS_BYTES[fault](self, method, target)
                    if limit is not None:
                        return limit
        return super().reads_bytes(method, target)

    def _serve(self, request: Request, found: Route) -> Reply:
        match found.place:
            case Place.PING:
                return Reply(200, {"Docker-Distribution-API-Version": "registry/2.0"}, b"{}")
            case Place.CATALOG:
                return listing.catalog(self, request)
            case Place.TAGS:
                return listing.tags(self, request, **found.names)
            case Place.REFERRERS:
                return listing.referrers(self, request, **found.names)
            case Place.MANIFEST:
                return manifests.serve(self, request, **found.names)
            case Place.UPLOAD:
                return uploads.serve(self, request, **found.names)
            case Place.START:
                return uploads.start(self, request, **found.names)
            case _:
                return blobs.serve(self, request, **found.names)

    def _instead(self, request: Request, *, passed: bool) -> Reply | None:
        asked = [fault for fault in self.faults if fault in INSTEAD]
        for fault in asked if passed else AT_THE_GATE.intersection(asked):
            if (reply := INSTEAD[fault](self, request)) is not None:
                self._has_shown(fault)
                return reply
        return None

    def _has_shown(self, fault: Fault) -> None:
        self.shown.append(fault)
        self._faults[fault] -= 1
