"""What was locked by an earlier pallet keeps its digest; what is new is built by the newest rules."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.desired.build import RULES
from reconciler.desired.lockfile import parse_lock, render_lock
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project

EARLIER = Path(__file__).parent / "earlier"
"""A project with artifacts of every form, and the lock that pallet wrote when rules 1 were the newest."""
OF_EMPTY_CONFIGS = ["bundles/configs", "bundles/prompts", "notes/first", "prompts/one"]
"""Those that newer rules build in another way."""


@pytest.fixture
def earlier(tmp_path: Path) -> ProjectFolder:
    shutil.copytree(EARLIER, tmp_path / "project")
    return ProjectFolder(tmp_path / "project")


def _digests(folder: ProjectFolder) -> dict[str, str]:
    return {str(item.name): item.digest for item in folder.load().wanted}


def test_lock_of_an_earlier_pallet_is_written_again_as_it_is(earlier: ProjectFolder) -> None:
    before = earlier.lock.read_bytes()
    assert b"build = 1\n" in before
    earlier.write_lock()
    assert earlier.lock.read_bytes() == before


def test_newer_rules_give_other_bytes_where_nothing_is_locked(earlier: ProjectFolder) -> None:
    locked = {str(name): entry.digest for (name, _), entry in earlier.load().lock.entries.items()}
    earlier.lock.unlink()
    found = _digests(earlier)
    assert sorted(name for name in found if found[name] != locked[name]) == OF_EMPTY_CONFIGS
    assert {item.build for item in earlier.load().wanted} == {RULES}


def test_new_version_is_built_by_the_newest_rules(earlier: ProjectFolder) -> None:
    note = earlier.root / "notes/first.yaml"
    note.write_text(note.read_text("utf-8").replace("1.0.0", "1.0.1"), encoding="utf-8")
    builds = {str(item.name): item.build for item in earlier.write_lock().wanted}
    assert builds.pop("notes/first") == RULES
    assert set(builds.values()) == {1}


def test_changed_content_keeps_the_rules_of_its_version(earlier: ProjectFolder) -> None:
    note = earlier.root / "notes/first.yaml"
    note.write_text(note.read_text("utf-8").replace("ann", "bob"), encoding="utf-8")
    [item] = [item for item in earlier.load().wanted if item.name == "notes/first"]
    assert (item.build, item.annotations["com.acme.owner"]) == (1, "bob")


def test_config_of_newer_rules_has_its_type_and_no_title(earlier: ProjectFolder) -> None:
    earlier.lock.unlink()
    [item] = [item for item in earlier.load().wanted if item.name == "notes/first"]
    assert b'"config":{"mediaType":"application/vnd.acme.note.config.v1+json"' in item.manifest
    assert item.manifest.count(b"org.opencontainers.image.title") == 2  # the manifest, and its layer


def test_conflict_keeps_the_rules_of_both_sides(earlier: ProjectFolder) -> None:
    text = earlier.lock.read_text("utf-8")
    ours = text.replace("dee2e7cd83ed5", "0000000000000", 1)
    lines = zip(ours.splitlines(keepends=True), text.splitlines(keepends=True), strict=True)
    merged = "".join(
        one if one == other else f"<<<<<<< ours\n{one}=======\n{other}>>>>>>> theirs\n"
        for one, other in lines
    )
    earlier.lock.write_text(merged, encoding="utf-8")
    project = earlier.load()
    assert project.lock.has_conflict
    assert render_lock(item.as_locked for item in project.wanted) == text


def test_lowest_rules_of_a_conflict_count() -> None:
    head = "# x\nversion = 1\nrevision = 0\n"
    entry = (
        '\n[[artifact]]\nname = "a"\nversion = "1.0.0"\ndigest = "sha256:' + "0" * 64 + '"\nsize = 1\n'
        'media-type = "application/x"\nbuild = {}\nfiles = []\n'
    )
    sides = f"<<<<<<< ours\n{entry.format(2)}=======\n{entry.format(1)}>>>>>>> theirs\n"
    lock = parse_lock(head + sides, file="pallet.lock")
    assert (dict(lock.entries), list(lock.builds.values())) == ({}, [1])


EXPRESSION = """\
metadata: {name: A, version: 1.0.0}
steps:
  - {id: a, skill: plan}
  - {id: b, skill: "{{ steps.a.outputs.skill }}"}
"""
SKILLS = "org.pallet.workflow.skills"


def test_skill_of_an_expression_keeps_the_digest_that_was_locked(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS, {"workflows/a.yaml": EXPRESSION})
    [newest] = folder.write_lock().wanted
    assert (newest.build, newest.annotations[SKILLS]) == (RULES, "plan")
    lock = folder.lock.read_text("utf-8").replace(f"build = {RULES}", "build = 2")
    folder.lock.write_text(lock, encoding="utf-8")
    [earlier] = folder.load().wanted
    assert (earlier.build, earlier.annotations[SKILLS]) == (2, "plan,{{ steps.a.outputs.skill }}")
    # As pallet published it when rules 2 were the newest.
    assert earlier.digest == "sha256:531a2d64809feece8f7564e2cccca43cfe3a9668abbcd4353dcf8746639970d2"


def test_workflow_whose_skills_are_all_expressions_has_none(tmp_path: Path) -> None:
    flow = EXPRESSION.replace("skill: plan", 'skill: "{% if x %}plan{% endif %}"')
    [item] = make_project(tmp_path, WORKFLOWS, {"workflows/a.yaml": flow}).load().wanted
    assert SKILLS not in item.annotations
