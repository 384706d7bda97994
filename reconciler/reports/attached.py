"""What `attach` did and what `referrers` found, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1. Texts of
publishers reach a terminal without control characters. Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.oci.manifest import Manifest, parse
from reconciler.oci.referrers import Source
from reconciler.reports.documents import FORMAT_VERSION, Document
from reconciler.reports.printable import NOTHING_SAID, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.discovery.referring import Referrer, Referring
    from reconciler.discovery.signers import Signed
    from reconciler.oci.manifest import Descriptor
    from reconciler.sync.attach import Attached

_COLUMNS = ("artifact type", "digest", "size", "annotations")
_ANNOTATIONS_MAX_CHARACTERS = 100
_WHERE = {Source.API: "listed by the store itself", Source.TAG: "listed under the fallback tag"}


def render_attached(attached: Attached) -> str:
    """Return one line `REFERENCE DIGEST`."""
    return f"{attached.reference} {attached.attachment.digest}\n"


def narrate_attach(attached: Attached) -> str:
    """Return what people read beside the result."""
    done = "attached" if attached.is_new else "nothing to do: attached already"
    kind = attached.attachment.artifact_type
    return f"{attached.subject_reference}: {done} ({kind}, {_WHERE[attached.source]})"


def attached_document(attached: Attached) -> Document:
    """Return the document of `attach`."""
    attachment = attached.attachment
    manifest = parse(attachment.manifest)
    assert isinstance(manifest, Manifest)
    return {
        "format_version": FORMAT_VERSION,
        "command": "attach",
        "reference": attached.reference,
        "digest": attachment.digest,
        "size": len(attachment.manifest),
        "media_type": manifest.media_type,
        "artifact_type": attachment.artifact_type,
        "subject": {
            "reference": attached.subject_reference,
            "digest": attached.subject.digest,
            "size": attached.subject.size_bytes,
            "media_type": attached.subject.media_type,
        },
        "change": "pushed" if attached.is_new else "unchanged",
        "source": attached.source.value,
        "blobs": [
            {"digest": blob.digest, "size": blob.size_bytes, "media_type": blob.media_type}
            for blob in manifest.blobs
        ],
        "exit_code": 0,
        "problems": [],
    }


def render_referring(referring: Referring) -> str:
    """Return a table, or a sentence where there is nothing; indirect referrers stand indented."""
    if not referring.referrers and not referring.signed:
        return f"{referring.reference}: nothing refers to it\n"
    rows = [_COLUMNS, *_rows(referring.referrers, 0), *_signed_rows(referring.signed)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def render_tree(referring: Referring) -> str:
    """Return the subject, and below it what refers to it."""
    tagged = [f"{item.kind} {item.descriptor.digest} {item.tag}" for item in referring.signed]
    lines = (referring.reference, *_branches(referring.referrers, "", tagged))
    return "".join(f"{line}\n" for line in lines)


def narrate_referring(referring: Referring) -> Iterator[str]:
    """Yield where the answer is from, and what was doubtful."""
    yield from referring.notes
    if referring.source is Source.TAG:
        yield f"listed under the fallback tag {referring.tag}: there is no referrers API"
    else:
        yield "listed by the store itself (referrers API)"


def referring_document(referring: Referring) -> Document:
    """Return the document of `referrers`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "referrers",
        "reference": referring.reference,
        "digest": referring.subject.digest,
        "size": referring.subject.size_bytes,
        "media_type": referring.subject.media_type,
        "source": referring.source.value,
        "fallback_tag": referring.tag,
        "referrers": [referrer_document(item) for item in referring.referrers],
        "signer_tags": [_signed_document(item) for item in referring.signed],
        "notes": list(referring.notes),
        "exit_code": 0,
        "problems": [],
    }


def referrer_document(item: Referrer) -> Document:
    """Return one of those that refer to a manifest, with those that refer to it."""
    descriptor = item.descriptor
    return {
        "reference": item.reference,
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
        "media_type": descriptor.media_type,
        "artifact_type": descriptor.artifact_type,
        "annotations": dict(descriptor.annotations),
        "referrers": [referrer_document(child) for child in item.referrers],
    }


def _signed_document(item: Signed) -> Document:
    descriptor = item.descriptor
    return {
        "tag": item.tag,
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
        "media_type": descriptor.media_type,
    }


def _signed_rows(items: Sequence[Signed]) -> Iterator[tuple[str, str, str, str]]:
    for item in items:
        yield item.kind, item.descriptor.digest, str(item.descriptor.size_bytes), f"tag={item.tag}"


def _rows(items: Sequence[Referrer], depth: int) -> Iterator[tuple[str, str, str, str]]:
    for item in items:
        yield (
            "  " * depth + _type(item.descriptor),
            item.descriptor.digest,
            str(item.descriptor.size_bytes),
            _say(item.descriptor.annotations),
        )
        yield from _rows(item.referrers, depth + 1)


def _branches(items: Sequence[Referrer], indent: str, others: Sequence[str] = ()) -> Iterator[str]:
    last = len(items) + len(others) - 1
    for number, item in enumerate(items):
        is_last = number == last
        yield f"{indent}{'└── ' if is_last else '├── '}{_type(item.descriptor)} {item.descriptor.digest}"
        yield from _branches(item.referrers, indent + ("    " if is_last else "│   "))
    for number, text in enumerate(others, len(items)):
        yield f"{indent}{'└── ' if number == last else '├── '}{text}"


def _type(descriptor: Descriptor) -> str:
    return printable(descriptor.artifact_type or NOTHING_SAID)


def _say(annotations: Mapping[str, str]) -> str:
    text = printable(", ".join(f"{key}={value}" for key, value in sorted(annotations.items())))
    if len(text) > _ANNOTATIONS_MAX_CHARACTERS:
        text = text[: _ANNOTATIONS_MAX_CHARACTERS - 1] + "…"
    return text or NOTHING_SAID
