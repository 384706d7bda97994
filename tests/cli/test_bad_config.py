"""pallet.toml and pallet.lock as they should not be: one clear sentence each, and nothing written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.scenarios import Desk, snapshot, triage

RECOVER = "  → restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(
            b"[project\nname = 1\n",
            "pallet.toml:1:9: not TOML: expected ']' at the end of a table declaration [not-toml]",
            id="not-toml",
        ),
        pytest.param(b"", "pallet.toml: missing key 'project' [missing-key]", id="empty"),
        pytest.param(
            b'[project]\nname = "desk"\nnmae = "desk"\n',
            "pallet.toml:3: project.nmae: unknown key 'nmae': did you mean 'name'? [unknown-key]",
            id="misspelt-key",
        ),
        pytest.param(
            b"\xff\xfe[project]\n",
            "pallet.toml: expected UTF-8, got byte 0xff at offset 0 [not-utf-8]",
            id="utf-16",
        ),
        pytest.param(
            b'[project]\nname = "desk"\n[[artifact]]\nfiles = "nothing/*.yaml"\nrepository = "{stem}"\nkind = "files"\n',
            "pallet.toml:3: artifact[0].files: nothing/*.yaml: matches nothing: there is no folder nothing [no-match]",
            id="matches-nothing",
        ),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan", "sync", "check", "lock"])
def test_invalid_config_is_78(desk: Desk, command: str, content: bytes, complaint: str) -> None:
    desk.write("pallet.toml", content)

    ran = desk.pallet(command)

    assert ran.code == 78
    assert complaint in ran.stderr.splitlines()[0]
    assert "Traceback" not in ran.stderr
    assert not desk.lock.exists()
    assert not (desk.root / ".pallet/registry").exists()


def test_all_problems_of_a_config_are_named_at_once(desk: Desk) -> None:
    toml = (desk.root / "pallet.toml").read_text()
    desk.write("pallet.toml", toml.replace("floating-tags", "floating-tag").replace("kind =", "kin ="))

    ran = desk.pallet("validate")

    assert ran.code == 78
    assert "unknown key 'floating-tag': did you mean 'floating-tags'?" in ran.stderr
    assert ran.stderr.count("unknown key 'kin': did you mean 'kind'?") == 2
    assert "problems found; nothing was written\n" in ran.stderr


def test_missing_config_names_init(desk: Desk) -> None:
    (desk.root / "pallet.toml").unlink()

    ran = desk.pallet("plan")

    assert ran.code == 78
    assert ran.stderr == (
        f"pallet: pallet.toml: expected one in {desk.root} or above it, got none [no-config]\n  → pallet init\n"
    )


def test_windows_line_ends_and_byte_order_mark_are_read(desk: Desk) -> None:
    toml = (desk.root / "pallet.toml").read_text()
    assert desk.pallet("lock").code == 0
    desk.write("pallet.toml", "\ufeff" + toml.replace("\n", "\r\n"))

    assert desk.pallet("validate").stdout == "6 artifacts are valid\n"
    assert desk.pallet("lock", "--check").code == 0


def half(text: str) -> str:
    return text[: text.index("digest") + 20]


def newer(text: str) -> str:
    return text.replace("version = 1\n", "version = 2\n", 1)


@pytest.mark.parametrize(
    ("damage", "complaint", "fix"),
    [
        pytest.param(half, "not TOML: unterminated string", RECOVER, id="half-written"),
        pytest.param(
            newer,
            "pallet.lock: version: expected at most 1, got 2: it was written by a newer pallet [newer-lock]\n",
            "  → upgrade pallet\n",
            id="newer-version",
        ),
        pytest.param(
            lambda _: "", "pallet.lock: version: expected 1, got None [not-a-lock]\n", RECOVER, id="empty"
        ),
        pytest.param(lambda _: "\x00\x00", "pallet.lock:1", RECOVER, id="zeros"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "sync", "check", "lock"])
def test_invalid_lock_is_78_and_stays(
    synced: Desk, command: str, damage: Callable[[str], str], complaint: str, fix: str
) -> None:
    synced.write("pallet.lock", damage(synced.lock.read_text()))
    before = snapshot(synced.root)

    ran = synced.pallet(command)

    assert ran.code == 78, ran.everything
    assert complaint in ran.stderr
    assert ran.stderr.endswith(fix)
    assert "Traceback" not in ran.stderr
    assert snapshot(synced.root) == before


def test_conflict_in_the_lock_is_rendered_anew(synced: Desk) -> None:
    good = synced.lock.read_text()
    head, first, rest = good.partition("\n[[artifact]]")
    conflict = f"{head}\n<<<<<<< HEAD\n{first}{rest}=======\n>>>>>>> theirs\n"

    for command in ("lock", "sync"):
        synced.write("pallet.lock", conflict)
        checked = synced.pallet("check")
        assert checked.code == 6, checked.everything
        assert "pallet.lock: has conflict markers" in checked.everything
        assert synced.pallet("lock", "--check").code == 6

        assert synced.pallet(command).code == 0
        assert synced.lock.read_text() == good


NEWER_REVISION = (
    "pallet: pallet.lock: revision: expected at most 1 to be able to write it, got 2 [newer-lock]\n"
    "  → upgrade pallet\n"
)


def with_newer_revision(desk: Desk) -> Desk:
    desk.write("pallet.lock", desk.lock.read_text().replace("revision = 0", "revision = 2", 1))
    return desk


def test_lock_of_a_newer_revision_is_read(synced: Desk) -> None:
    desk = with_newer_revision(synced)
    before = snapshot(desk.root)

    assert desk.pallet("plan").code == 0
    assert desk.pallet("sync").code == 0

    assert snapshot(desk.root) == before


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("lock"),
        pytest.param("sync"),
    ],
)
def test_lock_of_a_newer_revision_is_not_written(synced: Desk, command: str) -> None:
    desk = with_newer_revision(synced)
    desk.write("workflows/triage.yaml", triage("1.0.1"))
    before = snapshot(desk.root)

    refused = desk.pallet(command)

    assert refused.code == 78
    assert refused.stderr == NEWER_REVISION
    assert snapshot(desk.root) == before
