"""What a reference is, and what belongs to it; what cannot be told says nothing of the rest."""

from __future__ import annotations

import json

import pytest

from reconciler.discovery.identify import Sort
from reconciler.discovery.inspecting import (
    CONFIG_MAX_BYTES,
    DEPTH_MAX,
    INDEXES_MAX,
    Child,
    Inspection,
    inspect,
)
from reconciler.errors import NotFoundError, StoppedError, StoreError, UnauthorisedError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Manifest, Platform
from reconciler.oci.reference import Repository, Tag
from tests.support.graphs import CONFIG, LAYER, put_content, put_index, put_manifest, put_signature
from tests.support.memory_store import MemoryStore

NAME, TAG = Repository("images/base"), Tag("1.0.0")
AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")
LINUX = {"os": "linux", "architecture": "arm64", "variant": "v8"}


def put_image(
    store: MemoryStore,
    tag: str | None = "1.0.0",
    *,
    config: object = LINUX,
    platform: Platform | None = None,
) -> Descriptor:
    """Publish an image whose config is this, as JSON or as it is."""
    content = config if isinstance(config, bytes) else json.dumps(config).encode()
    described = put_content(store, NAME, content, CONFIG)
    layer = put_content(store, NAME, b"layer", LAYER)
    found = put_manifest(store, NAME, tag, Manifest(described, (layer,)))
    return Descriptor(found.media_type, found.digest, found.size_bytes, platform=platform)


def look(store: MemoryStore, reference: Tag | Digest = TAG) -> Inspection:
    return inspect(store, NAME, reference)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_platform_of_an_image_stands_in_its_config(store: MemoryStore) -> None:
    put_image(store)

    found = look(store)

    assert (found.identity.sort, found.platforms, found.notes) == (Sort.IMAGE, (ARM,), ())
    assert found.reference == "memory.test/images/base:1.0.0"
    assert store.count("fetch_blob") == 1


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (b"not json", "the platform is unknown: config: expected JSON, got b'not json'"),
        (b"\xff\xfe", "the platform is unknown: config: expected JSON, got b'\\xff\\xfe'"),
        ([], "the platform is unknown: config: expected an object, got list"),
        ({}, "the platform is unknown: config: expected os and architecture, got none"),
        ({"os": 7, "architecture": "arm64"}, "the platform is unknown: config: expected os and architecture"),
        (b"[" * 100_000, "the platform is unknown: config: expected JSON, got b'[[["),
    ],
)
def test_bad_config_is_a_note(store: MemoryStore, config: object, why: str) -> None:
    put_image(store, config=config)

    found = look(store)

    assert (found.identity.sort, found.platforms) == (Sort.IMAGE, ())
    (note,) = found.notes
    assert why in note


def test_huge_config_is_not_read(store: MemoryStore) -> None:
    layer = put_content(store, NAME, b"layer", LAYER)
    config = put_content(store, NAME, b" " * (CONFIG_MAX_BYTES + 1), CONFIG)
    put_manifest(store, NAME, TAG, Manifest(config, (layer,)))

    (note,) = look(store).notes

    assert note.endswith(f"config not read: expected at most {CONFIG_MAX_BYTES} bytes")
    assert store.count("fetch_blob") == 0


def test_index_lists_its_children(store: MemoryStore) -> None:
    attestation = put_image(store, None, config={}, platform=Platform("unknown", "unknown"))
    put_index(
        store,
        NAME,
        "1.0.0",
        put_image(store, None, config=[1], platform=AMD),
        put_image(store, None, platform=ARM),
        attestation,
    )

    found = look(store)

    assert (found.identity.sort, found.platforms) == (Sort.INDEX, (AMD, ARM))
    assert [child.descriptor.platform for child in found.children][:2] == [AMD, ARM]
    assert (len(found.children), store.count("fetch_blob")) == (3, 0)


def test_indexes_within_indexes_are_read(store: MemoryStore) -> None:
    inner = put_index(store, NAME, None, put_image(store, None, platform=ARM))
    middle = put_index(store, NAME, None, inner)
    put_index(store, NAME, "1.0.0", middle, put_image(store, None, config=[1], platform=AMD))

    found = look(store)

    assert found.platforms == (ARM, AMD)
    assert found.children[0].children[0].children[0].descriptor.platform == ARM


def depth_of(children: tuple[Child, ...]) -> int:
    return 1 + depth_of(children[0].children) if children else 0


def test_depth_is_bounded(store: MemoryStore) -> None:
    child = put_image(store, None, platform=ARM)
    for _ in range(DEPTH_MAX + 3):
        child = put_index(store, NAME, None, child)

    found = look(store, child.digest)

    assert depth_of(found.children) == DEPTH_MAX
    (note,) = found.notes
    assert note.endswith("an index within indexes that is not looked into: there are too many")


def test_number_of_indexes_is_bounded(store: MemoryStore) -> None:
    children = [
        put_manifest(store, NAME, None, Index((), annotations={"org.test": str(number)}))
        for number in range(INDEXES_MAX + 10)
    ]
    put_index(store, NAME, "1.0.0", *children)

    found = look(store)

    assert len(found.children) == INDEXES_MAX + 10
    assert store.count("fetch_manifest") == INDEXES_MAX
    assert len(found.notes) == 11


def test_index_that_is_listed_twice_is_read_once(store: MemoryStore) -> None:
    inner = put_index(store, NAME, None, put_image(store, None, platform=ARM))
    put_index(store, NAME, "1.0.0", inner, inner)

    look(store)

    assert store.count("fetch_manifest") == 2


def test_lost_child_is_a_note(store: MemoryStore) -> None:
    inner = put_index(store, NAME, None, put_image(store, None, platform=ARM))
    put_index(store, NAME, "1.0.0", inner, put_image(store, None, config=[1], platform=AMD))
    store.delete_manifest(NAME, inner.digest)

    found = look(store)

    assert found.platforms == (AMD,)
    (note,) = found.notes
    assert note.startswith(f"memory.test/images/base@{inner.digest}: not looked into: ")


@pytest.mark.parametrize("has_api", [True, False])
def test_referrers_are_a_tree(store: MemoryStore, *, has_api: bool) -> None:
    store.referrers_api = has_api
    image = put_image(store)
    first = put_signature(store, NAME, image, b"sbom")
    second = put_signature(store, NAME, first, b"signature of the sbom")

    referring = look(store).referring

    assert referring is not None
    (top,) = referring.referrers
    assert (top.descriptor.digest, top.referrers[0].descriptor.digest) == (first.digest, second.digest)


def test_tags_of_signers_are_found(store: MemoryStore) -> None:
    image = put_image(store)
    signature = put_image(store, f"sha256-{image.digest.encoded}.sig", config={"signed": True})
    put_image(store, f"sha256-{'0' * 64}.sig", config={"signed": False})

    (signed,) = look(store).signed

    assert signed.tag == f"sha256-{image.digest.encoded}.sig"
    assert signed.descriptor.digest == signature.digest


def test_unknown_referrers_are_no_empty_list(store: MemoryStore) -> None:
    put_image(store)
    store.failing["list_referrers", NAME] = UnauthorisedError("memory.test: 401")

    found = look(store)

    assert found.referring is None
    assert found.identity.sort is Sort.IMAGE
    assert found.notes == ("what refers to it is unknown: memory.test: 401",)


def test_unknown_tags_of_signers_are_notes(store: MemoryStore) -> None:
    put_image(store)
    store.failing["head_manifest", NAME] = StoreError("memory.test: 503")

    found = look(store)

    assert found.signed == ()
    assert [note.partition(" is unknown: ")[2] for note in found.notes] == ["memory.test: 503"] * 3


def test_what_is_no_manifest_is_refused(store: MemoryStore) -> None:
    put_image(store)
    store.tamper(NAME, TAG, b"<html>")

    with pytest.raises(StoreError, match=r"^memory\.test/images/base:1\.0\.0: not a manifest: ") as caught:
        look(store)

    assert caught.value.fix == "--raw prints the bytes as they are"


def test_what_is_absent_is_absent(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError):
        look(store)


def test_signal_stops_between_questions(store: MemoryStore) -> None:
    put_image(store)

    def stop() -> None:
        raise StoppedError("stopped", signal_number=2)

    with pytest.raises(StoppedError):
        inspect(store, NAME, TAG, proceed=stop)


def test_docker_types_are_read(store: MemoryStore) -> None:
    child = put_image(store, None, platform=AMD)
    put_manifest(store, NAME, TAG, Index((child,), media_type=media_types.DOCKER_LIST))

    assert look(store).platforms == (AMD,)
