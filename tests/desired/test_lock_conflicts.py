"""A lock in which git left both sides: what they agree on counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.lockfile import (
    Locked,
    parse_lock,
    read_lock,
    render_lock,
    write_lock,
)
from reconciler.desired.versions.version import Version
from reconciler.errors import LockError
from reconciler.oci.reference import Repository
from tests.desired.locks import BUNDLE, GOLDEN, MIDDLE, NEWER, ROUTER, A, refused
from tests.support.wanted import digest, lock_of, locked


def _conflict(ours: str, theirs: str, *, ancestor: str | None = None) -> str:
    base = "" if ancestor is None else f"||||||| 1234567\n{ancestor}"
    return f"<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> topic\n"


OURS, THEIRS, ANCESTOR = (f'digest = "{digest(each)}"\n' for each in ("ours", "theirs", "ancestor"))


@pytest.mark.parametrize("ancestor", [None, ANCESTOR], ids=["two-way", "diff3"])
def test_conflict_keeps_what_both_sides_agree_on(ancestor: str | None) -> None:
    text = GOLDEN.replace(MIDDLE, _conflict(OURS, THEIRS, ancestor=ancestor))
    lock = parse_lock(text, file="pallet.lock")
    assert lock.has_conflict
    assert lock.entries == lock_of(BUNDLE)
    assert lock.text == text


@pytest.mark.parametrize("ancestor", [None, ""], ids=["two-way", "diff3"])
def test_entry_that_only_one_side_has_is_not_locked(ancestor: str | None) -> None:
    extra = render_lock([locked("notes/summary", holds=A)]).partition("\n\n")[2]
    text = GOLDEN + "\n" + _conflict(extra, "", ancestor=ancestor)
    assert parse_lock(text, file="pallet.lock").entries == lock_of(BUNDLE, ROUTER)


def test_sides_that_agree_are_locked() -> None:
    text = GOLDEN.replace(MIDDLE, _conflict(MIDDLE, MIDDLE))
    assert parse_lock(text, file="pallet.lock").entries == lock_of(BUNDLE, ROUTER)


def test_conflict_with_windows_line_ends_is_understood() -> None:
    text = GOLDEN.replace(MIDDLE, _conflict(OURS, THEIRS)).replace("\n", "\r\n")
    lock = parse_lock(text, file="pallet.lock")
    assert lock.has_conflict
    assert lock.entries == lock_of(BUNDLE)


def test_several_conflicts_are_understood() -> None:
    text = GOLDEN.replace(MIDDLE, _conflict(OURS, THEIRS)).replace(
        "size = 812\n", _conflict("size = 1\n", "size = 2\n")
    )
    assert parse_lock(text, file="pallet.lock").entries == {}


def test_conflict_is_rendered_anew(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(GOLDEN.replace(MIDDLE, _conflict(OURS, THEIRS)))
    assert write_lock(path, read_lock(path), [ROUTER, BUNDLE])
    assert path.read_text() == GOLDEN


def test_side_of_a_conflict_that_is_no_lock_agrees_with_nothing() -> None:
    text = GOLDEN.replace(MIDDLE, _conflict("digest = \n", THEIRS))
    lock = parse_lock(text, file="pallet.lock")
    assert (lock.entries, lock.has_conflict) == ({}, True)


def test_side_of_a_conflict_from_a_newer_pallet_is_refused() -> None:
    text = GOLDEN.replace("version = 1\n", _conflict("version = 2\n", "version = 1\n"), 1)
    assert refused(text) == [
        "pallet.lock: version: expected at most 1, got 2: it was written by a newer pallet"
    ]


def test_conflict_in_a_newer_revision_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(NEWER.replace(MIDDLE, _conflict(OURS, THEIRS)))
    with pytest.raises(LockError):
        write_lock(path, read_lock(path), [ROUTER, BUNDLE])


def test_words_that_look_like_markers_are_no_conflict() -> None:
    odd = Locked(Repository("a"), Version("1.0.0"), A, 1, "text/x; a=<<<<<<< ", 1, ())
    lock = parse_lock(render_lock([odd]), file="pallet.lock")
    assert not lock.has_conflict
    assert lock.entries == {odd.key: odd}
