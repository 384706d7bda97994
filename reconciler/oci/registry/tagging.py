"""Several tags for one manifest: one PUT where the registry sets them all, else one for each.

Spec: distribution-spec main (after v1.1.1), end-7b: PUT by digest with `tag=` for each tag; `OCI-Tag`
in the answer names those that were set. Tried only where the profile says so: a registry that does not
know it ignores the tags in silence, so that trying would cost everybody else a request.
Must never be added: which tags may move.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.errors import PalletError
from reconciler.oci.digest import Digest
from reconciler.oci.registry import scopes, wire
from reconciler.oci.registry.calls import Call
from reconciler.oci.registry.wire import Kind
from reconciler.oci.registry.write import put_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.oci.reference import Tag
    from reconciler.oci.registry.auth import Session

TAGS_MAX = 46
"""zot refuses more in one request (2.1.20: what fits into 6 KiB of a request line)."""
_STORED = frozenset({200, 201, 202})
_SEPARATORS = re.compile(r"[,\s]+")


def put_tags(
    session: Session, name: str, tags: Sequence[Tag], content: bytes, media_type: str
) -> dict[Tag, PalletError]:
    """Let every tag name a manifest; return what failed, and why."""
    wanted = list(dict.fromkeys(tags))
    done: set[str] = set()
    if session.profile.multi_tag and len(wanted) > 1:
        for together in _batches(wanted):
            done |= put_together(session, name, together, content, media_type)
    failures = {}
    for tag in wanted:
        if tag not in done:
            try:
                put_manifest(session, name, tag, content, media_type)
            except PalletError as exc:
                failures[tag] = exc
    return failures


def put_together(
    session: Session, name: str, tags: Sequence[Tag], content: bytes, media_type: str
) -> frozenset[str]:
    """Put a manifest with several tags at once; return those that the registry says it has set.

    One by one shows why the others were not.
    """
    digest = Digest.of(content)
    url = session.url(wire.manifest(name, digest)).with_query(wire.form([("tag", tag) for tag in tags]))
    call = Call("PUT", url, Kind.MANIFEST, (("Content-Type", media_type),), content)
    answer = session.send(call, scopes=scopes.push(name))
    answer.discard()
    stored = answer.header(b"docker-content-digest")
    if answer.status not in _STORED or stored not in (None, digest):
        return frozenset()
    lines = answer.header_lines(b"oci-tag")
    done = frozenset(tag for line in lines for tag in _SEPARATORS.split(line) if tag)
    for tag in tags:
        if tag in done:
            session.writes.note(name, tag)
    return done


def _batches(tags: Sequence[Tag]) -> Iterator[Sequence[Tag]]:
    for start in range(0, len(tags), TAGS_MAX):
        yield tags[start : start + TAGS_MAX]
