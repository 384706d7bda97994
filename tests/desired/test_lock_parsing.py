"""Everything that may stand in the place of a lock, in these words."""

from __future__ import annotations

import pytest

from reconciler.desired.lockfile import (
    parse_lock,
)
from reconciler.errors import LockError
from reconciler.oci.digest import Digest
from tests.desired.locks import BUNDLE, GOLDEN, MIDDLE, NEWER, RECOVER, ROUTER, A, refused
from tests.support.wanted import lock_of


def test_newer_version_is_refused() -> None:
    text = GOLDEN.replace("version = 1\n", "version = 2\n", 1)
    assert refused(text) == [
        "pallet.lock: version: expected at most 1, got 2: it was written by a newer pallet"
    ]


def test_newer_version_says_to_upgrade() -> None:
    with pytest.raises(LockError) as caught:
        parse_lock("version = 2\nsomething-new = 1\n", file="pallet.lock")
    assert caught.value.problems[0].fix == "upgrade pallet"


def test_newer_revision_is_read() -> None:
    lock = parse_lock(NEWER, file="pallet.lock")
    assert lock.entries == lock_of(BUNDLE, ROUTER)
    assert lock.revision == 2


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
    assert refused(text) == complaints


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
    assert [problem.partition(" ")[2] for problem in refused(text)] == [complaint]


def test_entry_that_was_cut_before_its_files_is_refused() -> None:
    half = GOLDEN[: GOLDEN.rindex("files = [")]
    assert refused(half) == ["pallet.lock:17: artifact[1]: missing key 'files'"]


def test_revision_that_is_no_number_is_refused() -> None:
    assert refused('version = 1\nrevision = "2"\n') == [
        "pallet.lock: revision: expected a whole number, got '2'"
    ]


def test_digest_of_an_entry_is_checked() -> None:
    complaint = refused(GOLDEN.replace(MIDDLE, 'digest = "sha256:abc"\n'))[0]
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
