"""`pallet attach` and `pallet referrers`: what people and programs read, and what other tools make of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.referrer_index import fallback_tag
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, set_up
from tests.support.scripted_registry import Fault, ScriptedRegistry

NAME, TAG = "workflows/triage", "1.0.0"
REFERENCE = f"{NAME}:{TAG}"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
needs_oras = pytest.mark.skipif(shutil.which("oras") is None, reason="oras is not installed")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def shelf(online: Desk) -> Desk:
    assert online.pallet("sync").code == 0
    online.write("sbom.json", '{"bomFormat": "CycloneDX"}')
    online.write("note.txt", "a note")
    return online


def subject(registry: ScriptedRegistry) -> str:
    return registry.hold(NAME).tags[TAG]


def test_attached_file_is_found_again(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("attach", REFERENCE, "sbom.json")
    assert ran.code == 0, ran.everything
    reference, digest = ran.stdout.split()
    assert reference == f"{registry.host}/{NAME}@{digest}"
    assert ran.stderr == (
        f"{registry.host}/{NAME}@{subject(registry)}: attached ({CYCLONEDX}, listed by the store itself)\n"
    )
    found = shelf.pallet("referrers", REFERENCE)
    head, row = found.stdout.splitlines()
    assert head.split() == ["artifact", "type", "digest", "size", "annotations"]
    assert row.split()[:2] == [CYCLONEDX, digest]
    assert found.stderr == "listed by the store itself (referrers API)\n"


def test_json_tells_it_whole(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet(
        "attach",
        REFERENCE,
        "note.txt:text/x-note",
        "--artifact-type",
        "test/note",
        "--annotation",
        "com.acme.by=ada",
        "--format",
        "json",
    )
    document = read_result(ran.stdout)
    assert document["subject"]["digest"] == subject(registry)
    assert (document["change"], document["source"]) == ("pushed", "api")
    assert [blob["media_type"] for blob in document["blobs"]] == [
        "application/vnd.oci.empty.v1+json",
        "text/x-note",
    ]
    found = read_result(shelf.pallet("referrers", REFERENCE, "--format", "json").stdout)
    assert (found["source"], found["fallback_tag"]) == ("api", None)
    (referrer,) = found["referrers"]
    assert referrer["digest"] == document["digest"]
    assert referrer["artifact_type"] == "test/note"
    assert referrer["annotations"]["com.acme.by"] == "ada"


def test_attaching_twice_changes_nothing(shelf: Desk, registry: ScriptedRegistry) -> None:
    first = shelf.pallet("attach", REFERENCE, "sbom.json")
    sent = len(registry.seen("PUT"))
    again = shelf.pallet("attach", REFERENCE, "sbom.json")
    assert again.stdout == first.stdout
    assert "nothing to do: attached already" in again.stderr
    assert len(registry.seen("PUT")) == sent


@pytest.mark.parametrize("reference", [f"{NAME}@latest", f"{NAME}@^1", "digest"])
def test_subject_may_be_named_otherwise(shelf: Desk, registry: ScriptedRegistry, reference: str) -> None:
    text = f"{NAME}@{subject(registry)}" if reference == "digest" else reference
    document = read_result(shelf.pallet("attach", text, "sbom.json", "--format", "json").stdout)
    assert document["subject"]["digest"] == subject(registry)


def test_annotations_alone_can_be_attached(shelf: Desk) -> None:
    ran = shelf.pallet(
        "attach", REFERENCE, "--artifact-type", "test/approval", "--annotation", "com.acme.by=ada"
    )
    assert ran.code == 0, ran.everything


def test_filter_and_nothing_are_said(shelf: Desk, registry: ScriptedRegistry) -> None:
    nothing = shelf.pallet("referrers", REFERENCE)
    assert nothing.stdout == f"{registry.host}/{NAME}@{subject(registry)}: nothing refers to it\n"
    shelf.pallet("attach", REFERENCE, "sbom.json")
    shelf.pallet("attach", REFERENCE, "note.txt", "--artifact-type", "test/note")
    found = shelf.pallet("referrers", REFERENCE, "--artifact-type", "test/note", "--format", "json")
    assert [item["artifact_type"] for item in read_result(found.stdout)["referrers"]] == ["test/note"]


def test_tree_goes_deeper_with_recursive(shelf: Desk, registry: ScriptedRegistry) -> None:
    digest = shelf.pallet("attach", REFERENCE, "sbom.json").stdout.split()[1]
    deep = shelf.pallet("attach", f"{NAME}@{digest}", "note.txt", "--artifact-type", "test/note")
    top = f"{registry.host}/{NAME}@{subject(registry)}"
    assert shelf.pallet("referrers", REFERENCE, "--format", "tree", "--recursive").stdout.splitlines() == [
        top,
        f"└── {CYCLONEDX} {digest}",
        f"    └── test/note {deep.stdout.split()[1]}",
    ]
    flat = read_result(shelf.pallet("referrers", REFERENCE, "--format", "json").stdout)
    assert flat["referrers"][0]["referrers"] == []


def test_signature_under_a_tag_of_its_own_is_found(shelf: Desk, registry: ScriptedRegistry) -> None:
    """As `cosign sign` leaves it: no subject, but a tag that is made of the digest."""
    layer = Descriptor(SIMPLE_SIGNING, Digest.of(b"{}"), 2)
    config = Descriptor("application/vnd.oci.image.config.v1+json", Digest.of(b"{}"), 2)
    tag = f"{subject(registry).replace(':', '-')}.sig"
    digest = registry.put(NAME, render(Manifest(config, (layer,))), OCI_MANIFEST, tag)
    sbom = shelf.pallet("attach", REFERENCE, "sbom.json").stdout.split()[1]

    table = shelf.pallet("referrers", REFERENCE).stdout.splitlines()
    tree = shelf.pallet("referrers", REFERENCE, "--format", "tree").stdout.splitlines()
    document = read_result(shelf.pallet("referrers", REFERENCE, "--format", "json").stdout)

    assert table[2].split() == ["signature", digest, table[2].split()[2], f"tag={tag}"]
    assert tree[1:] == [f"├── {CYCLONEDX} {sbom}", f"└── signature {digest} {tag}"]
    assert [(item["tag"], item["digest"]) for item in document["signer_tags"]] == [(tag, digest)]
    for wanted, found in ((SIMPLE_SIGNING, [tag]), (CYCLONEDX, [])):
        ran = shelf.pallet("referrers", REFERENCE, "--artifact-type", wanted, "--format", "json")
        assert [item["tag"] for item in read_result(ran.stdout)["signer_tags"]] == found


def test_fallback_tag_is_said(shelf: Desk, registry: ScriptedRegistry) -> None:
    registry.misbehave(Fault.REFERRERS_404)
    shelf.pallet("attach", REFERENCE, "sbom.json")
    tag = fallback_tag(Digest(subject(registry)))
    found = shelf.pallet("referrers", REFERENCE, "--format", "json")
    document = read_result(found.stdout)
    assert (document["source"], document["fallback_tag"]) == ("tag", tag)
    assert found.stderr == f"listed under the fallback tag {tag}: there is no referrers API\n"


def test_tag_that_is_no_list_is_refused(shelf: Desk, registry: ScriptedRegistry) -> None:
    registry.misbehave(Fault.REFERRERS_404, Fault.FALLBACK_IS_SUBJECT)
    ran = shelf.pallet("attach", REFERENCE, "sbom.json")
    assert ran.code == 4
    assert "not a list of referrers: expected an index, got the artifact itself" in ran.stderr
    found = shelf.pallet("referrers", REFERENCE)
    assert found.code == 0
    assert "not a list of referrers" in found.stderr


def test_control_characters_reach_no_terminal(shelf: Desk) -> None:
    shelf.pallet("attach", REFERENCE, "sbom.json", "--annotation", "com.acme.x=\x1b[31mred")
    assert "\x1b" not in shelf.pallet("referrers", REFERENCE).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([NAME, "sbom.json"], 64, "reference: expected a tag or a digest", id="no-tag"),
        pytest.param([REFERENCE], 64, "attach: expected a file, or an annotation", id="nothing"),
        pytest.param([REFERENCE, "note.txt"], 64, "artifact type: expected one to be named", id="no-type"),
        pytest.param([REFERENCE, "absent.txt"], 78, "no such file", id="no-file"),
        pytest.param([REFERENCE, "sbom.json", "--kind", "x"], 64, "--kind: expected one of", id="no-kind"),
        pytest.param(
            [REFERENCE, "sbom.json", "--artifact-type", "x"], 64, "--artifact-type: expected", id="odd-type"
        ),
        pytest.param(
            [f"{NAME}:9.9.9", "sbom.json"], 1, "no such tag: expected 9.9.9, got 1.0.0", id="no-subject"
        ),
    ],
)
def test_mistake_is_said(shelf: Desk, arguments: list[str], code: int, message: str) -> None:
    ran = shelf.pallet("attach", *arguments)
    assert ran.code == code, ran.everything
    assert message in ran.stderr
    assert ran.stdout == ""


def test_pushed_artifact_can_refer_to_another(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("push", "note.txt", f"{NAME}:note", "--subject", REFERENCE)
    assert ran.code == 0, ran.everything
    found = read_result(shelf.pallet("referrers", REFERENCE, "--format", "json").stdout)
    assert [item["digest"] for item in found["referrers"]] == [registry.hold(NAME).tags["note"]]
    refused = shelf.pallet("push", "note.txt", "other/thing:note", "--subject", REFERENCE)
    assert refused.code == 64
    assert f"--subject: expected a manifest of other/thing, got {REFERENCE}" in refused.stderr


def _oras(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["oras", *arguments], capture_output=True, check=False, cwd=cwd, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def discovered(text: str) -> set[str]:
    document = json.loads(text)
    return {item["digest"] for item in document.get("referrers", document.get("manifests", []))}


@needs_oras
@pytest.mark.parametrize("api", [True, False], ids=["api", "tag"])
def test_oras_discovers_what_pallet_attached(shelf: Desk, registry: ScriptedRegistry, *, api: bool) -> None:
    registry.referrers_api = api
    digest = shelf.pallet("attach", REFERENCE, "sbom.json").stdout.split()[1]
    said = _oras(
        "discover", "--plain-http", "--format", "json", f"{registry.host}/{REFERENCE}", cwd=shelf.root
    )
    assert discovered(said) == {digest}


@needs_oras
def test_both_attach_to_one_artifact(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = set_up(tmp_path / "desk", f"{docker_registry.url}/{repository_prefix}", capsys)
    desk.write("sbom.json", '{"bomFormat": "CycloneDX"}')
    desk.write("note.txt", "a note")
    assert desk.pallet("sync").code == 0
    remote = f"{docker_registry.host}/{repository_prefix}/{REFERENCE}"
    _oras("attach", "--plain-http", "--artifact-type", "test/note", remote, "note.txt", cwd=desk.root)
    assert desk.pallet("attach", REFERENCE, "sbom.json").code == 0
    found = read_result(desk.pallet("referrers", REFERENCE, "--format", "json").stdout)
    assert [item["artifact_type"] for item in found["referrers"]] == [CYCLONEDX, "test/note"]
    said = _oras("discover", "--plain-http", "--format", "json", remote, cwd=desk.root)
    assert discovered(said) == {item["digest"] for item in found["referrers"]}
