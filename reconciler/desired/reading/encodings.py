"""What bytes a text was saved as, where it is not UTF-8.

Must never be added: reading such a text as if it were what was asked for.
"""

from __future__ import annotations

import codecs
from typing import Final

_MARKS: Final = (
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
_ZEROS: Final = {
    # What YAML and JSON begin with is ASCII: where its zeros are says how wide each character is.
    (False, True, True, True): "UTF-32-LE",
    (True, True, True, False): "UTF-32-BE",
    (False, True, False, True): "UTF-16-LE",
    (True, False, True, False): "UTF-16-BE",
}


def wide_encoding(content: bytes) -> str | None:
    """Return the encoding of a text in UTF-16 or UTF-32, such as UTF-16-LE; None for anything else.

    Spec: YAML 1.2.2, 5.2 (character encodings).
    """
    head = content[:4]
    if b"\0" not in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None  # nearly always
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    return _ZEROS.get(tuple(byte == 0 for byte in head)) if len(head) == 4 else None  # type: ignore[arg-type]


def narrowed(content: bytes) -> bytes:
    """Return a text in UTF-8 where it is in UTF-16 or UTF-32; any other bytes as they are."""
    encoding = wide_encoding(content)
    if encoding is None:
        return content
    return content.decode(encoding, errors="replace").removeprefix("\ufeff").encode(errors="replace")
