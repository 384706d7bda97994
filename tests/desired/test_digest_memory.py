"""What is remembered of large files, and when it is not believed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.desired.digest_memory import NO_MEMORY, REMEMBERED_MIN_BYTES, DigestMemory, FileState

NOW_S = 1_700_000_000.0
STATE = FileState(REMEMBERED_MIN_BYTES, int((NOW_S - 60) * 1e9), 7)
FACTS = {"digest": "sha256:00"}


@pytest.fixture
def memory(tmp_path: Path) -> DigestMemory:
    return DigestMemory(tmp_path / "memory", clock=lambda: NOW_S)


def entries(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "memory").rglob("*") if path.is_file()]


def test_untouched_file_is_remembered(memory: DigestMemory, tmp_path: Path) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)

    assert memory.recall(tmp_path / "a", STATE) == FACTS
    assert DigestMemory(tmp_path / "memory").recall(tmp_path / "a", STATE) == FACTS


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(replace(STATE, size_bytes=STATE.size_bytes + 1), id="size"),
        pytest.param(replace(STATE, mtime_ns=STATE.mtime_ns + 1), id="a-nanosecond"),
        pytest.param(replace(STATE, inode=8), id="inode"),
    ],
)
def test_any_sign_of_a_touch_counts(memory: DigestMemory, tmp_path: Path, state: FileState) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)

    assert memory.recall(tmp_path / "a", state) is None
    assert memory.recall(tmp_path / "b", STATE) is None


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(replace(STATE, size_bytes=REMEMBERED_MIN_BYTES - 1), id="small"),
        pytest.param(replace(STATE, mtime_ns=int((NOW_S - 1.9) * 1e9)), id="just-now"),
        pytest.param(replace(STATE, mtime_ns=int((NOW_S + 60) * 1e9)), id="in-the-future"),
    ],
)
def test_what_may_change_unseen_is_not_remembered(
    memory: DigestMemory, tmp_path: Path, state: FileState
) -> None:
    memory.remember(tmp_path / "a", state, FACTS)

    assert entries(tmp_path) == []


def test_forgotten_is_not_recalled(memory: DigestMemory, tmp_path: Path) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)

    memory.forget(tmp_path / "a")
    memory.forget(tmp_path / "a")

    assert memory.recall(tmp_path / "a", STATE) is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", json.dumps({"key": []}), "[" * 10_000, json.dumps({"facts": {}}), "\0"],
    ids=["empty", "list", "half", "no-facts", "deep", "no-key", "zero"],
)
def test_spoiled_entry_is_no_memory(memory: DigestMemory, tmp_path: Path, content: str) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)
    (entry,) = entries(tmp_path)
    entry.write_text(content)

    assert memory.recall(tmp_path / "a", STATE) is None


def test_odd_facts_are_not_believed(memory: DigestMemory, tmp_path: Path) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)
    (entry,) = entries(tmp_path)
    entry.write_text(json.dumps(json.loads(entry.read_text()) | {"facts": {"digest": 1}}))

    assert memory.recall(tmp_path / "a", STATE) is None


def test_entries_are_nobody_else_s_to_read(memory: DigestMemory, tmp_path: Path) -> None:
    memory.remember(tmp_path / "a", STATE, FACTS)

    (entry,) = entries(tmp_path)
    assert entry.stat().st_mode & 0o777 == 0o600
    assert entry.parent.stat().st_mode & 0o777 == 0o700


def test_folder_that_cannot_be_written_is_no_memory(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("in the way")
    memory = DigestMemory(tmp_path / "memory")

    memory.remember(tmp_path / "a", STATE, FACTS)
    memory.forget(tmp_path / "a")

    assert memory.recall(tmp_path / "a", STATE) is None


def test_old_entries_go(memory: DigestMemory, tmp_path: Path) -> None:
    for number in range(64):
        memory.remember(tmp_path / "a", STATE, FACTS)
        (entry,) = [path for path in entries(tmp_path) if not path.name.startswith("old")]
        entry.rename(entry.with_name(f"old-{number}"))
        os.utime(entry.with_name(f"old-{number}"), (number, number))

    memory.remember(tmp_path / "a", STATE, FACTS)

    names = {path.name for path in entries(tmp_path)}
    assert len(names) == 64
    assert "old-0" not in names


def test_no_memory_keeps_nothing(tmp_path: Path) -> None:
    NO_MEMORY.remember(tmp_path / "a", STATE, FACTS)
    NO_MEMORY.forget(tmp_path / "a")

    assert NO_MEMORY.recall(tmp_path / "a", STATE) is None
