"""References: the grammar of repositories and tags, and `host/repository:tag@digest` as text.

Spec: distribution-spec v1.1.1, "Pulling manifests". Docker's defaults (docker.io, library/) are
deliberately absent: a reconciler wants names that say where they lead.
Must never be added: semantic versions, which are no part of the specification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from reconciler.oci.digest import Digest

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)
_HOST = re.compile(
    r"(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?", re.ASCII
)
NAME_MAX_CHARACTERS = 255
"""Host, slash and repository together; longer names fail on some registries (distribution-spec v1.1.1)."""


class Repository(str):
    """A repository name within a store, checked against the grammar.

    Raises:
        ValueError: the text is outside the grammar; the message says what to change.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if _REPOSITORY.fullmatch(text) is None:
            hint = "; upper case is not allowed" if text != text.lower() else ""
            raise ValueError(
                "not a repository name: expected lower-case letters and digits, parted by one of . _ - /"
                f"{hint}, got {text[:300]!r}"
            )
        if len(text) > NAME_MAX_CHARACTERS:
            raise ValueError(
                f"repository too long: expected at most {NAME_MAX_CHARACTERS} characters, got {len(text)}"
            )
        return super().__new__(cls, text)


class Tag(str):
    """A tag, checked against the grammar.

    Raises:
        ValueError: the text is outside the grammar.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if _TAG.fullmatch(text) is None:
            raise ValueError(
                "not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -, "
                f"got {text[:200]!r}"
            )
        return super().__new__(cls, text)


@dataclass(frozen=True, slots=True)
class Reference:
    """Where something is: a repository, perhaps on a host, perhaps with a tag, a digest, or both."""

    repository: Repository
    host: str | None = None
    """`host` or `host:port`; None for a repository of a target."""
    tag: Tag | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `[host[:port]/]repository[:tag][@digest]`.

        The first component is a host where it holds a dot or a colon, or is `localhost`,
        and a slash follows.

        Raises:
            ValueError: the text is no reference; the message names the part that is wrong.
        """
        rest, at, digest = text.partition("@")
        head, slash, tail = rest.partition("/")
        host = head if slash and _is_host(head) else None
        if host is not None:
            rest = tail
        name, colon, tag = rest.partition(":")
        return cls(
            repository=Repository(name),
            host=host,
            tag=Tag(tag) if colon else None,
            digest=Digest(digest) if at else None,
        )

    def with_tag(self, tag: Tag) -> Self:
        return replace(self, tag=tag, digest=None)

    def __str__(self) -> str:
        host = f"{self.host}/" if self.host else ""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{host}{self.repository}{tag}{digest}"


def _is_host(text: str) -> bool:
    if not ("." in text or ":" in text or text == "localhost"):
        return False
    if _HOST.fullmatch(text) is None:
        raise ValueError(f"not a host: expected name or name:port, got {text[:300]!r}")
    return True
