"""Valid inputs made strange: by bytes, by lines, and by the values of a JSON document.

Must never be added: knowledge of one format; words of it come as an argument.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Mutate = Callable[[Random, bytes, Sequence[bytes]], bytes]

_COMMON = (
    b"\0", b"\r\n", b"\n", b"\t", b" ", b'"', b"\\", b"'", b"<", b">", b"(", b")", b"[", b"]", b"{", b"}",
    b",", b";", b"=", b":", b"/", b"//", b"..", b"@", b"?", b"#", b"&", b"%", b"%2F", b"%00", b"%ff",
    b"-1", b"0", b"00", b"1e999", b"NaN", b"Infinity", b"9" * 19, b"9" * 400, b"null", b"true", b"[]", b"{}",
    b"\\u0000", b"\\ud800", b"\xff", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xe2\x80\xae", b"\xd9\xa1", b"\xef\xbb\xbf",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, 1e308, 10**18, 10**30, -(10**30), "", " ", "\0", "a\nb", "\ud800", "é",
    "😀", "../../etc/passwd", "x" * 5000, [], {}, [[]], [{}], {"": None}, {"mediaType": []}, ["a"] * 50,
)  # fmt: skip
_DEEP = 200
"""How deep a value is nested at most: far above what is sensible, far below where nothing can be read."""


def by_bytes(rng: Random, seed: bytes, words: Sequence[bytes]) -> bytes:
    """Change one to four places."""
    content = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(content))
        end = min(len(content), start + rng.choice((0, 1, 1, 2, 4, 16)))
        content[start:end] = _piece(rng, content, words)
    if rng.random() < 0.05:
        del content[rng.randint(0, len(content)) :]
    return bytes(content)


def by_lines(rng: Random, seed: bytes, words: Sequence[bytes]) -> bytes:
    """Drop, repeat, exchange and change lines."""
    lines = seed.splitlines(keepends=True)
    for _ in range(rng.randint(1, 3)):
        here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(4):
            case 0:
                lines[here] = b""
            case 1:
                lines.insert(there, lines[here])
            case 2:
                lines[here], lines[there] = lines[there], lines[here]
            case _:
                lines[here] = by_bytes(rng, lines[here], words)
    return b"".join(lines)


def by_values(rng: Random, seed: bytes, words: Sequence[bytes]) -> bytes:
    """Exchange, drop and move values of a JSON document."""
    document = copy.deepcopy(json.loads(seed))
    for _ in range(rng.randint(1, 3)):
        document = _changed(rng, document, words)
    return json.dumps(document).encode()


def mixed(*ways: Mutate) -> Mutate:
    """One of several ways, by chance."""
    return lambda rng, seed, words: rng.choice(ways)(rng, seed, words)


def _piece(rng: Random, content: bytearray, words: Sequence[bytes]) -> bytes:
    match rng.randrange(6):
        case 0:
            return rng.randbytes(rng.choice((1, 1, 2, 8)))
        case 1:
            return rng.choice(_COMMON)
        case 2:
            return rng.choice(words) if words else b""
        case 3:
            start = rng.randint(0, len(content))
            return bytes(content[start : start + rng.randint(1, 40)])
        case 4:
            return rng.choice(_COMMON) * rng.choice((2, 3, 50))
        case _:
            return b""


def _changed(rng: Random, document: Any, words: Sequence[bytes]) -> Any:
    """Return the document with one value changed, chosen on a walk from the top."""
    if not isinstance(document, dict | list) or not document or rng.random() < 0.1:
        return _value(rng, document, words)
    key = rng.choice(list(document)) if isinstance(document, dict) else rng.randrange(len(document))
    choice = rng.randrange(8)
    if choice == 0:
        del document[key]
    elif choice > 1:
        document[key] = _changed(rng, document[key], words)
    elif isinstance(document, dict):
        document[rng.choice(words).decode("utf-8", "replace") if words else ""] = document[key]
    else:
        document.append(document[key])
    return document


def _value(rng: Random, old: Any, words: Sequence[bytes]) -> Any:
    choice = rng.randrange(8)
    if choice == 0 and isinstance(old, str):
        return by_bytes(rng, old.encode("utf-8", "surrogatepass"), words).decode("utf-8", "replace")
    if choice == 1 and words:
        return rng.choice(words).decode("utf-8", "replace")
    if choice == 2:
        return [old, old]
    if choice == 3 and rng.random() < 0.1:
        for _ in range(rng.randint(2, _DEEP)):
            old = [old] if rng.random() < 0.5 else {"manifests": old}
        return old
    return copy.deepcopy(rng.choice(_VALUES))
