"""`pallet push`: what is published, what is printed, and how much is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from tests.support.docker_registry import DockerRegistry
from tests.support.processes import Ran
from tests.support.results import read_result
from tests.support.scenarios import CountingProxy, Desk, set_up, triage

FILE, NAME = "workflows/triage.yaml", "workflows/triage"
AT = "oci-layout:.pallet/registry"


def pushed(desk: Desk, *arguments: str, code: int = 0) -> dict[str, Any]:
    ran = desk.pallet("push", *arguments, "--format", "json")
    assert ran.code == code, ran.everything
    document: dict[str, Any] = read_result(ran.stdout)
    assert document["exit_code"] == code
    assert document["command"] == "push"
    return document


def digest_of(ran: Ran) -> str:
    return ran.stdout.split()[-1]


def test_text_is_reference_and_digest(desk: Desk) -> None:
    ran = desk.pallet("push", FILE, NAME)

    reference, digest = ran.stdout.split()
    assert (ran.code, reference) == (0, f"{AT}/{NAME}:1.0.0")
    assert digest.startswith("sha256:")
    assert ran.stderr == f"{reference}: pushed (kind workflow)\n"


def test_sync_adopts_what_was_pushed(desk: Desk) -> None:
    assert desk.pallet("push", FILE, NAME).code == 0

    plan = json.loads(desk.pallet("plan", "--format", "json").stdout)

    verdicts = {action["name"]: action["verdict"] for action in plan["actions"]}
    assert verdicts[NAME] == "adopt"


def test_json_names_every_blob(desk: Desk) -> None:
    desk.write("notes/a.md", "one")
    desk.write("notes/b.txt", "three")

    document = pushed(desk, "notes/b.txt", "notes/a.md", "bundles/notes:1.0.0+b1")

    assert document["format_version"].startswith("1.")
    assert (document["reference"], document["version"], document["tag"]) == (
        f"{AT}/bundles/notes:1.0.0_b1",
        "1.0.0+b1",
        "1.0.0_b1",
    )
    assert [(blob["size"], blob["media_type"]) for blob in document["blobs"]] == [
        (2, "application/vnd.oci.empty.v1+json"),
        (3, "text/markdown"),
        (5, "text/plain"),
    ]
    assert document["size"] > 0
    assert {blob["digest"][:7] for blob in document["blobs"]} == {"sha256:"}


def test_build_metadata_stays_true_in_the_annotation(desk: Desk) -> None:
    pushed(desk, FILE, f"{NAME}:1.0.0+b1")

    ran = desk.pallet("resolve", NAME, "1.0.0+b1")

    assert ran.stdout.split()[:2] == ["1.0.0+b1", "1.0.0_b1"]
    index = json.loads((desk.root / ".pallet/registry" / NAME / "index.json").read_text())
    digest = index["manifests"][0]["digest"].removeprefix("sha256:")
    manifest = json.loads((desk.root / ".pallet/registry" / NAME / "blobs/sha256" / digest).read_text())
    assert manifest["annotations"]["org.opencontainers.image.version"] == "1.0.0+b1"


@pytest.mark.parametrize(
    ("reference", "tag"),
    [
        ("x/y:v1.2.3", "1.2.3"),
        ("x/y:1.2.3_b1", "1.2.3_b1"),
        ("x/y:v1.2.3+b1", "1.2.3_b1"),
        ("x/y:latest", "latest"),
        ("x/y:1.2", "1.2"),
        ("y:1.2.3+b1", "1.2.3_b1"),
    ],
)
def test_tag_is_written_as_registries_take_it(desk: Desk, reference: str, tag: str) -> None:
    assert pushed(desk, FILE, reference)["tag"] == tag


def test_layout_needs_no_pallet_toml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path, "", capsys)
    desk.write("flow.yaml", triage("1.0.0"))

    document = pushed(desk, "flow.yaml", "oci-layout:shelf/flows:1.0.0+b1")

    assert (document["reference"], document["kind"]) == ("oci-layout:shelf/flows:1.0.0_b1", "workflow")
    assert (tmp_path / "shelf/flows/index.json").is_file()


def test_annotations_and_type_are_as_told(desk: Desk) -> None:
    desk.write("n.md", "x")
    arguments = (
        "--annotation",
        "com.acme.sum=1+1=2",
        "--annotation",
        "com.acme.none=",
        "--artifact-type",
        "text/x.acme",
    )

    digest = pushed(desk, "n.md", "n:1.0.0", *arguments)["digest"].removeprefix("sha256:")

    manifest = json.loads((desk.root / ".pallet/registry/n/blobs/sha256" / digest).read_text())
    assert manifest["artifactType"] == "text/x.acme"
    said = {key: text for key, text in manifest["annotations"].items() if key.startswith("com.acme.")}
    assert said == {"com.acme.sum": "1+1=2", "com.acme.none": ""}


def test_same_content_writes_nothing(desk: Desk) -> None:
    desk.pallet("push", FILE, NAME)

    ran = desk.pallet("push", FILE, NAME)

    assert ran.code == 0
    assert ran.stderr.endswith(":1.0.0: nothing to do: it holds this content already (kind workflow)\n")


def test_other_content_is_refused_until_forced(desk: Desk) -> None:
    before = digest_of(desk.pallet("push", FILE, NAME))
    desk.write(FILE, triage(skill="another"))

    refused = desk.pallet("push", FILE, NAME)
    forced = desk.pallet("push", FILE, NAME, "--force")

    assert (refused.code, refused.stdout) == (4, "")
    assert "this version holds other content: expected sha256:" in refused.stderr
    assert "→ push another version, such as 1.0.1; or overwrite what is there: --force" in refused.stderr
    assert forced.code == 0
    assert digest_of(forced) != before


def test_dev_tag_moves_freely(desk: Desk) -> None:
    desk.pallet("push", FILE, f"{NAME}:dev")
    desk.write(FILE, triage(skill="another"))

    assert pushed(desk, FILE, f"{NAME}:dev")["change"] == "overwritten"


def test_floating_tags_follow_as_they_do_for_sync(desk: Desk) -> None:
    pushed(desk, FILE, f"{NAME}:2.0.0", "--floating", "latest")

    floating = pushed(desk, FILE, f"{NAME}:1.0.1", "--floating", "latest", "--floating", "{major}.{minor}")[
        "floating"
    ]

    assert [(one["tag"], one["verdict"], one["action"]) for one in floating] == [
        ("1.0", "absent", "push"),
        ("latest", "ahead", "none"),
    ]


def test_foreign_floating_tag_is_a_problem(desk: Desk) -> None:
    desk.write("n.md", "x")
    pushed(desk, "n.md", f"{NAME}:latest")

    document = pushed(desk, FILE, NAME, "--floating", "latest", code=4)

    assert document["change"] == "pushed"
    assert [(one["code"], one["fix"]) for one in document["problems"]] == [
        ("floating-refused", "--force overwrites it")
    ]


def test_held_tag_of_the_target_stays(desk: Desk) -> None:
    pushed(desk, FILE, NAME, "--floating", "latest")
    with (desk.root / "pallet.toml").open("a") as config:
        config.write(f'\n[hold."{NAME}"]\nlatest = "1.0.0"\n')

    document = pushed(desk, FILE, f"{NAME}:1.1.0", "--floating", "latest")

    assert [one["verdict"] for one in document["floating"]] == ["held"]


@pytest.mark.parametrize("tag", ["01.2.3", "1.2.3-", "1.2.3.4", "v1.2.03"])
def test_almost_a_version_is_said(desk: Desk, tag: str) -> None:
    ran = desk.pallet("push", FILE, f"x:{tag}")

    assert ran.code == 0
    assert f"{tag}: no semantic version: a tag like any other, which may hold anything later" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            (FILE, "x:1.2+b1"),
            "reference: not a semantic version: expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1, got '1.2+b1'",
            id="plus-and-no-version",
        ),
        pytest.param(
            (FILE, f"x:1.0.0-{'a' * 130}"),
            "reference: not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -, "
            f"got '1.0.0-{'a' * 130}'",
            id="too-long",
        ),
        pytest.param((FILE, "x:a b"), "reference: not a tag: expected 1 to 128 letters", id="no-tag"),
        pytest.param(
            (FILE, "X:1.0.0"), "reference: not a repository name: expected lower-case", id="upper-case"
        ),
        pytest.param((FILE, "x@^1"), "reference: expected a version or a tag, got ^1", id="constraint"),
        pytest.param(
            (FILE, f"x@sha256:{'a' * 64}"),
            f"reference: expected a version or a tag, got sha256:{'a' * 64}",
            id="digest",
        ),
        pytest.param(
            (FILE, "agents/clerk.json"),
            "reference: expected a repository, got the file agents/clerk.json",
            id="reference-forgotten",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--annotation", "novalue"),
            "--annotation: expected KEY=VALUE, got 'novalue'",
            id="annotation",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--annotation", "org.pallet.project=y"),
            "--annotation: expected another key, got org.pallet.project, which pallet writes itself",
            id="reserved",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--annotation", "a=1", "--annotation", "a=2"),
            "--annotation a: expected one value, got several",
            id="annotation-twice",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--artifact-type", "prompt"),
            "--artifact-type: expected such as application/vnd.acme.prompt.v1+yaml, got 'prompt'",
            id="type",
        ),
        pytest.param(
            (FILE, "x:dev", "--floating", "latest"),
            "--floating latest: expected a version in the reference, got the tag dev",
            id="floating-without-version",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--floating", "{major}.{minor}.0"),
            "--floating: expected a tag that is no version itself, got '{major}.{minor}.0'",
            id="floating-is-a-version",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--floating", "{patch}"),
            "--floating: not a tag: expected",
            id="floating-unknown",
        ),
        pytest.param(
            (FILE, "x:1.0.0", "--target", "moon"),
            "target moon: expected one of main, got 'moon'",
            id="target",
        ),
    ],
)
def test_wrong_usage_is_refused(desk: Desk, arguments: tuple[str, ...], complaint: str) -> None:
    ran = desk.pallet("push", *arguments)

    assert (ran.code, ran.stdout) == (64, "")
    assert ran.stderr.startswith(f"pallet: {complaint}")
    assert not (desk.root / ".pallet").exists()


def test_password_is_never_repeated(desk: Desk) -> None:
    ran = desk.pallet("push", FILE, "ada:love+lace@example.com/x:1.0.0")

    assert ran.code == 64
    assert "love" not in ran.everything


def test_broken_pallet_toml_is_not_passed_over(desk: Desk) -> None:
    desk.write("pallet.toml", "[project]\n")

    assert desk.pallet("push", FILE, "oci-layout:shelf/x:1.0.0").code == 78


def test_registry_is_asked_four_times(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with CountingProxy(docker_registry.host) as proxy:
        desk = set_up(tmp_path, f"{proxy.url}/{repository_prefix}", capsys)
        assert desk.pallet("push", FILE, NAME).code == 0
        assert [request.method for request in proxy.requests] == ["HEAD", "POST", "PUT", "PUT"]

        proxy.forget()
        assert desk.pallet("push", FILE, NAME).code == 0
        assert [request.method for request in proxy.requests] == ["HEAD"]


def test_registry_and_layout_get_the_same_digest(
    docker_registry: DockerRegistry, repository_prefix: str, desk: Desk
) -> None:
    there = f"{docker_registry.host}/{repository_prefix}/triage:1.0.0+b1"

    online = desk.pallet("push", FILE, there, "--floating", "latest", "--floating", "{major}")
    offline = desk.pallet("push", FILE, f"{NAME}:1.0.0+b1")

    assert online.code == 0, online.everything
    assert digest_of(online) == digest_of(offline)
    assert run(["resolve", f"{docker_registry.host}/{repository_prefix}/triage", "latest"]) == 0
