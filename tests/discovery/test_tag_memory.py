"""What version tags were seen to name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.discovery.tag_memory import BELIEVED_S, TagMemory
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Tag

SUBJECT, TAG, DIGEST = "host/workflows/plan", Tag("1.0.0"), Digest.of(b"plan")


def memory(folder: Path | None, now_s: float = 0.0) -> TagMemory:
    return TagMemory(folder, clock=lambda: now_s)


def test_what_was_seen_is_recalled(tmp_path: Path) -> None:
    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)

    found = memory(tmp_path, BELIEVED_S).recall(SUBJECT, TAG)

    assert found is not None
    assert (found.digest, found.seen_s) == (DIGEST, 0.0)


@pytest.mark.parametrize("now_s", [BELIEVED_S + 1, -1.0], ids=["too-old", "of-the-future"])
def test_other_times_are_not_believed(tmp_path: Path, now_s: float) -> None:
    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)

    assert memory(tmp_path, now_s).recall(SUBJECT, TAG) is None


def test_other_repositories_and_tags_are_unknown(tmp_path: Path) -> None:
    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)

    assert memory(tmp_path).recall("other/workflows/plan", TAG) is None
    assert memory(tmp_path).recall(SUBJECT, Tag("1.0.1")) is None


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for number in range(20):
        memory(tmp_path, float(number)).remember(SUBJECT, Tag(f"1.{number}.0"), DIGEST)

    assert memory(tmp_path, 20.0).recall(SUBJECT, Tag("1.19.0"))
    assert memory(tmp_path, 20.0).recall(SUBJECT, Tag("1.11.0")) is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"subject":"host/workflows/plan","tags":{"1.0.0":["sha256:x",0]}}', "[" * 5000],
    ids=["empty", "list", "no-subject", "no-digest", "nested"],
)
def test_spoiled_file_is_no_memory(tmp_path: Path, content: str) -> None:
    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)
    (file,) = (tmp_path / "tags").iterdir()
    file.write_text(content, encoding="utf-8")

    assert memory(tmp_path).recall(SUBJECT, TAG) is None


def test_file_of_another_repository_is_no_memory(tmp_path: Path) -> None:
    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)
    (file,) = (tmp_path / "tags").iterdir()
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**document, "subject": "other"}), encoding="utf-8")

    assert memory(tmp_path).recall(SUBJECT, TAG) is None


def test_place_that_cannot_be_written_is_no_memory(tmp_path: Path) -> None:
    (tmp_path / "tags").write_text("a file", encoding="utf-8")

    memory(tmp_path).remember(SUBJECT, TAG, DIGEST)
    memory(tmp_path).trim()

    assert memory(tmp_path).recall(SUBJECT, TAG) is None


def test_no_folder_keeps_nothing() -> None:
    memory(None).remember(SUBJECT, TAG, DIGEST)
    memory(None).trim()

    assert memory(None).recall(SUBJECT, TAG) is None
