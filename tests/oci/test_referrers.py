"""What refers to a manifest, in stores with the API and without it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.errors import ImmutableTagError, RefusedError, StoreError
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import EMPTY_CONTENT
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrer_index import fallback_tag, read_entries, without_referrer
from reconciler.oci.referrers import (
    WRITES_MAX,
    Source,
    drop_referrer,
    look_up,
    put_referrer,
    referrers_of,
)
from reconciler.oci.store import ManifestContent
from tests.support.artifacts import Note, publish
from tests.support.memory_store import MemoryStore
from tests.support.referring import SBOM, SIGNATURE, refer, referrer_of

NAME = Repository("workflows/plan")
SUBJECT = Note(b"subject").descriptor
TAG = fallback_tag(SUBJECT.digest)


@pytest.fixture(params=["api", "tag"])
def store(request: pytest.FixtureRequest) -> MemoryStore:
    made = MemoryStore()
    made.referrers_api = request.param == "api"
    publish(made, NAME, "1.0.0", b"subject")
    return made


@pytest.fixture
def plain() -> MemoryStore:
    """A store without the API."""
    made = MemoryStore()
    made.referrers_api = False
    publish(made, NAME, "1.0.0", b"subject")
    made.put_blob(NAME, Blob.of_bytes(EMPTY_CONTENT))
    return made


def test_nothing_refers_to_it_at_first(store: MemoryStore) -> None:
    assert referrers_of(store, NAME, SUBJECT.digest) == []
    assert referrers_of(store, Repository("nobody/here"), SUBJECT.digest) == []


def test_what_was_put_is_listed(store: MemoryStore) -> None:
    sbom = refer(store, NAME, SUBJECT, SBOM, say="first")
    signature = refer(store, NAME, SUBJECT, SIGNATURE)
    assert referrers_of(store, NAME, SUBJECT.digest) == [sbom, signature]
    assert referrers_of(store, NAME, SUBJECT.digest, SIGNATURE) == [signature]
    assert sbom.annotations == {"com.acme.say": "first"}
    assert referrers_of(store, NAME, Digest.of(b"another")) == []


def test_source_says_who_answered(store: MemoryStore) -> None:
    refer(store, NAME, SUBJECT)
    found = look_up(store, NAME, SUBJECT.digest)
    expected = (Source.API, None) if store.referrers_api else (Source.TAG, TAG)
    assert (found.source, found.tag) == expected
    assert found.note is None


def test_fallback_tag_only_where_it_counts(store: MemoryStore) -> None:
    refer(store, NAME, SUBJECT)
    assert (TAG in store.list_tags(NAME)) is not store.referrers_api


def test_putting_twice_writes_no_list(plain: MemoryStore) -> None:
    refer(plain, NAME, SUBJECT)
    before = plain.fetch_manifest(NAME, TAG).content
    plain.calls.clear()
    refer(plain, NAME, SUBJECT)
    assert plain.fetch_manifest(NAME, TAG).content == before
    assert ("put_manifest", NAME, TAG) not in plain.calls


def test_manifest_without_subject_is_refused(store: MemoryStore) -> None:
    note = Note(b"alone")
    store.put_blob(NAME, note.blob)
    with pytest.raises(StoreError, match="expected one that refers to another, got no subject"):
        put_referrer(store, NAME, note.manifest, media_types.OCI_MANIFEST)
    with pytest.raises(StoreError, match="manifest refused: not a manifest"):
        put_referrer(store, NAME, b"{", media_types.OCI_MANIFEST)


@pytest.mark.parametrize("answer", ["subject", "manifest", "broken"])
def test_what_is_no_list_is_neither_believed_nor_overwritten(plain: MemoryStore, answer: str) -> None:
    contents = {
        "subject": Note(b"subject").manifest,
        "manifest": Note(b"somebody's own").manifest,
        "broken": b'{"schemaVersion":1,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode(),
    }
    plain.tamper(NAME, TAG, contents[answer])
    found = look_up(plain, NAME, SUBJECT.digest)
    assert found.entries == ()
    assert found.note is not None
    assert f"{plain.name(NAME, TAG)}: not a list of referrers: expected" in found.note
    plain.calls.clear()
    with pytest.raises(RefusedError, match="not a list of referrers") as refused:
        put_referrer(plain, NAME, referrer_of(SUBJECT), media_types.OCI_MANIFEST)
    assert refused.value.fix is not None
    assert plain.writes == []


def test_gitlab_answer_says_what_it_is(plain: MemoryStore) -> None:
    plain.tamper(NAME, TAG, Note(b"subject").manifest)
    note = look_up(plain, NAME, SUBJECT.digest).note
    assert note is not None
    assert note.endswith("expected an index, got the artifact itself")


class _Rival(MemoryStore):
    """Somebody else's writes put back what they knew of the list, so many times."""

    def __init__(self, wins: int) -> None:
        super().__init__()
        self.referrers_api, self.wins = False, wins

    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        digest = super().put_manifest(repository, reference, content, media_type)
        if reference == TAG and self.wins:
            self.wins -= 1
            mine = read_entries(content)[-1].digest
            self.tamper(repository, TAG, without_referrer(content, mine))
        return digest


def test_lost_race_is_run_again() -> None:
    store = _Rival(wins=WRITES_MAX - 1)
    entry = refer(store, NAME, SUBJECT)
    assert referrers_of(store, NAME, SUBJECT.digest) == [entry]


class _Late(MemoryStore):
    """Somebody who read before our write writes during a pause after it, and does not look again."""

    def __init__(self, pauses: set[int]) -> None:
        super().__init__()
        self.referrers_api, self.pauses = False, pauses
        self.before: bytes = b""

    def fetch_manifest(self, repository: Repository, reference: Tag | Digest) -> ManifestContent:
        found = super().fetch_manifest(repository, reference)
        if reference == TAG and not self.before:
            self.before = found.content
        return found

    def give_way(self, times: int) -> None:
        super().give_way(times)
        if times in self.pauses:
            self.tamper(NAME, TAG, self.before)


@pytest.mark.parametrize(
    ("pauses", "waited"),
    [
        pytest.param(set(), [0], id="alone"),
        pytest.param({0}, [0, 1], id="once"),
        pytest.param({0, 1, 2}, [0, 1, 2, 3], id="thrice"),
    ],
)
def test_late_writer_is_noticed(pauses: set[int], waited: list[int]) -> None:
    store = _Late(set())
    publish(store, NAME, "1.0.0", b"subject")
    first = refer(store, NAME, SUBJECT)
    store.pauses = pauses
    store.ways_given.clear()
    second = refer(store, NAME, SUBJECT, SIGNATURE)
    assert {entry.digest for entry in referrers_of(store, NAME, SUBJECT.digest)} == {
        first.digest,
        second.digest,
    }
    assert store.ways_given == waited


def test_list_that_changes_is_looked_at_until_it_stays() -> None:
    """Who finds his entry in a list that somebody else wrote may still lose it to the next writer."""

    class Busy(_Late):
        def give_way(self, times: int) -> None:
            super().give_way(times)
            if times == 0:
                self.tamper(NAME, TAG, self.fetch_manifest(NAME, TAG).content + b"\n")

    store = Busy(set())
    publish(store, NAME, "1.0.0", b"subject")
    store.before = b"-"
    other = refer(store, NAME, SUBJECT)
    store.before = store.fetch_manifest(NAME, TAG).content
    store.pauses = {1}
    store.ways_given.clear()
    entry = refer(store, NAME, SUBJECT, SIGNATURE)
    assert {one.digest for one in referrers_of(store, NAME, SUBJECT.digest)} == {other.digest, entry.digest}
    assert store.ways_given == [0, 1, 2]


def test_race_that_is_always_lost_is_said() -> None:
    store = _Rival(wins=10**9)
    with pytest.raises(StoreError, match="somebody else changes this list all the time") as lost:
        refer(store, NAME, SUBJECT)
    assert lost.value.fix == "run again when nobody else attaches something to the same artifact"


class _Final(MemoryStore):
    def put_manifest(
        self, repository: Repository, reference: Tag | Digest, content: bytes, media_type: str
    ) -> Digest:
        if reference == TAG and any(call[1:] == (repository, TAG) for call in self.writes):
            raise ImmutableTagError(f"{self.name(repository, reference)}: this tag is final")
        return super().put_manifest(repository, reference, content, media_type)


def test_immutable_fallback_tag_says_what_is_the_matter() -> None:
    store = _Final()
    store.referrers_api = False
    publish(store, NAME, "1.0.0", b"subject")
    refer(store, NAME, SUBJECT)
    with pytest.raises(ImmutableTagError, match="cannot grow: tags are immutable here") as final:
        refer(store, NAME, SUBJECT, SIGNATURE)
    assert final.value.exit_code == 4
    assert final.value.fix == "let tags that begin with sha256- be overwritten in this repository"


def test_threads_lose_no_entry(plain: MemoryStore) -> None:
    gate = threading.Barrier(8)

    def put(number: int) -> Digest:
        gate.wait()
        return refer(plain, NAME, SUBJECT, say=str(number)).digest

    with ThreadPoolExecutor(8) as pool:
        put_digests = set(pool.map(put, range(8)))
    assert {entry.digest for entry in referrers_of(plain, NAME, SUBJECT.digest)} == put_digests


def test_entries_of_other_tools_survive(plain: MemoryStore) -> None:
    strange = {"mediaType": "x/y", "digest": "sha256:" + "0" * 64, "size": 7, "com.acme.more": {"k": [1]}}
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [strange], "extra": 1}
    plain.tamper(NAME, TAG, json.dumps(document).encode())
    plain.tamper(NAME, Tag("strange"), b"{}")
    held = json.loads(plain.fetch_manifest(NAME, TAG).content)
    assert held == document
    with pytest.raises(StoreError, match="missing"):
        refer(plain, NAME, SUBJECT)  # this store wants every manifest of an index: nothing is dropped for it
    assert json.loads(plain.fetch_manifest(NAME, TAG).content) == document


def test_dropped_entry_is_listed_no_more(plain: MemoryStore) -> None:
    sbom, signature = refer(plain, NAME, SUBJECT), refer(plain, NAME, SUBJECT, SIGNATURE)
    assert drop_referrer(plain, NAME, SUBJECT.digest, sbom.digest)
    assert not drop_referrer(plain, NAME, SUBJECT.digest, sbom.digest)
    assert referrers_of(plain, NAME, SUBJECT.digest) == [signature]


def test_dropping_is_the_api_s_own_business(store: MemoryStore) -> None:
    assert not drop_referrer(store, NAME, SUBJECT.digest, SUBJECT.digest)
    store.calls.clear()
    entry = refer(store, NAME, SUBJECT)
    assert drop_referrer(store, NAME, SUBJECT.digest, entry.digest) is not store.referrers_api
