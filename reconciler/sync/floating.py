"""Floating tags: which version each should name, and how far the store is from that.

Judged once per repository over all its wanted versions, by what the store holds now; only forward,
only stable versions, but for channels that take pre-releases.
Must never be added: a look at the lock, which knows nothing of floating tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from reconciler.desired.versions.version import Version, render_floating
from reconciler.oci.reference import Repository, Tag
from reconciler.sync.facts import FloatingAbsent, FloatingPresent, FloatingSeen, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.wanted import Wanted
    from reconciler.oci.digest import Digest

FloatingKey = tuple[Repository, Tag]


class FloatingVerdict(StrEnum):
    """How a floating tag stands to the highest stable version that is wanted for it."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"
    ABSENT = "absent"
    FOREIGN = "foreign"
    HELD = "held"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FloatingGoal:
    """A floating tag, the template it comes from, and the wanted version it should name."""

    name: Repository
    tag: Tag
    template: str
    wanted: Wanted
    takes_prereleases: bool = False

    @property
    def key(self) -> FloatingKey:
        return (self.name, self.tag)


def set_goals(wanted: Iterable[Wanted]) -> list[FloatingGoal]:
    """Return one goal per floating tag, sorted: the highest version that may take the tag."""
    goals: dict[FloatingKey, FloatingGoal] = {}
    for artifact in wanted:
        for template in artifact.follows:
            tag = Tag(render_floating(template, artifact.version))
            goal = FloatingGoal(artifact.name, tag, template, artifact, template in artifact.channels)
            rival = goals.get(goal.key)
            if rival is None or rival.wanted.version < artifact.version:
                goals[goal.key] = goal
    return [goals[key] for key in sorted(goals)]


def judge_floating(
    goal: FloatingGoal,
    seen: FloatingSeen,
    *,
    held: Mapping[FloatingKey, Version],
    stands: Digest | None,
) -> FloatingVerdict:
    """Say how the tag stands to its goal.

    Args:
        goal: which version the tag should name.
        seen: what the store says of the tag.
        held: tags that pallet.toml holds where they are.
        stands: the digest that will stand under the goal's version tag after this run: where it is
            not the wanted one, because that was refused, a tag that holds it is current all the
            same, so that one cause gives one finding. None where it is not known.
    """
    if isinstance(seen, Unknown):
        return FloatingVerdict.UNKNOWN
    if goal.key in held:
        return FloatingVerdict.HELD
    match seen:
        case FloatingAbsent():
            return FloatingVerdict.ABSENT
        case FloatingPresent(digest, _) if digest in (goal.wanted.digest, stands):
            return FloatingVerdict.CURRENT
        case FloatingPresent(version=version) if version is not None:
            return FloatingVerdict.AHEAD if version > goal.wanted.version else FloatingVerdict.BEHIND
        case FloatingPresent():
            return FloatingVerdict.FOREIGN
        case _:
            assert_never(seen)


def newest_in_scope(goal: FloatingGoal, published: Iterable[Version]) -> Version | None:
    """Return the highest published version above the goal that would take the same tag, if any.

    A tag that was deleted is judged by the tag list, so that 1.0.1 never takes `latest` from 2.0.0.
    """
    rivals = (
        version
        for version in published
        if (goal.takes_prereleases or not version.is_prerelease)
        and version > goal.wanted.version
        and render_floating(goal.template, version) == goal.tag
    )
    return max(rivals, default=None)
