"""From pallet.toml and files to what is wanted: every bad file refused, in exactly these words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import ConfigError, Severity
from tests.support.projects import CONFIGS, WORKFLOWS, make_project, requiring, workflow

AT = "pallet.toml:4: artifact[0]"
FLOWS = {"workflows/router.yaml": workflow()}


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _large(path: Path) -> None:
    """Make a YAML file of 200 MB that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(200_000_000)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        pytest.param(
            _link("/etc/hostname"),
            f"{AT}.files: workflows/x.yaml: leads outside the project: expected a place below ROOT, "
            "got /etc/hostname",
            id="outside-the-project",
        ),
        pytest.param(
            _link("x.yaml"),
            f"{AT}.files: workflows/x.yaml: a symlink that leads back to itself: expected a file",
            id="symlink-loop",
        ),
        pytest.param(
            _link("gone.yaml"),
            f"{AT}.files: workflows/x.yaml: a broken symlink: expected a file, got a link to gone.yaml",
            id="broken-symlink",
        ),
        pytest.param(
            _large,
            "workflows/x.yaml: too large for a document: expected at most 8 MiB (8,388,608 bytes), got 200,000,000 bytes",
            id="two-hundred-megabytes",
        ),
    ],
)
def test_file_that_cannot_be_published_is_refused(
    tmp_path: Path, make: Callable[[Path], None], complaint: str
) -> None:
    folder = make_project(tmp_path, WORKFLOWS, FLOWS)
    make(tmp_path / "workflows/x.yaml")
    assert folder.complaints() == [complaint]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS, FLOWS)
    (tmp_path / "workflows/router.yaml").chmod(0)
    assert folder.complaints() == [f"{AT}.files: workflows/router.yaml: cannot be read: permission denied"]


def test_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS.replace("/*.yaml", "/router.yaml"))
    (tmp_path / "workflows/router.yaml").mkdir(parents=True)
    assert folder.complaints() == [f"{AT}.files: workflows/router.yaml: expected a file, got a folder"]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        pytest.param(
            "workflows/*.yml", "workflows/*.yml: matches nothing: expected at least one file", id="no-match"
        ),
        pytest.param(
            "workflow/*.yaml", "workflow/*.yaml: matches nothing: there is no folder workflow", id="no-folder"
        ),
        pytest.param("workflows/rooter.yaml", "workflows/rooter.yaml: there is no such file", id="no-file"),
        pytest.param("../x.yaml", "../x.yaml: leaves the project: expected a path without ..", id="upwards"),
        pytest.param(
            "/etc/hostname",
            "/etc/hostname: an absolute path: expected one relative to the project",
            id="absolute",
        ),
    ],
)
def test_pattern_that_names_no_file_of_the_project_is_refused(
    tmp_path: Path, files: str, complaint: str
) -> None:
    folder = make_project(tmp_path, WORKFLOWS.replace("workflows/*.yaml", files), FLOWS)
    assert folder.complaints() == [f"{AT}.files: {complaint}"]


def test_folders_that_link_in_a_circle_are_only_a_warning(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS.replace("/*.yaml", "/**/*.yaml"), FLOWS)
    (tmp_path / "workflows/again").symlink_to("..")
    project = folder.load()
    assert [item.name for item in project.wanted] == ["workflows/router"]
    assert [problem.severity for problem in project.warnings] == [Severity.WARNING]
    assert "a folder that it stands in: not followed" in project.warnings[0].message


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{above}'] * 9)}]\n"
    for above, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(
            LAUGHS, "workflows/router.yaml:6: aliases expand to too much: expected at most 100,000 more nodes",
            id="billion-laughs",
        ),
        pytest.param(
            workflow() + "steps: []\n",
            "workflows/router.yaml:8: duplicate key 'steps': in line 4 and again in line 8",
            id="duplicate-key",
        ),
        pytest.param(
            workflow("v1"),
            "workflows/router.yaml:3: metadata.version: expected a semantic version such as 1.2.0, got the text 'v1'",
            id="version-is-not-semver",
        ),
        pytest.param(
            "metadata: {name: x, version: 1.0.0}\n",
            "workflows/router.yaml:1: missing key 'steps'",
            id="schema",
        ),
    ],
)  # fmt: skip
def test_invalid_workflow_is_refused_with_its_line(tmp_path: Path, content: str, complaint: str) -> None:
    folder = make_project(tmp_path, WORKFLOWS, {"workflows/router.yaml": content})
    assert complaint in folder.complaints()


def test_duplicate_key_in_json_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path, CONFIGS, {"c/a.json": '{"a": 1,\n"a": 2}'})
    assert folder.complaints() == ["c/a.json:2: duplicate key 'a': in line 1 and again in line 2"]


def test_every_problem_of_every_file_is_said(tmp_path: Path) -> None:
    files = {"c/a.json": "{", "c/b.json": "[]", "workflows/x.yaml": "- 1\n"}
    folder = make_project(tmp_path, CONFIGS + WORKFLOWS + CONFIGS.replace("c/*", "d/*"), files)
    places = [complaint.partition(": ")[0] for complaint in folder.complaints()]
    assert places == ["c/a.json:1", "c/b.json:1", "workflows/x.yaml:1", "pallet.toml:15"]


@pytest.mark.parametrize(
    "key", ["org.opencontainers.image.title", "org.opencontainers.image.version", "org.pallet.project"]
)
def test_annotation_that_pallet_writes_is_refused(tmp_path: Path, key: str) -> None:
    toml = CONFIGS + f'[artifact.annotations]\n"{key}" = "x"\n'
    complaints = make_project(tmp_path, toml, {"c/a.json": "{}"}).complaints()
    assert complaints == [f"{AT}: annotations.{key}: expected another key, got one that pallet writes itself"]


@pytest.mark.parametrize(
    ("repository", "complaint"),
    [
        pytest.param(
            "C/{stem}",
            "not a repository name: expected lower-case letters and digits, parted by one of . _ - /"
            "; upper case is not allowed, got 'C/a'",
            id="upper-case",
        ),
        pytest.param(
            "c//{stem}",
            "not a repository name: expected lower-case letters and digits, parted by one of . _ - /, got 'c//a'",
            id="empty-part",
        ),
        pytest.param(
            "c/{stem}/" + "x" * 300,
            "repository too long: expected at most 255 characters, got 304",
            id="too-long",
        ),
    ],
)
def test_repository_outside_the_grammar_is_refused(tmp_path: Path, repository: str, complaint: str) -> None:
    toml = CONFIGS.replace("c/{stem}", repository)
    folder = make_project(tmp_path, toml, {"c/a.json": "{}"})
    assert folder.complaints() == [f"{AT}: c/a.json: repository: {complaint}"]


def test_artifact_that_requires_itself_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS, {"workflows/a.yaml": requiring("a")})
    assert folder.complaints() == [
        f"{AT}: workflows/a.yaml: org.pallet.workflow.requires: expected another repository, "
        "got 'a', which is itself"
    ]


def test_bundle_with_a_placeholder_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path, CONFIGS + "bundle = true\n", {"c/a.json": "{}"})
    assert folder.complaints() == [
        f"{AT}: c/a.json: repository c/{{stem}}: expected no placeholder in a bundle of many files"
    ]


BUNDLE = """
[[artifact]]
files = ["a/*.md", "b/*.md"]
repository = "bundles/notes"
kind = "files"
version = "1.0.0"
bundle = true
"""


def test_two_files_of_a_bundle_with_one_title_are_both_named(tmp_path: Path) -> None:
    folder = make_project(tmp_path, BUNDLE, {"a/x.md": "1", "b/x.md": "2"})
    (complaint,) = folder.complaints()
    assert "a/x.md" in complaint
    assert "b/x.md" in complaint


def test_time_that_git_cannot_tell_is_refused_at_its_entry(tmp_path: Path) -> None:
    folder = make_project(tmp_path, CONFIGS + 'created = "git"\n', {"c/a.json": "{}"})
    (complaint,) = folder.complaints()
    assert complaint.startswith("pallet.toml:")
    assert "artifact[0]" in complaint


def test_problems_are_said_in_the_same_order_by_every_process(tmp_path: Path) -> None:
    keys = ("org.pallet.project", "org.opencontainers.image.version", "org.opencontainers.image.title")
    toml = CONFIGS + "[artifact.annotations]\n" + "".join(f'"{key}" = "x"\n' for key in keys)
    make_project(tmp_path, toml, {"c/a.json": "{}"})
    said = {
        subprocess.run(
            [sys.executable, "-m", "reconciler", "validate"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=False,
            timeout=60,
        ).stderr
        for seed in range(6)
    }
    assert len(said) == 1


def test_nothing_is_wanted_of_an_empty_project(tmp_path: Path) -> None:
    assert make_project(tmp_path, "").load().wanted == ()


def test_invalid_project_gives_nothing(tmp_path: Path) -> None:
    folder = make_project(tmp_path, CONFIGS, {"c/a.json": "{}", "c/b.json": "{"})
    with pytest.raises(ConfigError) as caught:
        folder.load()
    assert caught.value.exit_code == 78


def test_artifact_knows_its_files_and_its_line(tmp_path: Path) -> None:
    item = make_project(tmp_path, WORKFLOWS, FLOWS).load().wanted[0]
    assert (item.name, item.version.text, item.line, item.kind) == (
        "workflows/router",
        "1.0.0",
        4,
        "workflow",
    )
    assert [file.path for file in item.files] == ["workflows/router.yaml"]
    assert [blob.digest for blob in item.blobs] == [item.files[0].digest]
    assert item.is_stable


@pytest.mark.parametrize(
    ("version", "annotation", "is_stable"),
    [
        ("1.0.0", None, True),
        ("1.0.0-rc.1", None, False),
        ("1.0.0", "false", False),
        ("1.0.0", "true", True),
        ("1.0.0-rc.1", "true", False),
    ],
)
def test_stable_is_what_is_no_pre_release_and_not_denied(
    tmp_path: Path, version: str, annotation: str | None, is_stable: bool
) -> None:
    more = (
        ""
        if annotation is None
        else f'[artifact.annotations]\n"org.pallet.release.stable" = "{annotation}"\n'
    )
    folder = make_project(tmp_path, CONFIGS.replace("1.0.0", version) + more, {"c/a.json": "{}"})
    assert folder.load().wanted[0].is_stable is is_stable
