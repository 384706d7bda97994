from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.oci.registry.uploads.journal import STALE_AFTER_S, Journal, Progress, Subject

SUBJECT = Subject("https://registry.test", "acme/model", "sha256:" + "a" * 64, 1000)
PROGRESS = Progress("https://registry.test/v2/acme/model/blobs/uploads/7?_state=secret", 600)


def journal_of(folder: Path) -> Journal:
    return Journal(lambda: folder)


def test_progress_is_found_by_a_later_run(tmp_path: Path) -> None:
    with journal_of(tmp_path / "uploads").entry(SUBJECT) as entry:
        assert entry.read() is None
        entry.write(replace(PROGRESS, offset=1))
        entry.write(PROGRESS)
    with journal_of(tmp_path / "uploads").entry(SUBJECT) as entry:
        assert entry.read() == PROGRESS
        entry.remove()
        assert entry.read() is None


def test_files_are_their_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    with journal_of(folder).entry(SUBJECT) as entry:
        entry.write(PROGRESS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert "secret" not in repr(PROGRESS)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(SUBJECT, registry="http://registry.test"), id="origin"),
        pytest.param(replace(SUBJECT, repository="acme/other"), id="repository"),
        pytest.param(replace(SUBJECT, digest="sha256:" + "b" * 64), id="digest"),
        pytest.param(replace(SUBJECT, size_bytes=999), id="size"),
    ],
)
def test_other_subject_has_other_progress(tmp_path: Path, other: Subject) -> None:
    with journal_of(tmp_path).entry(SUBJECT) as entry:
        entry.write(PROGRESS)
    with journal_of(tmp_path).entry(other) as entry:
        assert entry.read() is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff{", id="not-json"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(b"{}", id="nothing-in-it"),
        pytest.param(b"[" * 50_000, id="too-deep"),
        pytest.param(b'{"format_version":2}', id="another-format"),
    ],
)
def test_broken_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{SUBJECT.file_stem}.json").write_bytes(content)
    with journal_of(tmp_path).entry(SUBJECT) as entry:
        assert entry.read() is None


@pytest.mark.parametrize(
    "change",
    [{"offset": 1001}, {"offset": -1}, {"offset": True}, {"offset": "600"}, {"location": None}],
    ids=str,
)
def test_impossible_progress_says_nothing(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / f"{SUBJECT.file_stem}.json"
    with journal_of(tmp_path).entry(SUBJECT) as entry:
        entry.write(PROGRESS)
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        assert entry.read() is None


def test_one_upload_is_in_one_hand(tmp_path: Path) -> None:
    with journal_of(tmp_path).entry(SUBJECT) as mine, journal_of(tmp_path).entry(SUBJECT) as theirs:
        assert mine.keeps
        assert not theirs.keeps
        theirs.write(PROGRESS)
        assert mine.read() is None


def test_threads_share_a_journal(tmp_path: Path) -> None:
    journal, kept = journal_of(tmp_path), list[bool]()
    with journal.entry(SUBJECT):

        def other() -> None:
            with journal.entry(SUBJECT) as entry:
                kept.append(entry.keeps)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert kept == [False]


def test_folder_that_cannot_be_made_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with journal_of(tmp_path / "file" / "uploads").entry(SUBJECT) as entry:
        assert not entry.keeps


def test_refusing_disk_fails_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    with journal_of(folder).entry(SUBJECT) as entry:
        entry.write(PROGRESS)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        entry.write(PROGRESS)
        assert not entry.keeps


def test_stale_files_are_removed(tmp_path: Path) -> None:
    now_s = 1_800_000_000.0
    names = {"old.json": STALE_AFTER_S + 1, "new.json": STALE_AFTER_S - 1}
    stems = {"old.json": "0" * 64, "new.json": "1" * 64}
    for name, age_s in names.items():
        path = tmp_path / f"{stems[name]}.json"
        path.write_text("{}")
        os.utime(path, (now_s - age_s, now_s - age_s))
    foreign = tmp_path / "notes.txt"
    foreign.write_text("mine")
    os.utime(foreign, (0, 0))
    with Journal(lambda: tmp_path, now_s=lambda: now_s).entry(SUBJECT):
        left = {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"}
    assert left == {f"{stems['new.json']}.json", "notes.txt"}
