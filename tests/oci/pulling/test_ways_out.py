"""Titles, links and traps that lead out of the folder: nothing is written there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import (
    RefusedError,
)
from reconciler.oci.digest import Digest
from reconciler.oci.pulling.layers import Naming
from reconciler.oci.pulling.pull import PullTerms
from reconciler.oci.pulling.titles import WORK_FOLDER
from tests.oci.pulling.pulls import APP, FILES, read, run
from tests.support.graphs import put_files
from tests.support.memory_store import MemoryStore


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param("../secret", "expected a path that does not lead out of its folder", id="up"),
        pytest.param("/tmp/x", "expected a relative path", id="absolute"),
        pytest.param("..\\secret", "got a backslash", id="backslash"),
        pytest.param("C:secret", "got a drive letter", id="drive"),
        pytest.param("a\0b", "expected no control character", id="nul"),
        pytest.param(".", "expected the name of a file", id="the-folder-itself"),
        pytest.param(f"{WORK_FOLDER}/x", "which pallet needs itself", id="work-folder"),
    ],
)
def test_title_that_leads_out_writes_nothing(store: MemoryStore, out: Path, title: str, text: str) -> None:
    put_files(store, APP, "1.0.0", {"good.txt": b"good", title: b"evil"})
    with pytest.raises(RefusedError) as caught:
        run(store, out)
    assert text in str(caught.value)
    assert caught.value.fix == "--by-digest names every file by its digest instead"
    assert read(out) == {}
    assert (out.parent / "secret").read_text() == "secret"


def test_all_bad_titles_are_named_at_once(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", [("../a", b"1"), ("/b", b"2"), ("c", b"3"), ("c", b"4")])
    with pytest.raises(RefusedError) as caught:
        run(store, out)
    assert all(
        text in str(caught.value) for text in ("'../a'", "'/b'", "c: expected one layer of this title")
    )


def test_bad_title_goes_by_its_digest(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", {"../a": b"1"}, media_type="application/json")
    run(store, out, PullTerms(naming=Naming(by_digest=True)))
    assert read(out) == {f"sha256-{Digest.of(b'1').encoded}.json": b"1"}


@pytest.mark.parametrize("overwrite", [False, True], ids=["", "overwriting"])
def test_links_in_the_folder_are_not_followed(store: MemoryStore, out: Path, overwrite: bool) -> None:
    put_files(store, APP, "1.0.0", FILES)
    out.mkdir()
    elsewhere = out.parent / "elsewhere"
    elsewhere.mkdir()
    (out / "docs").symlink_to(elsewhere)
    with pytest.raises(RefusedError, match=r"out/docs: a link or a file is in the way: expected a folder"):
        run(store, out, PullTerms(overwrite=overwrite))
    assert list(elsewhere.iterdir()) == []


def test_link_in_place_of_a_file_is_replaced_not_followed(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", {"a.txt": b"one"})
    out.mkdir()
    (out / "a.txt").symlink_to(out.parent / "secret")
    with pytest.raises(RefusedError):
        run(store, out)
    run(store, out, PullTerms(overwrite=True))
    assert (out / "a.txt").read_bytes() == b"one"
    assert (out.parent / "secret").read_text() == "secret"


def test_work_folder_that_is_a_link_is_refused(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    out.mkdir()
    elsewhere = out.parent / "elsewhere"
    elsewhere.mkdir()
    (out / WORK_FOLDER).symlink_to(elsewhere)
    with pytest.raises(RefusedError, match="a link or a file is in the way"):
        run(store, out)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("trap", ["link", "hard-link", "pipe"])
def test_trap_in_the_work_folder_is_not_written_through(store: MemoryStore, out: Path, trap: str) -> None:
    put_files(store, APP, "1.0.0", {"a.txt": b"one"})
    (out / WORK_FOLDER).mkdir(parents=True)
    partial = out / WORK_FOLDER / f"sha256-{Digest.of(b'one').encoded}.partial"
    secret = out.parent / "secret"
    if trap == "link":
        partial.symlink_to(secret)
    elif trap == "hard-link":
        partial.hardlink_to(secret)
    else:
        os.mkfifo(partial)
    run(store, out)
    assert (out / "a.txt").read_bytes() == b"one"
    assert secret.read_text() == "secret"


def test_output_folder_may_be_a_link(store: MemoryStore, out: Path) -> None:
    put_files(store, APP, "1.0.0", FILES)
    real = out.parent / "real"
    real.mkdir()
    out.symlink_to(real)
    run(store, out)
    assert read(real) == FILES
