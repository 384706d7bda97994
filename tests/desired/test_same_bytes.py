"""The same files give the same bytes: on every machine, at every time, from every folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.oci.digest import Digest
from tests.support.projects import ProjectFolder, make_project, workflow

TOML = """
[defaults]
floating-tags = ["latest"]

[[artifact]]
files = "workflows/**/*.yaml"
repository = "{dir}/{stem}"
kind = "workflow"

[artifact.annotations]
"com.acme.ownér" = "Zoë"
"com.acme.Owner" = "A"

[[artifact]]
files = ["prompts/**/*.md", "prompts/index.json"]
repository = "bundles/prompts"
kind = "files"
bundle = true
version = { file = "VERSION" }
"""

FILES: dict[str, str | bytes] = {
    "VERSION": "0.3.0\n",
    "prompts/index.json": "{}",
    "prompts/ä.md": "# ä\n",
    "prompts/A.md": "# A\n",
    "prompts/a/z.md": "# z\n",
    "prompts/a-b.md": b"# a\r\n",
    **{
        f"workflows/{place}.yaml": workflow(f"1.0.{index}")
        for index, place in enumerate(("router", "b/summary", "b/z", "a_c", "a-b", "a"))
    },
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and how pallet is started."""

    variables: dict[str, str]
    arguments: tuple[str, ...] = ()
    directory: str = "."


def _lock(folder: ProjectFolder, around: Surroundings) -> bytes:
    """Let a fresh process write the lock; return its bytes."""
    folder.lock.unlink(missing_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.root), **around.variables}
    arguments = [each.replace("ROOT", str(folder.root)) for each in around.arguments]
    subprocess.run(
        [sys.executable, "-m", "reconciler", "lock", *arguments],
        cwd=folder.root / around.directory,
        env=environment,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder.lock.read_bytes()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = make_project(tmp_path_factory.mktemp("expected"), TOML, FILES)
    folder.write_lock()
    return folder.lock.read_bytes()


AROUND = {
    "an empty environment": Surroundings({}),
    "hash seed 0": Surroundings({"PYTHONHASHSEED": "0"}),
    "hash seed 4242": Surroundings({"PYTHONHASHSEED": "4242"}),
    "far east of Greenwich": Surroundings({"TZ": "Pacific/Kiritimati"}),
    "west of Greenwich": Surroundings({"TZ": "America/St_Johns"}),
    "the locale C": Surroundings({"LANG": "C", "LC_ALL": "C"}),
    "a Turkish locale": Surroundings({"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    "another user": Surroundings({"USER": "somebody", "LOGNAME": "somebody", "HOSTNAME": "elsewhere"}),
    "an epoch of reproducible builds": Surroundings({"SOURCE_DATE_EPOCH": "1"}),
    "a folder below": Surroundings({}, directory="workflows/b"),
    "another folder with -C": Surroundings({}, ("-C", "ROOT"), directory="/"),
    "a relative -C": Surroundings({}, ("-C", "../.."), directory="workflows/b"),
    "-f": Surroundings({}, ("-f", "ROOT/pallet.toml"), directory="/"),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_lock_is_the_same_from(around: Surroundings, tmp_path: Path, expected: bytes) -> None:
    assert _lock(make_project(tmp_path / "project", TOML, FILES), around) == expected


def test_lock_is_the_same_in_a_locale_without_utf_8(tmp_path: Path, expected: bytes) -> None:
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert _lock(make_project(tmp_path, TOML, FILES), Surroundings(variables)) == expected


def test_lock_is_the_same_in_another_folder(tmp_path: Path, expected: bytes) -> None:
    folder = make_project(tmp_path / "a folder/mit Umläuten [x]", TOML, FILES)
    folder.write_lock()
    assert folder.lock.read_bytes() == expected


def test_lock_is_the_same_through_a_link(tmp_path: Path, expected: bytes) -> None:
    folder = make_project(tmp_path / "real", TOML, FILES)
    (tmp_path / "link").symlink_to("real")
    ProjectFolder(tmp_path / "link").write_lock()
    assert folder.lock.read_bytes() == expected


@pytest.mark.parametrize("seed", range(5))
def test_order_in_which_files_were_made_never_matters(tmp_path: Path, seed: int, expected: bytes) -> None:
    paths = sorted(FILES)
    random.Random(seed).shuffle(paths)
    folder = make_project(tmp_path, TOML, {path: FILES[path] for path in paths})
    folder.write_lock()
    assert folder.lock.read_bytes() == expected


@pytest.mark.parametrize("time_s", [0, 315532800, 4102444800], ids=["1970", "1980", "2100"])
def test_times_and_modes_of_files_never_matter(tmp_path: Path, time_s: int, expected: bytes) -> None:
    folder = make_project(tmp_path, TOML, FILES)
    for path in FILES:
        (tmp_path / path).chmod(0o755 if time_s else 0o600)
        os.utime(tmp_path / path, (time_s, time_s))
    folder.write_lock()
    assert folder.lock.read_bytes() == expected


def test_copy_gives_the_same_lock(tmp_path: Path, expected: bytes) -> None:
    make_project(tmp_path / "one", TOML, FILES)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    ProjectFolder(tmp_path / "two").write_lock()
    assert (tmp_path / "two/pallet.lock").read_bytes() == expected


def test_order_of_entries_in_pallet_toml_never_matters(tmp_path: Path, expected: bytes) -> None:
    head, first, second = TOML.split("[[artifact]]")
    folder = make_project(tmp_path, f"{head}[[artifact]]{second}\n[[artifact]]{first}", FILES)
    folder.write_lock()
    assert folder.lock.read_bytes() == expected


def test_targets_never_matter(tmp_path: Path, expected: bytes) -> None:
    target = '\n[target.production]\nurl = "https://registry.example.com/acme"\nimmutable = false\n'
    folder = make_project(tmp_path, TOML + target, FILES)
    folder.write_lock()
    assert folder.lock.read_bytes() == expected


ROUTER = """\
metadata:
  name: Code generation
  version: "1.0.0"
steps:
  - id: plan
    skill: create_plan
    timeout: 300
  - id: write
    skill: generate_code
    timeout: 600
  - id: review
    skill: review_code
    timeout: 300
"""
TYPE = "application/vnd.pallet.workflow.v1+yaml"
ANNOTATIONS = (
    '{"org.opencontainers.image.title":"code-generation.yaml","org.opencontainers.image.version":"1.0.0",'
    '"org.pallet.project":"acme","org.pallet.workflow.skills":"create_plan,generate_code,review_code",'
    '"org.pallet.workflow.timeout":"1200","org.pallet.workflow.type":"sequential"}'
)


def _golden(digest: str, size_bytes: int) -> str:
    blob = f'{{"mediaType":"{TYPE}","digest":"{digest}","size":{size_bytes},"annotations":'
    return (
        '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
        f'"artifactType":"{TYPE}","config":{blob}{ANNOTATIONS}}},"layers":[{blob}'
        '{"org.opencontainers.image.title":"code-generation.yaml"}}],'
        f'"annotations":{ANNOTATIONS}}}'
    )


WORKFLOW_TOML = '\n[[artifact]]\nfiles = "w/*.yaml"\nrepository = "workflows/{stem}"\nkind = "workflow"\n'


def test_manifest_of_a_workflow_is_exactly_this(tmp_path: Path) -> None:
    folder = make_project(tmp_path, WORKFLOW_TOML, {"w/code-generation.yaml": ROUTER})
    item = folder.load().wanted[0]
    assert item.manifest.decode() == _golden(Digest.of(ROUTER.encode()), len(ROUTER))


def test_published_digests_never_change(tmp_path: Path) -> None:
    """These stand in locks and registries: another digest here breaks every published version."""
    folder = make_project(tmp_path, WORKFLOW_TOML, {"w/code-generation.yaml": ROUTER})
    item = folder.load().wanted[0]
    assert item.blobs[0].digest == "sha256:cbe9a8f55c4726fc33422ca3aadec0a6204d28cf0ffe8e1af467a883ce902e12"
    assert item.digest == "sha256:eed9bbbc2292eba79b6f4c260b11b8fd82bf6e0065cc91228c906e8c10d1e1d8"
    assert item.build == 3


def test_moving_a_file_changes_no_digest(tmp_path: Path) -> None:
    one = make_project(tmp_path / "one", WORKFLOW_TOML, {"w/code-generation.yaml": ROUTER})
    two = make_project(
        tmp_path / "two",
        WORKFLOW_TOML.replace("w/*", "elsewhere/*"),
        {"elsewhere/code-generation.yaml": ROUTER},
    )
    assert one.load().wanted[0].digest == two.load().wanted[0].digest


def _layers(folder: ProjectFolder) -> list[tuple[str, str]]:
    document = json.loads(folder.load().wanted[0].manifest)
    layers: Sequence[dict[str, dict[str, str]]] = document["layers"]
    return [
        (layer["annotations"]["org.opencontainers.image.title"], str(layer["mediaType"])) for layer in layers
    ]


def test_layers_of_a_bundle_are_sorted_by_title(tmp_path: Path) -> None:
    folder = make_project(tmp_path, TOML, FILES)
    assert _layers(folder) == [
        ("A.md", "text/markdown"),
        ("a-b.md", "text/markdown"),
        ("a/z.md", "text/markdown"),
        ("index.json", "application/json"),
        ("ä.md", "text/markdown"),
    ]
