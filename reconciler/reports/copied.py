"""What `copy` did, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.reports.documents import FORMAT_VERSION, Document, problem_document
from reconciler.reports.sizes import format_size
from reconciler.sync.actions import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.oci.copying_terms import CopyResult
    from reconciler.sync.mirror import Mirrored, TagCopy


def render_copied(copied: Sequence[CopyResult]) -> str:
    """Return a line `REFERENCE DIGEST` for each."""
    return "".join(f"{item.reference} {item.descriptor.digest}\n" for item in copied)


def narrate_copy(copied: CopyResult) -> Iterator[str]:
    """Yield what people read beside the result."""
    yield f"{copied.reference}: {_say(copied)}"
    if copied.chosen_from is not None:
        yield f"  chosen from the index {copied.chosen_from}, whose digest it has not"
    for layer in copied.foreign:
        yield f"  not copied: {layer.digest} ({layer.media_type}): it is kept elsewhere, see its urls"
    for tag in copied.kept:
        yield f"  left as it is: {tag}: the destination holds another one; copy it by itself to overwrite it"


def narrate_mirror(mirrored: Mirrored, *, is_recursive: bool) -> Iterator[str]:
    """Yield a line for each tag that something was done about, and a count of the others."""
    unchanged = 0
    for item in mirrored.copies:
        if item.copied is not None and item.copied.is_unchanged:
            unchanged += 1
        elif item.copied is not None:
            yield from narrate_copy(item.copied)
        else:
            yield f"{item.tag}: {item.result.outcome.value}: {item.result.error}"
            if item.result.fix:
                yield f"  → {item.result.fix}"
    if unchanged:
        yield f"{unchanged} of {len(mirrored.copies)} were there already"
    if mirrored.left_out and not is_recursive:  # otherwise they were written anew with what they list
        lists = _count(len(mirrored.left_out), "list")
        yield f"{lists} of referrers left out: --recursive copies what is listed there"


def copied_document(copied: CopyResult) -> Document:
    """Return the document of `copy`."""
    return {**_head(), "copies": [_copy(copied)], "left_out": [], "exit_code": 0, "problems": []}


def mirrored_document(mirrored: Mirrored) -> Document:
    """Return the document of `copy --all-tags`."""
    return {
        **_head(),
        "copies": [_copy(item.copied) for item in mirrored.copies if item.copied is not None],
        "left_out": list(mirrored.left_out),
        "exit_code": mirrored.exit_code,
        "problems": [problem_document(problem) for problem in _problems(mirrored.copies)],
    }


def _head() -> Document:
    return {"format_version": FORMAT_VERSION, "command": "copy"}


def _say(copied: CopyResult) -> str:
    if copied.is_unchanged:
        return "nothing to do: it is there already"
    verb = "copied" if copied.before in (None, copied.descriptor.digest) else "copied over other content"
    parts = [_count(copied.manifests, "manifest"), _count(copied.blobs, "blob")]
    words = f"{verb}: {' and '.join(parts)} ({format_size(copied.size_bytes)})"
    more = [
        f"{number} {what}"
        for number, what in ((copied.mounted, "mounted"), (copied.present, "there already"))
        if number
    ]
    return ", ".join([words, *more])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _copy(copied: CopyResult) -> Document:
    return {
        "source": copied.source,
        "reference": copied.reference,
        "digest": copied.descriptor.digest,
        "size": copied.descriptor.size_bytes,
        "media_type": copied.descriptor.media_type,
        "before": copied.before,
        "chosen_from": copied.chosen_from,
        "unchanged": copied.is_unchanged,
        "manifests": copied.manifests,
        "referrers": copied.referrers,
        "blobs": {
            "sent": copied.blobs,
            "mounted": copied.mounted,
            "present": copied.present,
            "size": copied.size_bytes,
        },
        "foreign": [layer.digest for layer in copied.foreign],
        "kept": list(copied.kept),
    }


def _problems(copies: Sequence[TagCopy]) -> Iterator[Problem]:
    for item in copies:
        if item.result.outcome is not Outcome.DONE:
            message = item.result.error or item.result.outcome.value
            yield Problem(f"copy-{item.result.outcome.value}", f"{item.tag}: {message}", fix=item.result.fix)
