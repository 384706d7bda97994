"""Which artifacts a command line names: globs over names, and never a glob that matches nothing.

Must never be added: what is done with those that are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Selection:
    """The names given with `--only`, `--restore` and `--force`, as they were written."""

    only: Sequence[str] = ()
    restore: Sequence[str] = ()
    force: Sequence[str] = ()
    only_is: str = "--only"
    """How the command line calls `only`."""

    def check(self, names: Iterable[str], *, forceable: Iterable[str] = ()) -> None:
        """Refuse a glob that matches none of `names`.

        Args:
            names: of the artifacts.
            forceable: what is no artifact, and may be named with --force all the same.

        Raises:
            UsageError: one does; the nearest names are given.
        """
        known = sorted(set(names))
        for flag, globs in ((self.only_is, self.only), ("--restore", self.restore), ("--force", self.force)):
            for glob in globs:
                matched = (*known, *forceable) if flag == "--force" else known
                if not any(fnmatchcase(name, glob) for name in matched):
                    raise UsageError(
                        f"{flag} {glob}: expected a name or glob of pallet.toml's artifacts, got no match",
                        fix=_nearest(glob, known),
                    )

    def chooses(self, name: str) -> bool:
        return not self.only or _any_matches(name, self.only)

    def restores(self, name: str) -> bool:
        return _any_matches(name, self.restore)

    def forces(self, name: str) -> bool:
        return _any_matches(name, self.force)


def _any_matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _nearest(glob: str, names: Sequence[str]) -> str | None:
    near = get_close_matches(glob, names, n=3, cutoff=0.5) or list(names[:3])
    return f"did you mean {' or '.join(near)}?" if near else None
