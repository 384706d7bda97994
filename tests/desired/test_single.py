"""One artifact from named files: the digest that sync gives, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.desired.single import Single, Wish, read_single
from reconciler.desired.versions.version import Version
from reconciler.errors import DocumentError, UsageError
from reconciler.oci.manifest import Manifest, parse
from reconciler.oci.reference import Repository, Tag
from tests.support.projects import WORKFLOWS, ProjectFolder, make_project, workflow

CHART = 'apiVersion: v2\nname: web\nversion: "0.1.0"\n'
SCHEMA = '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}\n'
CARD = '{"name": "Clerk", "url": "http://localhost:9001", "version": "1.0.0", "skills": [{"id": "file_it", "name": "File", "description": "Files it", "tags": []}]}\n'


def rule(files: str, kind: str, *more: str) -> str:
    return "\n".join(
        (f"\n[[artifact]]\nfiles = {files}", 'repository = "things/one"', f'kind = "{kind}"', *more, "")
    )


def wish(*files: str, version: str | None = None, tag: str | None = None, kind: str | None = None) -> Wish:
    parsed = None if version is None else Version(version)
    named = parsed.tag if parsed else None if tag is None else Tag(tag)
    return Wish(Repository("things/one"), tuple(map(Path, files)), named, parsed, kind)


def alone(root: Path, files: dict[str, str | bytes], wanted: Wish) -> Single:
    """Read files where there is no pallet.toml."""
    ProjectFolder(root).write(files)
    return read_single(wanted, root, None)


@pytest.mark.parametrize(
    ("toml", "files", "wanted"),
    [
        pytest.param(rule('"w.yaml"', "workflow"), {"w.yaml": workflow()}, wish("w.yaml"), id="workflow"),
        pytest.param(
            rule('"d/w.yaml"', "workflow"), {"d/w.yaml": workflow()}, wish("d/w.yaml"), id="in-a-folder"
        ),
        pytest.param(
            rule('"w.yaml"', "workflow", 'version = "2.0.0+b1"'),
            {"w.yaml": workflow()},
            wish("w.yaml", version="2.0.0+b1"),
            id="other-version",
        ),
        pytest.param(
            rule('"n.md"', "files", 'version = "1.0.0"'),
            {"n.md": "x"},
            wish("n.md", version="1.0.0"),
            id="files",
        ),
        pytest.param(
            rule('"p/**/*.md"', "files", "bundle = true", 'version = "1.0.0"'),
            {"p/b/x.md": "1", "p/a/x.md": "2", "p/z.md": "3"},
            wish("p/z.md", "p/b/x.md", "p/a/x.md", "p/z.md", version="1.0.0"),
            id="bundle",
        ),
        pytest.param(
            rule('"c/Chart.yaml"', "helm-chart"),
            {"c/Chart.yaml": CHART, "c/values.yaml": "a: 1\n", "c/x.tmp": "", ".gitignore": "*.tmp\n"},
            wish("c/Chart.yaml"),
            id="chart",
        ),
        pytest.param(
            rule('"p.txt"', "prompt", 'version = "1.0.0"')
            + '\n[kind.prompt]\nmedia-type = "text/x.prompt"\n',
            {"p.txt": "hello"},
            wish("p.txt", version="1.0.0", kind="prompt"),
            id="own-kind",
        ),
    ],
)
def test_digest_is_the_one_that_sync_gives(
    tmp_path: Path, toml: str, files: dict[str, str | bytes], wanted: Wish
) -> None:
    folder = make_project(tmp_path, toml, files)

    single = read_single(wanted, tmp_path, read_config(folder.config))

    assert single.wanted.manifest == folder.load().wanted[0].manifest
    assert single.is_versioned


@pytest.mark.parametrize("start", [".", "d", "/"])
def test_digest_is_the_same_from_everywhere(tmp_path: Path, start: str) -> None:
    folder = make_project(tmp_path, rule('"d/c/Chart.yaml"', "helm-chart"), {"d/c/Chart.yaml": CHART})
    file = os.path.relpath(tmp_path / "d/c/Chart.yaml", tmp_path / start)

    single = read_single(wish(file), tmp_path / start, read_config(folder.config))

    assert single.wanted.digest == folder.load().wanted[0].digest


def test_chart_is_packed_from_within_its_folder(tmp_path: Path) -> None:
    ProjectFolder(tmp_path).write({"c/Chart.yaml": CHART})

    within = read_single(wish("Chart.yaml"), tmp_path / "c", None)

    assert within.wanted.digest == read_single(wish("c/Chart.yaml"), tmp_path, None).wanted.digest


def test_nobody_s_artifact_names_no_project(tmp_path: Path) -> None:
    manifest = parse(alone(tmp_path, {"w.yaml": workflow()}, wish("w.yaml")).wanted.manifest)

    assert isinstance(manifest, Manifest)
    assert "org.pallet.project" not in {**manifest.annotations, **manifest.config.annotations}
    assert manifest.annotations == manifest.config.annotations
    assert manifest.annotations["org.opencontainers.image.version"] == "1.0.0"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("w.yaml", workflow(), "workflow"),
        ("w.yml", workflow(), "workflow"),
        ("card.json", CARD, "agent-card"),
        ("s.json", SCHEMA, "schema"),
        ("web/Chart.yaml", CHART, "helm-chart"),
        ("settings.json", '{"a": 1}', "files"),
        ("list.yaml", "[1, 2]", "files"),
        ("w.txt", workflow(), "files"),
        ("w", workflow(), "files"),
    ],
)
def test_content_decides_the_kind(tmp_path: Path, name: str, content: str, kind: str) -> None:
    single = alone(tmp_path, {name: content}, wish(name, version="1.0.0"))

    assert single.wanted.kind == kind


def test_unreadable_document_is_published_as_it_is(tmp_path: Path) -> None:
    single = alone(tmp_path, {"t.yaml": "a: {{ x }}\nb: ]\n"}, wish("t.yaml", version="1.0.0"))

    assert single.wanted.kind == "files"
    assert len(single.notes) == 1
    assert single.notes[0].startswith("t.yaml:")
    assert single.notes[0].endswith(": published as it is, by kind files")


def test_other_version_than_its_own_is_said(tmp_path: Path) -> None:
    single = alone(tmp_path, {"w.yaml": workflow("1.0.0")}, wish("w.yaml", version="2.0.0"))

    assert single.notes == ("w.yaml: says version 1.0.0 of itself, and is published as 2.0.0",)


@pytest.mark.parametrize(
    ("name", "content", "version"),
    [
        pytest.param("w.yaml", workflow("1.2.0"), Version("1.2.0"), id="its-own"),
        pytest.param("n.md", "x", None, id="none"),
        pytest.param("c.json", "{}", None, id="kind-without-a-field"),
    ],
)
def test_tag_leaves_the_version_to_the_file(
    tmp_path: Path, name: str, content: str, version: Version | None
) -> None:
    single = alone(tmp_path, {name: content}, wish(name, tag="dev"))

    said = single.wanted.annotations.get("org.opencontainers.image.version")
    assert (single.tag, single.version, single.is_versioned) == ("dev", version, False)
    assert said == (None if version is None else version.text)


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        pytest.param(
            wish("n.md"),
            "reference: no version: expected such as things/one:1.0.0, got things/one",
            id="no-version",
        ),
        pytest.param(
            wish("n.md", "w.yaml"),
            "reference: no version: expected such as things/one:1.0.0, got things/one",
            id="bundle-without-version",
        ),
        pytest.param(
            wish("n.md", kind="promt", version="1.0.0"),
            "--kind: expected one of agent-card, config, files, helm-chart, image, sbom, schema, wasm, workflow, "
            "got 'promt'",
            id="unknown-kind",
        ),
    ],
)
def test_unclear_wish_is_refused(tmp_path: Path, wanted: Wish, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        alone(tmp_path, {"n.md": "x", "w.yaml": workflow()}, wanted)

    assert str(caught.value) == complaint
    assert caught.value.fix


def test_every_bad_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(DocumentError) as caught:
        read_single(
            wish("gone", "folder", "pipe", "by\udcffte", version="1.0.0", kind="workflow"), tmp_path, None
        )

    assert [str(problem) for problem in caught.value.problems] == [
        "gone: no such file",
        "folder: expected a file, got a folder: name its files, or the one that describes it, such as Chart.yaml",
        "pipe: expected a file, got something else, such as a pipe or a device",
        "by\\udcffte: expected a name in UTF-8",
    ]


@pytest.mark.parametrize(
    ("content", "wanted", "complaint"),
    [
        pytest.param(
            workflow().replace("name: Router", "title: Router"),
            wish("w.yaml", version="1.0.0"),
            "w.yaml:1: metadata: missing key 'name'",
            id="invalid-workflow",
        ),
        pytest.param(
            workflow().replace('"1.0.0"', "1.10"),
            wish("w.yaml"),
            "w.yaml:3: metadata.version: expected text, got the number 1.1 (written 1.10)",
            id="version-is-a-number",
        ),
    ],
)
def test_invalid_document_is_refused(tmp_path: Path, content: str, wanted: Wish, complaint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        alone(tmp_path, {"w.yaml": content}, wanted)

    assert [str(problem) for problem in caught.value.problems] == [complaint]


KIND = '\n[kind.prompt]\nmedia-type = "text/x.prompt+yaml"\nversion = "meta.version"\n'


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("a: 1\n", "p.yaml:1: meta.version: expected text, got no such field", id="no-field"),
        pytest.param(
            "meta:\n  version: '1.2'\n",
            "p.yaml:2: meta.version: not a semantic version: "
            "expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1, got '1.2'",
            id="no-version",
        ),
    ],
)
def test_field_without_a_version_is_refused_unless_told(tmp_path: Path, content: str, complaint: str) -> None:
    config = read_config(make_project(tmp_path, KIND, {"p.yaml": content}).config)

    with pytest.raises(DocumentError) as caught:
        read_single(wish("p.yaml", kind="prompt"), tmp_path, config)

    assert [(str(problem), problem.fix) for problem in caught.value.problems] == [
        (complaint, "give it a version, or say one: things/one:1.0.0")
    ]
    assert read_single(wish("p.yaml", kind="prompt", version="1.0.0"), tmp_path, config).is_versioned
    assert read_single(wish("p.yaml", kind="prompt", tag="dev"), tmp_path, config).version is None


def test_bad_name_of_a_packed_folder_is_refused(tmp_path: Path) -> None:
    kind = KIND.replace("version =", 'layer = "folder"\nname = "name"\nversion =')
    config = read_config(make_project(tmp_path, kind, {"c/p.yaml": "name: 1\n"}).config)

    with pytest.raises(DocumentError, match="name: expected text, got the number 1"):
        read_single(wish("c/p.yaml", kind="prompt", version="1.0.0"), tmp_path, config)
    with pytest.raises(
        UsageError, match=r"no version: expected such as things/one:1\.0\.0, got things/one:dev"
    ):
        read_single(wish("c/p.yaml", kind="prompt", tag="dev"), tmp_path, config)


def test_bundle_of_charts_is_refused(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a/Chart.yaml": CHART, "b/Chart.yaml": CHART}

    with pytest.raises(
        DocumentError, match="expected one artifact per file for kind helm-chart, got a bundle"
    ):
        alone(tmp_path, files, wish(*files, version="1.0.0", kind="helm-chart"))


def test_requirements_are_not_waited_for(tmp_path: Path) -> None:
    content = workflow().replace("name: Router", "name: Router\n  requires: workflows/other")

    single = alone(tmp_path, {"w.yaml": content}, wish("w.yaml"))

    assert single.wanted.requires == ()
    assert single.wanted.annotations["org.pallet.workflow.requires"] == "workflows/other"


def test_entry_of_pallet_toml_is_not_looked_at(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOWS + "stable = false\n", {"workflows/r.yaml": workflow()})

    single = read_single(wish("workflows/r.yaml"), tmp_path, read_config(folder.config))

    assert "org.pallet.release.stable" not in single.wanted.annotations


def test_rule_that_is_switched_off_stops_nothing(tmp_path: Path) -> None:
    early = workflow() + '    inputs: {x: "{{ steps.later.outputs }}"}\n'
    folder = make_project(tmp_path, "", {"w.yaml": early})
    with pytest.raises(DocumentError, match=r"reads .steps\.later., which"):
        read_single(wish("w.yaml"), tmp_path, read_config(folder.config))
    folder.write({"pallet.toml": '[project]\nname = "acme"\n[rules]\nignore = ["PLT012"]\n'})
    assert read_single(wish("w.yaml"), tmp_path, read_config(folder.config)).notes == ()
