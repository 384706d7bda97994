"""Many questions at once."""

from __future__ import annotations

import pytest

from reconciler.discovery.asking import Asking
from reconciler.errors import StoppedError, StoreError


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def begin(self, what: str, total: int) -> None:
        self.told.append((what, total))

    def advance(self, item: str) -> None:
        self.told.append(("done", item))

    def end(self) -> None:
        self.told.append(("end", None))


def test_answers_keep_their_order() -> None:
    assert list(Asking(jobs=4).map("asking", ["b", "a", "b", "c"], str.upper).items()) == [
        ("b", "B"),
        ("a", "A"),
        ("c", "C"),
    ]


def test_progress_is_told() -> None:
    heard = Heard()

    Asking(steps=heard).map("asking", ["a", "b", "a"], str.upper)

    assert heard.told == [("asking", 2), ("done", "a"), ("done", "b"), ("end", None)]


def test_failure_ends_the_asking() -> None:
    heard = Heard()

    def ask(item: str) -> str:
        raise StoreError(f"{item}: no")

    with pytest.raises(StoreError, match=r"^0: no$"):
        Asking(jobs=2, steps=heard).map("asking", [str(number) for number in range(100)], ask)
    assert heard.told == [("asking", 100), ("end", None)]


def test_stop_is_heeded_before_every_question() -> None:
    def proceed() -> None:
        raise StoppedError("stopped", signal_number=2)

    with pytest.raises(StoppedError):
        Asking(proceed=proceed).map("asking", ["a"], str.upper)
