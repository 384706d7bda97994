"""Files of two versions of one kind, from pallet.toml to the manifest, with push and validate beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.project import load_project
from reconciler.errors import ConfigError
from tests.support.projects import ProjectFolder, make_project

TOML = """
[target.local]
url = "oci-layout:.pallet/registry"

[[artifact]]
files = "prompts/*.yaml"
repository = "prompts/{stem}"
kind = "prompt"

[kind.prompt]
media-type = "application/vnd.acme.prompt.v1+yaml"
schema = "schemas/one.json"
version = "version"

[[kind.prompt.recognise]]
fields = { prompt = "text" }

[kind.prompt.annotations]
"com.acme.owner" = "owner"

[kind.prompt.variant.2]
media-type = "application/vnd.acme.prompt.v2+yaml"
schema = "schemas/two.json"

[[kind.prompt.variant.2.recognise]]
matches = { apiVersion = "^acme/v2$" }

[kind.prompt.variant.2.annotations]
"com.acme.owner" = "spec.owner"
"""
FILES = {
    "schemas/one.json": '{"required": ["owner"]}',
    "schemas/two.json": '{"required": ["spec"]}',
    "prompts/old.yaml": "prompt: a\nversion: 1.0.0\nowner: ann\n",
    "prompts/new.yaml": "apiVersion: acme/v2\nprompt: a\nversion: 2.0.0\nspec:\n  owner: bob\n",
}
V1, V2 = "application/vnd.acme.prompt.v1+yaml", "application/vnd.acme.prompt.v2+yaml"


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    return make_project(tmp_path, TOML, FILES)


def _published(folder: ProjectFolder) -> dict[str, tuple[str, str, str]]:
    found = {}
    for item in folder.load().wanted:
        manifest = json.loads(item.manifest)
        [layer] = manifest["layers"]
        assert manifest["artifactType"] == manifest["config"]["mediaType"] == layer["mediaType"]
        found[str(item.name)] = (item.kind, layer["mediaType"], item.annotations["com.acme.owner"])
    return found


def test_each_file_is_published_as_its_version(folder: ProjectFolder) -> None:
    assert _published(folder) == {
        "prompts/old": ("prompt", V1, "ann"),
        "prompts/new": ("prompt@2", V2, "bob"),
    }


def test_each_file_is_held_to_the_schema_of_its_version(folder: ProjectFolder) -> None:
    folder.write({"prompts/new.yaml": FILES["prompts/new.yaml"].replace("spec:\n  owner: bob", "owner: bob")})
    folder.write({"prompts/old.yaml": FILES["prompts/old.yaml"].replace("owner: ann", "spec: {}")})
    assert folder.complaints() == [
        "prompts/new.yaml:1: missing key 'spec'",
        "prompts/old.yaml:1: missing key 'owner'",
    ]


def test_entry_says_which_version_it_means(folder: ProjectFolder) -> None:
    folder.write(
        {"pallet.toml": f'[project]\nname = "acme"\n{TOML}'.replace('kind = "prompt"', 'kind = "prompt@1"')}
    )
    assert folder.complaints() == ["prompts/new.yaml:1: missing key 'owner'"]


def test_unknown_version_is_refused(folder: ProjectFolder) -> None:
    folder.write(
        {"pallet.toml": f'[project]\nname = "acme"\n{TOML}'.replace('kind = "prompt"', 'kind = "prompt@3"')}
    )
    [complaint] = folder.complaints()
    assert complaint.endswith(
        "artifact[0].kind: unknown version of kind prompt: expected prompt or prompt@1 or prompt@2, got 'prompt@3'"
    )


def test_what_was_remembered_is_of_the_same_version(folder: ProjectFolder, tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    first, again = (
        load_project(folder.config, documents=DocumentMemory(memory, clock=lambda: 0.0)) for _ in range(2)
    )
    assert [item.digest for item in again.wanted] == [item.digest for item in first.wanted]
    assert [item.kind for item in again.wanted] == ["prompt@2", "prompt"]


def test_push_recognises_the_projects_own_kind(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.root)
    assert run(["push", "prompts/new.yaml", "pushed/new"]) == 0
    assert "(kind prompt@2)" in capsys.readouterr().err


def test_validate_recognises_the_projects_own_kind(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write({"elsewhere/a.yaml": "apiVersion: acme/v2\nprompt: a\n"})
    monkeypatch.chdir(folder.root)
    assert run(["validate", "elsewhere/a.yaml"]) == 78
    assert "elsewhere/a.yaml:1:1: missing key 'spec'" in capsys.readouterr().err


def test_kind_in_a_file_of_its_own_gives_the_same(folder: ProjectFolder) -> None:
    before = {item.name: item.digest for item in folder.load().wanted}
    head, kind = TOML.split("[kind.prompt]\n", 1)
    toml = f'[project]\nname = "acme"\n{head}[kind.prompt]\nfile = "kinds/prompt.toml"\n'
    folder.write({"pallet.toml": toml, "kinds/prompt.toml": kind.replace("kind.prompt.", "")})
    assert {item.name: item.digest for item in folder.load().wanted} == before
    assert folder.load().config.kind_files == ("kinds/prompt.toml",)


KIND_FILES: dict[str, tuple[str, str | bytes, str]] = {
    "absent": (
        "no.toml",
        "",
        "pallet.toml:4: kind.p.file: k/no.toml cannot be read: No such file or directory",
    ),
    "outside": (
        "../../x.toml",
        "",
        "pallet.toml:4: kind.p.file: expected a file inside the project, got k/../../x.toml",
    ),
    "no toml": ("a.toml", "a = [", "k/a.toml:1: not TOML: "),
    "no json": ("a.json", "{", "k/a.json:1: "),
    "a list": ("a.json", "[]", "k/a.json:1: expected an object, which is a kind"),
    "latin 1": ("a.toml", b"title = '\xe9'", "k/a.toml:1: expected UTF-8, got the byte 0xe9"),
    "wrong key": (
        "a.toml",
        '\nmedia-typ = "a/b"\n',
        "k/a.toml:2: media-typ: unknown key 'media-typ': did you mean",
    ),
    "missing key": ("a.toml", '\ntitle = "A"\n', "k/a.toml:1: missing key 'media-type'"),
}


@pytest.mark.parametrize(("name", "content", "complaint"), KIND_FILES.values(), ids=KIND_FILES.keys())
def test_kind_file_that_is_none_is_refused(
    tmp_path: Path, name: str, content: str | bytes, complaint: str
) -> None:
    folder = make_project(tmp_path / "p", f'[kind.p]\nfile = "k/{name}"\n', {"k/other": ""})
    if content:
        folder.write({f"k/{name}": content})
    assert folder.complaints()[0].startswith(complaint)


def test_kind_file_stands_alone(tmp_path: Path) -> None:
    toml = '[kind.p]\nfile = "k.toml"\nmedia-type = "application/vnd.acme.a.v1+yaml"\n'
    folder = make_project(tmp_path, toml, {"k.toml": 'media-type = "application/vnd.acme.a.v1+yaml"\n'})
    assert folder.complaints() == [
        "pallet.toml:5: kind.p.media-type: unknown key 'media-type': expected one of file"
    ]


FLOW = 'metadata: {{name: A, version: "1.0.0"}}\n{}steps: [{{id: a, skill: b}}]\n'


def _flows(root: Path, kind: str, more: str = "", said: str = "") -> ProjectFolder:
    toml = f'[[artifact]]\nfiles = "w/*.yaml"\nrepository = "w/{{stem}}"\nkind = "{kind}"\n{more}'
    return make_project(root, toml, {"w/a.yaml": FLOW.format(said)})


def test_version_of_a_built_in_kind_has_a_name(tmp_path: Path) -> None:
    [plain] = _flows(tmp_path / "a", "workflow").load().wanted
    [named] = _flows(tmp_path / "b", "workflow@1").load().wanted
    assert (named.kind, named.digest) == (plain.kind, plain.digest)


def test_version_that_nobody_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _flows(tmp_path, "workflow@2").load()
    [problem] = caught.value.problems
    assert problem.message == (
        "unknown version of kind workflow: expected workflow or workflow@1, got 'workflow@2'"
    )
    assert problem.fix == "add a [kind.workflow.variant.2]"


VARIANT = '[kind.workflow.variant.2]\nmedia-type = "application/vnd.pallet.workflow.v2+yaml"\n'


@pytest.mark.parametrize(
    ("kind", "said", "published"),
    [
        ("workflow", "", "workflow"),
        ("workflow", "apiVersion: pallet.org/v2\n", "workflow@2"),
        ("workflow@2", "", "workflow@2"),
        ("workflow@1", "", "workflow@1"),
    ],
)
def test_built_in_kind_has_another_version(tmp_path: Path, kind: str, said: str, published: str) -> None:
    [wanted] = _flows(tmp_path, kind, VARIANT, said).load().wanted
    assert (wanted.kind, wanted.version.text) == (published, "1.0.0")
    assert wanted.annotations["org.pallet.workflow.skills"] == "b"
    label = published.partition("@")[2] or "1"
    assert json.loads(wanted.manifest)["artifactType"] == f"application/vnd.pallet.workflow.v{label}+yaml"


def test_other_version_is_held_to_the_schema_of_the_kind(tmp_path: Path) -> None:
    folder = _flows(tmp_path, "workflow@2", VARIANT)
    folder.write({"w/a.yaml": 'metadata: {version: "1.0.0"}\nsteps: 1\n'})
    assert folder.complaints() == [
        "w/a.yaml:1: metadata: missing key 'name'",
        "w/a.yaml:2: steps: expected a list, got the number 1",
    ]


def test_kind_that_cannot_be_read_is_no_unknown_one(tmp_path: Path) -> None:
    folder = _flows(tmp_path, "prompt@2", '[kind.prompt]\nfile = "kinds/prompt.toml"\n')
    folder.write({"kinds/prompt.toml": "media-type = 1\n"})
    [complaint] = folder.complaints()
    assert complaint == "kinds/prompt.toml:1: media-type: expected text, got the number 1"


def test_built_in_kind_does_not_stand_in_for_a_broken_one(tmp_path: Path) -> None:
    folder = _flows(tmp_path, "workflow@2", '[kind.workflow]\nversion = "a b"\n')
    [complaint] = folder.complaints()
    assert "kind.workflow.version: not a path: " in complaint


def test_version_of_a_built_in_kind_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _flows(tmp_path, "workflow")
    assert run(["kinds", "show", "workflow@1", "-C", str(tmp_path)]) == 0
    assert "application/vnd.pallet.workflow.v1+yaml" in capsys.readouterr().out
