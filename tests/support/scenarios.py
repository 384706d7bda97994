"""What users have: a folder of workflows and agent cards, a registry, and a command line.

    def test_x(desk: Desk) -> None:
        assert desk.pallet("sync").code == 0

The examples are data for tests alone. Must never be added: an assertion.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.support.processes import Ran
from tests.support.scripted_registry import Reply, Request
from tests.support.scripted_server import ScriptedServer

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"

TRIAGE = """\
metadata:
  id: triage-v1
  name: Ticket triage
  version: {version}
  description: "Sort → route → answer"
  tags: [support, sequential]
steps:
  - id: sort
    skill: classify_ticket
    inputs: {{ text: "{{{{ workflow.input.text }}}}" }}
    timeout: 30
  - id: route
    skill: {skill}
    timeout: 20
"""
FANOUT = """\
metadata:
  id: fanout-v1
  name: Fan out
  version: 2.1.0
steps:
  - id: ask_everybody
    step_type: parallel
    branches:
      steps:
        - { id: fast, skill: answer_fast, timeout: 5 }
        - { id: deep, skill: answer_deep, timeout: 90 }
  - id: merge
    skill: merge_answers
"""
NIGHTLY = """\
metadata:
  name: Nightly digest
  version: "1.0.0-rc.1"
  cost: low
steps:
  - id: collect
    skill: collect_news
"""
UNCLOSED = """\
metadata:
  name: Unclosed
  version: 1.0.0
steps:
  - id: first
    skill: do_it
    inputs: [never closed
"""
NAMELESS = """\
metadata:
  version: 1.0.0
steps:
  - id: first
    skill: do_it
"""
CARD = {"url": "http://localhost:9001", "version": "1.0.0"}
CONFIG = """\
[project]
name = "desk"

[target.main]
url = "{url}"

[defaults]
target = "main"
floating-tags = [{floating}]
"""
RULES = {
    "workflows/": '\n[[artifact]]\nfiles = "workflows/*.yaml"\nrepository = "workflows/{stem}"\nkind = "workflow"\n',
    "agents/": '\n[[artifact]]\nfiles = "agents/*.json"\nrepository = "agents/{stem}"\nkind = "agent-card"\n',
}
"""What pallet.toml says of each folder, where there is one."""
NAMES = (
    "agents/archivist",
    "agents/clerk",
    "agents/editor",
    "workflows/fanout",
    "workflows/nightly",
    "workflows/triage",
)
STABLE = tuple(name for name in NAMES if name != "workflows/nightly")
"""Those that floating tags may name: nightly is a release candidate."""


def triage(version: str = "1.0.0", *, skill: str = "choose_team") -> str:
    """Return a valid workflow."""
    return TRIAGE.format(version=version, skill=skill)


def card(name: str, skill: str) -> str:
    """Return a valid agent card."""
    skills = [{"id": skill, "description": f"Does {skill}"}]
    return json.dumps({"name": name, **CARD, "skills": skills}, indent=2) + "\n"


def examples() -> dict[str, str]:
    """Return three workflows and three agent cards, by path."""
    return {
        "workflows/triage.yaml": triage(),
        "workflows/fanout.yaml": FANOUT,
        "workflows/nightly.yaml": NIGHTLY,
        "agents/archivist.json": card("archivist", "collect_news"),
        "agents/clerk.json": card("clerk", "classify_ticket"),
        "agents/editor.json": card("editor", "merge_answers"),
    }


@dataclass(frozen=True, slots=True)
class Desk:
    """A project folder, and the command line in it."""

    root: Path
    url: str
    capsys: pytest.CaptureFixture[str]

    @property
    def lock(self) -> Path:
        return self.root / "pallet.lock"

    def write(self, path: str, content: str | bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place

    def pallet(self, command: str, *arguments: str | Path) -> Ran:
        """Run a command on this folder, in this process."""
        self.capsys.readouterr()
        code = run([command, "-C", str(self.root), *map(str, arguments)])
        streams = self.capsys.readouterr()
        return Ran(code, streams.out, streams.err)


def write_project(
    root: Path,
    url: str,
    *,
    files: Mapping[str, str] | None = None,
    paths: Collection[str] | None = None,
    floating: Sequence[str] = ("latest",),
) -> None:
    """Write a pallet.toml that sends files to `url`, and the files: the examples, those of `paths`, or `files`."""
    chosen = {path: text for path, text in examples().items() if paths is None or path in paths}
    chosen = dict(files) if files is not None else chosen
    rules = [rule for folder, rule in RULES.items() if any(path.startswith(folder) for path in chosen)]
    head = CONFIG.format(url=url, floating=", ".join(json.dumps(tag) for tag in floating))
    for path, content in {"pallet.toml": "".join((head, *rules)), **chosen}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")


def set_up(
    root: Path,
    url: str,
    capsys: pytest.CaptureFixture[str],
    *,
    files: Mapping[str, str] | None = None,
    floating: Sequence[str] = ("latest",),
) -> Desk:
    """Return a folder of the examples, or of `files`, that goes to `url`."""
    write_project(root, url, files=files, floating=floating)
    return Desk(root, url, capsys)


class CountingProxy(ScriptedServer):
    """Passes every request on to a registry, and remembers it; rules come first, as in its base."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._upstream = host

    @property
    def counts(self) -> Counter[str]:
        """How many requests of each method arrived since the last `forget`."""
        return Counter(request.method for request in self.requests)

    def forget(self) -> None:
        self.requests.clear()

    def default(self, request: Request) -> Reply:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            # Host included: the registry's Location headers then lead back here.
            connection.request(request.method, request.target, request.body or None, dict(request.headers))
            answer = connection.getresponse()
            headers = [
                (name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP
            ]
            return Reply(answer.status, headers, answer.read())
        finally:
            connection.close()


_HOP_BY_HOP = ("connection", "transfer-encoding", "date", "server")


def overwrite(host: str, repository: str, tag: str, content: bytes = b"somebody else was here") -> str:
    """Let a tag name something else, as another tool would; return its digest."""
    digest = _digest(content)
    location = _send(host, "POST", f"/v2/{repository}/blobs/uploads/")[1]["Location"]
    path = location.removeprefix(f"http://{host}")
    joint = "&" if "?" in path else "?"
    _send(host, "PUT", f"{path}{joint}digest={digest}", content, {"Content-Type": "application/octet-stream"})
    blob = {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": blob, "layers": [blob]}
    ).encode()
    _send(host, "PUT", f"/v2/{repository}/manifests/{tag}", manifest, {"Content-Type": OCI_MANIFEST})
    return _digest(manifest)


def digest_at(host: str, repository: str, tag: str) -> str | None:
    """Return what a registry says of a tag, asked without pallet; None where it has none."""
    status, headers = _send(
        host, "HEAD", f"/v2/{repository}/manifests/{tag}", None, {"Accept": OCI_MANIFEST}, expect=(200, 404)
    )
    return headers["Docker-Content-Digest"] if status == 200 else None


def delete_manifest(host: str, repository: str, digest: str) -> None:
    """Delete a manifest and every tag that names it."""
    _send(host, "DELETE", f"/v2/{repository}/manifests/{digest}")


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.lock" and os.access(path, os.R_OK)
    }


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _send(
    host: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    *,
    expect: tuple[int, ...] = (200, 201, 202),
) -> tuple[int, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in expect, (method, path, answer.status, text)
        return answer.status, answer.headers
    finally:
        connection.close()
