"""A disk that refuses: full, read-only, in the way. What was published stays known, and the text says what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.lockfile import read_lock
from reconciler.oci.layout import open_layout
from tests.support.processes import run_pallet
from tests.support.scenarios import Desk, snapshot


def test_output_in_a_missing_folder_is_refused(desk: Desk) -> None:
    ran = desk.pallet("plan", "--output", desk.root / "missing" / "plan.txt")

    assert ran.code == 64
    assert ran.stderr == (
        f"pallet: --output {desk.root}/missing/plan.txt: expected a file in a folder that exists, "
        f"got {desk.root}/missing\n  → mkdir -p {desk.root}/missing\n"
    )


def test_output_is_refused_before_anything_is_published(desk: Desk) -> None:
    ran = desk.pallet("sync", "--output", desk.root / "missing" / "sync.json", "--format", "json")

    assert ran.code != 0
    assert not (desk.root / ".pallet" / "registry").exists()


def test_file_in_the_way_of_the_layout_is_named(desk: Desk) -> None:
    desk.write(".pallet/registry", "I was here first")

    ran = desk.pallet("sync")

    assert ran.code == 1, ran.everything
    assert "is in the way: expected a folder, got a file" in " ".join(ran.everything.split())
    assert not desk.lock.exists()


def test_folder_in_the_way_of_the_lock_is_named(desk: Desk) -> None:
    desk.lock.mkdir()

    ran = desk.pallet("sync")

    assert ran.code == 78
    assert "pallet.lock: cannot be read: " in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("size_bytes", [0, 64, 256, 1024, 2048])
def test_disk_that_is_full_is_said(desk: Desk, size_bytes: int) -> None:
    ran = run_pallet("sync", cwd=desk.root, file_max_bytes=size_bytes)

    assert ran.code in (1, 5), ran.everything
    assert "Traceback" not in ran.everything
    assert "file too large" in " ".join(ran.everything.split()).lower()
    read_lock(desk.lock)

    again = desk.pallet("sync")

    assert again.code == 0, again.everything
    assert desk.pallet("check").code == 0
    assert len(list(open_layout(desk.root / ".pallet/registry").list_repositories())) == 6


def test_full_disk_at_the_lock_keeps_the_old_one(synced: Desk) -> None:
    old = synced.lock.read_bytes()
    toml = (synced.root / "pallet.toml").read_text()
    synced.write(
        "pallet.toml",
        toml + '\n[[artifact]]\nfiles = "agents/*.json"\nrepository = "copies/{stem}"\nkind = "agent-card"\n',
    )

    # Larger than any blob or index of the layout, smaller than the lock.
    ran = run_pallet("sync", cwd=synced.root, file_max_bytes=len(old))

    assert ran.code == 1, ran.everything
    assert "pallet.lock: " in ran.stderr
    assert synced.lock.read_bytes() == old
    assert synced.pallet("sync").code == 0


def test_full_disk_at_the_lock_still_reports(desk: Desk) -> None:
    ran = run_pallet("sync", "--format", "json", cwd=desk.root, file_max_bytes=2000)

    assert ran.code == 1
    assert ran.stdout.count('"outcome": "done"') == 11
    assert "pallet.lock: " in ran.stderr
    assert not desk.lock.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_rights_is_said(desk: Desk) -> None:
    desk.root.chmod(0o500)
    try:
        ran = desk.pallet("sync")
    finally:
        desk.root.chmod(0o700)

    assert ran.code == 1
    assert "let this user read and write" in ran.stderr


def test_reading_commands_write_nothing(synced: Desk) -> None:
    before = snapshot(synced.root)

    for command in ("validate", "plan", "check"):
        assert synced.pallet(command).code == 0
    assert synced.pallet("explain", "workflows/triage").code == 0
    assert synced.pallet("sync", "--dry-run").code == 0
    assert synced.pallet("lock", "--check").code == 0

    assert snapshot(synced.root) == before


def test_reading_commands_leave_no_folder(desk: Desk) -> None:
    for command in ("validate", "plan", "check"):
        desk.pallet(command)

    assert not (desk.root / ".pallet").exists()


def test_target_folder_appears_where_it_was_written(desk: Desk, tmp_path: Path) -> None:
    toml = (desk.root / "pallet.toml").read_text()
    desk.write("pallet.toml", toml.replace("oci-layout:.pallet/registry", "oci-layout:../some where else"))

    assert desk.pallet("sync").code == 0

    assert (tmp_path / "some where else" / "workflows" / "triage" / "oci-layout").is_file()
