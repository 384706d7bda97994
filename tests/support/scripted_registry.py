"""A registry in memory, over real HTTP on 127.0.0.1: right by default, wrong by assignment or by a rule.

    with ScriptedRegistry() as server:
        server.page_size = 10
        server.on("HEAD", "/manifests/", Reply(429, {"Retry-After": "3"}), times=2)
        store = open_registry(Endpoint.parse(server.url), credentials=Anonymous())

Behaves as distribution-spec v1.1.1 says. Must never be added: anything of the code under test.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from dataclasses import dataclass, field

from tests.support.scripted_server import Reply, Request, ScriptedServer

__all__ = ["Reply", "Request", "ScriptedRegistry", "ScriptedServer"]

_NAME = r"(?P<name>[a-z0-9][a-z0-9._/-]*)"
_MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<digest>[a-z0-9]+:[a-f0-9]+)")
_START = re.compile(rf"/v2/{_NAME}/blobs/uploads/")
_UPLOAD = re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<session>[0-9]+)")
_TAGS = re.compile(rf"/v2/{_NAME}/tags/list")
_REFERRERS = re.compile(rf"/v2/{_NAME}/referrers/(?P<digest>[a-z0-9]+:[a-f0-9]+)")
_INDEX = "application/vnd.oci.image.index.v1+json"
_ACTIONS = {"GET": "pull", "HEAD": "pull", "POST": "push", "PUT": "push", "DELETE": "delete"}


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def problem(status: int, code: str, message: str = "no") -> Reply:
    """An error body as the specification has it."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)


@dataclass(slots=True)
class Held:
    """What one repository holds."""

    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """By digest: content and media type."""
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)


class ScriptedRegistry(ScriptedServer):
    """Repositories in memory; `users` makes it ask who is there."""

    def __init__(self) -> None:
        super().__init__()
        self.repositories: dict[str, Held] = {}
        self.page_size = 1000
        self.single_post = False
        """Whether a POST with a digest stores the blob (201), or is answered with a session (202)."""
        self.says_digest = True
        """Whether answers about manifests carry Docker-Content-Digest."""
        self.referrers_api = True
        """Whether it lists what refers to a manifest; without, 404 as from a server that knows no such path."""
        self.users: dict[str, str] = {}
        self.bearer = False
        """Ask for tokens instead of basic authentication."""
        self.open_to_all = False
        """With bearer: give tokens to pull to anonymous clients."""
        self.expires_in: int | None = 300
        self.identity_tokens: set[str] = set()
        self.tokens: dict[str, set[str]] = {}
        """Issued and not revoked: the scopes of each."""
        self._numbers = itertools.count(1)

    def hold(self, name: str) -> Held:
        return self.repositories.setdefault(name, Held())

    def put(self, name: str, content: bytes, media_type: str, *tags: str) -> str:
        """Place a manifest without HTTP; return its digest."""
        digest = digest_of(content)
        held = self.hold(name)
        held.manifests[digest] = (content, media_type)
        held.tags.update(dict.fromkeys(tags, digest))
        return digest

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def default(self, request: Request) -> Reply:
        if request.path == "/token":
            return self._token(request)
        refusal = self._gate(request)
        if refusal is not None:
            return refusal
        if request.path == "/v2/":
            return Reply(200, {"Docker-Distribution-API-Version": "registry/2.0"}, b"{}")
        if request.path == "/v2/_catalog":
            return self._page(request, "repositories", sorted(self.repositories))
        for pattern, serve in (
            (_TAGS, self._tags),
            (_REFERRERS, self._referrers),
            (_MANIFEST, self._manifest),
            (_UPLOAD, self._commit),
            (_START, self._start),
            (_BLOB, self._blob),
        ):
            if match := pattern.fullmatch(request.path):
                return serve(request, **match.groupdict())
        return super().default(request)

    def _tags(self, request: Request, name: str) -> Reply:
        held = self.repositories.get(name)
        if held is None:
            return problem(404, "NAME_UNKNOWN", "repository name not known to registry")
        return self._page(request, "tags", sorted(held.tags), name=name)

    def _referrers(self, request: Request, name: str, digest: str) -> Reply:
        if not self.referrers_api:
            return Reply(404, {"Content-Type": "text/plain"}, b"404 page not found\n")
        wanted = request.query.get("artifactType", [None])[0]
        found = [
            entry
            for held, (content, _) in self.hold(name).manifests.items()
            if (entry := _entry_for(digest, held, content)) is not None
            and wanted in {None, entry.get("artifactType")}
        ]
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": found}
        filters = {"OCI-Filters-Applied": "artifactType"} if wanted else {}
        return Reply(200, {"Content-Type": _INDEX, **filters}, json.dumps(index).encode())

    def _page(self, request: Request, key: str, entries: list[str], **more: str) -> Reply:
        size = min(self.page_size, int(request.query.get("n", ["1000"])[0]))
        last = request.query.get("last", [""])[0]
        rest = [entry for entry in entries if entry > last]
        headers = {"Content-Type": "application/json"}
        if len(rest) > size:
            headers["Link"] = f'<{request.path}?n={size}&last={rest[size - 1]}>; rel="next"'
        return Reply(200, headers, json.dumps({**more, key: rest[:size]}).encode())

    def _manifest(self, request: Request, name: str, reference: str) -> Reply:
        if request.method == "PUT":
            return self._put_manifest(request, name, reference)
        held = self.repositories.get(name, Held())
        digest = reference if ":" in reference else held.tags.get(reference, "")
        if digest not in held.manifests:
            return problem(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if request.method == "DELETE":
            return self._delete_manifest(held, reference, digest)
        content, media_type = held.manifests[digest]
        if media_type not in request.headers.get("accept", ""):
            return problem(404, "MANIFEST_UNKNOWN", "not in Accept")
        return Reply(200, {"Content-Type": media_type, **self._digest_header(digest)}, content)

    def _delete_manifest(self, held: Held, reference: str, digest: str) -> Reply:
        if ":" in reference:
            del held.manifests[digest]
            held.tags = {tag: other for tag, other in held.tags.items() if other != digest}
        else:
            del held.tags[reference]
        return Reply(202)

    def _put_manifest(self, request: Request, name: str, reference: str) -> Reply:
        algorithm = reference.partition(":")[0] if ":" in reference else "sha256"
        digest = digest_of(request.body, algorithm)
        if ":" in reference and digest != reference:
            return problem(400, "DIGEST_INVALID")
        held = self.hold(name)
        described = _blobs_of(request.body)
        if not described <= held.blobs.keys():
            return problem(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        held.manifests[digest] = (request.body, request.headers.get("content-type", ""))
        if ":" not in reference:
            held.tags[reference] = digest
        return Reply(201, {"Location": f"/v2/{name}/manifests/{digest}", **self._digest_header(digest)})

    def _digest_header(self, digest: str) -> dict[str, str]:
        return {"Docker-Content-Digest": digest} if self.says_digest else {}

    def _blob(self, request: Request, name: str, digest: str) -> Reply:
        content = self.repositories.get(name, Held()).blobs.get(digest)
        if content is None:
            return problem(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        return Reply(200, headers, content)

    def _start(self, request: Request, name: str) -> Reply:
        digest = request.query.get("digest", [""])[0]
        if digest and self.single_post:
            return self._store(name, digest, request.body)
        session = str(next(self._numbers))
        self.hold(name).sessions.add(session)
        return Reply(202, {"Location": f"/v2/{name}/blobs/uploads/{session}?_state=a%2Fb%3D;c"})

    def _commit(self, request: Request, name: str, session: str) -> Reply:
        held = self.hold(name)
        if session not in held.sessions:
            return problem(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if not request.target.partition("?")[2].startswith("_state=a%2Fb%3D;c&"):
            return problem(400, "BLOB_UPLOAD_INVALID", "the state in the query was changed")
        held.sessions.remove(session)
        return self._store(name, request.query.get("digest", [""])[0], request.body)

    def _store(self, name: str, digest: str, content: bytes) -> Reply:
        if digest != digest_of(content, digest.partition(":")[0] or "sha256"):
            return problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.hold(name).blobs[digest] = content
        return Reply(201, {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _gate(self, request: Request) -> Reply | None:
        """Return a refusal, None for whoever may pass."""
        if not self.users and not self.bearer:
            return None
        given = request.headers.get("authorization", "")
        if not self.bearer:
            return (
                None if _user(given) in self.users.items() else self._unauthorised('Basic realm="scripted"')
            )
        scope = _needed(request)
        if scope is None:
            return self._unauthorised(f'Bearer realm="{self.url}/token",service="scripted"')
        if _covers(self.tokens.get(given.removeprefix("Bearer "), set()), scope):
            return None
        resource, _, action = scope.rpartition(":")
        asked = f"{resource}:pull,push" if action == "push" else scope
        return self._unauthorised(f'Bearer realm="{self.url}/token",service="scripted",scope="{asked}"')

    def _unauthorised(self, challenge: str) -> Reply:
        reply = problem(401, "UNAUTHORIZED", "authentication required")
        return Reply(401, {"WWW-Authenticate": challenge, "Content-Type": "application/json"}, reply.body)

    def _token(self, request: Request) -> Reply:
        if request.method == "POST":
            form = Request("GET", f"?{request.body.decode()}", {}, b"").query
            if form.get("refresh_token", [""])[0] not in self.identity_tokens:
                return problem(401, "UNAUTHORIZED", "refresh token unknown")
            return self._issue(form.get("scope", [""])[0].split())
        given = request.headers.get("authorization", "")
        known = _user(given) in self.users.items()
        if (given and not known) or not (known or self.open_to_all):
            return problem(401, "UNAUTHORIZED", "incorrect username or password")
        wanted = request.query.get("scope", [])
        return self._issue(wanted if known else [re.sub(r":[^:]*$", ":pull", scope) for scope in wanted])

    def _issue(self, scopes: list[str]) -> Reply:
        token = f"token-{next(self._numbers)}"
        self.tokens[token] = set(scopes)
        document: dict[str, object] = {"token": token}
        if self.expires_in is not None:
            document["expires_in"] = self.expires_in
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(document).encode())


def _user(authorization: str) -> tuple[str, str]:
    if not authorization.startswith("Basic "):
        return ("", "")
    name, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return (name, password)


def _needed(request: Request) -> str | None:
    if request.path == "/v2/_catalog":
        return "registry:catalog:*"
    match = re.match(rf"/v2/{_NAME}/(?:manifests|blobs|tags|referrers)/", request.path)
    return f"repository:{match['name']}:{_ACTIONS[request.method]}" if match else None


def _covers(granted: set[str], needed: str) -> bool:
    resource, _, action = needed.rpartition(":")
    return any(
        scope.rpartition(":")[0] == resource and action in scope.rpartition(":")[2].split(",")
        for scope in granted
    )


def _entry_for(subject: str, digest: str, content: bytes) -> dict[str, object] | None:
    """A manifest as the list of its subject has it; None for a manifest of another one."""
    document = json.loads(content) if content.startswith(b"{") else {}
    if (document.get("subject") or {}).get("digest") != subject:
        return None
    config = document.get("config", {}).get("mediaType")
    return {
        "mediaType": document.get("mediaType"),
        "digest": digest,
        "size": len(content),
        "artifactType": document.get("artifactType", config),
        "annotations": document.get("annotations", {}),
    }


def _blobs_of(content: bytes) -> set[str]:
    try:
        document = json.loads(content)
    except ValueError:
        return set()
    described = [document.get("config"), *(document.get("layers") or [])]
    return {entry["digest"] for entry in described if entry}
