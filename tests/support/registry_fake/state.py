"""What every part of the registry looks at: its contents, and how it is set up.

Must never be added: an endpoint.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tests.support.registry_fake.contents import Held
from tests.support.registry_fake.messages import Reply


@dataclass(eq=False)
class Registry:
    """Set up as distribution-spec v1.1.1 wants it; tests turn the fields."""

    repositories: dict[str, Held] = field(default_factory=dict)
    page_size: int = 1000
    single_post: bool = False
    """Whether a POST with a digest stores the blob (201), or is answered with a session (202)."""
    says_digest: bool = True
    """Whether answers about manifests carry Docker-Content-Digest."""
    referrers_api: bool = True
    multi_tag: bool = False
    """Whether a PUT sets the tags in its query, which is later than v1.1.1."""
    deletes: bool = True
    mounts: bool = True
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def hold(self, name: str) -> Held:
        return self.repositories.setdefault(name, Held())

    def held(self, name: str) -> Held:
        """The repository, an empty one where it does not exist."""
        return self.repositories.get(name, Held())

    def digest_header(self, digest: str) -> dict[str, str]:
        return {"Docker-Content-Digest": digest} if self.says_digest else {}

    def stored(self, name: str, kind: str, digest: str) -> Reply:
        """201, with where it is now."""
        headers = {"Location": f"/v2/{name}/{kind}/{digest}", **self.digest_header(digest)}
        return Reply(201, headers)
