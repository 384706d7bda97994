"""`pallet delete`: exactly what was named, asked for first, and nothing that something else still needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.errors import NotFoundError
from reconciler.oci.layout import LayoutStore, open_layout
from reconciler.oci.manifest import Platform
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import referrers_of
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.cli.test_catalog import with_catalog
from tests.support.artifacts import publish
from tests.support.docker_registry import DockerRegistry
from tests.support.graphs import put_image, put_index, put_signature
from tests.support.results import read_result
from tests.support.scenarios import Desk

APP = Repository("team/app")
HERE = "oci-layout:one/team/app"
V1, LATEST = Tag("1.0.0"), Tag("latest")


@pytest.fixture
def store(desk: Desk) -> LayoutStore:
    return open_layout(desk.root / "one")


@pytest.fixture
def remote(docker_registry: DockerRegistry) -> Iterator[RegistryStore]:
    store = open_registry(Endpoint.parse(docker_registry.url), credentials=Anonymous())
    yield store
    store.close()


def test_tag_goes_alone(desk: Desk, store: LayoutStore) -> None:
    note = publish(store, APP, "1.0.0", b"hello")
    publish(store, APP, "latest", b"hello")

    ran = desk.pallet("delete", f"{HERE}:latest", "--yes")

    assert (ran.code, ran.stdout) == (0, f"{HERE}:latest {note.digest}\n")
    assert ran.stderr == f"{HERE}:latest: deleted; what it named stays until the registry collects it\n"
    assert store.list_tags(APP) == [V1]


@pytest.mark.parametrize(
    ("reference", "is_ours"),
    [
        pytest.param("workflows/old:1.0.0", True, id="of-the-target"),
        pytest.param("oci-layout:.pallet/registry/workflows/old:1.0.0", True, id="by-its-place"),
        pytest.param("oci-layout:one/workflows/old:1.0.0", False, id="elsewhere"),
        pytest.param("catalog:latest", False, id="the-catalog-itself"),
    ],
)
def test_catalog_that_may_list_it_is_named(desk: Desk, reference: str, *, is_ours: bool) -> None:
    with_catalog(desk)
    for folder in (".pallet/registry", "one"):
        publish(open_layout(desk.root / folder), Repository("workflows/old"), "1.0.0", b"old")
    publish(open_layout(desk.root / ".pallet/registry"), Repository("catalog"), "latest", b"old")

    ran = desk.pallet("delete", reference, "--yes")

    assert ran.code == 0, ran.everything
    assert ("the catalog may list it still: pallet catalog --rebuild\n" in ran.stderr) is is_ours


def test_json_says_what_went(desk: Desk, store: LayoutStore) -> None:
    note = publish(store, APP, "1.0.0", b"hello")

    document = read_result(desk.pallet("delete", f"{HERE}:1.0.0", "--yes", "--format", "json").stdout)

    assert (document["tag"], document["digest"], document["by_digest"]) == ("1.0.0", note.digest, False)


def test_nothing_goes_unasked(desk: Desk, store: LayoutStore) -> None:
    note = publish(store, APP, "1.0.0", b"hello")

    ran = desk.pallet("delete", f"{HERE}:1.0.0")

    assert ran.code == 64
    assert f"{HERE}:1.0.0: delete this tag, which names {note.digest}?" in ran.stderr
    assert f"  → pallet delete {HERE}:1.0.0 --yes\n" in ran.stderr
    assert store.list_tags(APP) == [V1]


def test_manifest_with_several_tags_stays(desk: Desk, store: LayoutStore) -> None:
    note = publish(store, APP, "1.0.0", b"hello")
    publish(store, APP, "latest", b"hello")

    ran = desk.pallet("delete", f"{HERE}@{note.digest}", "--yes")

    assert ran.code == 4
    assert "other tags name it too, and would go with it: 1.0.0, latest" in ran.stderr
    assert store.list_tags(APP) == [V1, LATEST]
    assert desk.pallet("delete", f"{HERE}@{note.digest}", "--yes", "--force").code == 0
    assert store.list_tags(APP) == []


def test_part_of_an_index_stays(desk: Desk, store: LayoutStore) -> None:
    amd = put_image(store, APP, None, b"amd", platform=Platform("linux", "amd64"))
    put_index(store, APP, "1.0.0", amd)

    ran = desk.pallet("delete", f"{HERE}@{amd.digest}", "--yes")

    assert (ran.code, "an index lists it, and would lose a part: 1.0.0" in ran.stderr) == (4, True)


def test_untagged_manifest_goes_by_digest_and_its_blobs_stay(desk: Desk, store: LayoutStore) -> None:
    note = publish(store, APP, "digest", b"hello")

    ran = desk.pallet("delete", f"{HERE}@{note.digest}", "--yes")

    assert ran.code == 0
    with pytest.raises(NotFoundError):
        store.head_manifest(APP, note.digest)
    assert store.has_blob(APP, note.blob.digest)


@pytest.mark.parametrize("reference", [f"{HERE}:9.9.9", "oci-layout:one/nothing:1.0.0"])
def test_absent_is_said(desk: Desk, store: LayoutStore, reference: str) -> None:
    publish(store, APP, "1.0.0", b"hello")
    ran = desk.pallet("delete", reference, "--yes")
    assert (ran.code, "not found" in ran.stderr) == (1, True)


@pytest.mark.parametrize(
    ("reference", "got"),
    [(HERE, "a repository alone"), (f"{HERE}@^1", "^1"), (f"{HERE}:1.0.0@sha256:{'0' * 64}", "both")],
    ids=["repository", "constraint", "tag-and-digest"],
)
def test_only_what_is_named_exactly(desk: Desk, reference: str, got: str) -> None:
    ran = desk.pallet("delete", reference, "--yes")
    assert (ran.code, f"reference: expected a tag or a digest, got {got}\n" in ran.stderr) == (64, True)


def test_locked_version_stays(synced: Desk) -> None:
    version = synced.pallet("resolve", "workflows/triage", "*").stdout.split()[1]

    ran = synced.pallet("delete", f"workflows/triage:{version}", "--yes")

    assert ran.code == 4
    assert f"workflows/triage:{version}: pallet.lock holds it, as {version}" in ran.stderr
    assert "  → take it out of pallet.toml and sync first; or delete it all the same: --force\n" in ran.stderr
    assert synced.pallet("delete", f"workflows/triage:{version}", "--yes", "--force").code == 0


def test_locked_digest_stays_however_the_place_is_written(synced: Desk) -> None:
    digest = synced.pallet("resolve", "workflows/triage", "*").stdout.split()[2]

    ran = synced.pallet("delete", f"oci-layout:.pallet/registry/workflows/triage@{digest}", "--yes")

    assert (ran.code, "pallet.lock holds it" in ran.stderr) == (4, True)


# --- a registry that deletes no tags (distribution 2.8) ---------------------------------------------------


def test_registry_without_tag_deletion_goes_by_digest(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    name = Repository(f"{repository_prefix}/app")
    publish(remote, name, "1.0.0", b"hello")
    publish(remote, name, "2.0.0", b"other")

    ran = desk.pallet("delete", f"http://{docker_registry.host}/{name}:1.0.0", "--yes")

    assert ran.code == 0, ran.stderr
    assert ran.stderr.endswith(":1.0.0: deleted by its digest, since this registry deletes no tags\n")
    assert remote.list_tags(name) == [Tag("2.0.0")]


def test_registry_without_tag_deletion_keeps_what_is_shared(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    name = Repository(f"{repository_prefix}/app")
    for tag in ("1.0.0", "latest"):
        publish(remote, name, tag, b"hello")

    for extra in ((), ("--force",)):
        ran = desk.pallet("delete", f"http://{docker_registry.host}/{name}:latest", "--yes", *extra)

        assert ran.code == 4
        assert "only manifests can be deleted here: " in ran.stderr
        assert "other tags name it too, and would go with it: 1.0.0" in ran.stderr
    assert remote.list_tags(name) == [V1, LATEST]


def test_referrer_leaves_the_fallback_list_first(
    desk: Desk, docker_registry: DockerRegistry, repository_prefix: str, remote: RegistryStore
) -> None:
    name = Repository(f"{repository_prefix}/app")
    root = put_image(remote, name, "1.0.0", b"layer")
    signature = put_signature(remote, name, root, b"signed")
    assert [entry.digest for entry in referrers_of(remote, name, root.digest)] == [signature.digest]

    ran = desk.pallet("delete", f"http://{docker_registry.host}/{name}@{signature.digest}", "--yes")

    assert ran.code == 0, ran.stderr
    assert referrers_of(remote, name, root.digest) == []
