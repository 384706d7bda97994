"""What `deps` found, as a graph and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.discovery.unmet import Why
from reconciler.errors import InvalidError, Problem
from reconciler.reports.dependency_graph import Graph, GraphEdge, GraphNode
from reconciler.reports.documents import FORMAT_VERSION, Document, problem_document
from reconciler.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.requirements import Requirement
    from reconciler.desired.versions.version import Version
    from reconciler.discovery.dependencies import Dependencies
    from reconciler.discovery.dependents import Dependents
    from reconciler.discovery.entries import Entry, Inventory
    from reconciler.discovery.unmet import Unmet
    from reconciler.errors import PalletError
    from reconciler.oci.reference import Repository


_FLAWS_MAX = 20
"""So many requirements that cannot be read are named, the rest are counted."""


def graph_of(found: Dependencies) -> Graph:
    """Return what an artifact needs as a graph that starts with it; each repository is a node."""
    nodes = {str(name): _node(str(name), entry) for name, entry in found.entries.items()}
    edges = []
    for name in found.entries:
        for need in found.requires.get(name, ()):
            nodes.setdefault(str(need.name), GraphNode(need.name, need.name, is_missing=True))
            edges.append(GraphEdge(name, need.name, _constraint(need), is_unmet=_is_unmet(found, need)))
    return Graph(str(found.root.repository), nodes, edges)


def _is_unmet(found: Dependencies, need: Requirement) -> bool:
    """Say whether a requirement is one of those that cannot all hold, and lost."""
    version = _entry_version(found, need.name)
    if version is None or need.constraint is None or need.constraint.allows(version):
        return False
    return any(item.repository == need.name and item.why is Why.CONFLICT for item in found.unmet)


def reversed_graph_of(found: Dependents) -> Graph:
    """Return who needs an artifact as a graph that starts with that artifact."""
    root = _key(found.repository, found.version)
    label = str(found.repository) if found.version is None else f"{found.repository} {found.version}"
    nodes = {root: GraphNode(root, label)}
    edges = []
    for item in found.found:
        key = _key(item.entry.repository, item.entry.version)
        nodes.setdefault(key, _node(key, item.entry))
        edges.append(GraphEdge(_key(item.requires, item.version), key, _constraint(item.need)))
    return Graph(root, nodes, edges, is_reversed=True)


def render_unmet(unmet: Iterable[Unmet]) -> str:
    """Return every problem with the ways to it, and what to do."""
    return "".join(f"pallet: {_safe(str(item))}\n  → {printable(item.fix)}\n" for item in unmet)


def _safe(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())


def dependencies_document(found: Dependencies, subject: str, *, exit_code: int) -> Document:
    """Return the document of `deps`."""
    missing = {need.name for needs in found.requires.values() for need in needs} - found.entries.keys()
    return {
        **_head(subject, found.root.repository, found.root.version, is_reversed=False),
        "nodes": [*(_entry(entry) for entry in found.entries.values()), *map(_nothing, sorted(missing))],
        "edges": [
            _edge(name, _entry_version(found, name), need, _entry_version(found, need.name))
            for name, needs in found.requires.items()
            for need in needs
        ],
        "source": "registry",
        "as_of": None,
        "notes": [],
        "exit_code": exit_code,
        "problems": [_problem(item) for item in found.unmet],
    }


def dependents_document(found: Dependents, subject: str, inventory: Inventory) -> Document:
    """Return the document of `deps --reverse`."""
    entries = {_key(item.entry.repository, item.entry.version): item.entry for item in found.found}
    return {
        **_head(subject, found.repository, found.version, is_reversed=True),
        "nodes": [_entry(entry) for entry in entries.values()],
        "edges": [
            _edge(item.entry.repository, item.entry.version, item.need, item.version) for item in found.found
        ],
        "source": inventory.source,
        "as_of": None if inventory.as_of is None else inventory.as_of.isoformat(timespec="seconds"),
        "notes": [*inventory.notes, *narrate_dependents(found, inventory)],
        "exit_code": 0,
        "problems": [],
    }


def failed_document(failure: PalletError, *, is_reversed: bool) -> Document:
    """Return the document of `deps` where nothing was found out.

    What was asked for is not repeated: it may be no reference, and hold a password.
    """
    problems = failure.problems if isinstance(failure, InvalidError) else [_failed(failure)]
    return {
        "format_version": FORMAT_VERSION,
        "command": "deps",
        "reference": None,
        "repository": None,
        "version": None,
        "reverse": is_reversed,
        "nodes": [],
        "edges": [],
        "source": None,
        "as_of": None,
        "notes": [],
        "exit_code": failure.exit_code,
        "problems": [problem_document(item) | {"repository": None, "ways": []} for item in problems],
    }


def _failed(failure: PalletError) -> Problem:
    return Problem("failed", str(failure), fix=failure.fix)


def narrate_dependents(found: Dependents, inventory: Inventory) -> list[str]:
    """Return who requires another version, and who may require it without having been found."""
    unread = [f"{flaw}: it may need it too" for flaw in found.flaws[:_FLAWS_MAX]]
    if len(found.flaws) > _FLAWS_MAX:
        unread.append(f"and {len(found.flaws) - _FLAWS_MAX} more that cannot be read")
    if inventory.source != "catalog":
        unread.append("only the newest version of each repository is looked at: older ones may need it too")
    return _narrate_others(found) + unread


def _narrate_others(found: Dependents) -> list[str]:
    return [
        f"{_key(item.entry.repository, item.entry.version)} requires another one: "
        f"{_constraint(item.need) or 'a stable version'}"
        for item in found.others
    ]


def _head(subject: str, repository: Repository, version: Version | None, *, is_reversed: bool) -> Document:
    return {
        "format_version": FORMAT_VERSION,
        "command": "deps",
        "reference": subject,
        "repository": repository,
        "version": None if version is None else version.text,
        "reverse": is_reversed,
    }


def _entry(entry: Entry) -> Document:
    return {
        "repository": entry.repository,
        "version": None if entry.version is None else entry.version.text,
        "tag": entry.tag,
        "digest": entry.digest,
        "size": entry.size_bytes,
        "media_type": entry.media_type,
        "artifact_type": entry.artifact_type,
    }


def _nothing(repository: Repository) -> Document:
    return {
        "repository": repository,
        "version": None,
        "tag": None,
        "digest": None,
        "size": None,
        "media_type": None,
        "artifact_type": None,
    }


def _entry_version(found: Dependencies, name: Repository) -> Version | None:
    entry = found.entries.get(name)
    return None if entry is None else entry.version


def _edge(name: Repository, version: Version | None, need: Requirement, taken: Version | None) -> Document:
    return {
        "from": {"repository": name, "version": None if version is None else version.text},
        "to": {"repository": need.name, "version": None if taken is None else taken.text},
        "constraint": None if need.constraint is None else need.constraint.text,
    }


def unmet_problem(item: Unmet) -> Problem:
    """Return what is wrong as other commands say it: the ways are in the message."""
    return Problem(item.why.value, str(item).replace("\n  ", "; "), fix=item.fix)


def _problem(item: Unmet) -> Document:
    return {
        "code": item.why.value,
        "message": item.message,
        "file": None,
        "line": None,
        "repository": item.repository,
        "ways": [list(way) for way in item.ways],
        "fix": item.fix,
    }


def _node(key: str, entry: Entry) -> GraphNode:
    version = entry.version or entry.tag
    return GraphNode(key, f"{entry.repository} {version}", entry.digest.short)


def _key(repository: Repository, version: Version | None) -> str:
    return str(repository) if version is None else f"{repository}:{version}"


def _constraint(need: Requirement) -> str:
    return "" if need.constraint is None else need.constraint.text
