"""What an artifact says of its release: only what is asked for, and the section of its own version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.desired.versions.release import CHANGELOG_MAX_BYTES, NOTES, find_section
from reconciler.desired.versions.version import Version
from reconciler.desired.wanted import STABLE
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

CHANGELOG = """\
# Changelog

## [Unreleased]

- not yet

## [1.1.0] - 2026-02-01

### Added

- a route

## [1.0.0] - 2026-01-31

- the first

[1.1.0]: https://example.com/compare/1.0.0...1.1.0
[1.0.0]: https://example.com/releases/1.0.0
"""
NAMED = 'notes = { changelog = "CHANGELOG.md" }\n'


def project(root: Path, setting: str, *, version: str = "1.0.0", changelog: str = CHANGELOG) -> ProjectFolder:
    files = {"workflows/router.yaml": workflow(version), "CHANGELOG.md": changelog}
    return make_project(root, WORKFLOWS + setting, files)


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.0",
        "## [1.2.0]",
        "## [1.2.0] - 2026-01-31",
        "## 1.2.0 (2026-01-31)",
        "## [1.2.0](https://example.com/1.2.0) (2026-01-31)",
        "## [1.2.0] - 2026-01-31 [YANKED]",
        "## v1.2.0",
        "## [v1.2.0] – name of it",
        "##\t1.2.0:",
    ],
)
def test_heading_names_its_version(heading: str) -> None:
    text = f"# Changelog\n\n## 1.3.0\n\n- newer\n\n{heading}\n\n- ours\n\n## 1.1.0\n\n- older\n"

    assert find_section(text, Version("1.2.0")) == "- ours"


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.0-rc.1",
        "## 1.2.0+b1",
        "## 1.2.01",
        "## 1.2",
        "### 1.2.0",
        "# 1.2.0",
        "##1.2.0",
        "## About 1.2.0",
    ],
)
def test_other_heading_names_another_version(heading: str) -> None:
    with pytest.raises(ValueError, match=r"no section for this version: expected a heading ## 1\.2\.0, got "):
        find_section(f"{heading}\n\n- ours\n", Version("1.2.0"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "",
            "no section for this version: expected a heading ## 1.0.0, got no heading with a version",
            id="empty",
        ),
        pytest.param(
            "".join(f"## 2.{minor}.0\n- x\n" for minor in range(7)),
            "no section for this version: expected a heading ## 1.0.0, "
            "got 2.0.0, 2.1.0, 2.2.0, 2.3.0, 2.4.0 and 2 more",
            id="many-others",
        ),
        pytest.param("## 1.0.0\n- a\n## 1.0.0\n- b\n", "expected one section for 1.0.0, got 2", id="two"),
        pytest.param(
            "## 1.0.0\n\n## 0.9.0\n", "expected text below the heading of 1.0.0, got none", id="nothing-below"
        ),
    ],
)
def test_unclear_section_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}$"):
        find_section(text, Version("1.0.0"))


def test_code_is_no_heading() -> None:
    text = "## 1.0.0\n\n```\n## 0.9.0\n~~~\n```\n\n- after\n\n## 0.9.0\n"

    assert find_section(text, Version("1.0.0")) == "```\n## 0.9.0\n~~~\n```\n\n- after"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="line-ends"),
        pytest.param(lambda text: text + "[0.9.0]: https://example.com/0.9.0\n", id="one-more-link"),
        pytest.param(lambda text: text.replace("## [1.0.0]", "## 1.0.0  "), id="heading"),
        pytest.param(lambda text: text.replace("- the first", "\n- the first  "), id="empty-space"),
    ],
)
def test_notes_survive_what_says_nothing_new(change: object) -> None:
    assert callable(change)
    assert find_section(change(CHANGELOG), Version("1.0.0")) == "- the first"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param("", {}, id="nothing-asked"),
        pytest.param("stable = false\n", {STABLE: "false"}, id="unstable"),
        pytest.param("stable = true\n", {STABLE: "true"}, id="stable"),
        pytest.param('notes = "Twice as fast"\n', {NOTES: "Twice as fast"}, id="text"),
        pytest.param(NAMED, {NOTES: "- the first"}, id="changelog"),
    ],
)
def test_only_what_is_asked_is_said(tmp_path: Path, setting: str, said: dict[str, str]) -> None:
    wanted = project(tmp_path, setting).load().wanted[0]

    assert {key: text for key, text in wanted.annotations.items() if "release" in key} == said


def test_unstable_release_takes_no_floating_tag(tmp_path: Path) -> None:
    setting = 'stable = false\nfloating-tags = ["latest"]\nchannel = [{ name = "beta", prerelease = true }]\n'

    wanted = project(tmp_path, setting).load().wanted[0]

    assert wanted.follows == ()


def test_notes_are_part_of_the_digest(tmp_path: Path) -> None:
    folder = project(tmp_path, NAMED)
    before = folder.load().wanted[0].digest

    folder.write({"CHANGELOG.md": CHANGELOG.replace("the first", "the very first")})
    changed = folder.load().wanted[0].digest
    folder.write({"CHANGELOG.md": CHANGELOG.replace("a route", "two routes")})

    assert changed != before
    assert folder.load().wanted[0].digest == before


AT = "pallet.toml:4: artifact[0]"


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        pytest.param(
            NAMED.replace("CHANGELOG", "NEWS"),
            f"{AT}: workflows/router.yaml: notes: NEWS.md: expected a file, got none",
            id="no-file",
        ),
        pytest.param(
            'notes = { changelog = "workflows" }\n',
            f"{AT}: workflows/router.yaml: notes: workflows: expected a file, got a folder",
            id="folder",
        ),
        pytest.param(
            'notes = { changelog = "../CHANGELOG.md" }\n',
            f"{AT}: workflows/router.yaml: notes: ../CHANGELOG.md: "
            "expected a file of the project, got one outside it",
            id="outside",
        ),
        pytest.param(
            'stable = true\nannotations = { "org.pallet.release.stable" = "false" }\n',
            "pallet.toml:8: artifact[0].stable: expected stable or the annotation org.pallet.release.stable, got both",
            id="stable-twice",
        ),
        pytest.param(
            'notes = "x"\nannotations = { "org.pallet.release.notes" = "y" }\n',
            "pallet.toml:8: artifact[0].notes: expected notes or the annotation org.pallet.release.notes, got both",
            id="notes-twice",
        ),
    ],
)
def test_bad_setting_is_refused(tmp_path: Path, setting: str, complaint: str) -> None:
    assert project(tmp_path, setting).complaints() == [complaint]


def test_missing_section_names_the_version(tmp_path: Path) -> None:
    assert project(tmp_path, NAMED, version="1.2.0").complaints() == [
        f"{AT}: workflows/router.yaml: notes: CHANGELOG.md: no section for this version: "
        "expected a heading ## 1.2.0, got 1.1.0, 1.0.0"
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"## 1.0.0\n\xff\n", "expected text, got bytes that are no UTF-8", id="bytes"),
        pytest.param(
            b" " * (CHANGELOG_MAX_BYTES + 1),
            f"too large: expected at most {CHANGELOG_MAX_BYTES} bytes",
            id="large",
        ),
    ],
)
def test_unreadable_changelog_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    folder = project(tmp_path, NAMED).write({"CHANGELOG.md": content})

    assert folder.complaints() == [f"{AT}: workflows/router.yaml: notes: CHANGELOG.md: {complaint}"]
