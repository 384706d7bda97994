"""Whether a registry has the referrers API, as far as one run knows: per repository, by what was seen.

Must never be added: asking; see `referrers`.
"""

from __future__ import annotations

import threading


class ReferrersSupport:
    """What one run knows of each repository: has the API, has it not, or nobody asked yet.

    Args:
        expected: what the registry's profile says; None where only asking tells.
    """

    def __init__(self, *, expected: bool | None) -> None:
        self._expected = expected
        self._known: dict[str, bool] = {}
        self._hinted: set[str] = set()
        self._lock = threading.Lock()

    def of(self, name: str) -> bool | None:
        """Return what is known; False means that asking is a waste."""
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                return known
            return None if name in self._hinted else self._expected

    def has_answered(self, name: str) -> bool:
        """Say whether the API was seen at work."""
        with self._lock:
            return self._known.get(name, False)

    def learn(self, name: str, *, has_api: bool) -> None:
        """Note what an answer says; an API that was seen stays."""
        with self._lock:
            self._known[name] = has_api or self._known.get(name, False)

    def hint(self, name: str) -> None:
        """Note that the registry said `OCI-Subject`; ECR did so in 2024 without having the API."""
        with self._lock:
            self._hinted.add(name)
