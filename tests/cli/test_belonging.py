"""Whose repository a reference names: the order among targets, and what every command makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.cli.belonging import find_owner
from reconciler.desired.config_reader import read_config
from reconciler.desired.references import read_reference
from reconciler.desired.requirements import REQUIRES
from reconciler.oci import media_types
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository, Tag
from tests.discovery.published import BLOB, manifest_of
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import Desk, digest_at, set_up, snapshot, triage

TARGETS = """\
[project]
name = "desk"

[target.whole]
url = "https://reg.test"

[target.team]
url = "https://reg.test/acme/team"

[target.same]
url = "https://reg.test/acme/team"

[target.plain]
url = "http://plain.test:5000/acme"

[target.files]
url = "oci-layout:.pallet/registry"

[target.inner]
url = "oci-layout:.pallet/registry/inner"

[defaults]
target = "same"
"""
FILES = {
    "workflows/router.yaml": (
        "metadata:\n  name: Router\n  version: 2.0.0\n  requires: [plan@^1, tools/search]\n"
        "steps:\n  - { id: first, skill: route }\n"
    ),
    "workflows/plan.yaml": (
        "metadata:\n  name: Plan\n  version: 1.2.0\n  requires: [tools/search]\n"
        "steps:\n  - { id: first, skill: create_plan }\n"
    ),
}
SEARCH = """
[[artifact]]
files = "tools/*.yaml"
repository = "tools/{stem}"
kind = "workflow"
"""
TREE = """\
workflows/router 2.0.0
├── workflows/plan 1.2.0  [^1]
│   └── tools/search 1.0.0
└── tools/search 1.0.0
"""


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        pytest.param("reg.test/acme/team/w/x", None, ("same", "w/x"), id="default-among-equals"),
        pytest.param("reg.test/acme/team/w/x", "team", ("team", "w/x"), id="chosen-one"),
        pytest.param(
            "reg.test/acme/team/w/x", "whole", ("whole", "acme/team/w/x"), id="chosen-one-is-shorter"
        ),
        pytest.param("reg.test/acme/w/x", "team", ("whole", "acme/w/x"), id="chosen-one-does-not-have-it"),
        pytest.param("reg.test/acme/team", None, ("whole", "acme/team"), id="the-prefix-itself"),
        pytest.param("reg.test/acme/teams/x", None, ("whole", "acme/teams/x"), id="no-half-component"),
        pytest.param("REG.test:443/acme/team/x", None, ("same", "x"), id="same-server"),
        pytest.param("plain.test:5000/acme/x", None, ("plain", "x"), id="scheme-of-the-target"),
        pytest.param("https://plain.test:5000/acme/x", None, None, id="scheme-that-was-written"),
        pytest.param("plain.test:5000/other/x", None, None, id="outside-the-prefix"),
        pytest.param("other.test/acme/team/x", None, None, id="other-host"),
        pytest.param("oci-layout:.pallet/registry/w/x", None, ("files", "w/x"), id="directory"),
        pytest.param(
            "oci-layout:./.pallet/other/../registry/w/x", None, ("files", "w/x"), id="same-directory"
        ),
        pytest.param("oci-layout:.pallet/registry/inner/w/x", None, ("inner", "w/x"), id="inner-directory"),
        pytest.param("oci-layout:.pallet/x", None, None, id="outside-the-directory"),
        pytest.param("oci-layout:.pallet/registry", None, None, id="the-directory-itself"),
        pytest.param("oci-layout:.pallet/registry/Up/x", None, None, id="no-name"),
    ],
)
def test_owner_of_a_place(
    tmp_path: Path, text: str, chosen: str | None, expected: tuple[str, str] | None
) -> None:
    (tmp_path / "pallet.toml").write_text(TARGETS)
    written = read_reference(text)
    assert written.url is not None

    owned = find_owner(
        read_config(tmp_path / "pallet.toml"),
        written.url,
        written.repository,
        folder=tmp_path,
        chosen=chosen,
    )

    assert (owned and (owned.target.name, owned.repository)) == expected


def test_target_that_there_is_not_is_refused(desk: Desk) -> None:
    ran = desk.pallet("tags", "reg.test/w/x", "--target", "mian")

    assert ran.code == 64
    assert "target mian: expected one of main, got 'mian'" in ran.stderr


@pytest.fixture(params=["registry", "layout"])
def published(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Three workflows that need each other, in a directory or below a prefix of two components."""
    url = "oci-layout:.pallet/registry"
    if request.param == "registry":
        server: DockerRegistry = request.getfixturevalue("docker_registry")
        url = f"{server.url}/{request.getfixturevalue('repository_prefix')}/team"
    desk = set_up(tmp_path / "desk", url, capsys, files=FILES)
    desk.write("tools/search.yaml", triage("1.0.0"))
    desk.write("pallet.toml", (desk.root / "pallet.toml").read_text() + SEARCH)
    ran = desk.pallet("sync")
    assert ran.code == 0, ran.everything
    return desk


@pytest.fixture
def reference(published: Desk) -> str:
    """What `select` prints of the one that needs the others."""
    chosen = published.pallet("select", "--skill", "route")
    assert chosen.code == 0, chosen.everything
    return chosen.stdout.split()[0]


def test_list_and_search_print_the_same(published: Desk, reference: str) -> None:
    for arguments in (["list", "workflows/router"], ["search", "Router"]):
        document = read_result(published.pallet(*arguments, "--format", "json").stdout)
        assert [item["reference"] for item in document["artifacts"]] == [reference]


def test_requirements_of_what_was_printed_are_found(published: Desk, reference: str) -> None:
    ran = published.pallet("deps", reference)

    assert (ran.code, ran.stderr) == (0, "")
    assert re.sub(r"  [0-9a-f]{12}", "", ran.stdout) == TREE


def test_pull_takes_all_that_what_was_printed_needs(published: Desk, reference: str) -> None:
    ran = published.pallet("pull", reference, "--with-deps", "-o", "out", "--lock", "taken.lock")
    again = published.pallet("pull", reference.rpartition(":")[0], "--from-lock", "taken.lock", "-o", "again")

    assert (ran.code, again.code) == (0, 0), ran.everything + again.everything
    names = ["tools/search/search.yaml", "workflows/plan/plan.yaml", "workflows/router/router.yaml"]
    assert list(snapshot(published.root / "out")) == list(snapshot(published.root / "again")) == names


def test_who_needs_what_was_printed_is_found(published: Desk, reference: str) -> None:
    search = reference.replace("workflows/router:2.0.0", "tools/search:1.0.0")

    document = read_result(published.pallet("deps", search, "--reverse", "--format", "json").stdout)

    assert {edge["from"]["repository"] for edge in document["edges"]} == {
        "workflows/plan",
        "workflows/router",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["inspect", "{0}:2.0.0"], id="inspect"),
        pytest.param(["resolve", "{0}@^2"], id="resolve"),
        pytest.param(["tags", "{0}"], id="tags"),
        pytest.param(["diff", "{0}"], id="diff-with-files"),
        pytest.param(["diff", "{0}:2.0.0", "@^2"], id="diff"),
        pytest.param(["referrers", "{0}:2.0.0"], id="referrers"),
        pytest.param(["pull", "{0}:2.0.0", "-o", "out"], id="pull"),
        pytest.param(["tag", "{0}", "2.0.0", "--as", "candidate"], id="tag"),
        pytest.param(["attach", "{0}:2.0.0", "pallet.toml", "--artifact-type", "a/b"], id="attach"),
        pytest.param(["copy", "{0}:2.0.0", "{0}-two"], id="copy"),
        pytest.param(["push", "workflows/plan.yaml", "{0}-three"], id="push"),
    ],
)
def test_command_takes_what_was_printed(published: Desk, reference: str, arguments: list[str]) -> None:
    repository = reference.rpartition(":")[0]

    ran = published.pallet(*(argument.format(repository) for argument in arguments))

    assert ran.code == 0, ran.everything
    listed = published.pallet("list").stdout
    assert "team/workflows" not in listed
    assert ("workflows/router-two" in listed, "workflows/router-three" in listed) == (
        arguments[0] == "copy",
        arguments[0] == "push",
    )


def test_lock_holds_what_was_printed(published: Desk, reference: str) -> None:
    ran = published.pallet("delete", reference, "--yes")

    assert ran.code == 4
    assert "pallet.lock holds it, as 2.0.0" in ran.stderr


def test_subject_may_be_what_was_printed(published: Desk, reference: str) -> None:
    ran = published.pallet("push", "pallet.toml", "workflows/router:note", "--subject", reference)
    assert ran.code == 0, ran.everything

    other = published.pallet("push", "pallet.toml", "workflows/plan:note", "--subject", reference)
    assert other.code == 64
    assert f"--subject: expected a manifest of workflows/plan, got {reference}" in other.stderr


def test_default_directory_is_named_from_where_people_stand(published: Desk) -> None:
    folder = published.root / "workflows"
    inside = Desk(folder, published.url, published.capsys)

    chosen = inside.pallet("select", "--skill", "route")
    ran = inside.pallet("deps", chosen.stdout.split()[0])

    assert ran.code == 0, chosen.stdout + ran.everything
    assert ran.stdout.startswith("workflows/router 2.0.0 ")


def test_one_text_may_be_two_directories(desk: Desk) -> None:
    """`one` is the target's from the project's folder, and nobody's from a folder in it."""
    desk.write("pallet.toml", (desk.root / "pallet.toml").read_text().replace(".pallet/registry", "one"))
    for folder, text in ((desk.root / "one", "outer"), (desk.root / "sub/one", "inner")):
        store = open_layout(folder)
        store.put_blob(Repository("app"), BLOB)
        content = manifest_of({"org.test.name": text, REQUIRES: ""})
        store.put_manifest(Repository("app"), Tag("1.0.0"), content, media_types.OCI_MANIFEST)
    inside = Desk(desk.root / "sub", desk.url, desk.capsys)

    shown = {
        text: read_result(inside.pallet("inspect", text, "--format", "json").stdout)
        for text in ("app:1.0.0", "oci-layout:one/app:1.0.0")
    }

    names = {text: document["annotations"]["org.test.name"] for text, document in shown.items()}
    assert names == {"app:1.0.0": "outer", "oci-layout:one/app:1.0.0": "inner"}
    assert shown["app:1.0.0"]["reference"] == "oci-layout:../one/app:1.0.0"
    copied = inside.pallet("copy", "app:1.0.0", "oci-layout:one/two")
    assert copied.code == 0, copied.everything


def test_pushed_by_its_whole_name_stands_below_the_prefix(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = set_up(tmp_path / "desk", f"{docker_registry.url}/{repository_prefix}", capsys)
    name = f"{repository_prefix}/workflows/mine"

    ran = desk.pallet("push", "workflows/triage.yaml", f"{docker_registry.host}/{name}")

    assert ran.code == 0, ran.everything
    assert digest_at(docker_registry.host, name, "1.0.0") in ran.stdout.split()
