"""Refusals of a manifest because its tag is final, and what is left to find out about them.

Every registry words it in its own way, and some answer so to content that is there already. Decided here:
which answers are worth a look at the tag; only what stands there decides. A tag that holds this very
manifest was pushed before, which is success; only one that holds another is called final.
Sources: ECR (moby/buildkit#3776), Harbor (server/middleware/immutable), Docker Hub (hub-feedback#2466),
Artifactory (kaniko#1095), Nexus (jib#2395), ACR (Azure/acr#84).
Must never be added: calling a tag final on the strength of a text alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.errors import ImmutableTagError, PalletError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Tag
from reconciler.oci.registry.read import failure_of, head_manifest

if TYPE_CHECKING:
    from reconciler.oci.registry.answers import Answer
    from reconciler.oci.registry.auth import Session
    from reconciler.oci.registry.error_body import Complaint

_ALWAYS = frozenset({409, 412})
_WHERE_SAID = frozenset({400, 401, 403, 405, 422})
_CODES = frozenset({"TAG_INVALID", "IMAGETAGALREADYEXISTSEXCEPTION", "TAG_IMMUTABLE"})
_WORDS = re.compile(
    r"immutab|overwrit|overrid|already exists|not allow (?:updating|redeploy)|read-?only|disallowed"
    r"|\blocked\b|protected|cannot be (?:updated|changed|replaced)|not permitted to (?:delete|redeploy)",
    re.IGNORECASE,
)
_ARTIFACTORY = re.compile(r"\b403\b|forbidden", re.IGNORECASE)
_FIX = "give it a new version; or let whoever runs the registry make the tag mutable"


def require_same_content(
    session: Session, name: str, reference: Tag | Digest, content: bytes, refused: Answer
) -> Digest:
    """Accept the refusal of a manifest where its tag holds it already; return the registry's name for it.

    Raises:
        ImmutableTagError: the tag is final and holds another manifest.
        PalletError: it was refused for another reason, or what the tag holds could not be seen.
    """
    complaint = refused.refusal().complaint
    error = failure_of(session, refused)
    if not isinstance(reference, Tag) or not sounds_final(refused.status, complaint):
        raise error
    try:
        seen = head_manifest(session, name, reference).digest
    except PalletError:
        raise error from None  # nothing was learnt: what the registry said first stands
    if seen != Digest.of(content, algorithm=seen.algorithm):
        text = f"{error}: the tag is final and holds other content: expected {Digest.of(content)}, got {seen}"
        raise ImmutableTagError(text, fix=_FIX)
    return seen


def sounds_final(status: int, complaint: Complaint) -> bool:
    """Say whether a refusal of a manifest may be for the sake of its tag."""
    if status in _ALWAYS:
        return True
    if status not in _WHERE_SAID:
        return False
    codes = {code.upper() for code in complaint.codes}
    if codes & _CODES or _WORDS.search(complaint.text):
        return True
    return "MANIFEST_INVALID" in codes and _ARTIFACTORY.search(complaint.text) is not None
