"""Digests: their grammar, and how bytes get one.

Spec: image-spec v1.1.1, descriptor.md, "Digests". Must never be added: reading files.
"""

from __future__ import annotations

import hashlib
import re
from typing import Self

_GRAMMAR = re.compile(r"(?P<algorithm>[a-z0-9]+(?:[+._-][a-z0-9]+)*):(?P<encoded>[a-zA-Z0-9=_-]+)", re.ASCII)
_USUAL = re.compile(r"sha256:[a-f0-9]{64}", re.ASCII)
"""What nearly every digest is, and needs no further look."""
_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[a-f0-9]+", re.ASCII)


class Digest(str):
    """`algorithm:encoded`, checked against the grammar; equal to its text.

    Raises:
        ValueError: the text is no digest, or one of an algorithm that pallet cannot verify.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if _USUAL.fullmatch(text) is not None:
            return super().__new__(cls, text)
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            raise ValueError(f"not a digest: expected algorithm:hex, got {text[:80]!r}")
        algorithm, encoded = match["algorithm"], match["encoded"]
        length = _HEX_LENGTH.get(algorithm)
        if length is None:
            raise ValueError(f"digest algorithm: expected sha256 or sha512, got {algorithm!r}")
        if len(encoded) != length or _HEX.fullmatch(encoded) is None:
            raise ValueError(
                f"not a {algorithm} digest: expected {length} lower-case hex digits, got {text[:150]!r}"
            )
        return super().__new__(cls, text)

    @classmethod
    def of(cls, content: bytes, *, algorithm: str = "sha256") -> Self:
        """Return the digest of `content`."""
        if algorithm == "sha256":
            # Nearly always, and of ten thousand files: what was just computed needs no check.
            return str.__new__(cls, f"sha256:{hashlib.sha256(content).hexdigest()}")
        return cls(f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}")

    @property
    def algorithm(self) -> str:
        return self.partition(":")[0]

    @property
    def encoded(self) -> str:
        return self.partition(":")[2]

    @property
    def short(self) -> str:
        """The first twelve hex digits, for people."""
        return self.encoded[:12]
