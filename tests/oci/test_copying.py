"""What a copy brings, in which order, and how much is asked: between stores in memory, so that every call counts."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    DigestMismatchError,
    HiddenError,
    ImmutableTagError,
    NotFoundError,
    PalletError,
    RefusedError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
)
from reconciler.oci.copying import Copier, copy_graph
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Platform, parse, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import referrers_of
from tests.support.artifacts import publish
from tests.support.graphs import FOREIGN, put_image, put_index, put_manifest, put_signature
from tests.support.memory_store import MemoryStore

HERE, THERE = Repository("team/app"), Repository("mirror/app")
V1, V2 = Tag("1.0.0"), Tag("2.0.0")
AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")
LARGE = b"x" * 100_000


@pytest.fixture
def source() -> MemoryStore:
    return MemoryStore("source.test")


@pytest.fixture
def destination() -> MemoryStore:
    return MemoryStore("destination.test")


def _nested(source: MemoryStore) -> Descriptor:
    """An index of an image and an index of two."""
    amd = put_image(source, HERE, None, b"amd-1", b"shared", platform=AMD)
    arm = put_image(source, HERE, None, b"arm-1", b"shared", platform=ARM)
    windows = put_image(source, HERE, None, b"win-1", platform=Platform("windows", "amd64"))
    return put_index(source, HERE, "1.0.0", put_index(source, HERE, None, amd, arm), windows)


def test_artifact_arrives_byte_for_byte(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.fetch_manifest(THERE, V1) == source.fetch_manifest(HERE, V1)
    assert b"".join(destination.fetch_blob(THERE, note.layer)) == b"hello"
    assert (result.reference, result.descriptor.digest) == (
        "destination.test/mirror/app:1.0.0",
        note.digest,
    )
    assert (result.manifests, result.blobs, result.size_bytes, result.before) == (1, 1, 5, None)


def test_nested_index_arrives_whole(source: MemoryStore, destination: MemoryStore) -> None:
    root = _nested(source)
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.head_manifest(THERE, V1).digest == root.digest
    assert (result.manifests, result.blobs) == (5, 7)
    assert destination.list_tags(THERE) == [V1]


def test_leaves_come_first_and_the_tag_last(source: MemoryStore, destination: MemoryStore) -> None:
    # The store in memory refuses what lacks a part, as a registry does.
    root = _nested(source)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    writes = destination.writes
    assert writes[-1] == ("put_manifest", THERE, V1)
    kinds = [call[0] for call in writes]
    assert kinds == sorted(kinds)  # every put_blob before the first put_manifest
    assert root.digest not in {call[2] for call in writes}


def test_child_listed_beside_its_own_index_comes_first(source: MemoryStore, destination: MemoryStore) -> None:
    image = put_image(source, HERE, None, b"layer", platform=AMD)
    inner = put_index(source, HERE, None, image)
    put_index(source, HERE, "1.0.0", inner, image)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    assert [call[2] for call in destination.writes if call[0] == "put_manifest"] == [
        image.digest,
        inner.digest,
        V1,
    ]


def test_what_is_there_costs_one_head_on_each_side(source: MemoryStore, destination: MemoryStore) -> None:
    _nested(source)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    source.calls.clear()
    destination.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert result.is_unchanged
    assert source.calls == [("head_manifest", HERE, V1)]
    assert destination.calls == [("head_manifest", THERE, V1)]


def test_digest_that_is_there_asks_the_source_nothing(source: MemoryStore, destination: MemoryStore) -> None:
    root = _nested(source)
    copy_graph(source, HERE, root.digest, destination, THERE, V1)
    source.calls.clear()
    destination.calls.clear()
    assert copy_graph(source, HERE, root.digest, destination, THERE, V1).descriptor == Descriptor(
        root.media_type, root.digest, root.size_bytes
    )
    assert source.calls == []
    assert destination.calls == [("head_manifest", THERE, V1)]


def test_digest_that_is_missing_is_read_once(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    source.calls.clear()
    result = copy_graph(source, HERE, note.digest, destination, THERE, V1)
    assert [call[0] for call in source.calls] == ["fetch_manifest", "fetch_blob"]
    assert result.descriptor == note.descriptor


def test_only_the_missing_child_travels(source: MemoryStore, destination: MemoryStore) -> None:
    amd = put_image(source, HERE, "amd", LARGE, platform=AMD)
    copy_graph(source, HERE, Tag("amd"), destination, THERE, Tag("amd"))
    arm = put_image(source, HERE, None, LARGE, b"arm", platform=ARM)
    put_index(source, HERE, "1.0.0", amd, arm)
    destination.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (result.manifests, result.blobs, result.present) == (2, 2, 1)
    assert ("put_manifest", THERE, amd.digest) not in destination.calls


def test_new_version_asks_for_small_blobs_too_where_a_tag_moves(
    source: MemoryStore, destination: MemoryStore
) -> None:
    put_image(source, HERE, "1.0.0", b"same", b"old")
    copy_graph(source, HERE, V1, destination, THERE, V1)
    put_image(source, HERE, "1.0.0", b"same", b"new")
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (result.blobs, result.present) == (1, 2)
    assert result.before is not None


def test_second_artifact_of_a_run_asks_nothing_twice(source: MemoryStore, destination: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"base", LARGE)
    put_image(source, HERE, "2.0.0", b"base", LARGE, b"more")
    with Copier(source, destination) as copier:
        copier.copy(HERE, V1, THERE, V1)
        copier.copy(HERE, V2, THERE, V2)
    puts = [call for call in destination.calls if call[0] == "put_blob"]
    assert len(puts) == len(set(puts)) == 4
    assert destination.count("has_blob") == 1


def test_second_tag_of_one_digest_brings_only_the_tag(source: MemoryStore, destination: MemoryStore) -> None:
    _nested(source)
    content = source.fetch_manifest(HERE, V1)
    source.put_manifest(HERE, Tag("latest"), content.content, content.descriptor.media_type)
    with Copier(source, destination) as copier:
        copier.copy(HERE, V1, THERE, V1)
        destination.calls.clear()
        copier.copy(HERE, Tag("latest"), THERE, Tag("latest"))
    assert destination.calls == [
        ("head_manifest", THERE, "latest"),
        ("put_manifest", THERE, "latest"),
    ]


def test_check_all_mends_what_is_under_a_root_that_is_there(
    source: MemoryStore, destination: MemoryStore
) -> None:
    root = _nested(source)
    destination.tamper(THERE, V1, source.fetch_manifest(HERE, V1).content)
    assert copy_graph(source, HERE, V1, destination, THERE, V1).is_unchanged
    result = copy_graph(source, HERE, V1, destination, THERE, V1, check_all=True)
    assert (result.manifests, result.blobs, result.before) == (4, 7, root.digest)
    again = copy_graph(source, HERE, V1, destination, THERE, V1, check_all=True)
    assert (again.is_unchanged, again.present) == (True, 7)


def test_tag_that_may_not_move_is_refused(source: MemoryStore, destination: MemoryStore) -> None:
    wanted = publish(source, HERE, "1.0.0", b"new")
    held = publish(destination, THERE, "1.0.0", b"old")
    destination.calls.clear()
    with pytest.raises(ImmutableTagError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1, replace=False)
    assert str(caught.value) == (
        f"destination: destination.test/mirror/app:1.0.0: holds other content: "
        f"expected {wanted.digest}, got {held.digest}"
    )
    assert destination.writes == []


def test_tag_that_may_move_moves(source: MemoryStore, destination: MemoryStore) -> None:
    wanted = publish(source, HERE, "1.0.0", b"new")
    held = publish(destination, THERE, "1.0.0", b"old")
    assert copy_graph(source, HERE, V1, destination, THERE, V1).before == held.digest
    assert destination.head_manifest(THERE, V1).digest == wanted.digest


def test_copy_without_a_tag_goes_by_digest(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    result = copy_graph(source, HERE, V1, destination, THERE, None)
    assert result.reference == f"destination.test/mirror/app@{note.digest}"
    assert destination.list_tags(THERE) == []
    assert destination.head_manifest(THERE, note.digest).digest == note.digest


def test_foreign_layers_stay_where_they_are(source: MemoryStore, destination: MemoryStore) -> None:
    layer = Descriptor(FOREIGN, Digest.of(b"elsewhere"), 9)
    # The store in memory insists on every blob: the destination is told to be content.
    for store in (source, destination):
        store.keeps_foreign_elsewhere = True
    put_image(source, HERE, "1.0.0", b"own", foreign=layer)
    result = copy_graph(source, HERE, V1, destination, THERE, V1)
    assert result.foreign == (layer,)
    assert not destination.has_blob(THERE, layer.digest)


def test_entry_that_is_no_manifest_is_a_blob(source: MemoryStore, destination: MemoryStore) -> None:
    # As BuildKit's caches are: an index of layers.
    note = publish(source, HERE, "other", b"cached")
    put_manifest(source, HERE, "1.0.0", Index((note.layer,)))
    assert copy_graph(source, HERE, V1, destination, THERE, V1).blobs == 1
    assert destination.has_blob(THERE, note.layer.digest)


# --- platforms --------------------------------------------------------------------------------------------


def test_platform_copies_one_child_under_the_tag(source: MemoryStore, destination: MemoryStore) -> None:
    amd = put_image(source, HERE, None, b"amd", platform=AMD)
    arm = put_image(source, HERE, None, b"arm", platform=ARM)
    index = put_index(source, HERE, "1.0.0", amd, arm)
    result = copy_graph(source, HERE, V1, destination, THERE, V1, platform=Platform("linux", "arm64"))
    assert destination.head_manifest(THERE, V1).digest == arm.digest
    assert (result.chosen_from, result.manifests) == (index.digest, 1)


def test_platform_that_is_not_there_names_those_that_are(
    source: MemoryStore, destination: MemoryStore
) -> None:
    put_index(source, HERE, "1.0.0", put_image(source, HERE, None, b"amd", platform=AMD))
    with pytest.raises(NotFoundError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1, platform=Platform("linux", "s390x"))
    assert str(caught.value) == (
        "source: source.test/team/app:1.0.0: not for linux/s390x: "
        "expected one of its platforms, got linux/amd64"
    )
    assert destination.calls == []


def test_platform_of_a_single_manifest_changes_nothing(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"any")
    result = copy_graph(source, HERE, V1, destination, THERE, V1, platform=AMD)
    assert (result.descriptor.digest, result.chosen_from) == (note.digest, None)


# --- what refers to it ------------------------------------------------------------------------------------


def test_referrers_stay_behind_unless_asked_for(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", b"layer")
    put_signature(source, HERE, root, b"signed")
    assert copy_graph(source, HERE, V1, destination, THERE, V1).referrers == 0
    assert referrers_of(destination, THERE, root.digest) == []


@pytest.mark.parametrize("has_api", [True, False], ids=["referrers-api", "fallback-tag"])
def test_referrers_come_along_with_theirs(
    source: MemoryStore, destination: MemoryStore, has_api: bool
) -> None:
    destination.referrers_api = has_api
    amd = put_image(source, HERE, None, b"amd", platform=AMD)
    root = put_index(source, HERE, "1.0.0", amd)
    of_root = put_signature(source, HERE, root, b"root signed")
    of_child = put_signature(source, HERE, amd, b"amd signed")
    of_signature = put_signature(source, HERE, of_root, b"countersigned")
    result = copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    assert result.referrers == 3
    for subject, referrer in ((root, of_root), (amd, of_child), (of_root, of_signature)):
        found = referrers_of(destination, THERE, subject.digest)
        assert [entry.digest for entry in found] == [referrer.digest]
    assert destination.writes[-1] == ("put_manifest", THERE, V1)


def test_new_referrer_of_an_old_artifact_travels_alone(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", LARGE)
    copy_graph(source, HERE, V1, destination, THERE, V1)
    put_signature(source, HERE, root, b"signed later")
    destination.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    assert (result.manifests, result.blobs, result.referrers) == (1, 1, 1)
    assert not result.is_unchanged
    assert ("put_manifest", THERE, V1) not in destination.calls


def _sign(store: MemoryStore, repository: Repository, subject: Descriptor, suffix: str = "sig") -> Descriptor:
    """Sign as cosign does: under a tag, without a subject."""
    tag = f"sha256-{subject.digest.encoded}.{suffix}"
    return put_image(
        store, repository, tag, f"{suffix} of {subject.digest} in {store.name(repository)}".encode()
    )


def test_tags_of_signers_come_along(source: MemoryStore, destination: MemoryStore) -> None:
    root = _nested(source)
    child = parse(source.fetch_manifest(HERE, V1).content)
    assert isinstance(child, Index)
    signed = [
        _sign(source, HERE, one, suffix) for one in (root, child.manifests[1]) for suffix in ("sig", "att")
    ]
    _sign(source, HERE, put_image(source, HERE, "2.0.0", b"another"))
    without = copy_graph(source, HERE, V1, destination, THERE, V1)
    source.calls.clear()
    result = copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    tags = [tag for tag in destination.list_tags(THERE) if tag != V1]
    assert {destination.head_manifest(THERE, tag).digest for tag in tags} == {one.digest for one in signed}
    assert (without.referrers, result.referrers, result.manifests, result.is_unchanged) == (0, 4, 4, False)
    assert source.count("list_tags") == 1
    assert copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True).is_unchanged


def test_signature_is_there_before_the_tag(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", b"layer")
    _sign(source, HERE, root)
    copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    puts = [call[2] for call in destination.writes if call[0] == "put_manifest"]
    assert puts == [f"sha256-{root.digest.encoded}.sig", V1]


def test_tags_of_a_repository_are_listed_once(source: MemoryStore, destination: MemoryStore) -> None:
    _sign(source, HERE, put_image(source, HERE, "1.0.0", b"one"))
    _sign(source, HERE, put_image(source, HERE, "2.0.0", b"two"))
    with Copier(source, destination, CopyTerms(referrers=True)) as copier:
        assert [copier.copy(HERE, tag, THERE, tag).referrers for tag in (V1, V2)] == [1, 1]
    assert source.count("list_tags") == 1


def test_signers_tag_of_others_is_left_alone(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", b"layer")
    _sign(source, HERE, root)
    theirs = _sign(destination, THERE, root)
    result = copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    tag = Tag(f"sha256-{root.digest.encoded}.sig")
    assert result.kept == (tag,)
    assert destination.head_manifest(THERE, tag).digest == theirs.digest
    assert destination.head_manifest(THERE, V1).digest == root.digest


class Unlisted(MemoryStore):
    """A store that does not list tags, for one reason or another."""

    def __init__(self, why: PalletError) -> None:
        super().__init__("source.test")
        self.why = why

    def list_tags(self, repository: Repository) -> list[Tag]:
        raise self.why


@pytest.mark.parametrize("why", [UnauthorisedError("no list"), StoreError("no such thing")])
def test_signers_tags_are_asked_for_where_none_are_listed(why: PalletError, destination: MemoryStore) -> None:
    source = Unlisted(why)
    root = put_image(source, HERE, "1.0.0", b"layer")
    _sign(source, HERE, root)
    assert copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True).referrers == 1
    asked = [call[2] for call in source.calls if call[0] == "head_manifest"]
    assert asked == [V1, *(f"sha256-{root.digest.encoded}.{suffix}" for suffix in ("att", "sbom", "sig"))]


@pytest.mark.parametrize("why", [ThrottledError("not now"), UnreachableError("down")])
def test_silence_about_tags_is_no_absence(why: PalletError, destination: MemoryStore) -> None:
    source = Unlisted(why)
    put_image(source, HERE, "1.0.0", b"layer")
    with pytest.raises(type(why), match=f"source: {why}"):
        copy_graph(source, HERE, V1, destination, THERE, V1, referrers=True)
    assert destination.writes == []


def test_signature_copied_by_itself_is_listed(source: MemoryStore, destination: MemoryStore) -> None:
    destination.referrers_api = False
    root = put_image(source, HERE, "1.0.0", b"layer")
    signature = put_signature(source, HERE, root, b"signed")
    copy_graph(source, HERE, signature.digest, destination, THERE, None)
    assert [entry.digest for entry in referrers_of(destination, THERE, root.digest)] == [signature.digest]


# --- one registry -----------------------------------------------------------------------------------------


def test_blobs_are_mounted_within_one_store(source: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    source.calls.clear()
    result = copy_graph(source, HERE, V1, source, THERE, V1)
    assert (result.mounted, result.blobs) == (3, 0)
    assert source.count("fetch_blob") == source.count("put_blob") == 0


class Unmountable(MemoryStore):
    """Does not look into its other repositories, as a registry without the rights to."""

    def mount_blob(self, repository: Repository, blob: Descriptor, source: Repository) -> bool:
        return False


def test_blobs_that_cannot_be_mounted_are_sent() -> None:
    source = Unmountable()
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    result = copy_graph(source, HERE, V1, source, THERE, V1)
    assert (result.mounted, result.blobs) == (0, 3)


def test_new_tag_in_one_repository_moves_no_blob(source: MemoryStore) -> None:
    put_image(source, HERE, "1.0.0", b"small", LARGE)
    source.calls.clear()
    copy_graph(source, HERE, V1, source, HERE, V2)
    assert {call[0] for call in source.writes} == {"put_manifest"}


# --- failures ---------------------------------------------------------------------------------------------

DOWN = "the wire is cut"


@pytest.mark.parametrize(
    ("side", "method", "text"),
    [
        pytest.param("source", "head_manifest", f"source: {DOWN}", id="root-at-the-source"),
        pytest.param("source", "fetch_manifest", f"source: {DOWN}", id="manifest-at-the-source"),
        pytest.param("source", "fetch_blob", f"source: {DOWN}", id="blob-at-the-source"),
        pytest.param("destination", "head_manifest", f"destination: {DOWN}", id="root-at-the-destination"),
        pytest.param("destination", "put_blob", f"destination: {DOWN}", id="blob-at-the-destination"),
        pytest.param("destination", "has_blob", f"destination: {DOWN}", id="question-at-the-destination"),
        pytest.param("destination", "put_manifest", f"destination: {DOWN}", id="manifest-at-the-destination"),
    ],
)
def test_failure_names_its_side(
    source: MemoryStore, destination: MemoryStore, side: str, method: str, text: str
) -> None:
    put_image(source, HERE, "1.0.0", LARGE, b"small")
    store, repository = (source, HERE) if side == "source" else (destination, THERE)
    store.failing[method, repository] = UnreachableError(DOWN, fix="mend it")
    with pytest.raises(UnreachableError) as caught:
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert (str(caught.value), caught.value.fix) == (text, "mend it")
    assert not any(call[-1] == V1 and call[0] == "put_manifest" for call in destination.calls[:-1])


def test_hidden_repository_may_be_created(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    destination.failing["head_manifest", THERE] = HiddenError("it does not say")
    assert copy_graph(source, HERE, V1, destination, THERE, V1).before is None
    destination.failing.clear()
    assert destination.head_manifest(THERE, V1).digest == note.digest


def test_hidden_tag_that_appears_is_not_overwritten(source: MemoryStore) -> None:
    publish(source, HERE, "1.0.0", b"new")
    destination = Shy()
    held = publish(destination, THERE, "1.0.0", b"old")
    with pytest.raises(RefusedError, match="was hidden, and holds other content"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.fetch_manifest(THERE, V1).descriptor.digest == held.digest


class Shy(MemoryStore):
    """Says what is there only to who has put a blob."""

    def head_manifest(self, repository: Repository, reference: Tag | Digest) -> Descriptor:
        if self.count("put_blob") < 2:  # one of them is the test's own
            raise HiddenError("it does not say")
        return super().head_manifest(repository, reference)


def test_absent_tag_is_said_to_be_the_source_s(source: MemoryStore, destination: MemoryStore) -> None:
    with pytest.raises(NotFoundError, match=r"^source: source\.test/team/app:1\.0\.0: not found$"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.calls == []


def test_missing_child_leaves_the_destination_alone(source: MemoryStore, destination: MemoryStore) -> None:
    lost = Descriptor("application/vnd.oci.image.manifest.v1+json", Digest.of(b"lost"), 4)
    source.tamper(HERE, V1, render(Index((lost,))))
    with pytest.raises(NotFoundError, match=r"^source: .*: not found$"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert destination.writes == []


def test_wrong_bytes_at_the_source_are_never_stored(source: MemoryStore, destination: MemoryStore) -> None:
    note = publish(source, HERE, "1.0.0", b"hello")
    source.corrupt(HERE, note.blob.digest, b"HELLO")
    with pytest.raises(DigestMismatchError, match=r"^source: source\.test/team/app@.*: digest mismatch"):
        copy_graph(source, HERE, V1, destination, THERE, V1)
    assert not destination.has_blob(THERE, note.blob.digest)


def test_failed_blob_is_tried_again_by_the_next(source: MemoryStore, destination: MemoryStore) -> None:
    publish(source, HERE, "1.0.0", b"hello")
    with Copier(source, destination) as copier:
        destination.failing["put_blob", THERE] = StoreError("full")
        with pytest.raises(PalletError, match=r"^destination: full$"):
            copier.copy(HERE, V1, THERE, V1)
        destination.failing.clear()
        assert copier.copy(HERE, V1, THERE, V1).blobs == 1


def test_what_is_no_manifest_is_refused(source: MemoryStore, destination: MemoryStore) -> None:
    source.tamper(HERE, V1, b"hello")
    with pytest.raises(StoreError, match=r"^source: .*: cannot be read: not a manifest"):
        copy_graph(source, HERE, V1, destination, THERE, V1)


def test_terms_say_what_a_copier_brings(source: MemoryStore, destination: MemoryStore) -> None:
    root = put_image(source, HERE, "1.0.0", b"layer")
    put_signature(source, HERE, root, b"signed")
    with Copier(source, destination, CopyTerms(referrers=True)) as copier:
        assert copier.copy(HERE, V1, THERE, V1).referrers == 1


def _by_sha512(store: MemoryStore) -> Descriptor:
    """Publish an image, and its manifest by its sha512; return the latter's descriptor."""
    image = put_image(store, HERE, None, b"layer")
    content = store.fetch_manifest(HERE, image.digest).content
    digest = Digest.of(content, algorithm="sha512")
    store.put_manifest(HERE, digest, content, image.media_type)
    return Descriptor(image.media_type, digest, len(content))


def test_copy_is_called_what_the_destination_calls_it(source: MemoryStore, destination: MemoryStore) -> None:
    root = _by_sha512(source)
    result = copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False)
    assert result.descriptor == destination.head_manifest(THERE, V1)
    assert result.descriptor.digest.algorithm == "sha256"


@pytest.mark.parametrize("check_all", [False, True], ids=["trusting", "checking-all"])
def test_same_bytes_by_another_algorithm_are_there(
    source: MemoryStore, destination: MemoryStore, check_all: bool
) -> None:
    root = _by_sha512(source)
    copy_graph(source, HERE, root.digest, destination, THERE, V1)
    there = destination.head_manifest(THERE, V1)
    destination.calls.clear()
    again = copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False, check_all=check_all)
    assert again.is_unchanged
    assert again.descriptor == there
    assert destination.writes == []


def test_other_bytes_by_another_algorithm_are_refused(source: MemoryStore, destination: MemoryStore) -> None:
    root = _by_sha512(source)
    other = put_image(destination, THERE, "1.0.0", b"other")
    with pytest.raises(ImmutableTagError) as refused:
        copy_graph(source, HERE, root.digest, destination, THERE, V1, replace=False)
    assert str(refused.value) == (
        "destination: destination.test/mirror/app:1.0.0: holds other content: "
        f"expected {root.digest}, got {other.digest}"
    )
