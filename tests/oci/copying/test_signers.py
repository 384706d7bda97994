"""What refers to a copied artifact: by its subject, or under a tag of a signer."""

from __future__ import annotations

import pytest

from reconciler.errors import (
    PalletError,
    StoreError,
    ThrottledError,
    UnauthorisedError,
    UnreachableError,
)
from reconciler.oci.copying import Copier, copy_graph
from reconciler.oci.copying_terms import CopyTerms
from reconciler.oci.manifest import Descriptor, Index, parse
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import referrers_of
from tests.oci.copying.cases import AMD, HERE, LARGE, THERE, V1, V2, nested
from tests.support.graphs import put_image, put_index, put_signature
from tests.support.memory_store import MemoryStore


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
    root = nested(source)
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
