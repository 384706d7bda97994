from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reconciler.errors import RefusedError, StoreError, ThrottledError, UnauthorisedError
from reconciler.oci import media_types
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor
from reconciler.oci.referrer_index import fallback_tag
from reconciler.oci.referrers import Source, look_up, referrers_of
from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.profiles import Profile
from reconciler.oci.registry.store import RegistryStore, open_registry
from tests.oci.registry.situations import MANIFEST, OCI, REPOSITORY
from tests.support.referring import SBOM, SIGNATURE, descriptor_of, refer, referrer_of
from tests.support.scripted_registry import Fault, Reply, Request, ScriptedRegistry

SUBJECT = descriptor_of(MANIFEST)
SBOM_OF_IT, SIGNATURE_OF_IT = referrer_of(SUBJECT, SBOM), referrer_of(SUBJECT, SIGNATURE)
INDEX = {"Content-Type": media_types.OCI_INDEX}


@pytest.fixture
def shelf(server: ScriptedRegistry) -> ScriptedRegistry:
    """A manifest, and two that refer to it."""
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    server.put(REPOSITORY, SBOM_OF_IT, OCI)
    server.put(REPOSITORY, SIGNATURE_OF_IT, OCI)
    return server


def page(*contents: bytes, artifact_type: str | None = SBOM, link: str | None = None) -> Reply:
    entries = []
    for content in contents:
        entry: dict[str, object] = {"mediaType": OCI, "digest": Digest.of(content), "size": len(content)}
        entries.append(entry if artifact_type is None else {**entry, "artifactType": artifact_type})
    body = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
    headers = {**INDEX, "Link": f'<{link}>; rel="next"'} if link else INDEX
    return Reply(200, headers, json.dumps(body).encode())


def digests(entries: list[Descriptor] | None) -> set[str]:
    assert entries is not None
    return {entry.digest for entry in entries}


def with_profile(server: ScriptedRegistry, *, referrers: bool | None) -> Iterator[RegistryStore]:
    profile = Profile("test", referrers=referrers)
    store = open_registry(Endpoint.parse(server.url), credentials=Anonymous(), profile=profile)
    yield store
    store.close()


def test_api_lists_what_refers_to_it(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    listed = store.list_referrers(REPOSITORY, SUBJECT.digest)
    assert digests(listed) == {Digest.of(SBOM_OF_IT), Digest.of(SIGNATURE_OF_IT)}
    assert store.list_referrers(REPOSITORY, Digest.of(b"another")) == []
    assert len(shelf.seen("GET", "/referrers/")) == 2


def test_type_is_asked_for_and_chosen(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    assert digests(store.list_referrers(REPOSITORY, SUBJECT.digest, SBOM)) == {Digest.of(SBOM_OF_IT)}
    (request,) = shelf.seen("GET", "/referrers/")
    assert request.query == {"artifactType": [SBOM]}
    assert request.headers["accept"] == media_types.OCI_INDEX


@pytest.mark.parametrize("fault", [Fault.FILTER_IGNORED, Fault.FILTER_CLAIMED], ids=lambda fault: fault.name)
def test_ignored_filter_is_made_up_for(shelf: ScriptedRegistry, store: RegistryStore, fault: Fault) -> None:
    shelf.misbehave(fault)
    assert digests(store.list_referrers(REPOSITORY, SUBJECT.digest, SIGNATURE)) == {
        Digest.of(SIGNATURE_OF_IT)
    }


@pytest.mark.parametrize(
    ("applied", "found"),
    [
        pytest.param("artifactType", 1, id="claimed"),
        pytest.param(" other , artifactType ", 1, id="with-blanks"),
        pytest.param("other", 0, id="another"),
        pytest.param(None, 0, id="nothing-said"),
    ],
)
def test_entry_without_type_is_believed_where_filtered(
    shelf: ScriptedRegistry, store: RegistryStore, applied: str | None, found: int
) -> None:
    reply = page(SBOM_OF_IT, artifact_type=None)
    headers = {**INDEX, "OCI-Filters-Applied": applied} if applied else INDEX
    shelf.on("GET", "/referrers/", Reply(200, headers, reply.body))
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest, SBOM) or []) == found


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(404, {"Content-Type": "text/plain"}, b"404 page not found\n"), id="404"),
        pytest.param(Reply(405), id="405"),
        pytest.param(Reply(406), id="406"),
        pytest.param(Reply(303, {"Location": "https://github.com/"}), id="303"),
        pytest.param(Reply(302, {"Location": "https://login.example.com/"}), id="login-page"),
        pytest.param(Reply(302), id="redirect-to-nowhere"),
        pytest.param(Reply(200, {"Content-Type": "text/html"}, b"<html></html>"), id="web-page"),
        pytest.param(Reply(200, {"Content-Type": "application/json"}, b"{}"), id="json"),
        pytest.param(Reply(200, {}, b""), id="nothing"),
    ],
)
def test_answer_that_means_no_api_is_remembered(
    shelf: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    shelf.on("GET", "/referrers/", reply)
    for _ in range(3):
        assert store.list_referrers(REPOSITORY, SUBJECT.digest) is None
    assert len(shelf.seen("GET", "/referrers/")) == 1
    assert look_up(store, REPOSITORY, SUBJECT.digest).source is Source.TAG


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(400), id="400"),
        pytest.param(
            Reply(404, {"Content-Type": "application/json"}, b'{"errors":[{"code":"NAME_UNKNOWN"}]}'),
            id="unknown-repository",
        ),
    ],
)
def test_answer_about_one_question_is_not_remembered(
    shelf: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    shelf.on("GET", "/referrers/", reply, times=1)
    assert store.list_referrers(REPOSITORY, SUBJECT.digest) is None
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest) or []) == 2


def test_each_repository_is_asked_on_its_own(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    shelf.on("GET", "/v2/old/referrers/", Reply(404))
    assert store.list_referrers(type(REPOSITORY)("old"), SUBJECT.digest) is None
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest) or []) == 2


def test_api_that_was_seen_is_not_doubted(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest) or []) == 2
    shelf.on("GET", "/referrers/", Reply(404))
    assert store.list_referrers(REPOSITORY, Digest.of(b"never pushed")) == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(Reply(401), UnauthorisedError, id="401"),
        pytest.param(Reply(403), UnauthorisedError, id="403"),
        pytest.param(Reply(429), ThrottledError, id="429"),
        pytest.param(Reply(500), StoreError, id="500"),
        pytest.param(Reply(200, INDEX, b"<html>"), StoreError, id="no-list-inside"),
    ],
)
def test_registry_that_cannot_tell_is_no_registry_without_the_api(
    shelf: ScriptedRegistry, store: RegistryStore, reply: Reply, error: type[StoreError]
) -> None:
    shelf.on("GET", "/referrers/", reply, times=3)
    with pytest.raises(error, match=f"GET .*/referrers/{SUBJECT.digest}"):
        store.list_referrers(REPOSITORY, SUBJECT.digest)
    if reply.status in {429, 500}:
        assert len(shelf.seen("GET", "/referrers/")) == 3


def test_redirect_within_the_registry_is_followed(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    def moved(request: Request) -> Reply | None:
        if "moved" in request.query:
            return None
        return Reply(307, {"Location": f"{request.target}?moved=1"})

    shelf.on("GET", "/referrers/", moved)
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest) or []) == 2


def test_pages_are_followed(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    shelf.on("GET", "page=3", page(SIGNATURE_OF_IT))
    shelf.on("GET", "page=2", page(SBOM_OF_IT, link="?page=3"))
    shelf.on("GET", "/referrers/", page(SBOM_OF_IT, link="?page=2"))
    assert len(store.list_referrers(REPOSITORY, SUBJECT.digest) or []) == 2


@pytest.mark.parametrize(
    ("link", "message"),
    [
        pytest.param("?", "the list does not end: page 1 points to one more", id="the-same"),
        pytest.param("https://elsewhere.example/", "its next page is refused", id="elsewhere"),
    ],
)
def test_strange_next_page_is_refused(
    shelf: ScriptedRegistry, store: RegistryStore, link: str, message: str
) -> None:
    path = f"/v2/{REPOSITORY}/referrers/{SUBJECT.digest}"
    shelf.on("GET", "/referrers/", page(SBOM_OF_IT, link=path if link == "?" else link))
    with pytest.raises(StoreError, match=message):
        store.list_referrers(REPOSITORY, SUBJECT.digest)


def test_later_page_that_fails_is_a_failure(shelf: ScriptedRegistry, store: RegistryStore) -> None:
    shelf.on("GET", "page=2", Reply(404))
    shelf.on("GET", "/referrers/", page(SBOM_OF_IT, link="?page=2"))
    with pytest.raises(StoreError, match="404 Not Found"):
        store.list_referrers(REPOSITORY, SUBJECT.digest)


def test_profile_saves_the_question(shelf: ScriptedRegistry) -> None:
    for store in with_profile(shelf, referrers=False):
        assert store.list_referrers(REPOSITORY, SUBJECT.digest) is None
    assert shelf.seen("GET", "/referrers/") == []


def test_what_is_seen_wins_over_the_profile(shelf: ScriptedRegistry) -> None:
    shelf.referrers_api = False
    for store in with_profile(shelf, referrers=True):
        assert store.list_referrers(REPOSITORY, SUBJECT.digest) is None
        entry = refer(store, REPOSITORY, SUBJECT)
        assert referrers_of(store, REPOSITORY, SUBJECT.digest) == [entry]


@pytest.mark.parametrize(
    ("said", "asked"), [(SUBJECT.digest, 1), (Digest.of(b"another"), 0)], ids=["its-subject", "another"]
)
def test_subject_in_an_answer_is_a_hint_by_its_value(shelf: ScriptedRegistry, said: str, asked: int) -> None:
    content = referrer_of(SUBJECT, say="once more")
    shelf.on(
        "PUT",
        "/manifests/sha256:",
        Reply(201, {"OCI-Subject": said, "Docker-Content-Digest": Digest.of(content)}),
    )
    for store in with_profile(shelf, referrers=False):
        store.put_manifest(REPOSITORY, Digest.of(content), content, OCI)
        store.list_referrers(REPOSITORY, SUBJECT.digest)
    assert len(shelf.seen("GET", "/referrers/")) == asked


@pytest.mark.parametrize(
    "fault",
    [
        Fault.REFERRERS_303,
        Fault.REFERRERS_404,
        Fault.REFERRERS_406,
        Fault.REFERRERS_WEB_PAGE,
        Fault.SUBJECT_WITHOUT_API,
    ],
    ids=lambda fault: fault.name,
)
def test_fallback_tag_is_kept_where_there_is_no_api(
    server: ScriptedRegistry, store: RegistryStore, fault: Fault
) -> None:
    server.elsewhere = "http://127.0.0.1:9"
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    server.misbehave(fault)
    entries = [refer(store, REPOSITORY, SUBJECT, SBOM), refer(store, REPOSITORY, SUBJECT, SIGNATURE)]
    assert referrers_of(store, REPOSITORY, SUBJECT.digest) == entries
    assert fallback_tag(SUBJECT.digest) in server.hold(REPOSITORY).tags


def test_subject_under_its_own_fallback_tag_is_refused(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    server.misbehave(Fault.REFERRERS_404, Fault.FALLBACK_IS_SUBJECT)
    assert referrers_of(store, REPOSITORY, SUBJECT.digest) == []
    with pytest.raises(RefusedError, match="expected an index, got the artifact itself"):
        refer(store, REPOSITORY, SUBJECT)
    assert server.seen("PUT", "/manifests/") == []


def test_new_referrer_costs_one_question_more_with_the_api(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, "1.0.0")
    refer(store, REPOSITORY, SUBJECT)
    assert store.transport.counts == {
        "POST upload": 1,
        "PUT upload": 1,
        "GET referrers": 1,
        "PUT manifest": 1,
    }
