"""What `inspect` found, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Must never be
added: a request, or a text of a publisher that reaches a terminal with control characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.discovery.identify import sort_of_type
from reconciler.discovery.statements import annotations_of
from reconciler.oci.manifest import Manifest
from reconciler.reports.attached import referrer_document
from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import NOTHING_SAID, one_line, printable
from reconciler.reports.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.discovery.inspecting import Child, Inspection
    from reconciler.discovery.referring import Referrer
    from reconciler.oci.manifest import Descriptor

_TITLE = "org.opencontainers.image.title"
_ATTESTATION = "vnd.docker.reference.type"
_VALUE_MAX_CHARACTERS = 200


def render_inspection(found: Inspection) -> str:
    """Return what people read: what it is, then a section for everything that it has."""
    return "".join(f"{line}\n" for line in _lines(found))


def inspection_document(found: Inspection) -> Document:
    """Return the document of `inspect`."""
    manifest = found.manifest
    is_single = isinstance(manifest, Manifest)
    subject = manifest.subject
    return {
        "format_version": FORMAT_VERSION,
        "command": "inspect",
        "reference": found.reference,
        "kind": found.identity.sort.value,
        "type": found.identity.type,
        "digest": found.content.descriptor.digest,
        "size": len(found.content.content),
        "media_type": manifest.media_type,
        "artifact_type": manifest.artifact_type,
        "platforms": [str(platform) for platform in found.platforms],
        "config": _descriptor(manifest.config) if isinstance(manifest, Manifest) else None,
        "layers": [_descriptor(layer) for layer in manifest.layers] if isinstance(manifest, Manifest) else [],
        "content_size": sum(blob.size_bytes for blob in manifest.blobs)
        if isinstance(manifest, Manifest)
        else None,
        "manifests": [] if is_single else [_child(child) for child in found.children],
        "subject": None if subject is None else _descriptor(subject),
        "annotations": dict(sorted(annotations_of(manifest).items())),
        "referrers": None
        if found.referring is None
        else [referrer_document(item) for item in found.referring.referrers],
        "referrers_source": None if found.referring is None else found.referring.source.value,
        "signer_tags": [{"tag": item.tag, **_descriptor(item.descriptor)} for item in found.signed],
        "notes": list(found.notes),
        "exit_code": 0,
        "problems": [],
    }


def _lines(found: Inspection) -> Iterator[str]:
    manifest, descriptor = found.manifest, found.content.descriptor
    yield found.reference
    rows = [
        ("what", printable(str(found.identity))),
        ("digest", descriptor.digest),
        ("size", _sizes(found)),
        ("media type", manifest.media_type),
    ]
    if manifest.artifact_type:
        rows.append(("artifact type", printable(manifest.artifact_type)))
    if isinstance(manifest, Manifest):
        rows.append(("config", f"{printable(manifest.config.media_type)}  {manifest.config.digest}"))
    if found.platforms:
        rows.append(("platforms", printable(", ".join(map(str, found.platforms)))))
    if manifest.subject is not None:
        rows.append(("refers to", manifest.subject.digest))
    yield from (f"  {name:<13}  {text}" for name, text in rows)
    if isinstance(manifest, Manifest) and manifest.layers:
        yield "layers"
        yield from _table(_layer(layer) for layer in manifest.layers)
    if found.children:
        yield "manifests"
        yield from _children(found.children, "  ")
    annotations = annotations_of(manifest)
    if annotations:
        yield "annotations"
        yield from (
            f"  {printable(key)} = {one_line(text, max_characters=_VALUE_MAX_CHARACTERS)}"
            for key, text in sorted(annotations.items())
        )
    yield from _referring(found)


def _sizes(found: Inspection) -> str:
    own = format_size(len(found.content.content))
    if not isinstance(found.manifest, Manifest):
        return own
    content = format_size(sum(blob.size_bytes for blob in found.manifest.blobs))
    return f"{own}, and {content} of content"


def _layer(layer: Descriptor) -> tuple[str, ...]:
    title = one_line(layer.annotations.get(_TITLE))
    return title, format_size(layer.size_bytes), layer.digest, printable(layer.media_type)


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _children(children: Sequence[Child], indent: str) -> Iterator[str]:
    for child in children:
        descriptor = child.descriptor
        platform = printable(str(descriptor.platform)) if descriptor.platform else NOTHING_SAID
        role = (
            one_line(descriptor.annotations[_ATTESTATION]) if _ATTESTATION in descriptor.annotations else ""
        )
        words = [
            platform,
            descriptor.digest,
            printable(descriptor.artifact_type or descriptor.media_type),
            role,
        ]
        yield indent + "  ".join(word for word in words if word)
        yield from _children(child.children, indent + "  ")


def _referring(found: Inspection) -> Iterator[str]:
    if found.referring is None and not found.signed:
        return
    referrers = found.referring.referrers if found.referring is not None else ()
    if not referrers and not found.signed:
        return
    yield "referrers"
    tagged = [f"{item.kind}  {item.descriptor.digest}  {item.tag}" for item in found.signed]
    yield from _branches(referrers, tagged, "  ")


def _branches(referrers: Sequence[Referrer], others: Sequence[str], indent: str) -> Iterator[str]:
    last = len(referrers) + len(others) - 1
    for number, item in enumerate(referrers):
        is_last = number == last
        yield f"{indent}{'└── ' if is_last else '├── '}{_kind(item.descriptor)}  {item.descriptor.digest}"
        yield from _branches(item.referrers, (), indent + ("    " if is_last else "│   "))
    for number, text in enumerate(others, len(referrers)):
        yield f"{indent}{'└── ' if number == last else '├── '}{text}"


def _kind(descriptor: Descriptor) -> str:
    """Return what a referrer is, and the type that says so."""
    said = descriptor.artifact_type or descriptor.media_type
    sort = sort_of_type(said)
    return printable(said if sort is None else f"{sort.words} ({said})")


def _child(child: Child) -> Document:
    return {**_descriptor(child.descriptor), "manifests": [_child(item) for item in child.children]}


def _descriptor(descriptor: Descriptor) -> Document:
    return {
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
        "media_type": descriptor.media_type,
        "artifact_type": descriptor.artifact_type,
        "platform": None if descriptor.platform is None else str(descriptor.platform),
        "title": descriptor.annotations.get(_TITLE),
        "annotations": dict(sorted(descriptor.annotations.items())),
    }
