"""`pallet promote`: what the lock says goes on, nothing else does, and each refusal says which side is why."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from reconciler.oci.digest import Digest
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Descriptor
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.referrers import referrers_of
from tests.support.artifacts import publish
from tests.support.docker_registry import DockerRegistry
from tests.support.graphs import put_signature
from tests.support.other_digests import rename_to_sha512
from tests.support.scenarios import NAMES, CountingProxy, Desk, digest_at, set_up, triage

PROMOTE = ("promote", "--from", "main", "--to", "production")
TRIAGE = Repository("workflows/triage")
HERE, THERE = "main-store", "production-store"


@pytest.fixture
def staged(desk: Desk) -> Desk:
    """Everything is published to one of two targets."""
    config = desk.root / "pallet.toml"
    text = config.read_text().replace("oci-layout:.pallet/registry", f"oci-layout:{HERE}")
    config.write_text(text + f'\n[target.production]\nurl = "oci-layout:{THERE}"\n')
    ran = desk.pallet("sync")
    assert ran.code == 0, ran.everything
    return desk


def _promote(desk: Desk, *arguments: str, code: int) -> dict[str, Any]:
    ran = desk.pallet(*PROMOTE, "--format", "json", *arguments)
    assert ran.code == code, ran.everything
    document: dict[str, Any] = json.loads(ran.stdout)
    assert (document["command"], document["exit_code"]) == ("promote", code)
    return document


def _action(document: dict[str, Any], name: str = TRIAGE) -> dict[str, Any]:
    return next(action for action in document["actions"] if action["name"] == name)


def test_promotion_is_a_pull_of_its_source_to_the_audit(staged: Desk) -> None:
    config = staged.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')

    document = _promote(staged, code=0)

    lines = [json.loads(line) for line in (staged.root / "audit.jsonl").read_text().splitlines()]
    pulled = {line["digest"] for line in lines if line["action"] == "pull"}
    assert pulled == {action["wanted"] for action in document["actions"]}
    assert {line["target"] for line in lines if line["action"] == "pull"} == {"main"}


def test_everything_locked_arrives_byte_for_byte(staged: Desk) -> None:
    lock = (staged.root / "pallet.lock").read_bytes()

    document = _promote(staged, code=0)

    assert document["summary"] == {"missing": len(NAMES)}
    here, there = open_layout(staged.root / HERE), open_layout(staged.root / THERE)
    for name in map(Repository, NAMES):
        assert there.list_tags(name) == here.list_tags(name)
        for tag in here.list_tags(name):
            assert there.fetch_manifest(name, tag) == here.fetch_manifest(name, tag)
    assert (staged.root / "pallet.lock").read_bytes() == lock
    assert _promote(staged, code=0)["summary"] == {"in-sync": len(NAMES)}


def test_edited_files_are_not_promoted(staged: Desk) -> None:
    staged.write("workflows/triage.yaml", triage("1.0.0", skill="another_skill"))
    locked = open_layout(staged.root / HERE).list_tags(TRIAGE)

    _promote(staged, code=0)

    there = open_layout(staged.root / THERE)
    assert there.list_tags(TRIAGE) == locked
    assert there.fetch_manifest(TRIAGE, locked[0]) == open_layout(staged.root / HERE).fetch_manifest(
        TRIAGE, locked[0]
    )


def test_dry_run_writes_nothing(staged: Desk) -> None:
    ran = staged.pallet(*PROMOTE, "--dry-run")

    assert (ran.code, ran.stdout.startswith("target production (")) == (0, True)
    assert not (staged.root / THERE).exists()


def test_only_touches_nothing_else(staged: Desk) -> None:
    _promote(staged, "--only", "workflows/triage", code=0)

    assert open_layout(staged.root / THERE).list_repositories() == [TRIAGE]


def _version_of(desk: Desk) -> Tag:
    return next(tag for tag in open_layout(desk.root / HERE).list_tags(TRIAGE) if tag != "latest")


def test_source_with_other_content_is_drift(staged: Desk) -> None:
    version = _version_of(staged)
    publish(open_layout(staged.root / HERE), TRIAGE, version, b"tampered")

    document = _promote(staged, code=3)

    action = _action(document)
    assert (action["action"], action["outcome"]) == ("refuse", "refused")
    assert action["reason"].startswith("main holds other content: expected sha256:")
    assert action["fix"] == f"bring main into step first: pallet sync --target main --restore {TRIAGE}"
    others = [each for each in document["actions"] if each["name"] != TRIAGE]
    assert {each["outcome"] for each in others} == {"done"}
    assert TRIAGE not in open_layout(staged.root / THERE).list_repositories()


@pytest.mark.parametrize("drift", ["other content", "nothing"])
def test_advice_for_source_leads_out(staged: Desk, drift: str) -> None:
    version, here = _version_of(staged), open_layout(staged.root / HERE)
    if drift == "nothing":
        here.delete_manifest(TRIAGE, version)
    else:
        publish(here, TRIAGE, version, b"tampered")

    fix = _action(_promote(staged, code=3))["fix"]
    command = shlex.split(fix.partition(": ")[2])

    assert command[0] == "pallet"
    assert staged.pallet(*command[1:]).code == 0
    assert _action(_promote(staged, code=0))["outcome"] == "done"


def test_source_without_it_is_drift(staged: Desk) -> None:
    version = _version_of(staged)
    open_layout(staged.root / HERE).delete_manifest(TRIAGE, version)

    action = _action(_promote(staged, code=3))

    assert action["reason"].startswith("main does not hold it: expected sha256:")


def test_destination_with_other_content_is_refused(staged: Desk) -> None:
    version = _version_of(staged)
    there = open_layout(staged.root / THERE)
    held = publish(there, TRIAGE, version, b"somebody else's")

    action = _action(_promote(staged, code=4))

    assert (action["verdict"], action["action"], action["seen"]) == ("drifted", "refuse", held.digest)
    assert there.head_manifest(TRIAGE, version).digest == held.digest
    assert _action(_promote(staged, "--force", TRIAGE, code=0))["outcome"] == "done"


def test_same_target_twice_is_wrong_usage(staged: Desk) -> None:
    ran = staged.pallet("promote", "--from", "main", "--to", "main")
    assert (ran.code, "expected another target than --from, got the same" in ran.stderr) == (64, True)


def test_lock_is_needed(staged: Desk) -> None:
    (staged.root / "pallet.lock").unlink()
    ran = staged.pallet(*PROMOTE)
    assert (ran.code, "pallet.lock: expected a lock, got none" in ran.stderr) == (6, True)


def test_referrers_come_along_on_request(staged: Desk) -> None:
    here, version = open_layout(staged.root / HERE), _version_of(staged)
    found = here.head_manifest(TRIAGE, version)
    signature = put_signature(
        here, TRIAGE, Descriptor(found.media_type, found.digest, found.size_bytes), b"signed"
    )

    _promote(staged, "--recursive", code=0)

    entries = referrers_of(open_layout(staged.root / THERE), TRIAGE, found.digest)
    assert [entry.digest for entry in entries] == [signature.digest]


@pytest.mark.parametrize("recursive", [("--recursive",), ()], ids=["recursive", "not"])
def test_tags_of_signers_come_along_on_request(staged: Desk, recursive: tuple[str, ...]) -> None:
    here = open_layout(staged.root / HERE)
    tag = f"sha256-{here.head_manifest(TRIAGE, Tag('latest')).digest.encoded}.sig"
    signed = publish(here, TRIAGE, tag, b"signature")

    _promote(staged, *recursive, code=0)

    there = open_layout(staged.root / THERE)
    assert (tag in there.list_tags(TRIAGE)) is bool(recursive)
    if recursive:
        assert there.head_manifest(TRIAGE, Tag(tag)).digest == signed.digest


def test_newer_floating_tag_is_left_alone(staged: Desk) -> None:
    # Production is ahead: what the lock says there is older than what `latest` names.
    _promote(staged, code=0)
    lock = (staged.root / "pallet.lock").read_bytes()
    staged.write("workflows/triage.yaml", triage("9.0.0"))
    assert staged.pallet("sync").code == 0
    _promote(staged, code=0)
    (staged.root / "pallet.lock").write_bytes(lock)
    newest = open_layout(staged.root / THERE).head_manifest(TRIAGE, Tag("9.0.0")).digest

    _promote(staged, code=0)

    latest = open_layout(staged.root / THERE).head_manifest(TRIAGE, Tag("latest")).digest
    assert latest == newest


def test_two_parts_of_one_registry_mount_and_ask_once(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with CountingProxy(docker_registry.host) as proxy:
        desk = set_up(tmp_path / "desk", f"{proxy.url}/{repository_prefix}/staging", capsys)
        config = desk.root / "pallet.toml"
        url = f"{proxy.url}/{repository_prefix}/production"
        config.write_text(config.read_text() + f'\n[target.production]\nurl = "{url}"\n')
        assert desk.pallet("sync").code == 0
        proxy.forget()

        _promote(desk, code=0)

        uploads = [request.target for request in proxy.requests if request.method == "POST"]
        assert uploads
        assert all("mount=" in target for target in uploads)
        proxy.forget()
        _promote(desk, code=0)
        version_heads = [
            request.target
            for request in proxy.requests
            if request.method == "HEAD" and not request.target.endswith("/latest")
        ]
        assert len(version_heads) == len(set(version_heads)) == len(NAMES)
        assert set(proxy.counts) == {"HEAD"}
    name = f"{repository_prefix}/production/{TRIAGE}"
    assert digest_at(docker_registry.host, name, "latest") is not None


def test_source_that_names_it_by_sha512_holds_the_same(staged: Desk) -> None:
    by_sha512 = rename_to_sha512(staged.root / HERE / TRIAGE)
    document = _promote(staged, code=0)
    assert document["summary"] == {"missing": len(NAMES)}
    there = open_layout(staged.root / THERE)
    content = there.fetch_manifest(TRIAGE, _version_of(staged)).content
    assert Digest.of(content, algorithm="sha512") == by_sha512
    assert Digest.of(content) == _action(document)["wanted"]
    assert _promote(staged, code=0)["summary"] == {"in-sync": len(NAMES)}


def test_sync_and_check_know_a_version_by_sha512(staged: Desk) -> None:
    rename_to_sha512(staged.root / HERE / TRIAGE)
    ran = staged.pallet("check", "--target", "main")
    assert ran.code == 0, ran.everything
    assert json.loads(staged.pallet("sync", "--format", "json").stdout)["summary"] == {"in-sync": len(NAMES)}
