"""Edited files are written together or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.desired.editing.edit import Edited
from reconciler.desired.editing.edit_write import write_together
from reconciler.errors import PalletError, UnreachableError


def _edited(root: Path, name: str, before: bytes = b"old", after: bytes = b"new") -> Edited:
    (root / name).write_bytes(before)
    return Edited(name, root / name, before, after, {}, ())


def _content(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir()}


def test_every_file_is_written_with_its_permissions(tmp_path: Path) -> None:
    edits = [_edited(tmp_path, "a"), _edited(tmp_path, "b")]
    edits[0].real.chmod(0o750)
    edits[1].real.chmod(0o600)
    write_together(edits)
    assert _content(tmp_path) == {"a": b"new", "b": b"new"}
    assert [edit.real.stat().st_mode & 0o777 for edit in edits] == [0o750, 0o600]


def test_nothing_is_written_where_one_changed(tmp_path: Path) -> None:
    edits = [_edited(tmp_path, "a"), _edited(tmp_path, "b")]
    edits[1].real.write_bytes(b"other")
    with pytest.raises(PalletError) as caught:
        write_together(edits)
    assert (str(caught.value), caught.value.fix) == ("b: changed while it was being edited", "run again")
    assert _content(tmp_path) == {"a": b"old", "b": b"other"}


def test_nothing_is_written_where_one_is_read_only(tmp_path: Path) -> None:
    edits = [_edited(tmp_path, "a"), _edited(tmp_path, "b")]
    edits[1].real.chmod(0o444)
    with pytest.raises(UnreachableError) as caught:
        write_together(edits)
    assert (str(caught.value), caught.value.fix) == ("b: read-only", "let this user write b, then run again")
    assert _content(tmp_path) == {"a": b"old", "b": b"old"}


def test_nothing_is_written_where_one_is_gone(tmp_path: Path) -> None:
    edits = [_edited(tmp_path, "a"), _edited(tmp_path, "b")]
    edits[1].real.unlink()
    with pytest.raises(UnreachableError) as caught:
        write_together(edits)
    assert str(caught.value) == f"b: {tmp_path / 'b'}: no such file or directory"
    assert _content(tmp_path) == {"a": b"old"}


def test_what_was_written_is_put_back(tmp_path: Path) -> None:
    first = _edited(tmp_path, "a")
    # The second edit of one file finds it changed by the first, when both were found good before.
    with pytest.raises(PalletError, match="a: changed while it was being edited"):
        write_together([_edited(tmp_path, "b"), first, replace(first, after=b"newer")])
    assert _content(tmp_path) == {"a": b"old", "b": b"old"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_rights_is_said(tmp_path: Path) -> None:
    edit = _edited(tmp_path, "a")
    tmp_path.chmod(0o500)
    with pytest.raises(UnreachableError, match="permission denied"):
        write_together([edit])
