"""`pallet copy`: between directories and registries, how much it asks, and what other tools make of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Platform
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import referrers_of
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.support.artifacts import publish
from tests.support.docker_registry import DockerRegistry
from tests.support.graphs import put_image, put_index, put_signature
from tests.support.other_digests import rename_to_sha512
from tests.support.processes import run_command
from tests.support.results import read_result
from tests.support.scenarios import CountingProxy, Desk, digest_at

APP = Repository("team/app")
LARGE = b"x" * 100_000


@pytest.fixture
def remote(docker_registry: DockerRegistry) -> Iterator[RegistryStore]:
    store = open_registry(Endpoint.parse(docker_registry.url), credentials=Anonymous())
    yield store
    store.close()


def test_text_is_reference_and_digest(desk: Desk) -> None:
    note = publish(open_layout(desk.root / "one"), APP, "1.0.0", b"hello")

    ran = desk.pallet("copy", "oci-layout:one/team/app:1.0.0", "oci-layout:two/mirror")

    assert ran.code == 0
    assert ran.stdout == f"oci-layout:two/mirror:1.0.0 {note.digest}\n"
    assert ran.stderr == "oci-layout:two/mirror:1.0.0: copied: 1 manifest and 1 blob (5 bytes)\n"
    again = desk.pallet("copy", "oci-layout:one/team/app@^1", "oci-layout:two/mirror")
    assert again.stderr == "oci-layout:two/mirror:1.0.0: nothing to do: it is there already\n"


def test_json_says_how_much_travelled(desk: Desk) -> None:
    note = publish(open_layout(desk.root / "one"), APP, "1.0.0", b"hello")

    ran = desk.pallet(
        "copy", f"oci-layout:one/team/app@{note.digest}", "oci-layout:two/mirror", "--format", "json"
    )

    (copied,) = read_result(ran.stdout)["copies"]
    assert copied["reference"] == f"oci-layout:two/mirror@{note.digest}"
    assert copied["blobs"] == {"sent": 1, "mounted": 0, "present": 0, "size": 5}


def test_copy_is_a_pull_of_its_source_to_the_audit(desk: Desk) -> None:
    note = publish(open_layout(desk.root / "one"), APP, "1.0.0", b"hello")
    config = desk.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')
    copy = ("copy", "oci-layout:one/team/app:1.0.0", "oci-layout:two/mirror")

    assert desk.pallet(*copy).code == 0
    told = (desk.root / "audit.jsonl").read_text().splitlines()
    assert desk.pallet(*copy).code == 0

    lines = [json.loads(line) for line in told]
    assert [line["action"] for line in lines] == ["blob", "manifest", "pull"]
    assert lines[-1]["reference"] == "oci-layout:one/team/app:1.0.0"
    assert lines[-1]["digest"] == note.digest
    assert (desk.root / "audit.jsonl").read_text().splitlines() == told  # nothing was read the second time


def test_audit_names_the_source_as_it_names_itself(desk: Desk) -> None:
    publish(open_layout(desk.root / "one"), APP, "1.0.0", b"hello")
    by_sha512 = rename_to_sha512(desk.root / "one" / APP)
    config = desk.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')

    ran = desk.pallet("copy", "oci-layout:one/team/app:1.0.0", "oci-layout:two/mirror")

    assert ran.code == 0, ran.everything
    pulled = json.loads((desk.root / "audit.jsonl").read_text().splitlines()[-1])
    assert (pulled["action"], pulled["digest"]) == ("pull", by_sha512)
    assert "sha256:" in ran.stdout


def test_version_with_other_content_is_refused(desk: Desk) -> None:
    publish(open_layout(desk.root / "one"), APP, "1.0.0", b"new")
    publish(open_layout(desk.root / "two"), APP, "1.0.0", b"old")
    arguments = ("copy", "oci-layout:one/team/app:1.0.0", "oci-layout:two/team/app")

    ran = desk.pallet(*arguments)

    assert (ran.code, ran.stdout) == (4, "")
    assert "destination: oci-layout:two/team/app:1.0.0: holds other content: expected sha256:" in ran.stderr
    assert "  → choose another tag; or overwrite what is there: --force\n" in ran.stderr
    assert desk.pallet(*arguments, "--force").code == 0


def test_tag_that_is_no_version_moves(desk: Desk) -> None:
    publish(open_layout(desk.root / "one"), APP, "dev", b"new")
    publish(open_layout(desk.root / "two"), APP, "dev", b"old")

    ran = desk.pallet("copy", "oci-layout:one/team/app:dev", "oci-layout:two/team/app")

    assert (ran.code, "copied over other content" in ran.stderr) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(
            ("oci-layout:one/team/app", "oci-layout:two/x"),
            "reference: expected a tag, a digest or a constraint, got app alone",
            id="nothing-named",
        ),
        pytest.param(
            ("oci-layout:one/team/app:1.0.0", "oci-layout:two/x@^1"),
            "destination: expected a repository, or a tag of it, got ^1 of it too",
            id="constraint-as-destination",
        ),
        pytest.param(
            ("oci-layout:one/team/app:1.0.0", "oci-layout:two/x", "--all-tags"),
            "--all-tags: source: expected a repository, got 1.0.0 of it too",
            id="all-tags-of-one",
        ),
        pytest.param(
            ("oci-layout:one/team/app:1.0.0", "oci-layout:two/x", "--platform", "linux"),
            "--platform: expected os/architecture[/variant], such as linux/amd64, got 'linux'",
            id="half-a-platform",
        ),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(desk: Desk, arguments: tuple[str, ...], text: str) -> None:
    publish(open_layout(desk.root / "one"), APP, "1.0.0", b"hello")
    ran = desk.pallet("copy", *arguments)
    assert (ran.code, text in ran.stderr) == (64, True), ran.stderr


def test_target_of_each_side_has_its_flag(synced: Desk) -> None:
    text = (synced.root / "pallet.toml").read_text()
    (synced.root / "pallet.toml").write_text(text + '\n[target.mirror]\nurl = "oci-layout:mirror"\n')

    ran = synced.pallet("copy", "--from", "main", "--to", "mirror", "workflows/triage@*", "workflows/triage")

    assert ran.code == 0, ran.stderr
    assert ran.stdout.startswith("oci-layout:mirror/workflows/triage:")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param((), "1 list of referrers left out: --recursive copies what is listed there", id="plain"),
        pytest.param(("--recursive",), None, id="recursive"),
    ],
)
def test_list_of_referrers_is_left_out_unless_copied(
    desk: Desk,
    docker_registry: DockerRegistry,
    repository_prefix: str,
    remote: RegistryStore,
    flags: tuple[str, ...],
    said: str | None,
) -> None:
    name = Repository(f"{repository_prefix}/app")
    image = put_image(remote, name, "1.0.0", b"layer")
    put_signature(remote, name, image, b"signed")

    ran = desk.pallet(
        "copy", "--all-tags", *flags, f"http://{docker_registry.host}/{name}", "oci-layout:two/app"
    )

    assert ran.code == 0
    assert ("left out" in ran.stderr) is (said is not None)
    assert said is None or said in ran.stderr
    two = open_layout(desk.root / "two")
    assert bool(referrers_of(two, Repository("app"), image.digest)) is (said is None)


def test_failed_tags_do_not_stop_the_others(desk: Desk) -> None:
    one, two = open_layout(desk.root / "one"), open_layout(desk.root / "two")
    for version in ("1.0.0", "2.0.0", "3.0.0", "latest"):
        publish(one, APP, version, version.encode())
    publish(two, APP, "2.0.0", b"other")

    ran = desk.pallet(
        "copy", "--all-tags", "oci-layout:one/team/app", "oci-layout:two/team/app", "--format", "json"
    )

    document = read_result(ran.stdout)
    assert ran.code == document["exit_code"] == 4
    assert [copy["reference"].rpartition(":")[2] for copy in document["copies"]] == [
        "1.0.0",
        "3.0.0",
        "latest",
    ]
    assert [problem["code"] for problem in document["problems"]] == ["copy-refused"]


def test_index_platform_and_referrers_through_registries(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    one = open_layout(desk.root / "one")
    amd = put_image(one, APP, None, LARGE, b"shared", platform=Platform("linux", "amd64"))
    arm = put_image(one, APP, None, b"arm", b"shared", platform=Platform("linux", "arm64"))
    root = put_index(one, APP, "1.0.0", amd, arm)
    signature = put_signature(one, APP, root, b"signed")
    there = f"http://{docker_registry.host}/{repository_prefix}/app"

    ran = desk.pallet("copy", "-r", "oci-layout:one/team/app:1.0.0", there)

    assert ran.code == 0, ran.stderr
    name = Repository(f"{repository_prefix}/app")
    assert remote.head_manifest(name, Tag("1.0.0")).digest == root.digest
    assert [entry.digest for entry in referrers_of(remote, name, root.digest)] == [signature.digest]
    back = desk.pallet("copy", "-r", f"{there}:1.0.0", "oci-layout:back/app")
    assert back.stdout == f"oci-layout:back/app:1.0.0 {root.digest}\n", back.stderr
    found = referrers_of(open_layout(desk.root / "back"), Repository("app"), root.digest)
    assert [entry.digest for entry in found] == [signature.digest]
    only = desk.pallet("copy", f"{there}:1.0.0", f"{there}:arm", "--platform", "linux/arm64")
    assert only.stdout.endswith(f":arm {arm.digest}\n")
    assert f"chosen from the index {root.digest}, whose digest it has not" in only.stderr


def test_one_registry_mounts_instead_of_sending(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    put_image(remote, Repository(f"{repository_prefix}/a"), "1.0.0", LARGE)
    host = f"http://{docker_registry.host}/{repository_prefix}"

    ran = desk.pallet("copy", f"{host}/a:1.0.0", f"{host}/b", "--format", "json")

    (copied,) = read_result(ran.stdout)["copies"]
    assert copied["blobs"] == {"sent": 0, "mounted": 2, "present": 0, "size": 0}
    assert digest_at(docker_registry.host, f"{repository_prefix}/b", "1.0.0") == copied["digest"]


def test_what_is_there_costs_one_head_each(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    """50 tags, of which 45 are there: at the destination one HEAD each, and what the other five need."""
    name = Repository(f"{repository_prefix}/app")
    one = open_layout(desk.root / "one")
    for number in range(50):
        publish(one, APP, f"1.0.{number}", b"%d" % number)
        if number >= 5:
            publish(remote, name, f"1.0.{number}", b"%d" % number)
    with CountingProxy(docker_registry.host) as proxy:
        ran = desk.pallet("copy", "--all-tags", "oci-layout:one/team/app", f"{proxy.url}/{name}")
        counts = proxy.counts
        heads = [request.target for request in proxy.requests if request.method == "HEAD"]
    assert ran.code == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 50
    assert "45 of 50 were there already\n" in ran.stderr
    assert len(heads) == len(set(heads)) == 50
    # A blob is one POST and one PUT, a manifest one PUT.
    assert counts == {"HEAD": 50, "POST": 5, "PUT": 10}


# --- other tools ------------------------------------------------------------------------------------------


def _tool(name: str, *arguments: str, cwd: Path) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    ran = run_command((name, *arguments), cwd=cwd)
    assert ran.code == 0, ran.everything
    return ran.stdout


def _copied_image(desk: Desk, registry: DockerRegistry, prefix: str) -> tuple[str, str]:
    """Let crane make an image, and copy it; return where it is and its digest."""
    layer = desk.root / "layer.tar"
    _tool("tar", "cf", str(layer), "-C", str(desk.root), "pallet.toml", cwd=desk.root)
    made = f"{registry.host}/{prefix}/made:1.0.0"
    _tool("crane", "append", "--insecure", "-f", str(layer), "-t", made, cwd=desk.root)
    there = f"{registry.host}/{prefix}/copied"
    ran = desk.pallet("copy", f"http://{made}", f"http://{there}")
    assert ran.code == 0, ran.stderr
    return f"{there}:1.0.0", ran.stdout.split()[1]


def test_crane_finds_a_copy_valid(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    there, digest = _copied_image(desk, docker_registry, repository_prefix)

    assert _tool("crane", "digest", "--insecure", there, cwd=desk.root).strip() == digest
    _tool("crane", "validate", "--insecure", "--remote", there, cwd=desk.root)


def test_skopeo_inspects_a_copy(desk: Desk, docker_registry: DockerRegistry, repository_prefix: str) -> None:
    there, digest = _copied_image(desk, docker_registry, repository_prefix)

    said = _tool("skopeo", "inspect", "--tls-verify=false", f"docker://{there}", cwd=desk.root)

    assert f'"Digest": "{digest}"' in said


def test_layout_of_another_tool_is_copied(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str
) -> None:
    there, _ = _copied_image(desk, docker_registry, repository_prefix)
    _tool(
        "skopeo",
        "--insecure-policy",
        "copy",
        "--src-tls-verify=false",
        f"docker://{there}",
        "oci:made:v1",
        cwd=desk.root,
    )

    ran = desk.pallet("copy", "oci-layout:made:v1", "oci-layout:kept/app")

    assert ran.code == 0, ran.stderr
    before, after = (
        _tool("skopeo", "--insecure-policy", "inspect", "--raw", layout, cwd=desk.root)
        for layout in ("oci:made:v1", "oci:kept/app:v1")
    )
    assert before == after
