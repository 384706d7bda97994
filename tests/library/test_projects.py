"""A project and a registry: planned, synced and checked, with who hears of it and who may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import (
    ConfigError,
    InvalidError,
    LockOutOfDateError,
    Registry,
    Stop,
    StoppedError,
    UsageError,
)
from reconciler.sync.actions import Outcome
from tests.library.shop import PLAN, Heard, environment_of, write_project
from tests.support.processes import run_pallet
from tests.support.scripted_registry import Reply, ScriptedRegistry


@pytest.fixture
def shelf(project: Path, tmp_path: Path) -> Callable[..., Registry]:
    """Opens the project's target."""
    environment = environment_of(tmp_path)
    return lambda where="shelf", **more: Registry.open(
        where, project=project, environment=environment, **more
    )


def test_project_is_planned_synced_and_checked(shelf: Callable[..., Registry], project: Path) -> None:
    heard = Heard()
    with shelf() as registry:
        planned = registry.plan()
        before = registry.check()
        synced = registry.sync(progress=heard)
        after = registry.check()

    assert planned.summary == {"create": 2}
    assert [item.wanted.name for item in synced.plan.artifacts] == ["workflows/code", "workflows/plan"]
    assert (before.exit_code, synced.exit_code, after.exit_code) == (6, 0, 0)
    assert synced.report.lock_written
    assert (project / "pallet.lock").is_file()
    assert len(heard.steps) == heard.ended >= 2
    assert heard.items


def test_what_it_writes_is_what_the_command_line_writes(
    shelf: Callable[..., Registry], project: Path
) -> None:
    with shelf() as registry:
        registry.sync()

    ran = run_pallet("check", cwd=project)

    assert ran.code == 0, ran.everything


def test_project_goes_to_a_registry_that_it_does_not_name(project: Path, tmp_path: Path) -> None:
    with Registry.open("oci-layout:new", directory=tmp_path, environment={}) as registry:
        assert registry.sync("project").exit_code == 0
        assert registry.repositories() == ["workflows/code", "workflows/plan"]
        assert registry.plan(project / "pallet.toml").summary == {"in-sync": 2}


def test_policies_of_the_target_hold_by_its_url(url: str, project: Path, tmp_path: Path) -> None:
    config = project / "pallet.toml"
    config.write_text(config.read_text().replace("[target.other]", "immutable = false\n[target.other]"))
    with Registry.open(url, environment=environment_of(tmp_path)) as registry:
        registry.sync(project)
        (project / "workflows" / "plan.yaml").write_text(PLAN + "# changed\n")
        assert registry.sync(project).exit_code == 0


def test_refusals_are_in_the_answer(shelf: Callable[..., Registry], project: Path) -> None:
    with shelf() as registry:
        registry.sync()
        (project / "workflows" / "plan.yaml").write_text(PLAN + "# changed\n")
        refused = registry.sync()
        forced = registry.sync(force=["workflows/plan"])

    outcomes = {str(key[0]): result.outcome for key, result in refused.report.results.artifacts.items()}
    assert outcomes["workflows/plan"] is Outcome.REFUSED
    assert (refused.exit_code, forced.exit_code) == (4, 0)


def test_only_touches_nothing_else(shelf: Callable[..., Registry]) -> None:
    with shelf() as registry:
        registry.sync(only=["*/plan"])
        assert registry.repositories() == ["workflows/plan"]
        with pytest.raises(UsageError, match=r"only \*/plam: expected a name or glob"):
            registry.plan(only=["*/plam"])
        with pytest.raises(UsageError, match="only: expected a list of texts, got one text"):
            registry.plan(only="*/plan")


def test_locked_insists_on_the_lock(shelf: Callable[..., Registry], project: Path) -> None:
    with shelf() as registry:
        with pytest.raises(LockOutOfDateError, match=r"pallet\.lock: expected a lock, got none"):
            registry.sync(locked=True)
        registry.sync()
        lock = (project / "pallet.lock").read_bytes()
        assert registry.sync(locked=True).exit_code == 0
    assert (project / "pallet.lock").read_bytes() == lock


def test_verdicts_may_be_allowed(shelf: Callable[..., Registry]) -> None:
    with shelf() as registry:
        registry.sync()
    with shelf(where="other") as registry:
        assert registry.check().exit_code == 3
        assert registry.check(allow=["missing"]).exit_code == 2
        assert registry.check(allow=["missing", "absent"]).exit_code == 0
        with pytest.raises(UsageError, match=r"allow: expected one of .*, got 'unknown'"):
            registry.check(allow=["unknown"])


def test_unknown_is_not_absent(server: ScriptedRegistry, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", server.url)
    server.on("*", "/workflows/plan/", Reply(500), times=100)

    with Registry.open(project=project, environment=environment_of(tmp_path), retries=0) as registry:
        plan = registry.plan()
        synced = registry.sync()

    assert plan.summary["unknown"] == 1
    assert synced.exit_code == 1
    assert (
        "workflows/plan" not in (project / "pallet.lock").read_text() if synced.report.lock_written else True
    )


def test_no_project_is_refused(tmp_path: Path) -> None:
    with Registry.open("oci-layout:shelf", directory=tmp_path, environment={}) as registry:
        with pytest.raises(UsageError, match=r"project: expected a pallet\.toml or its folder, got none"):
            registry.plan()
        with pytest.raises(ConfigError):
            registry.plan(tmp_path / "nowhere")


def test_invalid_files_are_all_told(shelf: Callable[..., Registry], project: Path) -> None:
    for name in ("plan", "code"):
        (project / "workflows" / f"{name}.yaml").write_text("metadata: [\n")

    with shelf() as registry, pytest.raises(InvalidError) as refused:
        registry.sync()

    files = {problem.file for problem in refused.value.problems}
    assert {"workflows/plan.yaml", "workflows/code.yaml"} <= files


def test_stop_ends_one_run_and_not_the_registry(shelf: Callable[..., Registry]) -> None:
    stop = Stop()
    stop.request()

    with shelf() as registry:
        with pytest.raises(StoppedError):
            registry.sync(stop=stop)
        assert registry.sync().exit_code == 0


def test_two_runs_at_once_give_one_lock(shelf: Callable[..., Registry], project: Path) -> None:
    said: list[str] = []
    codes: list[int] = []
    with shelf(notices=said.append) as registry:

        def run() -> None:
            codes.append(registry.sync().exit_code)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert codes == [0, 0, 0, 0]
        assert registry.check().exit_code == 0
    assert (project / "pallet.lock").read_text().count("[[artifact]]") == 2
    assert set(said) <= {"another pallet is writing this project: waiting for it"}
