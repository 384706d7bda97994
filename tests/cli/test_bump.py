"""`pallet bump`: which versions change, where, and what is refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.bump import command
from reconciler.cli.main import COMMANDS, run
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

LITERAL = '\n[[artifact]]\nfiles = "prompts/*.md"\nrepository = "prompts/{stem}"\nkind = "files"\nversion = "1.0.0"  # all\n'
PROMPTS = {"prompts/a.md": "a", "prompts/b.md": "b", "prompts/c.md": "c"}
SHARED = "".join(
    f'\n[[artifact]]\nfiles = "{name}.txt"\nrepository = "apps/{name}"\nkind = "files"\nversion = {{ file = "VERSION" }}\n'
    for name in ("back", "front")
)
APPS = {"back.txt": "b", "front.txt": "f", "VERSION": "1.4.0-rc.2\n"}


def _bump(folder: ProjectFolder, *words: str) -> int:
    return run(["bump", "-C", str(folder.root), *words])


def _versions(folder: ProjectFolder) -> dict[str, str]:
    return {f"{item.name}": item.version.text for item in folder.load().wanted}


def _snapshot(folder: ProjectFolder) -> dict[str, bytes]:
    paths = (path for path in folder.root.rglob("*") if path.is_file() and ".pallet" not in path.parts)
    return {path.relative_to(folder.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def workflows(tmp_path: Path) -> ProjectFolder:
    files = {"workflows/a.yaml": workflow("1.0.0"), "workflows/b.yaml": workflow("2.1.0-beta.1")}
    return make_project(tmp_path / "p", WORKFLOWS, files)


@pytest.fixture
def prompts(tmp_path: Path) -> ProjectFolder:
    return make_project(tmp_path / "p", LITERAL, PROMPTS)


@pytest.fixture
def apps(tmp_path: Path) -> ProjectFolder:
    return make_project(tmp_path / "p", SHARED, APPS)


def test_field_is_written_and_said(workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = _snapshot(workflows)
    assert _bump(workflows, "workflows/a", "minor") == 0
    assert capsys.readouterr().out == (
        "workflows/a 1.0.0 → 1.1.0 (workflows/a.yaml:3: metadata.version)\nnext: pallet lock, or pallet sync\n"
    )
    assert _snapshot(workflows) == before | {"workflows/a.yaml": workflow("1.1.0").encode()}


def test_field_of_a_single_file_is_written_in_the_file(tmp_path: Path) -> None:
    toml = WORKFLOWS + 'version = "0.1.0"\nversions = { b = { field = "metadata.version" } }\n'
    files = {"workflows/a.yaml": workflow("9.9.9"), "workflows/b.yaml": workflow("2.1.0")}
    project = make_project(tmp_path / "p", toml, files)
    assert _bump(project, "workflows/b", "minor") == 0
    assert _versions(project) == {"workflows/a": "0.1.0", "workflows/b": "2.2.0"}
    assert (project.root / "workflows/b.yaml").read_text("utf-8") == workflow("2.2.0")


def test_glob_bumps_every_match(workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _bump(workflows, "workflows/*", "prerelease", "--preid", "beta", "--build", "7") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "workflows/a 1.0.0 → 1.0.1-beta.0+7 (workflows/a.yaml:3: metadata.version)",
        "workflows/b 2.1.0-beta.1 → 2.1.0-beta.2+7 (workflows/b.yaml:3: metadata.version)",
    ]
    assert _versions(workflows) == {"workflows/a": "1.0.1-beta.0+7", "workflows/b": "2.1.0-beta.2+7"}


def test_one_of_a_literal_gets_its_own_entry(
    prompts: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = prompts.config.read_text()
    assert _bump(prompts, "prompts/b", "major") == 0
    assert "prompts/b 1.0.0 → 2.0.0 (pallet.toml:10: artifact[0].versions.b)\n" in capsys.readouterr().out
    assert prompts.config.read_text() == before + '[artifact.versions]\nb = "2.0.0"\n'
    assert _versions(prompts) == {"prompts/a": "1.0.0", "prompts/b": "2.0.0", "prompts/c": "1.0.0"}


def test_own_entry_changes_when_it_is_there(prompts: ProjectFolder) -> None:
    assert _bump(prompts, "prompts/b", "major") == 0
    assert _bump(prompts, "prompts/[bc]", "patch") == 0
    assert _versions(prompts) == {"prompts/a": "1.0.0", "prompts/b": "2.0.1", "prompts/c": "1.0.1"}
    # a and c do not have the same version any more: the literal is a's alone.
    assert _bump(prompts, "prompts/a", "minor") == 0
    assert 'version = "1.1.0"  # all\n' in prompts.config.read_text()


@pytest.mark.parametrize("words", [("prompts/*",), ("prompts/a", "prompts/[bc]"), ("prompts/a", "--shared")])
def test_all_of_a_literal_change_it(prompts: ProjectFolder, words: tuple[str, ...]) -> None:
    before = prompts.config.read_text()
    assert _bump(prompts, *words, "minor") == 0
    assert prompts.config.read_text() == before.replace("1.0.0", "1.1.0")


def test_files_of_one_stem_get_entries_by_path(tmp_path: Path) -> None:
    toml = LITERAL.replace("*.md", "**/*.md").replace("{stem}", "{dir}/{stem}")
    folder = make_project(
        tmp_path / "p", toml, {"prompts/x/a.md": "a", "prompts/y/a.md": "b", "prompts/y/b.md": "b"}
    )
    assert _bump(folder, "prompts/prompts/x/a", "prompts/prompts/y/b", "patch") == 0, _versions(folder)
    assert folder.config.read_text().endswith(
        '[artifact.versions]\n"prompts/x/a.md" = "1.0.1"\nb = "1.0.1"\n'
    )


def test_version_file_of_several_needs_all(apps: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    before = _snapshot(apps)
    assert _bump(apps, "apps/back", "release") == 64
    assert capsys.readouterr().err == (
        "pallet: apps/back: the version in VERSION is that of apps/front too\n"
        "  → name all of them, or bump all of them with --shared\n"
    )
    assert _snapshot(apps) == before


@pytest.mark.parametrize("words", [("apps/*",), ("apps/front", "--shared")])
def test_version_file_of_several_changes_for_all(
    apps: ProjectFolder, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert _bump(apps, *words, "release") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "apps/back 1.4.0-rc.2 → 1.4.0 (VERSION:1)",
        "apps/front 1.4.0-rc.2 → 1.4.0 (VERSION:1)",
    ]
    assert (apps.root / "VERSION").read_bytes() == b"1.4.0\n"


def test_one_file_under_two_names_is_shared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = WORKFLOWS + WORKFLOWS.replace('"workflows/{stem}"', '"copies/{stem}"')
    folder = make_project(tmp_path / "p", toml, {"workflows/a.yaml": workflow()})
    assert _bump(folder, "copies/a", "patch") == 64
    assert "copies/a: the version in workflows/a.yaml is that of workflows/a too\n" in capsys.readouterr().err
    assert _bump(folder, "copies/a", "patch", "--shared") == 0
    assert _versions(folder) == {"copies/a": "1.0.1", "workflows/a": "1.0.1"}


def test_link_is_followed_and_stays(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p", WORKFLOWS, {"real.yaml": workflow()})
    (folder.root / "workflows").mkdir()
    (folder.root / "workflows/a.yaml").symlink_to("../real.yaml")
    assert _bump(folder, "workflows/a", "patch") == 0
    assert (folder.root / "workflows/a.yaml").is_symlink()
    assert (folder.root / "real.yaml").read_text() == workflow("1.0.1")


def test_two_versions_of_one_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"workflows/a1.yaml": workflow("1.5.0"), "workflows/a2.yaml": workflow("2.0.0")}
    folder = make_project(tmp_path / "p", WORKFLOWS.replace("{stem}", "a"), files)
    assert _bump(folder, "workflows/a", "patch") == 64
    assert capsys.readouterr().err == (
        "pallet: workflows/a: expected one version, got 1.5.0, 2.0.0\n"
        "  → say which: workflows/a:2.0.0, or 'workflows/a:*' for all of them\n"
    )
    assert _bump(folder, "workflows/a:3.0.0", "patch") == 64
    assert "workflows/a: expected one of its versions 1.5.0, 2.0.0, got 3.0.0" in capsys.readouterr().err
    assert _bump(folder, "workflows/a:1.5.0", "major") == 64
    assert "workflows/a: expected one artifact 2.0.0, got two" in capsys.readouterr().err
    assert _bump(folder, "workflows/a:1.5.0", "minor") == 0
    assert (folder.root / "workflows/a1.yaml").read_text() == workflow("1.6.0")
    assert _bump(folder, "workflows/a:*", "major") == 0
    assert [item.version.text for item in folder.load().wanted] == ["2.0.0", "3.0.0"]


def test_dry_run_shows_a_diff_that_applies(
    prompts: ProjectFolder, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = _snapshot(prompts)
    assert _bump(prompts, "prompts/a", "patch", "--dry-run") == 0
    out, err = capsys.readouterr()
    assert err == "prompts/a 1.0.0 → 1.0.1 (pallet.toml:10: artifact[0].versions.a)\n"
    assert out == (
        "--- a/pallet.toml\n+++ b/pallet.toml\n@@ -6,3 +6,5 @@\n"
        ' repository = "prompts/{stem}"\n kind = "files"\n version = "1.0.0"  # all\n'
        '+[artifact.versions]\n+a = "1.0.1"\n'
    )
    assert _snapshot(prompts) == before
    assert not (prompts.root / ".pallet").exists()
    subprocess.run(["git", "apply"], input=out.encode(), cwd=prompts.root, check=True)
    assert _versions(prompts)["prompts/a"] == "1.0.1"


def test_json_says_what_changed(workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _bump(workflows, "workflows/a", "patch", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format_version"], document["command"], document["exit_code"]) == ("1.0", "bump", 0)
    assert document["dry_run"] is False
    assert document["diff"] is None
    assert document["bumps"] == [
        {
            "name": "workflows/a",
            "from": "1.0.0",
            "to": "1.0.1",
            "source": {"file": "workflows/a.yaml", "line": 3, "path": "metadata.version"},
        }
    ]
    assert _bump(workflows, "workflows/a", "patch", "--format", "json", "--dry-run") == 0
    assert json.loads(capsys.readouterr().out)["diff"].startswith("--- a/workflows/a.yaml\n")


def test_all_edited_bumps_what_differs_from_the_lock(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    workflows.write_lock()
    assert _bump(workflows, "--all-edited") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "compared with pallet.lock\n"
        f"not compared with a base revision: {workflows.root}: not a git repository\n"
        "nothing to bump: no version has other bytes than were locked\n"
    )
    workflows.write({"workflows/a.yaml": workflow(skill="other"), "workflows/c.yaml": workflow()})
    assert _bump(workflows, "--all-edited", "minor") == 0
    assert "workflows/a 1.0.0 → 1.1.0 (" in capsys.readouterr().out
    assert _versions(workflows) == {
        "workflows/a": "1.1.0",
        "workflows/b": "2.1.0-beta.1",
        "workflows/c": "1.0.0",
    }
    assert _bump(workflows, "--all-edited") == 0
    assert capsys.readouterr().out == ""


def test_all_edited_asks_the_base_revision_too(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    workflows.write_lock()
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(workflows.root))
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "x")):
        subprocess.run([*git, *words], check=True)
    workflows.write({"workflows/a.yaml": workflow(skill="other")}).write_lock()
    assert run(["check", "--offline", "-C", str(workflows.root)]) == 4
    assert _bump(workflows, "--all-edited") == 0
    assert _versions(workflows) == {"workflows/a": "1.0.1", "workflows/b": "2.1.0-beta.1"}
    workflows.write_lock()
    assert run(["check", "--offline", "-C", str(workflows.root)]) == 0, capsys.readouterr().out


def test_all_edited_without_a_lock_is_refused(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _bump(workflows, "--all-edited") == 6
    assert capsys.readouterr().err.endswith(
        "pallet: pallet.lock: expected a lock to compare with, got none\n  → pallet lock\n"
    )


LEVELS = "major, minor, patch, prerelease, release"
USAGE = [
    ([], f"LEVEL: expected one of {LEVELS} as the last word, got none"),
    (["workflows/a"], f"LEVEL: expected one of {LEVELS} as the last word, got 'workflows/a'"),
    (["workflows/a", "1.2.3"], f"LEVEL: expected one of {LEVELS} as the last word, got '1.2.3'"),
    (["minor"], "NAME: expected a name or glob before the level, got none"),
    (["workflows/a", "minor", "--all-edited"], "--all-edited: expected no names with it, got workflows/a"),
    (
        ["workflows/x", "minor"],
        "workflows/x: expected a name or glob of pallet.toml's artifacts, got no match",
    ),
    (["workflows/a", "minor", "--preid", "b"], "--preid: expected the level prerelease with it, got minor"),
    (
        ["a", "prerelease", "--preid", "a.b"],
        "--preid: expected letters, digits and - such as beta, got 'a.b'",
    ),
    (
        ["a", "patch", "--build", "a_b"],
        "--build: expected letters, digits, - and dots between them, got 'a_b'",
    ),
    (
        ["workflows/a", "release"],
        "workflows/a: release: expected a pre-release such as 1.0.0-rc.1, got 1.0.0",
    ),
    (
        ["workflows/b", "prerelease", "--preid", "alpha"],
        "workflows/b: prerelease: expected a version that is newer than 2.1.0-beta.1, got 2.1.0-alpha.0",
    ),
]


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[" ".join(row[0]) or "nothing" for row in USAGE])
def test_wrong_usage_writes_nothing(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    before = _snapshot(workflows)
    assert _bump(workflows, *words) == 64
    assert capsys.readouterr().err.splitlines()[0] == f"pallet: {said}"
    assert _snapshot(workflows) == before


def test_every_artifact_without_a_next_version_is_said(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    workflows.write({"workflows/c.yaml": workflow("3.0.0")})
    assert _bump(workflows, "workflows/*", "release") == 64
    assert capsys.readouterr().err.splitlines() == [
        "pallet: workflows/a: release: expected a pre-release such as 1.0.0-rc.1, got 1.0.0",
        "workflows/c: release: expected a pre-release such as 1.0.0-rc.1, got 3.0.0",
    ]


INVALID = [
    ("float", "version: 1.10", "workflows/a.yaml:3:3: metadata.version: expected text, got the number 1.1"),
    ("absent", "owner: me", "workflows/a.yaml:1:1: metadata"),
    (
        "no-version",
        'version: "1.2"',
        "metadata.version: expected a semantic version such as 1.2.0, got the text '1.2'",
    ),
]


@pytest.mark.parametrize(("line", "said"), [row[1:] for row in INVALID], ids=[row[0] for row in INVALID])
def test_invalid_project_is_refused(
    workflows: ProjectFolder, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    workflows.write({"workflows/a.yaml": workflow().replace('version: "1.0.0"', line)})
    assert _bump(workflows, "workflows/b", "patch") == 78
    assert said in capsys.readouterr().err
    assert _versions_line(workflows) == workflow("2.1.0-beta.1")


def _versions_line(folder: ProjectFolder) -> str:
    return (folder.root / "workflows/b.yaml").read_text()


def test_one_refusal_keeps_every_file(workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    shared = workflow().replace('version: "1.0.0"', "version: &v 1.0.0") + "x-note: *v\n"
    workflows.write({"workflows/c.yaml": shared, "workflows/d.yaml": shared})
    before = _snapshot(workflows)
    assert _bump(workflows, "workflows/*", "patch") == 78
    err = capsys.readouterr().err
    for name in ("c", "d"):
        assert f"workflows/{name}.yaml:3:3: metadata.version: expected a version that nothing repeats" in err
    assert _snapshot(workflows) == before


def test_read_only_file_is_refused(workflows: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (workflows.root / "workflows/b.yaml").chmod(0o444)
    before = _snapshot(workflows)
    assert _bump(workflows, "workflows/*", "patch") == 1
    assert capsys.readouterr().err == (
        "pallet: workflows/b.yaml: read-only\n  → let this user write workflows/b.yaml, then run again\n"
    )
    assert _snapshot(workflows) == before


def test_missing_pallet_toml_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bump", "-C", str(tmp_path), "a", "patch"]) == 78
    assert "pallet.toml" in capsys.readouterr().err


def test_help_says_what_main_says() -> None:
    assert command.short_help == COMMANDS["bump"]
    result = CliRunner().invoke(command, ["--help"])
    assert "[NAME]... LEVEL" in result.output
