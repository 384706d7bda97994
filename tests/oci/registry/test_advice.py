from __future__ import annotations

import json

import pytest

from reconciler.errors import NotFoundError, PalletError, StoreError
from reconciler.oci.digest import Digest
from reconciler.oci.registry.error_body import Complaint
from reconciler.oci.registry.failures import Refusal, failure
from reconciler.oci.registry.store import RegistryStore
from reconciler.oci.registry.urls import Url
from tests.oci.registry.situations import MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, ScriptedRegistry, problem

SHA256, SHA512 = Digest.of(MANIFEST), Digest.of(MANIFEST, algorithm="sha512")
CHECK, CREATE = "check the name", "create the repository in the registry first, or check its name"
PAGE = Reply(404, {"Content-Type": "text/html"}, b"<title>nothing</title>")


def refused(
    method: str, target: str, status: int, code: str = "", said: str = "", location: str | None = None
) -> StoreError:
    codes = frozenset({code} if code else ())
    return failure(
        Refusal(
            method, Url.parse(f"http://h:5/v2/{target}"), status, Complaint(codes, said), location=location
        )
    )


@pytest.mark.parametrize(
    ("method", "target", "code", "said", "fix"),
    [
        pytest.param(
            "HEAD", "a/b/manifests/1.0", "", "no such tag", "pallet tags h:5/a/b lists them", id="tag"
        ),
        pytest.param(
            "GET",
            "a/manifests/1",
            "MANIFEST_UNKNOWN",
            "no such tag",
            "pallet tags h:5/a lists them",
            id="code",
        ),
        pytest.param(
            "DELETE",
            f"a/manifests/{SHA256}",
            "",
            "no such manifest",
            "pallet tags h:5/a lists them",
            id="digest",
        ),
        pytest.param("GET", "a/manifests/1", "NAME_UNKNOWN", "404 Not Found", CHECK, id="repository"),
        pytest.param("GET", "a/tags/list?n=10", "NAME_UNKNOWN", "404 Not Found", CHECK, id="list-of-none"),
        pytest.param("GET", "a/tags/list?n=10", "", "404 Not Found", CHECK, id="list-without-code"),
        pytest.param("PUT", "a/manifests/1", "NAME_UNKNOWN", "404 Not Found", CREATE, id="push"),
        pytest.param("POST", "a/blobs/uploads/", "NAME_UNKNOWN", "404 Not Found", CREATE, id="push-blob"),
        pytest.param("PUT", "a/manifests/1", "", "404 Not Found", None, id="push-without-code"),
        pytest.param("GET", "a/blobs/sha256:0", "BLOB_UNKNOWN", "404 Not Found", None, id="blob"),
    ],
)
def test_what_is_missing_is_named(method: str, target: str, code: str, said: str, fix: str | None) -> None:
    error = refused(method, target, 404, code)
    assert type(error) is NotFoundError
    assert str(error).endswith(f": {said}" if "such" in said else said)
    assert error.fix == fix


def test_docker_hub_is_called_by_its_name() -> None:
    url = Url.parse("https://registry-1.docker.io/v2/library/x/manifests/1")
    assert failure(Refusal("GET", url, 404, Complaint())).fix == "pallet tags docker.io/library/x lists them"


@pytest.mark.parametrize(
    "said",
    [
        "Client sent an HTTP request to an HTTPS server.",
        "400 The plain HTTP request was sent to HTTPS port",
        "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    ],
    ids=["go", "nginx", "apache"],
)
def test_http_to_an_https_port_is_told_apart(said: str) -> None:
    assert refused("GET", "", 400, said=said).fix == "write https://h:5"


@pytest.mark.parametrize(
    ("location", "fix"),
    [
        pytest.param(
            "https://new.example.com/v2/x",
            "name the registry by its own address: if it has moved, https://new.example.com; "
            "if that is a page to log in at, something stands in front of the registry",
            id="elsewhere",
        ),
        pytest.param(
            "/login",
            "check the registry's address: something else than a registry may stand there",
            id="here",
        ),
        pytest.param(
            None, "check the registry's address: something else than a registry may stand there", id="nowhere"
        ),
    ],
)
def test_redirect_of_a_manifest_has_advice(location: str | None, fix: str) -> None:
    assert refused("GET", "a/manifests/1", 302, location=location).fix == fix


def test_too_large_a_body_names_the_proxys_limit() -> None:
    assert refused("PATCH", "a/blobs/uploads/1", 413).fix == (
        "raise the limit for bodies of the registry, or of the proxy in front of it "
        "(nginx: client_max_body_size)"
    )


def test_sha512_is_what_the_registry_does_not_take(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/manifests/", problem(400, "DIGEST_INVALID", "provided digest did not match"))
    with pytest.raises(StoreError) as caught:
        store.put_manifest(REPOSITORY, SHA512, MANIFEST, OCI)
    assert str(caught.value).endswith(": provided digest did not match: this registry takes sha256 only")
    assert caught.value.fix == (
        "copy to a registry that takes sha512, or publish it anew with the digests of its manifests as sha256"
    )


def test_wrong_sha256_is_another_matter() -> None:
    error = refused("PUT", f"a/manifests/{SHA256}", 400, "DIGEST_INVALID", "did not match")
    assert (str(error).endswith(": did not match"), error.fix) == (True, None)


def test_web_page_says_nothing_of_a_tag(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("*", "/manifests/", PAGE)
    with pytest.raises(PalletError) as caught:
        store.fetch_manifest(REPOSITORY, TAG)
    assert not isinstance(caught.value, NotFoundError)
    assert "no such" not in str(caught.value)


@pytest.mark.parametrize("announced", [True, False], ids=["with-digest", "without-digest"])
def test_schema_one_is_called_old(server: ScriptedRegistry, store: RegistryStore, announced: bool) -> None:
    content = json.dumps({"schemaVersion": 1, "name": "a", "fsLayers": [], "signatures": []}).encode()
    headers = {"Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"}
    if announced:
        headers["Docker-Content-Digest"] = Digest.of(content)
    server.on("*", "/manifests/", Reply(200, headers, content))
    with pytest.raises(StoreError) as caught:
        store.head_manifest(REPOSITORY, TAG)
    assert (
        ": Docker's schema 1, pushed by a docker older than 1.10: expected schema 2 or OCI; "
        "Content-Type is 'application/vnd.docker.distribution.manifest.v1+prettyjws'"
    ) in str(caught.value)
    assert caught.value.fix == (
        "pull it and push it again with a current tool; registries stop serving this schema"
    )
