"""What a program finds: by words and conditions, by what it needs, and what that requires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import NotFoundError, RefusedError, Registry, StoreError, UsageError
from reconciler.discovery.pull_lock import read_pull_lock
from tests.library.shop import CODE, PLAN, Heard, environment_of, write_project
from tests.support.scripted_registry import Reply, ScriptedRegistry


@pytest.mark.parametrize(
    ("words", "asked", "found"),
    [
        pytest.param((), {}, ["workflows/code", "workflows/plan"], id="everything"),
        pytest.param(("plans",), {}, ["workflows/plan"], id="word"),
        pytest.param((), {"skills": ["generate_code"]}, ["workflows/code"], id="skill"),
        pytest.param((), {"where": ["language=go"]}, ["workflows/plan"], id="condition"),
        pytest.param((), {"where": ["memory>1GB"]}, ["workflows/code"], id="comparison"),
        pytest.param((), {"types": ["workflow"], "projects": ["ac*"]}, ["workflows/code", "workflows/plan"], id="type"),
        pytest.param((), {"repositories": ["*/p*"]}, ["workflows/plan"], id="glob"),
        pytest.param((), {"listed": ["workflows/plan"]}, ["workflows/plan"], id="listed"),
        pytest.param(("nothing",), {}, [], id="nothing"),
    ],
)  # fmt: skip
def test_search_finds_what_is_meant(
    words: tuple[str, ...], asked: dict[str, Any], found: list[str], registry: Registry
) -> None:
    searched = registry.search(*words, **asked)

    assert [entry.repository for entry in searched.entries] == found
    assert searched.source == ("list" if "listed" in asked else "registry")
    assert searched.as_of is not None


def test_best_fit_is_selected(registry: Registry) -> None:
    choice = registry.select(skills=["create_plan"], language="python", memory="2GB", explain=True)

    assert choice.chosen is not None
    assert (choice.entry.repository, choice.entry.version) == (
        "workflows/code",
        registry.resolve("workflows/code").version,
    )
    assert (choice.chosen.priority, choice.chosen.cost) == (0, "low")
    assert [item.entry.repository for item in choice.selection.candidates] == [
        "workflows/code",
        "workflows/plan",
    ]
    assert registry.manifest(choice.entry).digest == choice.entry.digest


def test_versions_can_be_asked_for(registry: Registry, project: Path) -> None:
    path = project / "workflows" / "plan.yaml"
    path.write_text(PLAN.replace("1.2.0", "2.0.0-rc.1"))
    registry.push(path, "workflows/plan")

    by_constraint = registry.select(skills=["create_plan"], repositories=["*/plan"], constraint="^1")
    with_prereleases = registry.select(skills=["create_plan"], repositories=["*/plan"], prereleases=True)

    assert [str(choice.entry.version) for choice in (by_constraint, with_prereleases)] == [
        "1.2.0",
        "2.0.0-rc.1",
    ]


def test_nobody_fits_names_the_nearest(registry: Registry) -> None:
    choice = registry.select(skills=["create_plan", "generate_code", "fly"])

    assert choice.chosen is None
    assert choice.nearest is not None
    said = r"nobody of 2 fits; the nearest is workflows/code:2\.0\.0: skill fly: expected among its skills"
    with pytest.raises(NotFoundError, match=said):
        _ = choice.entry


def test_nobody_to_choose_from(tmp_path: Path) -> None:
    with (
        Registry.open("oci-layout:empty", directory=tmp_path, environment={}) as registry,
        pytest.raises(NotFoundError, match="expected at least one workflow to choose from, got none"),
    ):
        _ = registry.select(skills=["create_plan"]).entry


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({}, "select: expected something to choose by, got nothing", id="nothing"),
        pytest.param({"skills": "plan"}, "skills: expected a list of texts, got one text", id="text"),
        pytest.param({"skills": ["plan", " "]}, "skills: expected a text, got an empty one", id="empty"),
        pytest.param({"language": ""}, "language: expected a text, got an empty one", id="no-language"),
        pytest.param({"memory": "lots"}, "memory: expected an amount such as 512MiB", id="memory"),
        pytest.param({"require": ["<<"]}, "require: expected KEY=VALUE", id="condition"),
        pytest.param({"skills": ["plan"], "constraint": ""}, "constraint: expected such as", id="constraint"),
    ],
)
def test_wishes_that_cannot_be_are_refused(asked: dict[str, Any], said: str, registry: Registry) -> None:
    with pytest.raises(UsageError, match=said):
        registry.select(**asked)


def test_catalog_of_a_project_answers_in_two_requests(server: ScriptedRegistry, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", server.url)
    config = project / "pallet.toml"
    config.write_text(config.read_text() + '[catalog]\nrepository = "catalog"\n')
    with Registry.open(project=project, environment=environment_of(tmp_path / "one")) as publisher:
        assert publisher.sync().exit_code == 0
    server.on("GET", "/v2/_catalog", Reply(404, {}, b"{}"), times=100)
    server.requests.clear()

    with Registry.open(server.url, environment=environment_of(tmp_path / "two")) as registry:
        choice = registry.select(skills=["generate_code"])
        asked = len(server.requests)
        names = registry.repositories()

    assert (choice.entry.repository, choice.source, asked) == ("workflows/code", "catalog", 2)
    assert names == ["workflows/code", "workflows/plan"]


def test_needs_are_found_and_pulled(registry: Registry, tmp_path: Path) -> None:
    heard = Heard()
    needs = registry.dependencies("workflows/code")

    by_value = registry.pull_with_dependencies(needs, "tree", progress=heard)
    again = registry.pull_with_dependencies("workflows/code:2.0.0", tmp_path / "tree")

    assert [entry.repository for entry in needs.needed] == ["workflows/plan"]
    assert (tmp_path / "tree" / "workflows" / "code" / "code.yaml").read_text() == CODE
    assert (tmp_path / "tree" / "workflows" / "plan" / "plan.yaml").read_text() == PLAN
    assert heard.steps == [("pulling", 2)]
    assert by_value.lock == again.lock == read_pull_lock(by_value.lock_text.encode(), file="pull.lock")
    assert [item.digest for item in by_value.lock.taken] == [entry.digest for entry in needs.entries.values()]
    assert {file.change.value for item in again.pulled for file in item.files} == {"unchanged"}


def test_what_cannot_be_had_is_told_before_anything_is_written(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(CODE)
    requires = {"org.pallet.workflow.requires": "workflows/gone@^1, workflows/plan@^9"}
    registry.push("odd.yaml", "workflows/odd:1.0.0", annotations=requires)

    assert len(registry.dependencies("workflows/odd").unmet) == 2
    with pytest.raises(StoreError, match=r"(?s)workflows/gone.*workflows/plan") as refused:
        registry.pull_with_dependencies("workflows/odd", tmp_path / "tree")

    assert refused.value.fix is not None
    assert not (tmp_path / "tree").exists()


def test_every_failure_of_a_tree_is_told(registry: Registry, tmp_path: Path) -> None:
    for name in ("plan", "code"):
        folder = tmp_path / "tree" / "workflows" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text("mine")

    with pytest.raises(Exception, match=r"(?s)code\.yaml.*plan\.yaml") as refused:
        registry.pull_with_dependencies("workflows/code", tmp_path / "tree")

    assert refused.value.exit_code == RefusedError.exit_code  # type: ignore[attr-defined]
