"""Archives of folders: what is unpacked, and that nothing of a bad one ever appears."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import DigestMismatchError, PalletError, RefusedError
from reconciler.oci.digest import Digest
from reconciler.oci.pulling.archives import Archive, Limits
from reconciler.oci.pulling.folders import Folder
from reconciler.oci.pulling.unpacking import move_in, unpacked
from tests.oci.pulling.archives import (
    Member,
    extension,
    folder,
    hardlink,
    make_tar,
    pack,
    sparse_gnu,
    sparse_pax,
    symlink,
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder beside a secret that nobody may reach."""
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "out"
    path.mkdir()
    return path


def unpack(
    out: Path,
    content: bytes,
    *,
    prefix: tuple[str, ...] = ("docs",),
    limits: Limits | None = None,
    digest: Digest | None = None,
    overwrite: bool = False,
) -> int:
    with Folder.open(out) as root, root.below(("work",)) as work, root.below(("docs",)) as destination:
        archive = Archive(io.BytesIO(content), prefix, len(content), "x", limits or Limits(), digest)
        with unpacked(archive, work) as found:
            return move_in(found, destination, overwrite=overwrite)


def listing(out: Path) -> dict[str, str]:
    """Return every file below the folder, and what links say."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
    return found


GOOD = [
    folder("docs"),
    Member("docs/a.md", b"one"),
    folder("docs/deep"),
    Member("docs/deep/run.sh", b"two", mode=0o755),
    symlink("docs/latest", "deep/run.sh"),
    symlink("docs/deep/up", "../a.md"),
    hardlink("docs/again", "docs/a.md"),
]


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_folder_is_unpacked(out: Path, packed: bool) -> None:
    content = make_tar(GOOD)
    assert unpack(out, pack(content) if packed else content, digest=Digest.of(content)) == 5
    assert listing(out / "docs") == {
        "a.md": "one",
        "again": "one",
        "deep/run.sh": "two",
        "deep/up": "-> ../a.md",
        "latest": "-> deep/run.sh",
    }
    assert os.access(out / "docs/deep/run.sh", os.X_OK)
    assert (out / "docs/a.md").stat().st_mode & 0o111 == 0
    assert list((out / "work").iterdir()) == []


def test_entries_without_the_prefix_are_taken_too(out: Path) -> None:
    unpack(out, pack(make_tar([Member("a.md", b"one"), Member("./sub/b.md", b"two")])))
    assert listing(out / "docs") == {"a.md": "one", "sub/b.md": "two"}


def test_hard_link_is_a_file_of_its_own(out: Path) -> None:
    unpack(out, make_tar(GOOD))
    assert (out / "docs/again").stat().st_ino != (out / "docs/a.md").stat().st_ino


def test_same_folder_again_changes_nothing(out: Path) -> None:
    unpack(out, make_tar(GOOD))
    assert unpack(out, make_tar(GOOD)) == 0


def test_several_gzip_members_are_one_stream(out: Path) -> None:
    content = make_tar(GOOD)
    half = len(content) // 2
    unpack(out, pack(content[:half]) + pack(content[half:]) + b"\0" * 100, digest=Digest.of(content))
    assert "a.md" in listing(out / "docs")


def test_rights_are_not_taken_over(out: Path) -> None:
    unpack(out, make_tar([Member("docs/a", b"x", mode=0o6777), Member("docs/b", b"x", mode=0o2600)]))
    modes = [stat.S_IMODE((out / "docs" / name).stat().st_mode) for name in "ab"]
    assert not any(mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX | 0o002) for mode in modes)


ATTACKS = [
    pytest.param([Member("/etc/x")], "expected a relative path, got '/etc/x'", id="absolute"),
    pytest.param([Member("docs/../../x")], "that does not lead out", id="up"),
    pytest.param([Member("..\\x")], "got a backslash", id="backslash"),
    pytest.param([Member("C:/x")], "got a drive letter", id="drive"),
    pytest.param([symlink("docs/l", "/etc/passwd")], "could lead out", id="link-to-absolute"),
    pytest.param([symlink("docs/l", "../secret")], "could lead out", id="link-up"),
    pytest.param([symlink("docs/d/l", "../../secret")], "could lead out", id="link-up-from-below"),
    pytest.param([symlink("docs/l", "")], "could lead out", id="link-to-nothing"),
    pytest.param([symlink("docs/l", "./" * 3000 + "a")], "at most 1023 bytes", id="link-of-kilobytes"),
    pytest.param(
        [folder("docs/d"), symlink("docs/d/x", ".."), symlink("docs/y", "d/x/../secret")],
        "could lead out",
        id="chain-of-links",
    ),
    pytest.param(
        [symlink("docs/l", "."), Member("docs/l/x")],
        "expected 'l' to be a folder, got a link",
        id="through-a-link",
    ),
    pytest.param(
        [symlink("docs/l", "deep"), Member("docs/l", b"x")],
        "expected one entry of this name",
        id="over-a-link",
    ),
    pytest.param(
        [Member("docs/a", b"x"), symlink("docs/a", "b")],
        "expected one entry of this name",
        id="link-over-file",
    ),
    pytest.param(
        [Member("docs/a"), Member("docs/a")], "expected one entry of this name, got two", id="twice"
    ),
    pytest.param(
        [Member("docs/a"), Member("docs/a/b")], "expected 'a' to be a folder, got a file", id="below-a-file"
    ),
    pytest.param([hardlink("docs/h", "/etc/passwd")], "expected a relative path", id="hard-link-absolute"),
    pytest.param([hardlink("docs/h", "../../secret")], "does not lead out", id="hard-link-up"),
    pytest.param([hardlink("docs/h", "secret")], "to an earlier file", id="hard-link-by-working-folder"),
    pytest.param(
        [symlink("docs/l", "x"), hardlink("docs/h", "docs/l")], "to an earlier file", id="hard-link-to-a-link"
    ),
    pytest.param([Member("docs/p", kind=tarfile.FIFOTYPE)], "got a device or a pipe", id="pipe"),
    pytest.param([Member("docs/d", kind=tarfile.CHRTYPE)], "got a device or a pipe", id="character-device"),
    pytest.param([Member("docs/d", kind=tarfile.BLKTYPE)], "got a device or a pipe", id="block-device"),
    pytest.param([Member("docs", b"x")], "expected a folder, got something else", id="file-for-the-folder"),
    pytest.param([symlink("docs", "..")], "expected a folder, got something else", id="link-for-the-folder"),
    pytest.param([Member("docs/.pallet-partial")], "which pallet needs itself", id="name-of-the-work-folder"),
]


@pytest.mark.parametrize(("members", "text"), ATTACKS)
def test_attack_is_refused(out: Path, members: list[Member], text: str) -> None:
    before = listing(out.parent)
    with pytest.raises(RefusedError) as caught:
        unpack(out, pack(make_tar([Member("docs/first", b"harmless"), *members])))
    assert str(caught.value).startswith("x: archive refused: ")
    assert text in str(caught.value)
    assert caught.value.fix == "--no-unpack keeps the archive as it is"
    assert listing(out.parent) == before


LIMITS = Limits(entries=3, size_bytes=100_000, ratio=2)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(
            make_tar([Member(f"docs/{n}") for n in range(4)]),
            "holds too much: expected at most 3 entries, got more",
            id="entries",
        ),
        pytest.param(
            pack(make_tar([Member("docs/zeros", b"\0" * 1_000_000)])),
            "becomes too much: expected at most 100000 bytes, got more",
            id="bomb",
        ),
        pytest.param(
            pack(make_tar([]) + b"\0" * 1_000_000), "becomes too much", id="bomb-behind-the-end-of-the-tar"
        ),
        pytest.param(b"\x28\xb5\x2f\xfd rest", "expected tar, or tar with gzip, got zstd", id="zstd"),
        pytest.param(b"hello" * 200, "cannot be unpacked", id="no-tar"),
        pytest.param(pack(make_tar(GOOD[:2]))[:-20], "cannot be unpacked", id="cut-gzip"),
        pytest.param(b"\x1f\x8b\x08 rubbish", "cannot be unpacked", id="broken-gzip"),
    ],
)
def test_archive_that_is_too_much_or_none_is_refused(out: Path, content: bytes, text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        unpack(out, content, limits=LIMITS)
    assert text in str(caught.value)
    assert listing(out) == {}


def test_ratio_counts_from_a_size_that_is_worth_it(out: Path) -> None:
    # A small archive that packs well is no bomb.
    unpack(out, pack(make_tar([Member("docs/zeros", b"\0" * 90_000)])), limits=LIMITS)
    assert (out / "docs/zeros").stat().st_size == 90_000


def test_header_that_claims_much_is_not_believed(out: Path) -> None:
    header = tarfile.TarInfo("docs/a")
    header.type, header.size = tarfile.XHDTYPE, 2**33
    content = header.tobuf(tarfile.GNU_FORMAT) + b"\0" * 10_000
    with pytest.raises(RefusedError, match="expected a header of at most 1048576 bytes"):
        unpack(out, content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(sparse_gnu(1 << 33), id="gnu"),
        *(pytest.param(sparse_pax(1 << 33, version), id=version) for version in ("0.0", "0.1", "1.0")),
    ],
)
def test_sparse_file_is_refused(out: Path, content: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        unpack(out, pack(content))
    assert "archive refused" in str(caught.value)
    assert "expected all of its bytes, got a sparse file" in str(caught.value)
    assert listing(out) == {}


CUT = make_tar([Member("docs/a", bytes(range(256)) * 20)])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CUT[:1500], id="plain-in-a-file"),
        pytest.param(CUT[:700], id="plain-in-the-first-block"),
        pytest.param(CUT[:300], id="plain-in-a-header"),
        pytest.param(b"", id="nothing"),
        pytest.param(pack(CUT)[:-200], id="gzip-in-a-file"),
        pytest.param(pack(CUT)[:-8] + b"\0" * 8, id="gzip-checksum"),
        pytest.param(pack(CUT[:1500]), id="cut-then-packed"),
        pytest.param(pack(CUT) + b"\x1f\x8brubbish", id="rubbish-behind"),
        pytest.param(CUT[:512] + b"\xff" * 512 * 12, id="no-header-behind"),
        pytest.param(extension(b"9 path=b\n") * 3000 + CUT, id="thousands-of-headers"),
        pytest.param(extension(b"docs/b\0", tarfile.GNUTYPE_LONGNAME) * 3000 + CUT, id="thousands-of-names"),
        pytest.param(extension(b"1" * 900_000) + CUT, id="digits-for-records"),
        pytest.param(extension(b"9 path=b\n") + b"\0" * 1024, id="records-of-nothing"),
    ],
)
def test_damaged_archive_is_refused(out: Path, content: bytes) -> None:
    with pytest.raises(RefusedError, match=r"^x: archive refused: cannot be unpacked: "):
        unpack(out, content)
    assert listing(out) == {}


def test_size_of_records_is_what_follows(out: Path) -> None:
    # The header itself says 5120 bytes: 3 of them are the file, and the next header follows.
    small = make_tar([Member("docs/b", b"one"), Member("docs/c", b"two")])
    content = extension(b"9 size=3\n") + CUT[:512] + small[512:]
    unpack(out, content)
    assert listing(out / "docs") == {"a": "one", "c": "two"}


def test_tar_of_another_digest_is_not_unpacked(out: Path) -> None:
    content = make_tar(GOOD)
    with pytest.raises(DigestMismatchError, match=r"^x: unpacked: digest mismatch"):
        unpack(out, pack(content), digest=Digest.of(b"another"))
    assert listing(out) == {}


def test_other_files_in_the_way_are_all_named(out: Path) -> None:
    (out / "docs/deep").mkdir(parents=True)
    (out / "docs/a.md").write_text("mine")
    (out / "docs/latest").write_text("mine too")
    (out / "docs/deep/run.sh").write_text("two")
    with pytest.raises(RefusedError) as caught:
        unpack(out, make_tar(GOOD))
    assert f"{out}/docs: a.md, latest: something else is there" in str(caught.value)
    assert listing(out / "docs") == {"a.md": "mine", "deep/run.sh": "two", "latest": "mine too"}
    assert unpack(out, make_tar(GOOD), overwrite=True) == 4
    assert listing(out / "docs")["a.md"] == "one"


def test_links_on_the_disk_are_not_followed(out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "docs").mkdir()
    (out / "docs/deep").symlink_to(elsewhere)
    with pytest.raises(RefusedError, match="a link or a file is in the way: expected a folder"):
        unpack(out, make_tar(GOOD), overwrite=True)
    assert list(elsewhere.iterdir()) == []


def test_link_in_place_of_a_file_is_replaced_and_not_followed(out: Path, tmp_path: Path) -> None:
    (out / "docs").mkdir()
    (out / "docs/a.md").symlink_to(tmp_path / "secret")
    unpack(out, make_tar([Member("docs/a.md", b"one")]), overwrite=True)
    assert (tmp_path / "secret").read_text() == "secret"
    assert not (out / "docs/a.md").is_symlink()


NAMES = st.sampled_from(["docs", "a", "b", "..", ".", "l", "", "secret"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
MEMBERS = st.one_of(
    st.builds(Member, PATHS, st.binary(max_size=4)),
    st.builds(folder, PATHS),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MEMBERS, max_size=6))
def test_nothing_ever_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, members: list[Member]
) -> None:
    root = tmp_path_factory.mktemp("attack")
    (root / "secret").write_text("secret")
    (root / "out").mkdir()
    with suppress(PalletError):
        unpack(root / "out", make_tar(members))
    assert (root / "secret").read_text() == "secret"
    assert sorted(path.name for path in root.iterdir()) == ["out", "secret"]
    for path in _links(root / "out" / "docs"):
        # Wherever its links lead, they lead to something below.
        assert path.resolve().is_relative_to((root / "out" / "docs").resolve())


def _links(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            try:
                path.resolve(strict=False)
            except (OSError, RuntimeError):
                continue  # in a circle
            yield path
