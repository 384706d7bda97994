"""Amounts of bytes as people read them.

Must never be added: amounts that a program reads; those are numbers.
"""

from __future__ import annotations

_STEP = 1024
_UNITS = ("KiB", "MiB", "GiB", "TiB")


def format_size(size_bytes: int) -> str:
    """Return such as `1 byte`, `700 bytes`, `1.5 KiB`, `12 MiB`."""
    if size_bytes < _STEP:
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    amount, unit = size_bytes / _STEP, _UNITS[0]
    for larger in _UNITS[1:]:
        if amount < _STEP:
            break
        amount, unit = amount / _STEP, larger
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
