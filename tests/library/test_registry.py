"""The library's object against a directory and a registry over HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler import Registry
from reconciler.errors import NotFoundError, RefusedError, UnauthorisedError, UsageError
from tests.support.docker_registry import PROJECT
from tests.support.scripted_registry import ScriptedRegistry

PLAN = """\
metadata: {name: plan, version: 1.2.0}
steps:
  - {id: plan, skill: create_plan}
"""
CODE = """\
metadata: {name: code, version: 2.0.0}
steps:
  - {id: plan, skill: create_plan}
  - {id: code, skill: generate_code}
"""
CONFIG = """\
[project]
name = "acme"
[target.shelf]
url = "{url}"
[[artifact]]
files = "workflows/*.yaml"
repository = "workflows/{{stem}}"
kind = "workflow"
version = {{ field = "metadata.version" }}
[artifact.annotations]
"org.pallet.workflow.language" = "python"
"""


@pytest.fixture(params=["directory", "http"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "directory":
        yield f"oci-layout:{tmp_path / 'shelf'}"
        return
    with ScriptedRegistry() as server:
        yield f"{server.url}/acme"


@pytest.fixture
def project(url: str, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "workflows").mkdir(parents=True)
    (folder / "pallet.toml").write_text(CONFIG.format(url=url), "utf-8")
    (folder / "workflows" / "plan.yaml").write_text(PLAN, "utf-8")
    (folder / "workflows" / "code.yaml").write_text(CODE, "utf-8")
    return folder


@pytest.fixture
def registry(url: str, project: Path, tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(url, directory=tmp_path, environment=_environment(tmp_path)) as registry:
        registry.sync(project)
        yield registry


def _environment(tmp_path: Path) -> dict[str, str]:
    return {"PALLET_CACHE_DIR": str(tmp_path / "cache"), "DOCKER_CONFIG": str(tmp_path / "none")}


class Heard:
    """Counts what it hears."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.items: list[str] = []

    def begin(self, what: str, total: int) -> None:
        self.steps.append(f"{what} {total}")

    def advance(self, item: str) -> None:
        self.items.append(item)

    def end(self) -> None:
        self.steps.append("end")


def test_project_is_planned_and_synced(url: str, project: Path, tmp_path: Path) -> None:
    heard = Heard()
    with Registry.open("shelf", project=project, environment=_environment(tmp_path)) as registry:
        planned = registry.plan()
        synced = registry.sync(progress=heard)
        checked = registry.check()

    assert planned.summary == {"create": 2}
    assert (synced.exit_code, checked.exit_code) == (0, 0)
    assert (project / "pallet.lock").is_file()
    assert "end" in heard.steps
    assert len(heard.items) >= 2


def test_names_and_versions_are_told(registry: Registry) -> None:
    assert registry.repositories() == ["workflows/code", "workflows/plan"]
    assert [item.version.text for item in registry.tags("workflows/plan").versions] == ["1.2.0"]
    assert registry.resolve("workflows/plan", "^1").version.text == "1.2.0"
    assert registry.resolve("workflows/plan@~1.2").tag == "1.2.0"


def test_what_is_not_there_says_what_is(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"1\.2\.0"):
        registry.resolve("workflows/plan", "^3")


def test_manifest_is_verified_and_known(registry: Registry) -> None:
    found = registry.manifest("workflows/plan:1.2.0")

    assert found.digest == registry.resolve("workflows/plan", "1.2.0").digest
    assert str(registry.identify("workflows/plan@^1")) == "workflow"


def test_files_are_pulled(registry: Registry, tmp_path: Path) -> None:
    registry.pull("workflows/plan@^1", tmp_path / "out")

    assert (tmp_path / "out" / "plan.yaml").read_text("utf-8") == PLAN


def test_best_fit_is_selected(registry: Registry, tmp_path: Path) -> None:
    choice = registry.select(skills=["create_plan", "generate_code"], language="python", memory="2GB")

    assert choice.entry.repository == "workflows/code"
    assert registry.dependencies(choice.entry).needed == ()
    pulled = registry.pull_with_dependencies(choice.entry, tmp_path / "tree")
    assert len(pulled.pulled) == 1


def test_nobody_fits_is_an_error(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        _ = registry.select(skills=["fly"]).entry


def test_search_finds_by_condition(registry: Registry) -> None:
    assert [entry.repository for entry in registry.search("plan").entries] == ["workflows/plan"]
    assert registry.search(where=["language=go"]).entries == ()
    with pytest.raises(UsageError, match="where: expected KEY=VALUE"):
        registry.search(where=["<<"])


def test_pushing_tagging_attaching(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note", "utf-8")

    pushed = registry.push("note.md", "notes/one:1.0.0", kind="files")
    again = registry.push("note.md", "notes/one:1.0.0", kind="files")
    registry.tag("notes/one", "1.0.0", "stable")
    attached = registry.attach("notes/one:1.0.0", "note.md", artifact_type="text/x-note")

    assert (pushed.change.value, again.change.value) == ("pushed", "unchanged")
    assert registry.manifest("notes/one:stable").digest == pushed.single.wanted.digest
    assert attached.attachment.digest in str(registry.referrers("notes/one:stable"))


def test_published_version_is_not_overwritten(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note", "utf-8")
    registry.push("note.md", "notes/one:1.0.0", kind="files")
    (tmp_path / "note.md").write_text("other", "utf-8")

    with pytest.raises(RefusedError):
        registry.push("note.md", "notes/one:1.0.0", kind="files")
    assert registry.push("note.md", "notes/one:1.0.0", kind="files", force=True).change.value == "overwritten"


def test_artifacts_are_copied_elsewhere(registry: Registry, tmp_path: Path) -> None:
    with Registry.open(f"oci-layout:{tmp_path / 'other'}", environment=_environment(tmp_path)) as other:
        registry.copy("workflows/plan:1.2.0", other)
        registry.copy("workflows/plan:1.2.0", other, "mirror/plan:latest")

        assert other.repositories() == ["mirror/plan", "workflows/plan"]
        assert (
            other.manifest("mirror/plan:latest").content == registry.manifest("workflows/plan:1.2.0").content
        )


def test_threads_share_one_object(registry: Registry) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: registry.resolve("workflows/plan", "^1").digest, range(32)))

    assert len(digests) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param({"username": "ci"}, "username: expected username and password", id="half a login"),
        pytest.param({"token": "a", "username": "ci", "password": "b"}, "got both", id="two logins"),
        pytest.param({"profile": "nobody"}, "profile: expected one of", id="unknown profile"),
        pytest.param({"jobs": 0}, "jobs: expected 1 to", id="no jobs"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Registry.open("localhost:5000", **arguments)  # type: ignore[arg-type]


def test_credentials_are_used_and_never_shown(tmp_path: Path) -> None:
    with ScriptedRegistry() as server:
        server.users["ci"] = "hush-hush"
        environment = _environment(tmp_path)
        with Registry.open(server.url, username="ci", password="hush-hush", environment=environment) as known:
            assert known.repositories() == []
            shown = repr(known) + repr(known._opened)
        with (
            Registry.open(server.url, environment=environment, home=tmp_path) as nobody,
            pytest.raises(UnauthorisedError) as refused,
        ):
            nobody.tags("workflows/plan")

    assert "hush" not in shown + str(refused.value)


def test_terminal_libraries_stay_out(tmp_path: Path) -> None:
    code = (
        "import sys; from reconciler import Registry; "
        f"r = Registry.open('oci-layout:{tmp_path}'); r.repositories(); r.close(); "
        "print(sorted({'click', 'rich'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )

    assert ran.stdout.strip() == "[]"


def test_page_s_example_works(registry: Registry, url: str, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "library.md").read_text("utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert example is not None
    names: dict[str, object] = {}
    exec(example[1], names)

    fetch = names["fetch_workflow"]
    assert callable(fetch)
    assert [path.name for path in fetch(url, tmp_path / "fetched")] == ["code.yaml"]


def test_page_names_every_method() -> None:
    page = (PROJECT / "docs" / "library.md").read_text("utf-8")
    public = {name for name in dir(Registry) if not name.startswith("_")} - {"open", "close", "url"}

    assert {name for name in public if f"`{name}(" not in page} == set()
