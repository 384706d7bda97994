"""What a program publishes: files, images, tags, attachments, copies; and what is never overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler import (
    DocumentError,
    ImmutableTagError,
    NotFoundError,
    RefusedError,
    Registry,
    StoreError,
    UsageError,
)
from tests.library.shop import PLAN, environment_of
from tests.support.image_layouts import ImageLayout
from tests.support.scripted_registry import Fault, ScriptedRegistry

NOTE = "notes/one:1.0.0"


@pytest.fixture
def shelf(url: str, tmp_path: Path) -> Any:
    """The registry with nothing in it, and a note to push."""
    (tmp_path / "note.md").write_text("note", "utf-8")
    with Registry.open(url, directory=tmp_path, environment=environment_of(tmp_path)) as registry:
        yield registry


def test_push_says_what_became_of_it(shelf: Registry, tmp_path: Path) -> None:
    first = shelf.push("note.md", NOTE)
    again = shelf.push([tmp_path / "note.md"], NOTE)

    assert (first.change.value, again.change.value) == ("pushed", "unchanged")
    assert first.reference.endswith(NOTE)
    assert shelf.manifest(NOTE).digest == first.single.wanted.digest


def test_published_version_is_not_overwritten_unasked(shelf: Registry, tmp_path: Path) -> None:
    shelf.push("note.md", NOTE)
    (tmp_path / "note.md").write_text("other", "utf-8")

    with pytest.raises(RefusedError, match="this version holds other content: expected sha256:"):
        shelf.push("note.md", NOTE)
    assert shelf.push("note.md", NOTE, force=True).change.value == "overwritten"


def test_push_takes_version_and_kind_from_the_file(shelf: Registry, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)

    pushed = shelf.push("plan.yaml", "workflows/plan", floating=["latest", "{major}"])

    assert str(pushed.single.version) == "1.2.0"
    assert [item.plan.key[1] for item in pushed.followed] == ["1", "latest"]
    assert shelf.manifest("workflows/plan:latest").digest == pushed.single.wanted.digest


def test_push_is_told_types_annotations_and_a_config(shelf: Registry, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")

    pushed = shelf.push(
        "note.md",
        NOTE,
        annotations={"com.acme.owner": "search"},
        artifact_type="application/vnd.acme.note",
        media_types={"note.md": "text/markdown"},
        config="config.json",
        config_type="application/vnd.acme.config+json",
    )

    manifest = json.loads(shelf.manifest(NOTE).content)
    assert manifest["annotations"]["com.acme.owner"] == "search"
    assert manifest["artifactType"] == "application/vnd.acme.note"
    assert manifest["layers"][0]["mediaType"] == "text/markdown"
    assert manifest["config"]["mediaType"] == "application/vnd.acme.config+json"
    assert pushed.change.value == "pushed"


@pytest.mark.parametrize(
    ("files", "reference", "more", "said"),
    [
        pytest.param([], NOTE, {}, "files: expected a path, or several, got none", id="no-file"),
        pytest.param("note.md", "notes/one@^1", {}, "expected a version or a tag, got", id="constraint"),
        pytest.param("note.md", "notes/one", {}, "reference: no version", id="no-version"),
        pytest.param("note.md", "elsewhere.test/one:1.0.0", {}, "expected a part of", id="elsewhere"),
        pytest.param("note.md", NOTE, {"kind": "novel"}, "--kind: expected one of", id="kind"),
        pytest.param("note.md", NOTE, {"artifact_type": "note"}, "artifact_type: expected such as", id="type"),
        pytest.param("note.md", NOTE, {"media_types": {"note.md": "md"}}, "media_types: note.md: expected", id="layer"),
        pytest.param("note.md", NOTE, {"annotations": {"": "x"}}, "annotations: expected a key", id="no-key"),
        pytest.param("note.md", NOTE, {"annotations": {"org.pallet.project": "x"}}, "which pallet writes itself", id="ours"),
        pytest.param("note.md", NOTE, {"floating": "latest"}, "floating: expected a list of texts", id="one-text"),
        pytest.param("note.md", NOTE, {"floating": ["1.2.3"]}, "expected a tag that is no version", id="version"),
        pytest.param("note.md", NOTE, {"subject": "notes/two:1.0.0"}, "subject: expected a manifest of", id="subject"),
    ],
)  # fmt: skip
def test_pushes_that_cannot_be_are_refused(
    files: Any, reference: str, more: dict[str, Any], said: str, shelf: Registry
) -> None:
    shelf.push("note.md", "notes/two:1.0.0")

    with pytest.raises(UsageError, match=said):
        shelf.push(files, reference, **more)
    assert shelf.repositories() == ["notes/two"]


def test_broken_file_tells_every_problem(shelf: Registry, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("metadata: {name: 1, version: 1.0.0}\nsteps: {}\n")

    with pytest.raises(DocumentError) as refused:
        shelf.push("plan.yaml", "workflows/plan:1.0.0", kind="workflow")
    assert len(refused.value.problems) >= 2


def test_pushed_file_may_refer_to_another(shelf: Registry, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    shelf.push("note.md", NOTE)

    pushed = shelf.push("report.json", "notes/one:report", kind="files", subject=NOTE)

    (found,) = shelf.referrers(NOTE).referrers
    assert found.descriptor.digest == pushed.single.wanted.digest


def test_image_keeps_its_digest_and_platforms(shelf: Registry, tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "built")
    index = layout.name(layout.add_index(layout.add_image("amd64"), layout.add_image("arm64")), "1.0.0")
    archive = layout.archive(tmp_path / "built.tar")

    pushed = [shelf.push_image(path, "app/backend:1.0.0") for path in (layout.folder, str(archive))]

    assert {item.single.wanted.digest for item in pushed} == {index["digest"]}
    assert str(shelf.identify("app/backend:1.0.0")) == "index"
    with pytest.raises(UsageError, match="an index: expected one platform, got linux/amd64, linux/arm64"):
        shelf.pull("app/backend:1.0.0", tmp_path / "out")


def test_layers_with_a_config_become_an_image(shelf: Registry, tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "built")
    manifest = json.loads(layout.blob_path(layout.add_image()).read_bytes())
    (layer,) = manifest["layers"]
    (tmp_path / "app.tar.gz").write_bytes(layout.blob_path(layer).read_bytes())
    (tmp_path / "config.json").write_bytes(layout.blob_path(manifest["config"]).read_bytes())

    shelf.push_image(["app.tar.gz"], "app/backend:1.0.0", config="config.json")

    assert str(shelf.identify("app/backend:1.0.0")) == "container image"


def test_tags_move_forward_and_back_on_purpose(shelf: Registry, tmp_path: Path) -> None:
    old = shelf.push("note.md", NOTE).single.wanted.digest
    (tmp_path / "note.md").write_text("new")
    new = shelf.push("note.md", "notes/one:1.1.0").single.wanted.digest

    forward = shelf.tag("notes/one", "^1", "stable")
    with pytest.raises(RefusedError, match=r"would move backward: expected 1\.1\.0 or higher, got 1\.0\.0"):
        shelf.tag("notes/one", "1.0.0", "stable")
    back = shelf.tag("notes/one", "1.0.0", "stable", backward=True)

    assert (forward.digest, back.digest, back.is_backward) == (new, old, True)
    with pytest.raises(UsageError, match=r"repository: expected a name alone, got 1\.0\.0 of it too"):
        shelf.tag(NOTE, "1.0.0", "stable")
    with pytest.raises(NotFoundError, match="no such version"):
        shelf.tag("notes/one", "3.0.0", "stable")


def test_attaching_twice_changes_nothing(shelf: Registry, tmp_path: Path) -> None:
    shelf.push("note.md", NOTE)
    (tmp_path / "report.xml").write_text("<report/>")
    wish: dict[str, Any] = {
        "artifact_type": "test/results",
        "media_types": {"report.xml": "application/xml"},
        "annotations": {"passed": "yes"},
    }

    first, again = (shelf.attach(NOTE, "report.xml", **wish) for _ in range(2))

    assert (first.is_new, again.is_new) == (True, False)
    attached = json.loads(shelf.manifest(first.reference).content)
    assert (attached["artifactType"], attached["layers"][0]["mediaType"]) == (
        "test/results",
        "application/xml",
    )


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [
        pytest.param((), {}, "attach: expected a file, or an annotation", id="nothing"),
        pytest.param("note.md", {}, "expected", id="nobody-says-what"),
        pytest.param("note.md", {"artifact_type": "note"}, "artifact_type: expected such as", id="type"),
        pytest.param(
            "note.md",
            {"artifact_type": "a/b", "media_types": {"x": "a/b"}},
            "media_types: expected paths of files, got x",
            id="other-file",
        ),
    ],
)
def test_attachments_that_cannot_be_are_refused(
    files: Any, more: dict[str, Any], said: str, shelf: Registry
) -> None:
    shelf.push("note.md", NOTE)

    with pytest.raises(UsageError, match=said):
        shelf.attach(NOTE, files, **more)


def test_artifacts_are_copied_with_what_refers_to_them(shelf: Registry, tmp_path: Path) -> None:
    shelf.push("note.md", NOTE)
    shelf.attach(NOTE, "note.md", artifact_type="text/x-note")
    environment = environment_of(tmp_path)

    with Registry.open("oci-layout:other", directory=tmp_path, environment=environment) as other:
        plain = shelf.copy(NOTE, other)
        whole = shelf.copy(shelf.resolve("notes/one"), other, "mirror/one:latest", recursive=True)

        assert other.repositories() == ["mirror/one", "notes/one"]
        assert other.manifest("mirror/one:latest").content == shelf.manifest(NOTE).content
        assert other.referrers(NOTE).referrers == ()
        assert len(other.referrers("mirror/one:latest").referrers) == 1
        assert (plain.referrers, whole.referrers) == (0, 1)


def test_copy_within_one_registry_sends_no_bytes(shelf: Registry) -> None:
    shelf.push("note.md", NOTE)

    copied = shelf.copy(NOTE, shelf, "notes/two:1.0.0")

    assert copied.mounted > 0
    assert (copied.blobs, copied.size_bytes) == (0, 0)


def test_copied_version_is_not_overwritten_unasked(shelf: Registry, tmp_path: Path) -> None:
    shelf.push("note.md", NOTE)
    (tmp_path / "note.md").write_text("other")
    shelf.push("note.md", "notes/two:1.0.0")

    with pytest.raises(ImmutableTagError, match=r"destination: .*holds other content"):
        shelf.copy(NOTE, shelf, "notes/two")
    shelf.copy(NOTE, shelf, "notes/two", force=True)
    assert shelf.manifest("notes/two:1.0.0").digest == shelf.manifest(NOTE).digest
    with pytest.raises(UsageError, match="destination: expected a repository, or a tag of it"):
        shelf.copy(NOTE, shelf, "notes/two@^1")


def test_registry_that_keeps_tags_final_is_heard(server: ScriptedRegistry, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note")
    with Registry.open(server.url, directory=tmp_path, environment=environment_of(tmp_path)) as registry:
        registry.push("note.md", NOTE)
        (tmp_path / "note.md").write_text("other")
        server.misbehave(Fault.TAG_IMMUTABLE_409)

        with pytest.raises(StoreError) as refused:
            registry.push("note.md", NOTE, force=True)
    assert refused.value.exit_code == 4


def test_audit_of_a_project_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pallet.toml").write_text('[project]\nname = "acme"\n[audit]\nfile = "audit.jsonl"\n')
    (tmp_path / "note.md").write_text("note")

    with Registry.open(project=tmp_path, directory=tmp_path, environment={}) as registry:
        registry.push("note.md", NOTE)
        registry.pull(NOTE, "out")
        with pytest.raises(NotFoundError):
            registry.pull(f"{NOTE}-9", "out")
        with pytest.raises(NotFoundError):
            registry.pull(f"{NOTE.partition(':')[0]}@^99", "out")
        with pytest.raises(NotFoundError):
            registry.pull_with_dependencies(f"{NOTE}-9", "out")

    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert {line["action"] for line in lines} >= {"blob", "manifest", "pull"}
    assert [line["outcome"] for line in lines if line["action"] == "pull"] == [
        "accepted",
        "refused",
        "refused",
        "refused",
    ]
