"""Which answers mean 'not so fast', and what a quota says. Pure.

Registries say it in many ways: 429, 503, GHCR also with 403, others with a code or a sentence in a body
of another status. Sources: distribution-spec v1.1.1, "Error Codes"; Docker Hub's documentation of
`ratelimit-limit`; issue threads of containers/image (#1078) and artifacthub (#4785).
Must never be added: waiting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reconciler.oci.registry.error_body import Complaint

THROTTLING_STATUSES: Final = frozenset({429, 503})
SUSPECT_STATUSES: Final = frozenset({400, 403})
"""Answers whose body may say that they are no refusal, but a wish for patience."""
_CODES: Final = frozenset({"TOOMANYREQUESTS", "UNAVAILABLE"})
_HINTS: Final = re.compile(
    r"\btoo ?many ?requests\b|\brate[ -]?limit|\brate exceeded\b|\bthrottl|\babuse detection\b", re.IGNORECASE
)
_QUOTA: Final = re.compile(r"(?P<count>[0-9]{1,9})(?:\s*;\s*w=(?P<window_s>[0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be asked for within a window, and how much of that is left."""

    limit: int
    remaining: int
    window_s: int

    @property
    def is_used_up(self) -> bool:
        return self.remaining == 0

    def __str__(self) -> str:
        return f"{self.remaining} of {self.limit} requests are left of those for {_duration(self.window_s)}"


def is_throttled(status: int, complaint: Complaint) -> bool:
    """Say whether a refusal asks for patience, by its status and by what its body says."""
    if status in THROTTLING_STATUSES:
        return True
    return status in SUSPECT_STATUSES and (
        not complaint.codes.isdisjoint(_CODES) or _HINTS.search(complaint.text) is not None
    )


def read_quota(limit: str | None, remaining: str | None) -> Quota | None:
    """Read `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 0;w=21600`; None without a window."""
    most, left = (_QUOTA.match(text or "") for text in (limit, remaining))
    if most is None or left is None or most["window_s"] is None:
        return None
    return Quota(int(most["count"]), int(left["count"]), int(most["window_s"]))


def _duration(seconds: int) -> str:
    for unit, length_s in (("h", 3600), ("min", 60)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds // length_s} {unit}"
    return f"{seconds} s"
