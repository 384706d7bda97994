"""`[[artifact.attach]]`: from pallet.toml and files to manifests that refer to an artifact."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.attach_types import CYCLONEDX
from reconciler.desired.attachments import Attachment
from reconciler.desired.config_reader import read_config
from reconciler.desired.gather import Gathered, gather
from reconciler.desired.lockfile import Locked, parse_lock, render_lock
from reconciler.errors import ConfigError
from reconciler.oci.manifest import EMPTY_DESCRIPTOR, Manifest, parse

HEAD = """
[project]
name = "acme"
[target.local]
url = "oci-layout:.pallet/registry"
[[artifact]]
files = "things/*.txt"
repository = "things/{stem}"
kind = "files"
version = "1.0.0"
"""
SBOM = '{"bomFormat": "CycloneDX"}'
FILES = {
    "things/a.txt": "a",
    "things/b.txt": "b",
    "sbom/a.json": SBOM,
    "sbom/b.json": SBOM,
    "docs/one.md": "one",
    "docs/sub/two.md": "two",
}


def gathered(root: Path, attach: str, **files: str) -> Gathered:
    for name, content in (FILES | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "pallet.toml").write_text(HEAD + attach)
    return gather(read_config(root / "pallet.toml"))


def attachments(found: Gathered) -> list[Attachment]:
    assert found.problems == []
    return [attachment for item in found.wanted for attachment in item.attachments]


def said(found: Gathered) -> list[tuple[str, str]]:
    return [(problem.code, str(problem)) for problem in found.problems]


def test_each_artifact_has_its_own(tmp_path: Path) -> None:
    found = gathered(tmp_path, '[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n')
    one, other = attachments(found)
    assert [item.files[0].path for item in (one, other)] == ["sbom/a.json", "sbom/b.json"]
    for item, attachment in zip(found.wanted, (one, other), strict=True):
        manifest = parse(attachment.manifest)
        assert isinstance(manifest, Manifest)
        assert manifest.subject == item.descriptor
        assert manifest.artifact_type == attachment.artifact_type == CYCLONEDX
        assert manifest.config == EMPTY_DESCRIPTOR
        assert manifest.annotations == {"org.pallet.project": "acme"}
        assert [layer.media_type for layer in manifest.layers] == [CYCLONEDX]
        assert manifest.layers[0].annotations == {
            "org.opencontainers.image.title": f"{item.name.rpartition('/')[2]}.json"
        }
    assert one.digest != other.digest


def test_digest_is_a_function_of_the_tree(tmp_path: Path) -> None:
    rule = '[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n'
    one = attachments(gathered(tmp_path / "one", rule))
    other = attachments(gathered(tmp_path / "other", rule))
    assert [item.manifest for item in one] == [item.manifest for item in other]
    moved = attachments(gathered(tmp_path / "one", rule, **{"things/a.txt": "changed"}))
    assert moved[0].digest != one[0].digest
    assert moved[1].digest == one[1].digest


def test_many_files_are_layers_by_title(tmp_path: Path) -> None:
    rule = '[[artifact.attach]]\nfiles = "docs/**/*.md"\nartifact-type = "application/vnd.acme.docs"\n'
    found = attachments(gathered(tmp_path, rule))
    manifest = parse(found[0].manifest)
    assert isinstance(manifest, Manifest)
    titles = [layer.annotations["org.opencontainers.image.title"] for layer in manifest.layers]
    assert titles == ["one.md", "sub/two.md"]
    assert {layer.media_type for layer in manifest.layers} == {"text/markdown"}


@pytest.mark.parametrize(
    ("more", "artifact_type", "media_type"),
    [
        pytest.param("", CYCLONEDX, CYCLONEDX, id="by-content"),
        pytest.param('artifact-type = "a/b"', "a/b", CYCLONEDX, id="type-named"),
        pytest.param('media-type = "c/d"', CYCLONEDX, "c/d", id="media-type-named"),
        pytest.param('artifact-type = "a/b"\nmedia-type = "c/d"', "a/b", "c/d", id="both-named"),
        pytest.param('kind = "files"', "application/vnd.pallet.files.v1", CYCLONEDX, id="kind"),
    ],
)
def test_types_are_found_or_named(tmp_path: Path, more: str, artifact_type: str, media_type: str) -> None:
    rule = f'[[artifact.attach]]\nfiles = "sbom/a.json"\n{more}\n'
    found = attachments(gathered(tmp_path, rule))[0]
    assert (found.artifact_type, found.files[0].media_type) == (artifact_type, media_type)


def test_annotations_are_written(tmp_path: Path) -> None:
    rule = (
        '[[artifact.attach]]\nfiles = "sbom/a.json"\n[artifact.attach.annotations]\n"com.acme.by" = "syft"\n'
    )
    found = attachments(gathered(tmp_path, rule))[0]
    assert found.annotations == {"com.acme.by": "syft", "org.pallet.project": "acme"}
    assert parse(found.manifest).annotations == found.annotations


def test_name_with_glob_characters_means_itself(tmp_path: Path) -> None:
    rule = '[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n'
    found = gathered(tmp_path, rule.replace("{stem}", "{parent}[1]"), **{"sbom/things[1].json": SBOM})
    assert said(found)[0][0] == "no-match"  # written in pallet.toml, it is a glob
    text = HEAD.replace('"things/*.txt"', '"odd[[]1]/a.txt"') + rule.replace("{stem}", "{parent}")
    (tmp_path / "odd[1]").mkdir()
    (tmp_path / "odd[1]/a.txt").write_text("a")
    (tmp_path / "sbom/odd[1].json").write_text(SBOM)
    (tmp_path / "pallet.toml").write_text(text)
    assert attachments(gather(read_config(tmp_path / "pallet.toml")))[0].files[0].path == "sbom/odd[1].json"


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        pytest.param(
            'files = "docs/one.md"',
            "invalid-attachment",
            "pallet.toml:11: artifact[0].attach[0]: things/a 1.0.0: artifact type: expected one to be named, "
            "or CycloneDX or SPDX documents, got docs/one.md, which nothing is known of",
            id="unknown-type",
        ),
        pytest.param(
            'files = "sbom/{stem}.xml"',
            "no-match",
            "pallet.toml:11: artifact[0].attach[0].files: sbom/a.xml: ",
            id="no-file",
        ),
        pytest.param(
            'files = "sbom/{color}.json"',
            "invalid-attachment",
            "pallet.toml:11: artifact[0].attach[0]: files: unknown placeholder {color}: "
            "expected one of {stem} {name} {parent} {dir}",
            id="unknown-placeholder",
        ),
        pytest.param(
            'files = ["sbom/a.json", "more/a.json"]',
            "invalid-attachment",
            "pallet.toml:11: artifact[0].attach[0]: things/a 1.0.0: more/a.json and sbom/a.json would both be "
            "pulled as a.json",
            id="one-title-twice",
        ),
        pytest.param(
            'files = "sbom/a.json"\n[artifact.attach.annotations]\n"org.pallet.project" = "x"',
            "reserved-annotation",
            "pallet.toml:11: artifact[0].attach[0]: annotations.org.pallet.project: expected another key, got "
            "one that pallet writes itself",
            id="reserved-annotation",
        ),
        pytest.param(
            'files = "sbom/a.json"\n[[artifact.attach]]\nfiles = "sbom/a.json"',
            "attached-twice",
            "pallet.toml:13: artifact[0].attach[1]: expected other files or another type, got the same",
            id="twice",
        ),
    ],
)
def test_problem_is_said_where_it_is(tmp_path: Path, rule: str, code: str, message: str) -> None:
    found = gathered(tmp_path, f"[[artifact.attach]]\n{rule}\n", **{"more/a.json": SBOM})
    assert said(found)[0][0] == code
    assert said(found)[0][1].startswith(message)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param('kind = "nothing"\nfiles = "x"', "unknown kind 'nothing'", id="kind"),
        pytest.param('kind = "files"\nartifact-type = "a/b"\nfiles = "x"', "got both", id="said-twice"),
        pytest.param('artifact-type = "no type"\nfiles = "x"', "artifact-type", id="no-media-type"),
        pytest.param('artifact-type = "a/b"', "files", id="no-files"),
        pytest.param('files = "x"\nsize = 1', "size", id="unknown-key"),
    ],
)
def test_pallet_toml_is_checked(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        gathered(tmp_path, f"[[artifact.attach]]\n{rule}\n")
    assert message in str(refused.value)
    assert "artifact[0].attach[0]" in str(refused.value)


def test_bundle_has_no_placeholders(tmp_path: Path) -> None:
    text = HEAD.replace("things/{stem}", "things/all") + "bundle = true\n"
    (tmp_path / "things").mkdir()
    (tmp_path / "things/a.txt").write_text("a")
    (tmp_path / "pallet.toml").write_text(f'{text}[[artifact.attach]]\nfiles = "sbom/{{stem}}.json"\n')
    found = gather(read_config(tmp_path / "pallet.toml"))
    assert said(found) == [
        (
            "invalid-attachment",
            "pallet.toml:12: artifact[0].attach[0].files: sbom/{stem}.json: expected no placeholder in a bundle "
            "of many files",
        )
    ]


def lock_of(found: Gathered) -> list[Locked]:
    return [item.as_locked for item in found.wanted]


def test_lock_says_what_is_attached(tmp_path: Path) -> None:
    entries = lock_of(gathered(tmp_path, '[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n'))
    text = render_lock(entries)
    assert "\nrevision = 1\n" in text
    assert list(parse_lock(text, file="pallet.lock").entries.values()) == entries
    assert render_lock(parse_lock(text, file="pallet.lock").entries.values()) == text
    assert text.count("\n[[artifact.attach]]\n") == 2


def test_lock_without_attachments_stays_as_it_was(tmp_path: Path) -> None:
    assert "\nrevision = 0\n" in render_lock(lock_of(gathered(tmp_path, "")))


def test_conflict_in_an_attachment_is_one_of_its_entry(tmp_path: Path) -> None:
    text = render_lock(lock_of(gathered(tmp_path, '[[artifact.attach]]\nfiles = "sbom/{stem}.json"\n')))
    at = text.index("[[artifact.attach]]")
    mine = text[at:].split("\n")[2]
    other = f'digest = "sha256:{"0" * 64}"'
    conflict = f"<<<<<<< ours\n{mine}\n=======\n{other}\n>>>>>>> theirs"
    lock = parse_lock(text.replace(mine, conflict, 1), file="pallet.lock")
    assert lock.has_conflict
    assert [str(name) for name, _ in lock.entries] == ["things/b"]
    assert lock.revision == 1
