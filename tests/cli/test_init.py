"""`pallet init`: what it proposes, what it says, and that it overwrites nothing."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS, run
from reconciler.desired.project import load_project
from tests.support.docker_registry import DockerRegistry
from tests.support.image_layouts import ImageLayout

WORKFLOW = "metadata:\n  name: plan\n  version: 1.2.0\nsteps:\n  - id: a\n    skill: s\n"
CARD = json.dumps({"name": "a", "url": "http://a", "skills": []})
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def _write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three workflows, two cards, and two files that are invalid."""
    files = {f"workflows/{name}.yaml": WORKFLOW for name in ("a", "b", "c")}
    files |= {f"agents/{name}.json": CARD for name in ("plan", "build")}
    files |= {"invalid/syntax.yaml": f"{WORKFLOW}x: [\n", "invalid/name.yaml": WORKFLOW.replace("name", "id")}
    return _write(tmp_path / "acme-agents", files)


def _init(root: Path, *arguments: str) -> int:
    return run(["init", "-C", str(root), *arguments])


def _table(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pallet.toml").read_text("utf-8"))


def test_proposal_is_written_and_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _init(project) == 0
    out, err = capsys.readouterr()
    assert out == (
        "agents/*.json → agents/{stem}: 2 agent cards\n"
        "workflows/*.yaml → workflows/{stem}: 3 workflows\n"
        "pallet.toml written; next: pallet validate, then pallet sync\n"
    )
    assert "left out: invalid/name.yaml:1:1: metadata: missing key 'name' [missing-key]\n" in err
    assert "left out: invalid/syntax.yaml:7:" in err
    assert ".gitignore: added .pallet/\n" in err
    assert (project / "pallet.toml").read_text("utf-8") == (
        "#:schema ./.pallet/schemas/pallet.schema.json\n"
        "\n"
        "# What is published from here, and where to. pallet.lock holds the digests: commit both.\n"
        "\n"
        "[project]\n"
        "# Written on everything that is published: says who owns it.\n"
        'name = "acme-agents"\n'
        "\n"
        "[target.local]  # a directory: no server is needed\n"
        'url = "oci-layout:.pallet/registry"\n'
        "immutable = false  # for trying out: versions may be overwritten\n"
        "\n"
        "[defaults]\n"
        'target = "local"  # where to, unless --target says otherwise\n'
        'floating-tags = ["latest"]  # follows the newest stable version; also "{major}", "{major}.{minor}"\n'
        "\n"
        "[[artifact]]\n"
        'files = "agents/*.json"\n'
        'repository = "agents/{stem}"  # one for each file: {stem} is its name without the suffix\n'
        'kind = "agent-card"\n'
        "# The agent cards say no version: raise it here when they change, "
        'or write { field = "version" } once they do.\n'
        'version = "0.1.0"\n'
        "\n"
        "[[artifact]]\n"
        'files = "workflows/*.yaml"\n'
        'repository = "workflows/{stem}"\n'
        'kind = "workflow"\n'
        'version = { field = "metadata.version" }\n'
    )


def test_sync_publishes_what_was_proposed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _init(project) == 0
    assert run(["validate", "-C", str(project)]) == 0
    assert run(["sync", "-C", str(project)]) == 0
    assert "5 pushed" in capsys.readouterr().out


def test_given_target_is_where_sync_goes(
    project: Path,
    docker_registry: DockerRegistry,
    repository_prefix: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _init(project, "--target", f"staging={docker_registry.url}/{repository_prefix}") == 0
    assert run(["sync", "-C", str(project)]) == 0
    assert run(["sync", "-C", str(project)]) == 0
    out = capsys.readouterr().out
    assert f"target staging ({docker_registry.url}/{repository_prefix})\n" in out
    assert out.endswith("5 in sync\n")


def test_variable_of_the_target_flag_is_another(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_TARGET", "production")
    assert _init(project, "--dry-run") == 0


@pytest.mark.parametrize("is_link", [False, True], ids=["file", "dangling-link"])
def test_pallet_toml_is_never_overwritten(
    project: Path, capsys: pytest.CaptureFixture[str], is_link: bool
) -> None:
    path = project / "pallet.toml"
    if is_link:
        path.symlink_to("elsewhere.toml")
    else:
        path.write_text("mine", encoding="utf-8")
    assert _init(project) == 4
    assert capsys.readouterr().err == (
        "pallet: pallet.toml: exists already: init never overwrites it\n"
        "  → edit it; `pallet init --dry-run` shows what init would write\n"
    )
    assert not (project / "elsewhere.toml").exists()
    assert not (project / ".gitignore").exists()
    assert is_link or path.read_text("utf-8") == "mine"


def test_dry_run_prints_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(project.rglob("*"))
    assert _init(project, "--dry-run") == 0
    printed = capsys.readouterr().out
    assert sorted(project.rglob("*")) == before
    assert _init(project, "--quiet") == 0
    assert (project / "pallet.toml").read_text("utf-8") == printed
    assert _init(project, "--dry-run") == 0


def test_empty_folder_gets_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _init(tmp_path) == 0
    assert capsys.readouterr().out == (
        "pallet.toml written with an example: nothing of a kind that pallet knows was found here\n"
    )
    assert "# [[artifact]]\n" in (tmp_path / "pallet.toml").read_text("utf-8")
    assert load_project(tmp_path / "pallet.toml").wanted == ()


def test_example_is_what_it_says(tmp_path: Path) -> None:
    _init(tmp_path)
    path = tmp_path / "pallet.toml"
    head, _, example = path.read_text("utf-8").partition("# [[artifact]]\n")
    path.write_text(
        head + "[[artifact]]\n" + example.replace("# files", "files").replace("\n# ", "\n"), "utf-8"
    )
    _write(tmp_path, {"workflows/a.yaml": WORKFLOW})
    assert [str(item.name) for item in load_project(path).wanted] == ["workflows/a"]


def test_missing_directory_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _init(tmp_path / "nowhere") == 64
    assert capsys.readouterr().err == (
        f"pallet: --directory {tmp_path / 'nowhere'}: expected a directory, got none\n"
    )


def test_rules_for_git_are_added_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _git(project, "init", "-q", "--template=")
    _write(project, {".gitignore": "dist/\r\n", "charts/web/Chart.yaml": CHART})
    assert _init(project, "--quiet") == 0
    rules = (project / ".gitattributes").read_text("utf-8").splitlines()
    assert rules[1:] == [
        "/pallet.lock -text",
        "agents/*.json -text",
        "charts/*/** -text",
        "workflows/*.yaml -text",
    ]
    assert (project / ".gitignore").read_bytes().endswith(b"\r\n.pallet/\r\n")
    before = (project / ".gitignore").read_bytes(), (project / ".gitattributes").read_bytes()
    (project / "pallet.toml").unlink()
    assert _init(project) == 0
    assert "added" not in capsys.readouterr().err
    assert before == ((project / ".gitignore").read_bytes(), (project / ".gitattributes").read_bytes())


def test_clone_with_other_line_ends_has_the_same_digests(project: Path, tmp_path: Path) -> None:
    _git(project, "init", "-q", "--template=")
    (project / "workflows" / "a.yaml").write_bytes(WORKFLOW.replace("\n", "\r\n").encode())
    assert _init(project, "--quiet") == 0
    assert run(["lock", "-C", str(project)]) == 0
    _git(project, "add", "-A")
    _git(project, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "all")
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", str(project), str(clone))
    assert run(["lock", "--check", "-C", str(clone)]) == 0


def test_without_git_there_are_no_attributes(project: Path) -> None:
    assert _init(project) == 0
    assert not (project / ".gitattributes").exists()


def test_what_only_the_project_shows_is_left_out_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(
        tmp_path,
        {"w/a.yaml": _requiring("b"), "w/b.yaml": _requiring("a"), "w/self.yaml": _requiring("self")},
    )
    _write(tmp_path, {"w/good.yaml": WORKFLOW})
    assert _init(tmp_path) == 0
    out, err = capsys.readouterr()
    assert out.startswith("w/*.yaml less 3 exclusions → w/{stem}: 1 workflow\n")
    assert "left out: w/a.yaml: expected requirements without a cycle, got " in err
    assert "left out: w/b.yaml: expected requirements without a cycle, got " in err
    assert "left out: w/self.yaml: org.pallet.workflow.requires: expected another repository, got " in err
    assert run(["validate", "-C", str(tmp_path)]) == 0


def _requiring(name: str) -> str:
    return WORKFLOW.replace("steps:", f"  requires: {name}\nsteps:")


def test_problem_inside_a_chart_leaves_out_the_chart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(
        tmp_path, {"charts/good/Chart.yaml": CHART, "charts/bad/Chart.yaml": CHART.replace("1.0.0", "one")}
    )
    assert _init(tmp_path) == 0
    out, err = capsys.readouterr()
    assert out.startswith("charts/*/Chart.yaml less 1 exclusion → charts/{parent}: 1 chart\n")
    assert "left out: charts/bad/Chart.yaml" in err
    assert run(["validate", "-C", str(tmp_path)]) == 0


def test_workflow_that_is_added_afterwards_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, {f"workflows/wf{number}.yaml": WORKFLOW for number in range(12)})
    odd = {
        "missing_required.yaml": WORKFLOW.replace("name", "id"),
        "index.yaml": "entries: []\n",
        "My_Flow.yaml": WORKFLOW,
        "a flow.yaml": WORKFLOW,
    }
    _write(tmp_path, {f"workflows/{name}": text for name, text in odd.items()})
    (tmp_path / "workflows/broken.yaml").symlink_to("nowhere")
    assert _init(tmp_path) == 0
    assert (
        "files = [\n"
        '  "workflows/*.yaml",\n'
        '  "!workflows/My_Flow.yaml",  # under another name, see below\n'
        '  "!workflows/a flow.yaml",  # under another name, see below\n'
        '  "!workflows/broken.yaml",  # a link, or no file: init follows none\n'
        '  "!workflows/index.yaml",  # of no kind that pallet knows\n'
        "  \"!workflows/missing_required.yaml\",  # left out: metadata: missing key 'name'\n"
        "]\n"
    ) in (tmp_path / "pallet.toml").read_text("utf-8")
    assert run(["sync", "-C", str(tmp_path)]) == 0
    assert "14 pushed" in capsys.readouterr().out
    _write(tmp_path, {"workflows/later.yaml": WORKFLOW})
    assert run(["sync", "-C", str(tmp_path)]) == 0
    assert "14 in sync · 1 pushed" in capsys.readouterr().out


def test_hundreds_of_files_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, {f"mixed/{number}x{number}.yaml": WORKFLOW for number in range(20)})
    _write(tmp_path, {f"mixed/{number}.yaml": "kind: Pod\n" for number in range(20)})
    _write(tmp_path, {f"bad/{number}.yaml": WORKFLOW.replace("name", "id") for number in range(30)})
    assert _init(tmp_path) == 0
    out, err = capsys.readouterr()
    assert out.startswith(
        "mixed/0x0.yaml, mixed/10x10.yaml, mixed/11x11.yaml and 17 more → mixed/{stem}: 20 workflows\n"
    )
    assert "left out: 20 more files; pallet validate FILES says what is wrong with each\n" in err
    assert len(err.splitlines()) < 30


def test_settings_are_a_guess_and_said_to_be(tmp_path: Path) -> None:
    odd = {
        "package.json": "{}",
        "config/package.json": "{}",
        "config/x.config.json": "{",
        "config/list.json": "[]",
    }
    _write(tmp_path, {f"config/{name}.json": '{"retries": 3}' for name in "abcd"} | odd)
    assert _init(tmp_path) == 0
    assert (tmp_path / "pallet.toml").read_text("utf-8").partition("[[artifact]]\n")[2] == (
        "# Known by their folder alone: take this entry out where nobody else needs these settings,\n"
        "# or where they hold a secret.\n"
        "files = [\n"
        '  "config/*.json",\n'
        '  "!config/list.json",  # of no kind that pallet knows\n'
        '  "!config/package.json",  # of no kind that pallet knows\n'
        '  "!config/x.config.json",  # left out: not JSON: expecting property name enclosed in double quotes, got '
        "the end of the line\n"
        "]\n"
        'repository = "config/{stem}"  # one for each file: {stem} is its name without the suffix\n'
        'kind = "config"\n'
        "# The configurations say no version: raise it here when they change.\n"
        'version = "0.1.0"\n'
    )
    assert run(["sync", "-C", str(tmp_path)]) == 0


def test_what_was_passed_over_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, {f"k8s/{number}.yaml": "kind: Pod" for number in range(3)})
    _write(tmp_path, {"package.json": "{}"} | {f"folder{number}/x.json": "{}" for number in range(10)})
    assert _init(tmp_path) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "passed over, being of no kind that pallet knows:"
    assert "  k8s/: 3 .yaml" in said
    assert "  elsewhere: 4" in said


def test_folder_in_the_place_of_gitignore_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".gitignore").mkdir()
    assert _init(project) == 4
    assert ".gitignore: expected a file of its own, got a link or a folder" in capsys.readouterr().err
    assert not (project / "pallet.toml").exists()


def test_help_says_what_the_list_of_commands_says(capsys: pytest.CaptureFixture[str]) -> None:
    from reconciler.cli.init import command

    assert command.short_help == COMMANDS["init"]
    assert run(["init", "--help"]) == 0
    assert "pallet init --target staging=http://localhost:5000" in capsys.readouterr().out


def _git(root: Path, *arguments: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=root, env=environment, check=True, capture_output=True)


def test_every_kind_is_recognised_and_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sbom = '{"bomFormat": "CycloneDX", "specVersion": "1.6"}'
    files = {
        "flows/a.yaml": WORKFLOW,
        "flows/a.cdx.json": sbom,
        "agents/a.json": CARD,
        "schemas/a.json": '{"$schema": "https://json-schema.org/draft/2020-12/schema"}',
        "charts/web/Chart.yaml": CHART,
        "sboms/all.json": sbom,
        "sboms/old.json": '{"spdxVersion": "SPDX-2.3"}',
        "modules/filter.wasm": "\0asm\1\0\0\0",
        "modules/page.wasm": "<html>",
    }
    _write(tmp_path, files)
    layout = ImageLayout(tmp_path / "images/backend")
    layout.name(layout.add_image(), "1.0.0")
    assert _init(tmp_path) == 0
    table = _table(tmp_path)
    assert {(entry["files"], entry["kind"]) for entry in table["artifact"]} == {  # type: ignore[attr-defined]
        ("flows/*.yaml", "workflow"),
        ("agents/*.json", "agent-card"),
        ("schemas/*.json", "schema"),
        ("charts/*/Chart.yaml", "helm-chart"),
        ("sboms/*.json", "sbom"),
        ("modules/filter.wasm", "wasm"),
        ("images/backend", "image"),
    }
    assert run(["sync", "-C", str(tmp_path)]) == 0
    assert "8 pushed · 1 attached" in capsys.readouterr().out


def test_schema_stands_where_the_first_line_says(project: Path) -> None:
    assert _init(project) == 0
    first = (project / "pallet.toml").read_text("utf-8").splitlines()[0]
    schema = json.loads((project / first.removeprefix("#:schema ")).read_text("utf-8"))
    assert schema["$id"] == "urn:pallet:schema:pallet:v1"
    assert _table(project).keys() <= schema["properties"].keys()
