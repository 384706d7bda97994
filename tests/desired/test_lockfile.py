"""pallet.lock: exact bytes, the way back, and everything that may stand there instead."""

from __future__ import annotations

import json
import os
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.desired.lockfile import (
    Lock,
    Locked,
    LockedFile,
    parse_lock,
    read_lock,
    render_lock,
    write_lock,
)
from reconciler.desired.versions.version import Version
from reconciler.errors import LockError
from reconciler.oci.digest import Digest
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository
from tests.support.wanted import NOTE, digest, lock_of, locked

A, B = digest("a"), digest("b")
FILE = digest("a file")

GOLDEN = f"""\
# Written by pallet: run `pallet lock` instead of editing it, and commit it.
version = 1
revision = 0

[[artifact]]
name = "bundles/prompts"
version = "0.3.0"
digest = "{A}"
size = 812
media-type = "{OCI_MANIFEST}"
build = 1
files = [
  {{ path = "prompts/a.md", digest = "{FILE}", size = 6, media-type = "text/markdown" }},
  {{ path = "prompts/\\"b\\".md", digest = "{FILE}", size = 6, media-type = "text/markdown" }},
]

[[artifact]]
name = "notes/router"
version = "1.0.0"
digest = "{B}"
size = 300
media-type = "{OCI_MANIFEST}"
build = 1
files = [
  {{ path = "notes/router.txt", digest = "{FILE}", size = 6, media-type = "{NOTE}" }},
]
"""

BUNDLE = Locked(
    Repository("bundles/prompts"),
    Version("0.3.0"),
    A,
    812,
    OCI_MANIFEST,
    1,
    tuple(LockedFile(path, FILE, 6, "text/markdown") for path in ("prompts/a.md", 'prompts/"b".md')),
)
ROUTER = locked(holds=B)
RECOVER = "restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`"


def _refused(text: str) -> list[str]:
    with pytest.raises(LockError) as caught:
        parse_lock(text, file="pallet.lock")
    assert caught.value.exit_code == 78
    return [str(problem) for problem in caught.value.problems]


def test_rendered_lock_is_exactly_this() -> None:
    assert render_lock([ROUTER, BUNDLE]) == GOLDEN


def test_golden_lock_reads_back() -> None:
    assert parse_lock(GOLDEN, file="pallet.lock") == Lock(lock_of(BUNDLE, ROUTER), GOLDEN)


def test_empty_lock_has_only_its_head() -> None:
    text = "".join(GOLDEN.splitlines(keepends=True)[:3])
    assert render_lock([]) == text
    assert parse_lock(text, file="pallet.lock").entries == {}


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
digests = st.integers(0, 50).map(lambda number: digest(str(number)))
numbers = st.integers(0, 2**40)
versions = st.builds(
    lambda core, pre, build: Version(".".join(map(str, core)) + pre + build),
    st.tuples(*[st.integers(0, 12)] * 3),
    st.sampled_from(("", "-rc.1", "-rc.10", "-alpha", "-1")),
    st.sampled_from(("", "+b1", "+b.2")),
)
files = st.builds(LockedFile, texts, digests, numbers, texts)
entries = st.builds(
    Locked,
    st.sampled_from(("a", "a/b", "a-b", "workflows/router", "z.z_z")).map(Repository),
    versions,
    digests,
    numbers,
    texts,
    st.integers(1, 9),
    st.lists(files, min_size=1, max_size=3).map(tuple),
)
locks = st.lists(entries, max_size=6, unique_by=lambda entry: entry.key)


@given(locks)
def test_what_is_rendered_reads_back(found: list[Locked]) -> None:
    text = render_lock(found)
    lock = parse_lock(text, file="pallet.lock")
    assert lock.entries == {entry.key: entry for entry in found}
    assert render_lock(lock.entries.values()) == text


@given(locks, st.randoms(use_true_random=False))
def test_order_of_entries_never_matters(found: list[Locked], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert render_lock(shuffled) == render_lock(found)


@given(locks)
def test_rendered_lock_is_sorted_and_has_unix_line_ends(found: list[Locked]) -> None:
    text = render_lock(found)
    keys = [(item["name"], Version(item["version"])) for item in tomllib.loads(text).get("artifact", [])]
    assert keys == sorted(keys)
    assert "\r" not in text.replace("\\r", "")
    assert text.endswith("\n")


@given(locks)
def test_rendered_lock_satisfies_its_schema(found: list[Locked]) -> None:
    schema = json.loads((schemas_directory() / "lock.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(tomllib.loads(render_lock(found)))


def test_versions_are_sorted_by_precedence() -> None:
    texts = ["1.10.0", "1.9.0", "1.9.0-rc.10", "1.9.0-rc.9", "1.9.0+b"]
    document = tomllib.loads(render_lock([locked(version=text, holds=A) for text in texts]))
    assert [item["version"] for item in document["artifact"]] == [
        "1.9.0-rc.9",
        "1.9.0-rc.10",
        "1.9.0",
        "1.9.0+b",
        "1.10.0",
    ]


def test_absent_lock_is_empty_and_has_no_text(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "pallet.lock") == Lock()


def test_written_lock_holds_the_rendered_bytes(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    assert write_lock(path, Lock(), [ROUTER, BUNDLE])
    assert path.read_bytes() == GOLDEN.encode()
    assert [child.name for child in tmp_path.iterdir()] == ["pallet.lock"]


def test_equal_lock_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(GOLDEN)
    os.utime(path, (1, 1))
    assert not write_lock(path, read_lock(path), [BUNDLE, ROUTER])
    assert path.stat().st_mtime == 1


def test_checkout_with_windows_line_ends_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_bytes(GOLDEN.replace("\n", "\r\n").encode())
    lock = read_lock(path)
    assert lock.entries == lock_of(BUNDLE, ROUTER)
    assert not write_lock(path, lock, lock.entries.values())
    assert write_lock(path, lock, [ROUTER])
    assert path.read_bytes() == render_lock([ROUTER]).encode()


def test_newer_version_is_refused() -> None:
    text = GOLDEN.replace("version = 1\n", "version = 2\n", 1)
    assert _refused(text) == [
        "pallet.lock: version: expected at most 1, got 2: it was written by a newer pallet"
    ]


def test_newer_version_says_to_upgrade() -> None:
    with pytest.raises(LockError) as caught:
        parse_lock("version = 2\nsomething-new = 1\n", file="pallet.lock")
    assert caught.value.problems[0].fix == "upgrade pallet"


NEWER = GOLDEN.replace("revision = 0", "revision = 2").replace("build = 1\n", 'build = 1\nsigned-by = "x"\n')


def test_newer_revision_is_read() -> None:
    lock = parse_lock(NEWER, file="pallet.lock")
    assert lock.entries == lock_of(BUNDLE, ROUTER)
    assert lock.revision == 2


def test_newer_revision_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(NEWER)
    with pytest.raises(LockError) as caught:
        write_lock(path, read_lock(path), [ROUTER])
    message = "revision: expected at most 1 to be able to write it, got 2"
    assert [str(problem) for problem in caught.value.problems] == [f"pallet.lock: {message}"]
    assert caught.value.problems[0].fix == "upgrade pallet"
    assert path.read_text() == NEWER


def test_newer_revision_with_the_same_entries_needs_no_write(tmp_path: Path) -> None:
    path = tmp_path / "pallet.lock"
    path.write_text(NEWER)
    lock = read_lock(path)
    assert not write_lock(path, lock, lock.entries.values())


@pytest.mark.parametrize("cut", [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
def test_half_a_lock_is_refused_and_says_how_to_recover(cut: float) -> None:
    half = GOLDEN[: int(len(GOLDEN) * cut)]
    with pytest.raises(LockError) as caught:
        parse_lock(half, file="pallet.lock")
    assert {problem.fix for problem in caught.value.problems} == {RECOVER}


def _without(line: str) -> str:
    return "".join(each for each in GOLDEN.splitlines(keepends=True) if not each.startswith(line))


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        pytest.param("", ["pallet.lock: version: expected 1, got None"], id="empty"),
        pytest.param('version = "1"\n', ["pallet.lock: version: expected 1, got '1'"], id="version-as-text"),
        pytest.param(
            "version = true\n", ["pallet.lock: version: expected 1, got True"], id="version-as-boolean"
        ),
        pytest.param(
            "version = 1\nx",
            ["pallet.lock:2: not TOML: expected '=' after a key in a key/value pair, at the end of the file"],
            id="no-toml",
        ),
        pytest.param(
            _without("digest"),
            [
                "pallet.lock:5: artifact[0]: missing key 'digest'",
                "pallet.lock:16: artifact[1]: missing key 'digest'",
            ],
            id="every-entry-is-named",
        ),
        pytest.param(
            GOLDEN.replace('version = "1.0.0"', "version = 1.0"),
            ["pallet.lock:17: artifact[1]: version: expected text, got 1.0"],
            id="version-of-an-entry-is-a-number",
        ),
        pytest.param(
            GOLDEN.replace('"1.0.0"', '"1.0"'),
            [
                "pallet.lock:17: artifact[1]: not a semantic version: expected MAJOR.MINOR.PATCH "
                "such as 1.0.0-beta.1, got '1.0'"
            ],
            id="version-of-an-entry-is-none",
        ),
        pytest.param(
            GOLDEN.replace("size = 300", "size = -1"),
            ["pallet.lock:17: artifact[1]: size: expected a whole number, got -1"],
            id="negative-size",
        ),
        pytest.param(
            GOLDEN.replace("size = 300", "size = 1.5"),
            ["pallet.lock:17: artifact[1]: size: expected a whole number, got 1.5"],
            id="broken-size",
        ),
        pytest.param(
            GOLDEN + GOLDEN[GOLDEN.rindex("\n[[artifact]]") :],
            ["pallet.lock:28: artifact[2]: expected one entry for notes/router 1.0.0, got two"],
            id="two-entries-of-one-version",
        ),
    ],
)
def test_what_is_no_lock_is_refused(text: str, complaints: list[str]) -> None:
    assert _refused(text) == complaints


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            'version = 1\nrevision = 0\nartifact = ["x"]\n',
            "artifact[0]: expected a table, got 'x'",
            id="entry-is-text",
        ),
        pytest.param(
            "version = 1\nrevision = 0\nartifact = 5\n",
            "artifact: expected a list of tables, got 5",
            id="no-list",
        ),
        pytest.param(
            GOLDEN[: GOLDEN.index("files = [")] + "files = 5\n",
            "artifact[0]: files: expected a list of tables, got 5",
            id="files-are-a-number",
        ),
        pytest.param(
            GOLDEN[: GOLDEN.index("files = [")] + 'files = ["x"]\n',
            "artifact[0]: files: expected a list of tables, got 'x'",
            id="file-is-text",
        ),
    ],
)
def test_value_of_another_type_is_said_in_our_words(text: str, complaint: str) -> None:
    assert [problem.partition(" ")[2] for problem in _refused(text)] == [complaint]


def test_entry_that_was_cut_before_its_files_is_refused() -> None:
    half = GOLDEN[: GOLDEN.rindex("files = [")]
    assert _refused(half) == ["pallet.lock:17: artifact[1]: missing key 'files'"]


def test_revision_that_is_no_number_is_refused() -> None:
    assert _refused('version = 1\nrevision = "2"\n') == [
        "pallet.lock: revision: expected a whole number, got '2'"
    ]


def test_lock_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pallet.lock").mkdir()
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path / "pallet.lock")
    assert str(caught.value).startswith("pallet.lock: cannot be read: ")


def test_lock_of_other_bytes_than_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pallet.lock").write_bytes(b"version = 1\n\xff")
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path / "pallet.lock")
    assert str(caught.value).startswith("pallet.lock: expected UTF-8, got byte ")


def _conflict(ours: str, theirs: str, *, ancestor: str | None = None) -> str:
    base = "" if ancestor is None else f"||||||| 1234567\n{ancestor}"
    return f"<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> topic\n"


OURS, THEIRS, ANCESTOR = (f'digest = "{digest(each)}"\n' for each in ("ours", "theirs", "ancestor"))
MIDDLE = f'digest = "{B}"\n'


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
    assert _refused(text) == [
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


def test_digest_of_an_entry_is_checked() -> None:
    complaint = _refused(GOLDEN.replace(MIDDLE, 'digest = "sha256:abc"\n'))[0]
    assert complaint.startswith("pallet.lock:17: artifact[1]: not a sha256 digest: expected 64")


def test_sha512_digests_are_read() -> None:
    long = Digest.of(b"x", algorithm="sha512")
    text = GOLDEN.replace(MIDDLE, f'digest = "{long}"\n')
    assert {entry.digest for entry in parse_lock(text, file="pallet.lock").entries.values()} == {A, long}


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 20_000], ids=["long-number", "deep-nesting"])
def test_unreadable_value_is_no_traceback(value: str) -> None:
    with pytest.raises(LockError) as caught:
        parse_lock(f"version = 1\nrevision = 0\nmore = {value}\n", file="pallet.lock")
    assert (
        str(caught.value) == "pallet.lock: expected a lock, got a number or a nesting that nobody could read"
    )
    assert caught.value.problems[0].fix == (
        "restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`"
    )
