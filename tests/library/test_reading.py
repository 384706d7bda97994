"""What a program reads: names, versions, manifests, files, and what refers to them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler import (
    DigestMismatchError,
    NotFoundError,
    RefusedError,
    Registry,
    Sort,
    StoreError,
    UnreachableError,
    UsageError,
)
from tests.library.shop import CODE, PLAN, Heard, environment_of
from tests.support.scripted_registry import Fault, Reply, ScriptedRegistry

NAME = "workflows/plan"


def test_names_and_versions_are_told(registry: Registry) -> None:
    listing = registry.tags("workflows/code")

    assert registry.repositories() == ["workflows/code", NAME]
    assert [(item.version.text, item.floating_tags) for item in listing.versions] == [("2.0.0", ("latest",))]
    assert registry.tags(NAME, "^2").versions == ()
    assert registry.tags(f"{NAME}@^1", limit=None).versions[0].digest == registry.resolve(NAME).digest


@pytest.mark.parametrize(
    ("repository", "constraint"),
    [(NAME, None), (NAME, "^1"), (NAME, "=1.2.0"), (NAME, "latest"), (f"{NAME}@~1.2", None)],
)
def test_constraints_are_resolved(repository: str, constraint: str | None, registry: Registry) -> None:
    found = registry.resolve(repository, constraint)

    assert (found.version.text, found.tag) == ("1.2.0", "1.2.0")
    assert found.digest == registry.manifest(f"{NAME}:1.2.0").digest


@pytest.mark.parametrize(
    ("repository", "constraint", "said"),
    [
        pytest.param(f"{NAME}:1.2.0", None, "repository: expected a name alone, got 1.2.0 of it too", id="tag"),
        pytest.param(f"{NAME}@^1", "^1", r"constraint: expected one, got \^1 and \^1", id="two-constraints"),
        pytest.param(NAME, "", "constraint: expected such as .*, got an empty text", id="empty"),
        pytest.param(NAME, "new", "constraint: ", id="none"),
        pytest.param("No Name", None, "reference: not a repository name", id="no-name"),
        pytest.param(f"elsewhere.test/{NAME}", None, "reference: expected a part of", id="elsewhere"),
    ],
)  # fmt: skip
def test_what_cannot_be_resolved_is_refused(
    repository: str, constraint: str | None, said: str, registry: Registry
) -> None:
    with pytest.raises(UsageError, match=said):
        registry.resolve(repository, constraint)


def test_what_is_not_there_says_what_is(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"no such version: expected \^3, got 1\.2\.0"):
        registry.resolve(NAME, "^3")
    with pytest.raises(NotFoundError, match=r"(?i)not found"):
        registry.manifest("workflows/none:1.0.0")


def test_references_are_written_as_registries_are_named(registry: Registry) -> None:
    resolved = registry.resolve(NAME)
    (entry,) = registry.search("plans").entries
    by_name = registry.manifest(f"{NAME}:1.2.0")

    # In front of the name may stand what the registry itself puts there.
    for artifact in (
        resolved,
        entry,
        resolved.reference,
        by_name.reference,
        f"{NAME}@^1",
        f"{NAME}@{entry.digest}",
    ):
        assert registry.manifest(artifact) == by_name, artifact


def test_repository_alone_is_no_artifact(registry: Registry) -> None:
    with pytest.raises(UsageError, match=f"expected a tag, a digest or a constraint, got {NAME} alone"):
        registry.manifest(NAME)


def test_manifest_is_verified_and_parsed(registry: Registry) -> None:
    found = registry.manifest(f"{NAME}:1.2.0")

    assert found.reference.endswith(f"{NAME}@{found.digest}")
    assert found.manifest.media_type == found.media_type == json.loads(found.content)["mediaType"]
    assert registry.identify(f"{NAME}@^1").sort is Sort.WORKFLOW


def test_what_is_no_manifest_is_an_error(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.put("odd/one", b'{"schemaVersion": 1}', "application/vnd.oci.image.manifest.v1+json", "1.0.0")

    with Registry.open(server.url, environment=environment_of(tmp_path)) as registry:
        with pytest.raises(StoreError, match="cannot be read"):
            registry.manifest("odd/one:1.0.0")
        with pytest.raises(StoreError, match="cannot be read"):
            registry.identify("odd/one:1.0.0")


def test_files_are_pulled_and_left_where_they_are_right(registry: Registry, tmp_path: Path) -> None:
    heard = Heard()

    first = registry.pull(f"{NAME}@^1", "out", progress=heard)
    again = registry.pull(registry.resolve(NAME), tmp_path / "out")

    assert (tmp_path / "out" / "plan.yaml").read_text("utf-8") == PLAN
    assert [file.change.value for file in (*first.files, *again.files)] == ["written", "unchanged"]
    assert (heard.steps, heard.items) == ([("pulling", 1)], ["plan.yaml"])


def test_other_files_are_not_overwritten_unasked(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("mine")

    with pytest.raises(RefusedError, match=r"plan\.yaml"):
        registry.pull(f"{NAME}:1.2.0", tmp_path)
    assert (tmp_path / "plan.yaml").read_text() == "mine"
    registry.pull(f"{NAME}:1.2.0", tmp_path, overwrite=True)
    assert (tmp_path / "plan.yaml").read_text() == PLAN


def test_wrong_platform_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="platform: expected"):
        registry.pull(f"{NAME}:1.2.0", tmp_path, platform="linux")


def test_bytes_that_are_others_are_not_written(server: ScriptedRegistry, tmp_path: Path) -> None:
    with Registry.open(server.url, environment=environment_of(tmp_path), retries=0) as registry:
        (tmp_path / "plan.yaml").write_text(PLAN)
        pushed = registry.push(tmp_path / "plan.yaml", NAME)
        blob = pushed.single.wanted.blobs[0]
        server.on("GET", f"/blobs/{blob.digest}", Reply(200, {}, b"x" * blob.size_bytes), times=10)

        with pytest.raises(DigestMismatchError, match="digest mismatch: expected sha256:"):
            registry.pull(f"{NAME}:1.2.0", tmp_path / "out")

    assert not (tmp_path / "out" / "plan.yaml").exists()


def test_registry_that_is_away_is_unreachable(tmp_path: Path) -> None:
    with ScriptedRegistry() as server:
        url = server.url
    with (
        Registry.open(url, retries=0, environment=environment_of(tmp_path)) as registry,
        pytest.raises(UnreachableError),
    ):
        registry.tags(NAME)


def test_what_refers_to_it_is_found(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("guide")
    guide = registry.attach(f"{NAME}:1.2.0", "guide.md", artifact_type="text/x-guide")
    registry.attach(guide.reference, annotations={"note": "signed"}, artifact_type="text/x-signature")

    flat, deep = registry.referrers(f"{NAME}@^1"), registry.referrers(f"{NAME}@^1", recursive=True)

    assert [item.descriptor.digest for item in flat.referrers] == [guide.attachment.digest]
    assert [item.descriptor.artifact_type for item in deep.referrers[0].referrers] == ["text/x-signature"]
    assert registry.referrers(f"{NAME}@^1", "text/x-other").referrers == ()
    with pytest.raises(UsageError, match="artifact_type: expected such as"):
        registry.referrers(f"{NAME}@^1", "guide")


def test_tags_of_signers_are_found(registry: Registry, tmp_path: Path) -> None:
    meant = registry.resolve(NAME)
    tag = f"sha256-{meant.digest.encoded}.att"
    (tmp_path / "statement.txt").write_text("tested")
    pushed = registry.push("statement.txt", f"{NAME}:{tag}", artifact_type="text/x-statement")

    found = registry.referrers(f"{NAME}:{meant.tag}")

    assert [(item.kind, item.tag, item.descriptor.digest) for item in found.signed] == [
        ("attestation", tag, pushed.single.wanted.digest)
    ]


def test_neither_list_nor_catalog_is_an_error(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.on("GET", "/v2/_catalog", Reply(404, {}, b"{}"), times=100)

    with (
        Registry.open(server.url, environment=environment_of(tmp_path)) as registry,
        pytest.raises(StoreError) as refused,
    ):
        registry.repositories()
    assert refused.value.fix == "this registry does not list its repositories: name them instead"


def test_threads_share_one_object(registry: Registry, tmp_path: Path) -> None:
    def work(number: int) -> str:
        found = registry.resolve(NAME if number % 2 else "workflows/code")
        registry.pull(found, tmp_path / f"out{number}")
        return found.digest

    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(work, range(32)))

    assert len(digests) == 2
    texts = {path.read_text() for path in tmp_path.glob("out*/*.yaml")}
    assert texts == {PLAN, CODE}


def test_manifests_are_asked_for_once(server: ScriptedRegistry, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    environment = environment_of(tmp_path)
    with Registry.open(server.url, directory=tmp_path, environment=environment) as registry:
        found = registry.manifest(registry.push("plan.yaml", NAME).reference)

    server.requests.clear()
    with Registry.open(server.url, environment=environment) as again:
        assert again.manifest(f"{NAME}@{found.digest}") == found

    assert server.requests == []


def test_throttling_is_an_error_of_its_own(server: ScriptedRegistry, tmp_path: Path) -> None:
    server.misbehave(Fault.THROTTLED_SECONDS)

    with (
        Registry.open(server.url, retries=0, environment=environment_of(tmp_path)) as registry,
        pytest.raises(StoreError) as refused,
    ):
        registry.repositories()
    assert refused.value.exit_code == 75
