"""Which entries somebody means who looks around: by words, types, skills and conditions. Pure.

Decided here: one entry stands for each repository, its newest stable version, or the newest that it has. A
word is looked for in the repository's name, title and description, upper and lower case alike; everything
that is asked must hold. A type is a glob over media types, or the name of a kind.
Must never be added: a request, or a rank: what is found is sorted by name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.discovery.current import newest
from reconciler.discovery.identify import Sort, identify_entry, sorts_of_entry
from reconciler.discovery.workflow_facts import skills_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.discovery.conditions import Condition
    from reconciler.discovery.entries import Entry

_TEXTS = ("org.opencontainers.image.title", "org.opencontainers.image.description")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked; everything must hold, and nothing asked is everything."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    skills: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Globs or names, of which one fits."""
    projects: tuple[str, ...] = ()
    """Globs, of which one matches."""
    repositories: tuple[str, ...] = ()
    """Globs, of which one matches."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found."""

    entries: tuple[Entry, ...]
    """Sorted by repository; with all versions, then newest first as the inventory has them."""
    considered: int
    """How many were looked at."""
    notes: tuple[str, ...]
    """What could not be compared, sorted."""


def search(entries: Iterable[Entry], query: Query, *, kinds: Mapping[str, str] | None = None) -> Found:
    """Return the entries that are meant, one for each repository.

    Args:
        entries: in any order; several versions of a repository may be among them.
        query: what is asked.
        kinds: media types of a project's own kinds, by name.
    """
    standing = newest(entries)
    found = look_through(standing.values(), query, kinds=kinds)
    return Found(tuple(sorted(found.entries, key=lambda entry: entry.repository)), len(standing), found.notes)


def look_through(entries: Iterable[Entry], query: Query, *, kinds: Mapping[str, str] | None = None) -> Found:
    """Return every entry that is meant, in the order that they come in."""
    notes: list[str] = []
    asked = _Asked(query, tuple(word.casefold() for word in query.words), kinds or {}, notes)
    looked = list(entries)
    found = tuple(entry for entry in looked if asked.means(entry))
    return Found(found, len(looked), tuple(sorted(set(notes))))


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    words: tuple[str, ...]
    kinds: Mapping[str, str]
    notes: list[str]

    def means(self, entry: Entry) -> bool:
        """The quickest questions first: most entries end there."""
        query = self.query
        return (
            _matches_one(entry.repository, query.repositories)
            and (not self.words or self._has_words(entry))
            and (not query.skills or _has_skills(entry, query.skills))
            and (not query.projects or _matches_one(entry.project or "", query.projects))
            and (not query.types or any(self._is_of(entry, text) for text in query.types))
            and all(condition.test(entry, self.notes) for condition in query.conditions)
        )

    def _has_words(self, entry: Entry) -> bool:
        texts = "\n".join((entry.repository, *(entry.annotations.get(key, "") for key in _TEXTS))).casefold()
        return all(word in texts for word in self.words)

    def _is_of(self, entry: Entry, text: str) -> bool:
        if text in self.kinds:
            return entry.artifact_type == self.kinds[text]
        if "/" in text or "*" in text:
            return fnmatchcase(entry.artifact_type, text) or fnmatchcase(entry.media_type, text)
        sorts = sorts_of_entry(entry)
        return text in sorts or _BY_WORDS.get(text.casefold()) in sorts


_BY_WORDS = {
    **{sort.words.casefold(): sort for sort in Sort},
    "chart": Sort.CHART,
    "agent": Sort.AGENT_CARD,
    "container": Sort.IMAGE,
}


def known_types(entries: Iterable[Entry]) -> list[str]:
    """Return the types among entries, the most frequent first: for who asked for one that is not there."""
    counts = Counter(
        identity.type if identity.sort is Sort.ARTIFACT else identity.sort.value
        for identity in map(identify_entry, entries)
    )
    return [text for text, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _matches_one(text: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(text, glob) for glob in globs)


def _has_skills(entry: Entry, wanted: tuple[str, ...]) -> bool:
    own = skills_of(entry)
    return all(skill in own for skill in wanted)
