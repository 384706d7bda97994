"""Two references at once: from where, and to where.

Decided here: when both ends are one registry, so that blobs need not travel at all.
Must never be added: what goes from one to the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.cli.options import flag, flag_group
from reconciler.cli.references import open_reference
from reconciler.compose import name_at
from reconciler.desired.destinations import read_copy_goal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.options import Place, Reach
    from reconciler.cli.references import Located
    from reconciler.cli.screen import Screen
    from reconciler.oci.reference import Repository
    from reconciler.sync.stop import Stop


@dataclass(frozen=True, slots=True)
class TwoEnds:
    """Where something comes from, and where it goes."""

    source: Located
    destination: Located

    def mountable(self, repository: Repository) -> Repository | None:
        """Return what the destination calls a repository of the source; None where it cannot see it."""
        source, destination = self.source, self.destination
        if source.target.layout_directory is not None and source.root != destination.root:
            return None  # one text, and two directories
        return name_at(source.target, repository, destination.target)


@dataclass(frozen=True, slots=True)
class TwoTargets:
    """The targets that the references belong to; None for that of --target."""

    source_target: str | None
    destination_target: str | None


two_targets_options = flag_group(
    "targets",
    TwoTargets,
    flag("--from", "source_target", metavar="TARGET", help="The target that SOURCE belongs to."),
    flag("--to", "destination_target", metavar="TARGET", help="The target that DESTINATION belongs to."),
)


@contextmanager
def open_two(
    source: str,
    destination: str,
    targets: TwoTargets,
    place: Place,
    reach: Reach,
    stop: Stop,
    screen: Screen,
) -> Iterator[TwoEnds]:
    """Yield both ends of a copy; a reference without a host belongs to the target of its own flag.

    Raises:
        UsageError: a text is no reference, names a target that there is not, or the destination names
            something that cannot be written.
        ConfigError: pallet.toml is needed and is invalid.
    """
    read_copy_goal(destination)
    from_there = replace(reach, target=targets.source_target or reach.target)
    to_there = replace(reach, target=targets.destination_target or reach.target)
    with (
        open_reference(source, place, from_there, stop, screen) as one,
        open_reference(destination, place, to_there, stop, screen) as other,
    ):
        yield TwoEnds(one, other)
