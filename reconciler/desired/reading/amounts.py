"""Amounts of memory and of time as people write them in annotations, as numbers.

Must never be added: what an amount means for anybody.
"""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {
    "": 1,
    "b": 1,
    **{f"{letter}{b}": 1000**power for power, letter in enumerate("kmgtp", 1) for b in ("", "b")},
    **{f"{letter}i{b}": 1024**power for power, letter in enumerate("kmgtp", 1) for b in ("", "b")},
}
"""The units of the SI and of IEC 80000-13; `512Mi` and `2G` as Kubernetes writes them."""
_AMOUNT: Final = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?\s*([A-Za-z]{0,3})", re.ASCII)
_SECONDS: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*s?", re.ASCII)


def parse_bytes(text: str) -> int | None:
    """Return a number of bytes: `1GB` is 10⁹, `512MiB` is 512 · 2²⁰, `5` is 5; None for others."""
    match = _AMOUNT.fullmatch(text.strip())
    factor = _UNITS.get(match[3].lower()) if match else None
    if match is None or factor is None:
        return None
    fraction = match[2] or ""
    return int(int(match[1] + fraction) * factor // 10 ** len(fraction))


def has_unit(text: str) -> bool:
    """Say whether an amount ends with a letter, so that it is no plain number."""
    return text.strip()[-1:].isalpha()


def parse_seconds(text: str) -> float | None:
    """Return a number of seconds: `600`, `1.5` or `600s`; None for others."""
    match = _SECONDS.fullmatch(text.strip())
    return float(match[1]) if match else None
