"""The lock of what was taken: the same text for the same content, and every problem of one that is none."""

from __future__ import annotations

import pytest

from reconciler.discovery.pull_lock import PullLock, Taken, lock_of, read_pull_lock, render_pull_lock
from reconciler.errors import LockError
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Repository
from tests.discovery.needs import entry, needs_of

ROW = '[[artifact]]\nrepository = "w/a"\ndigest = "sha256:{}"\n'.format("0" * 64)


def test_lock_is_read_as_it_was_written() -> None:
    lock = lock_of(needs_of(entry("x", requires="b,a"), entry("a", "1.0.0+b.1", "b"), entry("b")))
    assert read_pull_lock(render_pull_lock(lock).encode(), file="lock") == lock
    assert [item.repository for item in lock.taken] == ["w/x", "w/a", "w/b"]


def test_versionless_root_stays_versionless() -> None:
    lock = PullLock((Taken(Repository("w/a"), None, Digest.of(b""), 2),))
    assert read_pull_lock(render_pull_lock(lock).encode(), file="lock") == lock


def test_lock_of_a_long_chain_is_small() -> None:
    links = [entry(f"n{place}", requires=f"n{place + 1}" if place < 2000 else "") for place in range(2001)]
    assert len(render_pull_lock(lock_of(needs_of(*links)))) < 2001 * 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("\x00", "expected TOML: ", id="no-toml"),
        pytest.param("a = " + "[" * 5000, "expected TOML: ", id="deep"),
        pytest.param(f'version = 2\nroot = "w/a"\n{ROW}', "version: expected 1, got 2", id="newer"),
        pytest.param(f"version = 1\n{ROW}", "root: expected the repository of one of its artifacts, got None", id="no-root"),
        pytest.param(f'version = 1\nroot = ["w/a"]\n{ROW}', "root: expected the repository of one", id="odd-root"),
        pytest.param('version = 1\nroot = "w/a"\nartifact = 3', "root: expected the repository of one", id="no-artifacts"),
        pytest.param(f'version = 1\nroot = "w/a"\n{ROW}{ROW}', "artifact[1]: expected each repository once, got w/a twice", id="twice"),
        pytest.param(f'version = 1\nroot = "w/a"\n{ROW}size = -1', "artifact[0]: size: expected a number of bytes, got -1", id="size"),
        pytest.param(f'version = 1\nroot = "w/a"\n{ROW}required-by = 1', "artifact[0]: required-by: expected a list", id="ways"),
        pytest.param(f'version = 1\nroot = "w/a"\n{ROW}more = 1', "artifact[0]: expected digest, repository, required-by, size, version, got 'more'", id="unknown"),
        pytest.param("version = 1\nrevision = 0\n[[artifact]]\n[[artifact]]\n", "expected a lock of pallet pull --with-deps, got that of a project", id="of-a-project"),
        pytest.param('version = 1\nroot = "../x"\n[[artifact]]\nrepository = "../x"\ndigest = "x"', "artifact[0]: not a repository name", id="leads-out"),
    ],
)  # fmt: skip
def test_what_is_no_lock_is_said(text: str, expected: str) -> None:
    with pytest.raises(LockError) as caught:
        read_pull_lock(text.encode(), file="lock")
    assert f"lock: {expected}" in str(caught.value)


def test_same_problem_is_said_once() -> None:
    text = 'version = 1\nroot = "w/a"\n' + "[[artifact]]\nsize = 1\n" * 26

    with pytest.raises(LockError) as caught:
        read_pull_lock(text.encode(), file="lock")

    (problem,) = caught.value.problems
    assert problem.message == (
        "expected repository, version, digest and required-by as texts: the same in 25 more"
    )


def test_every_problem_is_said_at_once() -> None:
    text = 'version = 9\nroot = "w/a"\n[[artifact]]\nrepository = 1\n[[artifact]]\ndigest = "x"\n'
    with pytest.raises(LockError) as caught:
        read_pull_lock(text.encode(), file="lock")
    assert [problem.path for problem in caught.value.problems] == ["version", "artifact[0]", "artifact[1]"]
