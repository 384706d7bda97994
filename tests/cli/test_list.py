"""`pallet list`: what people and programs read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discovery.published import manifest_of
from tests.support.docker_registry import DockerRegistry
from tests.support.results import read_result
from tests.support.scenarios import NAMES, Desk, set_up, triage
from tests.support.scripted_registry import Reply, ScriptedRegistry

OCI = "application/vnd.oci.image.manifest.v1+json"
SOURCE = "6 repositories, from the list of repositories of oci-layout:.pallet/registry, read just now"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_table_has_a_line_for_each_repository(synced: Desk) -> None:
    ran = synced.pallet("list")

    head, *body = rows(ran.stdout)
    assert ran.code == 0
    assert head == ["repository", "type", "version", "digest", "size", "age"]
    assert [row[0] for row in body] == list(NAMES)
    assert body[4][1:3] == ["workflow", "1.0.0-rc.1"]
    assert body[0][1] == "agent-card"
    assert ran.stderr == f"{SOURCE}\n"


def test_json_tells_it_whole(synced: Desk) -> None:
    document = read_result(synced.pallet("list", "workflows/triage", "--format", "json").stdout)

    (artifact,) = document["artifacts"]
    assert (document["source"], document["considered"], document["notes"]) == ("registry", 6, [])
    assert artifact["reference"] == "oci-layout:.pallet/registry/workflows/triage:1.0.0"
    assert (artifact["kind"], artifact["version"], artifact["stable"]) == ("workflow", "1.0.0", True)
    assert artifact["digest"] in synced.lock.read_text()
    assert artifact["annotations"]["org.pallet.workflow.skills"] == "classify_ticket,choose_team"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("agents/*",), NAMES[:3]),
        (("--kind", "workflow"), NAMES[3:]),
        (("--kind", "agent-card", "*/clerk", "workflows/*"), ("agents/clerk",)),
        (("--kind", "application/vnd.pallet.*card*"), NAMES[:3]),
        (("--project", "des*"), NAMES),
        (("--project", "other"), ()),
    ],
    ids=str,
)
def test_filters_leave_what_is_wanted(
    synced: Desk, arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    ran = synced.pallet("list", *arguments)

    assert (ran.code, tuple(row[0] for row in rows(ran.stdout)[1:])) == (0, expected)


def test_kind_that_is_not_there_is_explained(synced: Desk) -> None:
    ran = synced.pallet("list", "--kind", "chart")

    assert (ran.code, ran.stdout) == (0, "")
    assert "nothing of this kind: there is agent-card, workflow\n" in ran.stderr


def test_all_versions_are_listed_newest_first(synced: Desk) -> None:
    synced.write("workflows/triage.yaml", triage("1.1.0"))
    assert synced.pallet("sync").code == 0

    newest = rows(synced.pallet("list", "*/triage").stdout)[1:]
    every = rows(synced.pallet("list", "*/triage", "--all").stdout)[1:]

    assert [row[2] for row in newest] == ["1.1.0"]
    assert [row[2] for row in every] == ["1.1.0", "1.0.0"]


def test_kind_of_the_project_has_its_name(synced: Desk) -> None:
    synced.write("prompts/greet.yaml", "say: hello\n")
    config = synced.root / "pallet.toml"
    rule = '\n[[artifact]]\nfiles = "prompts/*.yaml"\nrepository = "prompts/{stem}"\nkind = "prompt"\nversion = "1.0.0"\n'
    kind = '\n[kind.prompt]\nmedia-type = "application/vnd.acme.prompt.v1+yaml"\n'
    config.write_text(config.read_text() + rule + kind)
    assert synced.pallet("sync").code == 0

    table = rows(synced.pallet("list", "--kind", "prompt").stdout)

    assert [row[:2] for row in table[1:]] == [["prompts/greet", "application/vnd.acme.prompt.v1+yaml"]]


def test_age_is_what_the_publisher_says(online: Desk, registry: ScriptedRegistry) -> None:
    for name, created in (("a", "2020-01-01T00:00:00Z"), ("b", "\x1b[31mlong ago"), ("c", "9999-01-01")):
        said = {"org.opencontainers.image.created": created}
        registry.put(f"w/{name}", manifest_of(said), OCI, "1.0.0")

    ages = [row.rpartition("  ")[2] for row in online.pallet("list").stdout.splitlines()[1:]]

    assert ages[0].endswith("y")
    assert ages[1:] == ["–", "in the future"]


def test_registry_needs_no_config(
    registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.put("acme/w/a", manifest_of({}), OCI, "1.0.0")
    registry.put("other/w/b", manifest_of({}), OCI, "1.0.0")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()

    ran = Desk(nowhere, "", capsys).pallet("list", "--registry", f"{registry.url}/acme")

    assert ran.code == 0
    assert [row[0] for row in rows(ran.stdout)[1:]] == ["w/a"]


def test_invalid_config_is_said_and_not_used(
    registry: ScriptedRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.put("acme/w/a", manifest_of({}), OCI, "1.0.0")
    (tmp_path / "pallet.toml").write_text("nothing = true\n", encoding="utf-8")

    ran = Desk(tmp_path, "", capsys).pallet("list", "--registry", f"{registry.url}/acme")

    assert ran.code == 0
    assert [row[0] for row in rows(ran.stdout)[1:]] == ["w/a"]
    assert ran.stderr.startswith("pallet: pallet.toml is invalid: nothing that it says is used here\n")


def test_neither_config_nor_registry_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Desk(tmp_path, "", capsys).pallet("list")

    assert ran.code == 64
    assert ran.stderr == (
        "pallet: target: expected a pallet.toml or --registry, got neither\n"
        "  → name a registry with --registry, or start in the project's folder\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--registry", "oci-layout:"), "--registry: expected oci-layout:DIR, got no directory"),
        (
            ("--registry", "localhost:5000", "--target", "main"),
            "--registry: expected it or --target, got both",
        ),
        (("--catalog", "catalog", "--no-catalog"), "--catalog: expected it or --no-catalog, got both"),
        (("--catalog", "NO"), "--catalog: not a repository name"),
        (("--target", "nobody"), "target nobody: expected one of main, got 'nobody'"),
    ],
)
def test_impossible_flags_are_refused(synced: Desk, arguments: tuple[str, ...], message: str) -> None:
    ran = synced.pallet("list", *arguments)

    assert ran.code == 64
    assert ran.stderr.startswith(f"pallet: {message}")


def test_what_cannot_be_read_is_said_and_the_rest_is_listed(online: Desk, registry: ScriptedRegistry) -> None:
    registry.put("w/good", manifest_of({}), OCI, "1.0.0")
    registry.put("w/html", b"<html>", OCI, "1.0.0")
    registry.put("w/gone", manifest_of({}), OCI, "1.0.0")

    registry.put("w/broken", manifest_of({}), OCI, "1.0.0")
    registry.on("GET", r"/v2/w/broken/tags", Reply(418))
    registry.on("GET", r"/v2/w/gone/tags", Reply(404, body=b'{"errors":[{"code":"NAME_UNKNOWN"}]}'))
    ran = online.pallet("list", "--format", "json")

    document = read_result(ran.stdout)
    assert (ran.code, [item["repository"] for item in document["artifacts"]]) == (0, ["w/good"])
    assert any("w/html" in note and "not a manifest" in note for note in document["notes"])
    assert any("w/broken: left out: could not be read: " in note for note in document["notes"])
    assert document["notes"][-1] == "listed, and not there: left out: w/gone"
    assert len(document["notes"]) == 3


@pytest.mark.parametrize(
    ("command", "locked"),
    [
        pytest.param(["list", "w/plan"], False, id="list"),
        pytest.param(["list", "w/plan"], True, id="before-the-lock"),
        pytest.param(["search", "--repository", "w/plan"], False, id="search"),
        pytest.param(["select", "--repository", "w/plan"], False, id="select"),
    ],
)
def test_names_that_are_given_are_a_list_where_nothing_is_listed(
    online: Desk, registry: ScriptedRegistry, command: list[str], locked: bool
) -> None:
    if locked:
        assert online.pallet("sync").code == 0
    content = manifest_of({"org.pallet.workflow.skills": "plan"})
    registry.put("w/plan", content, OCI, "1.0.0")
    registry.on("GET", "/v2/_catalog", Reply(401))
    where = [] if locked else ["--registry", registry.url]

    ran = online.pallet(*command, *where, "--format", "json")

    document = read_result(ran.stdout)
    assert (ran.code, document["source"]) == (0, "list")
    (found,) = document["artifacts"] if "artifacts" in document else [document["chosen"]]
    assert found["repository"] == "w/plan"
    assert document["notes"][0].startswith("only the repositories that were named are looked at: ")
    assert "401" in document["notes"][0]


def test_glob_needs_a_list(online: Desk, registry: ScriptedRegistry) -> None:
    registry.on("GET", "/v2/_catalog", Reply(401))

    assert online.pallet("list", "w/plan", "w/*", "--registry", registry.url).code == 77


def test_names_that_are_given_change_nothing_where_all_are_listed(
    online: Desk, registry: ScriptedRegistry
) -> None:
    registry.put("w/plan", manifest_of({}), OCI, "1.0.0")

    document = read_result(online.pallet("list", "w/plan", "--format", "json").stdout)

    assert (document["source"], document["notes"]) == ("registry", [])


def test_names_of_the_lock_are_used_where_nothing_is_listed(online: Desk, registry: ScriptedRegistry) -> None:
    assert online.pallet("sync").code == 0

    registry.on("GET", r"/v2/_catalog", Reply(404))

    document = read_result(online.pallet("list", "--format", "json").stdout)

    assert document["source"] == "lock"
    assert [item["repository"] for item in document["artifacts"]] == list(NAMES)


def test_docker_registry_is_listed(
    docker_registry: DockerRegistry,
    repository_prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk = set_up(tmp_path / "real", f"{docker_registry.url}/{repository_prefix}", capsys)
    assert desk.pallet("sync").code == 0

    document = read_result(desk.pallet("list", "--format", "json").stdout)

    assert [item["repository"] for item in document["artifacts"]] == list(NAMES)
    assert document["artifacts"][5]["floating_tags"] == []


def test_fallback_is_named_and_not_the_catalog(synced: Desk) -> None:
    synced.write(
        "pallet.toml", (synced.root / "pallet.toml").read_text() + '\n[catalog]\nrepository = "catalog"\n'
    )

    ran = synced.pallet("list")

    assert ran.stderr.endswith(f"{SOURCE}\n")
    assert "oci-layout:.pallet/registry/catalog:latest: there is no catalog yet\n" in ran.stderr
