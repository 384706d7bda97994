from __future__ import annotations

from reconciler.desired.reading.suggesting import ASKED_MAX, KNOWN_MAX, Suggestions


def test_nearest_word_is_suggested() -> None:
    suggestions = Suggestions(["build", "test"])
    assert (suggestions.near("biuld"), suggestions.near("zzz")) == ("build", None)
    assert suggestions.choices == "build, test"


def test_every_word_is_looked_for_once() -> None:
    suggestions = Suggestions(["build"])
    assert {suggestions.near("biuld") for _ in range(ASKED_MAX * 2)} == {"build"}
    assert suggestions.looked == 1


def test_only_the_first_words_are_looked_for() -> None:
    suggestions = Suggestions([f"step{number}" for number in range(100)])
    answers = [suggestions.near(f"stepp{number}") for number in range(100)]
    assert suggestions.looked == ASKED_MAX
    assert [answer is not None for answer in answers] == [True] * ASKED_MAX + [False] * (100 - ASKED_MAX)


def test_nothing_is_looked_for_among_very_many() -> None:
    suggestions = Suggestions([f"step{number}" for number in range(KNOWN_MAX + 1)])
    assert (suggestions.near("stepp1"), suggestions.looked) == (None, 0)
