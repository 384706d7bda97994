"""What check finds without a registry: the lock, and versions whose bytes changed since the base."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.desired.build import RULES
from reconciler.sync.findings import Findings, check_offline, lock_findings
from tests.desired.repositories import Work, make_repository
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow


@dataclass(frozen=True, slots=True)
class Desk:
    """A project in a git repository, whose first commit is tagged `base`."""

    work: Work
    folder: ProjectFolder

    def commit(self) -> str:
        self.work.git("add", "--all")
        self.work.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.work.git("rev-parse", "HEAD")

    def check(self, *, against: str | None = "base", allowed: Collection[str] = ()) -> Findings:
        environment = dict(self.work.environment)
        return check_offline(self.folder.load(), against=against, environment=environment, allowed=allowed)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    work = make_repository(tmp_path)
    folder = make_project(work.root, WORKFLOWS, {"workflows/router.yaml": workflow()})
    folder.write_lock()
    desk = Desk(work, folder)
    desk.commit()
    work.git("tag", "base")
    return desk


def _codes(found: Findings) -> list[str]:
    return [problem.code for problem in found.problems]


def test_untouched_project_has_no_findings(desk: Desk) -> None:
    found = desk.check()
    assert (found.problems, found.exit_code) == ((), 0)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("compared with ")


def test_edited_version_is_named_with_a_bump(desk: Desk) -> None:
    before = desk.folder.load().wanted[0].digest.short
    desk.folder.write({"workflows/router.yaml": workflow(skill="plan_more")})
    after = desk.folder.write_lock().wanted[0].digest.short
    found = desk.check()
    assert found.exit_code == 4
    (problem,) = found.problems
    assert (problem.code, problem.file) == ("edited", "workflows/router.yaml")
    assert problem.message.startswith("workflows/router 1.0.0: published already: expected ")
    assert before in problem.message
    assert problem.message.endswith(f"got {after}")
    assert (
        problem.fix
        == "give it a new version, such as 1.0.1: pallet bump workflows/router patch; or take back the change"
    )


def test_bumped_version_is_fine(desk: Desk) -> None:
    desk.folder.write({"workflows/router.yaml": workflow("1.0.1", skill="plan_more")})
    desk.folder.write_lock()
    assert desk.check().exit_code == 0


def test_edited_version_may_be_allowed(desk: Desk) -> None:
    desk.folder.write({"workflows/router.yaml": workflow(skill="plan_more")})
    desk.folder.write_lock()
    assert desk.check(allowed=["edited"]).exit_code == 0


def test_lock_that_lags_is_found(desk: Desk) -> None:
    desk.folder.write({"workflows/router.yaml": workflow("1.0.1")})
    found = desk.check()
    assert (_codes(found), found.exit_code) == (["lock-out-of-date"], 6)
    assert found.problems[0].fix == "run `pallet lock` and commit it"


def test_missing_lock_is_found(desk: Desk) -> None:
    desk.folder.lock.unlink()
    found = desk.check()
    assert (_codes(found), found.exit_code) == (["lock-out-of-date"], 6)


def test_every_finding_is_said_and_the_first_code_wins(desk: Desk) -> None:
    desk.folder.write({"workflows/router.yaml": workflow(skill="plan_more")})
    found = desk.check()
    assert (_codes(found), found.exit_code) == (["lock-out-of-date", "edited"], 4)


def test_base_that_cannot_be_read_is_unknown(desk: Desk) -> None:
    found = desk.check(against="no-such-revision")
    assert (_codes(found), found.exit_code) == (["base-unknown"], 1)
    assert found.problems[0].fix is not None


def test_unknown_base_hides_no_other_finding(desk: Desk) -> None:
    desk.folder.lock.unlink()
    found = desk.check(against="no-such-revision")
    assert (_codes(found), found.exit_code) == (["lock-out-of-date", "base-unknown"], 1)


def test_unknown_base_is_never_allowed(desk: Desk) -> None:
    assert desk.check(against="no-such-revision", allowed=["edited", "create", "unknown"]).exit_code == 1


def test_base_without_a_lock_is_said(desk: Desk) -> None:
    text = desk.folder.lock.read_text()
    desk.folder.lock.unlink()
    desk.commit()
    desk.work.git("tag", "--force", "base")
    desk.folder.lock.write_text(text)
    found = desk.check()
    assert found.exit_code == 0
    assert found.notes[0].endswith("which has no pallet.lock")


def test_project_without_git_says_that_there_is_no_base(tmp_path: Path, desk: Desk) -> None:
    folder = make_project(tmp_path / "plain", WORKFLOWS, {"workflows/router.yaml": workflow()})
    folder.write_lock()
    found = Desk(desk.work, folder).check(against=None)
    assert (found.problems, found.exit_code) == ((), 0)
    assert found.notes[0].startswith("not compared with a base revision: ")


@pytest.mark.parametrize(
    "text",
    ["version = 2\n", "version = 1\n[[artifact]]\nname = 5\n", "<html>"],
    ids=["newer", "half", "html"],
)
def test_lock_of_the_base_that_cannot_be_understood_is_unknown(desk: Desk, text: str) -> None:
    good = desk.folder.lock.read_text()
    desk.folder.lock.write_text(text)
    desk.commit()
    desk.work.git("tag", "--force", "base")
    desk.folder.lock.write_text(good)
    found = desk.check()
    assert (_codes(found), found.exit_code) == (["base-unknown"], 1)


def test_lock_as_written_has_no_findings(desk: Desk) -> None:
    assert lock_findings(desk.folder.load()) == []


def test_missing_lock_is_a_finding(desk: Desk) -> None:
    desk.folder.lock.unlink()
    (problem,) = lock_findings(desk.folder.load())
    assert str(problem) == "pallet.lock: expected a lock, got none"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("# Written", "# Edited", "its bytes are not those that pallet writes", id="bytes"),
        pytest.param(
            "workflows/router.yaml",
            "workflows/rooter.yaml",
            "its bytes are not those that pallet writes; workflows/router 1.0.0: same digest, other files",
            id="moved-file",
        ),
        pytest.param(
            f"build = {RULES}\n",
            f"<<<<<<< a\nbuild = {RULES}\n=======\nbuild = {RULES}\n>>>>>>> b\n",
            "has conflict markers",
            id="conflict",
        ),
    ],
)
def test_lock_of_other_bytes_is_found(desk: Desk, old: str, new: str, message: str) -> None:
    desk.folder.lock.write_text(desk.folder.lock.read_text().replace(old, new))
    (problem,) = lock_findings(desk.folder.load())
    assert str(problem) == f"pallet.lock: {message}"
    assert problem.fix == "run `pallet lock` and commit it"
