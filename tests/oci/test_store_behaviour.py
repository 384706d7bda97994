"""What every store does, whatever it is made of: `store_cases` has them all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.errors import DigestMismatchError, NotFoundError, PalletError, StoreError
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import put_referrer, referrers_of
from reconciler.oci.store import Store
from tests.oci.store_cases import CASES, Case
from tests.support.artifacts import NOTE, Note, publish
from tests.support.referring import SBOM, SIGNATURE, refer, referrer_of

REPOSITORY = Repository("workflows/plan")
V1, V2 = Tag("1.0.0"), Tag("2.0.0")


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from request.param(request)


@pytest.fixture
def store(case: Case) -> Store:
    return case.store


@pytest.mark.parametrize("reference", [V1, Note(b"never put").digest], ids=["tag", "digest"])
@pytest.mark.parametrize(
    "repository", [REPOSITORY, Repository("nobody/here")], ids=["manifest", "repository"]
)
def test_absent_manifest_is_not_found(store: Store, repository: Repository, reference: Tag | Digest) -> None:
    publish(store, REPOSITORY, "3.0.0", b"another")
    with pytest.raises(NotFoundError):
        store.head_manifest(repository, reference)
    with pytest.raises(NotFoundError):
        store.fetch_manifest(repository, reference)


def test_absent_blob_is_not_found(store: Store) -> None:
    publish(store, REPOSITORY, "1.0.0", b"another")
    assert not store.has_blob(REPOSITORY, Digest.of(b"absent"))
    assert not store.has_blob(Repository("nobody/here"), Digest.of(b"absent"))
    with pytest.raises(NotFoundError):
        list(store.fetch_blob(REPOSITORY, Descriptor(NOTE, Digest.of(b"absent"), 6)))


def test_absent_repository_has_no_tag_list(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.list_tags(Repository("nobody/here"))


def test_empty_store_has_no_repositories(store: Store) -> None:
    assert store.list_repositories() == []


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 3_000_000], ids=["empty", "short", "pieces"])
def test_blob_is_read_back_unchanged(store: Store, content: bytes) -> None:
    note = Note(content)
    store.put_blob(REPOSITORY, note.blob)
    assert store.has_blob(REPOSITORY, note.blob.digest, size_bytes=len(content))
    assert b"".join(store.fetch_blob(REPOSITORY, note.layer)) == content


def test_manifest_is_read_back_unchanged(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"content")
    for reference in (V1, note.digest):
        assert store.head_manifest(REPOSITORY, reference) == note.descriptor
        read = store.fetch_manifest(REPOSITORY, reference)
        assert (read.descriptor, read.content) == (note.descriptor, note.manifest)


def test_odd_bytes_of_a_manifest_survive(store: Store) -> None:
    note = Note(b"content")
    store.put_blob(REPOSITORY, note.blob)
    content = note.manifest.replace(b',"', b' ,\n "', 1)
    digest = store.put_manifest(REPOSITORY, V1, content, media_types.OCI_MANIFEST)
    assert digest == Digest.of(content)
    assert store.fetch_manifest(REPOSITORY, V1).content == content


def test_manifest_by_digest_needs_no_tag(store: Store) -> None:
    note = publish(store, REPOSITORY, "digest", b"untagged")
    assert store.head_manifest(REPOSITORY, note.digest) == note.descriptor
    publish(store, REPOSITORY, "1.0.0", b"tagged")
    assert store.list_tags(REPOSITORY) == [V1]


def test_index_of_manifests_is_read_back(store: Store) -> None:
    note = publish(store, REPOSITORY, "digest", b"for one platform")
    index = render_index(note.descriptor)
    digest = store.put_manifest(REPOSITORY, V1, index, media_types.OCI_INDEX)
    read = store.fetch_manifest(REPOSITORY, V1)
    assert read.content == index
    assert read.descriptor == Descriptor(media_types.OCI_INDEX, digest, len(index))
    assert store.head_manifest(REPOSITORY, note.digest) == note.descriptor


def test_manifest_with_subject_needs_no_subject(store: Store) -> None:
    note = Note(b"signature")
    store.put_blob(REPOSITORY, note.blob)
    content = render(
        Manifest(note.layer, (note.layer,), artifact_type=NOTE, subject=Note(b"absent").descriptor)
    )
    assert store.put_manifest(REPOSITORY, V1, content, media_types.OCI_MANIFEST) == Digest.of(content)


def test_referrers_are_found_by_their_subject(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"subject")
    assert referrers_of(store, REPOSITORY, note.digest) == []
    sbom = refer(store, REPOSITORY, note.descriptor, SBOM, say="first")
    signature = refer(store, REPOSITORY, note.descriptor, SIGNATURE)
    deep = refer(store, REPOSITORY, Descriptor(sbom.media_type, sbom.digest, sbom.size_bytes), SIGNATURE)
    assert referrers_of(store, REPOSITORY, note.digest) == [sbom, signature]
    assert referrers_of(store, REPOSITORY, note.digest, SIGNATURE) == [signature]
    assert referrers_of(store, REPOSITORY, sbom.digest) == [deep]
    assert sbom.annotations == {"com.acme.say": "first"}


def test_absent_subject_has_no_referrers(store: Store) -> None:
    publish(store, REPOSITORY, "1.0.0", b"another")
    assert referrers_of(store, REPOSITORY, Note(b"never put").digest) == []
    assert referrers_of(store, Repository("nobody/here"), Note(b"never put").digest) == []


def test_referrer_may_come_before_its_subject(store: Store) -> None:
    subject = Note(b"still to come").descriptor
    entry = refer(store, REPOSITORY, subject)
    publish(store, REPOSITORY, "1.0.0", b"still to come")
    assert referrers_of(store, REPOSITORY, subject.digest) == [entry]


def test_threads_lose_no_referrer(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"subject")
    refer(store, REPOSITORY, note.descriptor, say="0")
    contents = [referrer_of(note.descriptor, say=str(number)) for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        put = pool.map(lambda each: put_referrer(store, REPOSITORY, each, media_types.OCI_MANIFEST), contents)
        expected = {entry.digest for entry in put}
    assert {entry.digest for entry in referrers_of(store, REPOSITORY, note.digest)} == expected


def test_tag_moves_and_old_digest_stays(store: Store) -> None:
    old = publish(store, REPOSITORY, "1.0.0", b"old")
    new = publish(store, REPOSITORY, "1.0.0", b"new")
    assert store.head_manifest(REPOSITORY, V1) == new.descriptor
    assert store.head_manifest(REPOSITORY, old.digest) == old.descriptor
    assert store.list_tags(REPOSITORY) == [V1]


def test_two_tags_name_one_digest(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"same")
    store.put_manifest(REPOSITORY, Tag("latest"), note.manifest, media_types.OCI_MANIFEST)
    moved = publish(store, REPOSITORY, "latest", b"moved on")
    assert store.head_manifest(REPOSITORY, V1) == note.descriptor
    assert store.head_manifest(REPOSITORY, Tag("latest")) == moved.descriptor


def test_putting_twice_is_harmless(store: Store) -> None:
    first = publish(store, REPOSITORY, "1.0.0", b"again")
    second = publish(store, REPOSITORY, "1.0.0", b"again")
    assert first.digest == second.digest
    assert store.head_manifest(REPOSITORY, V1) == first.descriptor
    assert store.list_tags(REPOSITORY) == [V1]


def test_manifest_without_its_blobs_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.put_manifest(REPOSITORY, V1, Note(b"missing").manifest, media_types.OCI_MANIFEST)
    assert not isinstance(refused.value, NotFoundError)
    with pytest.raises(NotFoundError):
        store.head_manifest(REPOSITORY, V1)


def test_manifest_of_another_digest_is_refused(store: Store) -> None:
    note = Note(b"content")
    store.put_blob(REPOSITORY, note.blob)
    with pytest.raises(PalletError):
        store.put_manifest(REPOSITORY, Digest.of(b"other"), note.manifest, media_types.OCI_MANIFEST)
    with pytest.raises(NotFoundError):
        store.head_manifest(REPOSITORY, note.digest)


def test_tags_are_listed_in_order(store: Store) -> None:
    for tag in ("2.0.0", "latest", "10.0.0", "1.0.0", "V1"):
        publish(store, REPOSITORY, tag, b"content")
    assert store.list_tags(REPOSITORY) == ["1.0.0", "10.0.0", "2.0.0", "V1", "latest"]


def test_repositories_are_listed_in_order(store: Store) -> None:
    for name in ("workflows/plan", "workflows", "agents/b", "workflows/plan/blobs", "agents/a"):
        publish(store, Repository(name), "1.0.0", name.encode())
    expected = ["agents/a", "agents/b", "workflows", "workflows/plan", "workflows/plan/blobs"]
    assert store.list_repositories() == expected


def test_deleted_tag_leaves_the_manifest(case: Case) -> None:
    note = publish(case.store, REPOSITORY, "1.0.0", b"content")
    if not case.deletes_tags:
        with pytest.raises(StoreError):
            case.store.delete_manifest(REPOSITORY, V1)
        assert case.store.head_manifest(REPOSITORY, V1) == note.descriptor
        return
    case.store.put_manifest(REPOSITORY, V2, note.manifest, media_types.OCI_MANIFEST)
    case.store.delete_manifest(REPOSITORY, V1)
    assert case.store.list_tags(REPOSITORY) == [V2]
    with pytest.raises(NotFoundError):
        case.store.head_manifest(REPOSITORY, V1)
    assert case.store.head_manifest(REPOSITORY, note.digest) == note.descriptor


def test_deleted_digest_takes_its_tags(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"content")
    other = publish(store, REPOSITORY, "2.0.0", b"other")
    store.put_manifest(REPOSITORY, Tag("latest"), note.manifest, media_types.OCI_MANIFEST)
    store.delete_manifest(REPOSITORY, note.digest)
    for reference in (V1, Tag("latest"), note.digest):
        with pytest.raises(NotFoundError):
            store.head_manifest(REPOSITORY, reference)
    assert store.head_manifest(REPOSITORY, V2) == other.descriptor


def test_deleted_manifest_can_be_put_again(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"content")
    store.delete_manifest(REPOSITORY, note.digest)
    publish(store, REPOSITORY, "1.0.0", b"content")
    assert store.fetch_manifest(REPOSITORY, V1).content == note.manifest


def test_deleting_what_is_absent_is_not_found(store: Store) -> None:
    publish(store, REPOSITORY, "1.0.0", b"content")
    with pytest.raises(NotFoundError):
        store.delete_manifest(REPOSITORY, Note(b"never put").digest)


@pytest.mark.parametrize(
    "actual",
    [
        pytest.param(b"changed", id="other-bytes"),
        pytest.param(b"prom", id="too-short"),
        pytest.param(b"promised and more", id="too-long"),
    ],
)
def test_blob_that_breaks_its_promise_is_refused(store: Store, actual: bytes) -> None:
    promised = Digest.of(b"promise")
    broken = Blob(promised, len(b"promise"), Blob.of_bytes(actual).open)
    with pytest.raises(DigestMismatchError):
        store.put_blob(REPOSITORY, broken)
    assert not store.has_blob(REPOSITORY, promised)


def test_wrong_size_of_a_blob_is_noticed(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"content")
    with pytest.raises(DigestMismatchError):
        list(store.fetch_blob(REPOSITORY, Descriptor(NOTE, note.blob.digest, 3)))


@pytest.mark.parametrize("offset", [1, 1_500_000, 2_999_999, 3_000_000])
def test_blob_is_read_on_from_its_middle(store: Store, offset: int) -> None:
    note = Note(bytes(range(250)) * 12_000)
    store.put_blob(REPOSITORY, note.blob)
    rest = b"".join(store.fetch_blob(REPOSITORY, note.layer, offset=offset))
    assert rest == (bytes(range(250)) * 12_000)[offset:]


def test_blob_is_mounted_from_another_repository(store: Store) -> None:
    source = Repository("base/images")
    note = publish(store, source, "1.0.0", b"shared")
    if store.mount_blob(REPOSITORY, note.layer, source):
        assert store.has_blob(REPOSITORY, note.blob.digest)
    store.put_blob(REPOSITORY, note.blob)
    store.put_manifest(REPOSITORY, V1, note.manifest, media_types.OCI_MANIFEST)
    store.delete_manifest(source, note.digest)
    assert b"".join(store.fetch_blob(REPOSITORY, note.layer)) == b"shared"


def test_absent_blob_is_not_mounted(store: Store) -> None:
    publish(store, Repository("base/images"), "1.0.0", b"another")
    absent = Note(b"absent")
    for source in (Repository("base/images"), Repository("nobody/here")):
        assert not store.mount_blob(REPOSITORY, absent.layer, source)
    assert not store.has_blob(REPOSITORY, absent.blob.digest)
    store.put_blob(REPOSITORY, absent.blob)
    assert store.has_blob(REPOSITORY, absent.blob.digest)


def test_threads_lose_no_tag(store: Store) -> None:
    tags = [f"1.0.{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        notes = list(pool.map(lambda tag: publish(store, REPOSITORY, tag, tag.encode()), tags))
    assert store.list_tags(REPOSITORY) == sorted(tags)
    for tag, note in zip(tags, notes, strict=True):
        assert store.head_manifest(REPOSITORY, Tag(tag)) == note.descriptor


def test_threads_may_put_the_same(case: Case) -> None:
    note, store = Note(b"same"), case.store
    store.put_blob(REPOSITORY, note.blob)

    def put(tag: str) -> None:
        if case.repeats_uploads:
            store.put_blob(REPOSITORY, note.blob)
        store.put_manifest(REPOSITORY, Tag(tag), note.manifest, media_types.OCI_MANIFEST)

    tags = [f"1.0.{number % 4}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, tags))
    for tag in tags:
        assert store.head_manifest(REPOSITORY, Tag(tag)) == note.descriptor


def test_name_says_where_things_are(store: Store) -> None:
    whole = store.name(REPOSITORY)
    assert whole.endswith("/workflows/plan")
    assert store.name(REPOSITORY, V1) == f"{whole}:1.0.0"
    digest = Digest.of(b"content")
    assert store.name(REPOSITORY, digest) == f"{whole}@{digest}"


def render_index(*manifests: Descriptor) -> bytes:
    """Index bytes as another tool writes them; pallet itself writes none."""
    entries = ",".join(
        f'{{"mediaType":"{one.media_type}","digest":"{one.digest}","size":{one.size_bytes}}}'
        for one in manifests
    )
    head = f'"schemaVersion":2,"mediaType":"{Index(()).media_type}"'
    return f'{{{head},"manifests":[{entries}]}}'.encode()


def test_several_tags_name_one_manifest(store: Store) -> None:
    note = publish(store, REPOSITORY, "1.0.0", b"content")

    failures = store.put_tags(REPOSITORY, [V2, Tag("latest")], note.manifest, media_types.OCI_MANIFEST)

    assert failures == {}
    assert store.list_tags(REPOSITORY) == [V1, V2, Tag("latest")]
    assert store.head_manifest(REPOSITORY, Tag("latest")).digest == note.digest
