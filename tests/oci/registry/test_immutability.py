"""Tags that are final: as every registry words it, and only where other content stands there."""

from __future__ import annotations

import json

import pytest

from reconciler.errors import ImmutableTagError, StoreError, UnauthorisedError
from reconciler.oci.registry.immutability import sounds_final
from reconciler.oci.registry.store import RegistryStore
from tests.oci.registry.situations import DIGEST, MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, ScriptedRegistry, digest_of

OTHER = MANIFEST.replace(b"text/plain", b"text/other")


def body(code: str, message: str, detail: object = None) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]}).encode()


ECR = Reply(
    400,
    body=body(
        "TAG_INVALID",
        "The image tag '1.0.0' already exists in the 'app' repository and cannot be overwritten "
        "because the tag is immutable.",
    ),
)
REFUSALS = [
    pytest.param(ECR, id="ecr"),
    pytest.param(Reply(400, body=body("ImageTagAlreadyExistsException", "no")), id="ecr-exception"),
    pytest.param(
        Reply(
            412,
            body=body("PRECONDITION", "Failed to process request due to 'app:1.0.0' configured as immutable"),
        ),
        id="harbor",
    ),
    pytest.param(Reply(403, body=body("DENIED", "tag 1.0.0 is immutable")), id="docker-hub"),
    pytest.param(
        Reply(400, body=body("MANIFEST_INVALID", "manifest invalid", {"description": "HTTP 403 Forbidden"})),
        id="artifactory",
    ),
    pytest.param(
        Reply(400, body=body("BLOB_UPLOAD_INVALID", "Repository does not allow updating assets: docker")),
        id="nexus",
    ),
    pytest.param(
        Reply(405, body=body("UNSUPPORTED", "The operation is disallowed on this registry")), id="acr"
    ),
    pytest.param(Reply(403, body=body("DENIED", "Cannot push: the tag is protected")), id="gitlab"),
    pytest.param(Reply(400, body=body("TAG_IMMUTABLE", "no")), id="quay"),
    pytest.param(Reply(400, body=b'{"message":"image is immutable, its tags cannot be updated"}'), id="gar"),
    pytest.param(Reply(409), id="conflict"),
    pytest.param(Reply(412), id="precondition"),
]


@pytest.mark.parametrize("reply", REFUSALS)
def test_final_tag_with_other_content_is_refused(
    server: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    server.put(REPOSITORY, OTHER, OCI, TAG)
    server.on("PUT", "/manifests/", reply)
    with pytest.raises(ImmutableTagError) as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert caught.value.exit_code == 4
    assert str(caught.value).startswith(f"PUT {server.url}/v2/workflows/plan/manifests/1.0.0: ")
    assert str(caught.value).endswith(
        f": the tag is final and holds other content: expected {DIGEST}, got {digest_of(OTHER)}"
    )
    assert caught.value.fix == (
        "give it a new version; or let whoever runs the registry make the tag mutable"
    )


@pytest.mark.parametrize("reply", REFUSALS)
def test_final_tag_with_the_same_content_is_success(
    server: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    server.on("PUT", "/manifests/", reply)
    assert store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI) == DIGEST
    assert store.transport.counts == {"PUT manifest": 1, "HEAD manifest": 1}


@pytest.mark.parametrize("reply", REFUSALS)
def test_absent_tag_is_never_called_final(
    server: ScriptedRegistry, store: RegistryStore, reply: Reply
) -> None:
    server.on("PUT", "/manifests/", reply)
    with pytest.raises(StoreError, match=f"the registry answered {reply.status}") as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert not isinstance(caught.value, ImmutableTagError)


def test_tag_that_cannot_be_seen_is_never_called_final(
    server: ScriptedRegistry, store: RegistryStore
) -> None:
    server.on("PUT", "/manifests/", ECR)
    server.on("*", "/manifests/", Reply(403))
    with pytest.raises(StoreError, match="TAG_INVALID") as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert type(caught.value) is StoreError


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(
            Reply(403, body=body("DENIED", "requested access is denied")), UnauthorisedError, id="right"
        ),
        pytest.param(Reply(400, body=body("MANIFEST_INVALID", "no mediaType")), StoreError, id="manifest"),
        pytest.param(Reply(404, body=body("MANIFEST_BLOB_UNKNOWN", "blob")), StoreError, id="blob"),
    ],
)
def test_other_refusal_is_not_looked_into(
    server: ScriptedRegistry, store: RegistryStore, reply: Reply, kind: type[StoreError]
) -> None:
    server.put(REPOSITORY, OTHER, OCI, TAG)
    server.on("PUT", "/manifests/", reply)
    with pytest.raises(kind) as caught:
        store.put_manifest(REPOSITORY, TAG, MANIFEST, OCI)
    assert not isinstance(caught.value, ImmutableTagError)
    assert store.transport.counts == {"PUT manifest": 1}


def test_refused_digest_has_no_tag(server: ScriptedRegistry, store: RegistryStore) -> None:
    server.on("PUT", "/manifests/", Reply(409))
    with pytest.raises(StoreError, match="409 Conflict"):
        store.put_manifest(REPOSITORY, DIGEST, MANIFEST, OCI)
    assert store.transport.counts == {"PUT manifest": 1}


def test_success_never_sounds_final() -> None:
    from reconciler.oci.registry.error_body import understand

    assert not sounds_final(500, understand(body("TAG_INVALID", "immutable")))
