"""Which versions come nearest to a constraint that none satisfies, for people to choose from.

Must never be added: a decision that a program would follow.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.versions.constraints import Constraint
    from reconciler.desired.versions.version import Version


def nearest_first(versions: Iterable[Version], constraint: Constraint) -> list[Version]:
    """Return versions by how few others lie between them and what the constraint names.

    Of two that are equally near, one of the same MAJOR comes first, then the newer one. A constraint that
    names no version, such as `latest`, gives the newest first.
    """
    ascending = sorted(versions)
    keys = [version.precedence for version in ascending]
    places = [(bisect_left(keys, bound.precedence), bound.major) for bound in constraint.bounds]

    def distance(place: int) -> tuple[int, bool, int]:
        major = ascending[place].major
        near = ((place - at if place >= at else at - place - 1, major != wanted) for at, wanted in places)
        return (*min(near, default=(0, False)), -place)

    return [ascending[place] for place in sorted(range(len(ascending)), key=distance)]
