"""`pallet pull --with-deps`: everything that is needed, once, and the same again from the lock."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from reconciler.desired.build import TITLE
from reconciler.desired.requirements import REQUIRES
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.layout import open_layout
from reconciler.oci.manifest import Descriptor, Manifest, render
from reconciler.oci.reference import Repository, Tag
from reconciler.oci.store import Store
from tests.support.results import read_result
from tests.support.scenarios import Desk, snapshot


def _put(store: Store, name: str, version: str, requires: str = "", *, title: str = "it.yaml") -> None:
    blob = Blob.of_bytes(f"{name} {version}\n".encode())
    config = Descriptor("text/plain", blob.digest, blob.size_bytes)
    layer = Descriptor("text/plain", blob.digest, blob.size_bytes, {TITLE: title} if title else {})
    store.put_blob(Repository(name), blob)
    content = render(Manifest(config, (layer,), annotations={REQUIRES: requires} if requires else {}))
    store.put_manifest(Repository(name), Tag(version), content, media_types.OCI_MANIFEST)


@pytest.fixture
def store(desk: Desk) -> Store:
    return open_layout(desk.root / ".pallet/registry")


@pytest.fixture
def shelf(desk: Desk, store: Store) -> Desk:
    _put(store, "w/router", "1.0.0", "plan@^1.2, tools/search")
    _put(store, "w/plan", "1.2.0", "tools/search@<2")
    _put(store, "w/plan", "2.0.0")
    _put(store, "tools/search", "1.4.0")
    _put(store, "tools/search", "2.0.0")
    return desk


EVERYTHING = {
    "w/router/it.yaml": b"w/router 1.0.0\n",
    "w/plan/it.yaml": b"w/plan 1.2.0\n",
    "tools/search/it.yaml": b"tools/search 1.4.0\n",
}


def test_each_stands_in_its_own_folder(shelf: Desk) -> None:
    ran = shelf.pallet("pull", "w/router@^1", "--with-deps", "-o", "out")

    assert ran.code == 0, ran.stderr
    assert snapshot(shelf.root / "out") == EVERYTHING


def test_lock_says_what_and_why(shelf: Desk) -> None:
    lock = tomllib.loads(shelf.pallet("pull", "w/router", "--with-deps", "-o", "out").stdout)

    assert (lock["version"], lock["root"]) == (1, "w/router")
    assert [(row["repository"], row["version"], row.get("required-by")) for row in lock["artifact"]] == [
        ("w/router", "1.0.0", None),
        (
            "tools/search",
            "1.4.0",
            ["w/router 1.0.0 → tools/search", "w/router 1.0.0 → w/plan 1.2.0 → tools/search@<2"],
        ),
        ("w/plan", "1.2.0", ["w/router 1.0.0 → w/plan@^1.2"]),
    ]


def test_lock_takes_the_same_again(shelf: Desk, store: Store) -> None:
    first = shelf.pallet("pull", "w/router", "--with-deps", "-o", "out", "--lock", "taken.lock")
    _put(store, "w/plan", "1.9.0")

    again = shelf.pallet("pull", "w/router", "--from-lock", "taken.lock", "-o", "again")

    assert (again.code, again.stdout) == (0, first.stdout)
    assert (shelf.root / "taken.lock").read_text() == first.stdout
    assert snapshot(shelf.root / "again") == EVERYTHING


def test_json_has_every_artifact(shelf: Desk) -> None:
    document = read_result(
        shelf.pallet("pull", "w/router", "--with-deps", "-o", "out", "--format", "json").stdout
    )

    assert document["folder"] == "out/w/router"
    assert [(item["folder"], item["files"][0]["change"]) for item in document["artifacts"]] == [
        ("out/w/router", "written"),
        ("out/tools/search", "written"),
        ("out/w/plan", "written"),
    ]


def test_unmet_takes_nothing(shelf: Desk, store: Store) -> None:
    _put(store, "w/broken", "1.0.0", "gone, plan")

    ran = shelf.pallet("pull", "w/broken", "--with-deps", "-o", "out", "--lock", "taken.lock")

    assert (ran.code, ran.stdout) == (1, "")
    assert "w/gone: missing" in ran.stderr
    assert not (shelf.root / "out").exists()
    assert not (shelf.root / "taken.lock").exists()


def test_unmet_is_told_to_the_audit(shelf: Desk, store: Store) -> None:
    _put(store, "w/broken", "1.0.0", "gone")
    config = shelf.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')

    assert shelf.pallet("pull", "w/broken", "--with-deps", "-o", "out").code == 1

    [line] = map(json.loads, (shelf.root / "audit.jsonl").read_text().splitlines())
    assert (line["action"], line["outcome"]) == ("pull", "refused")
    assert line["error"].startswith("w/gone: missing")


def test_failure_of_one_leaves_the_others(shelf: Desk, store: Store) -> None:
    _put(store, "tools/search", "1.5.0", title="")

    ran = shelf.pallet("pull", "w/router", "--with-deps", "-o", "out", "--lock", "taken.lock")

    assert (ran.code, ran.stdout) == (5, "")
    assert ran.stderr.count("nothing to write: expected layers with titles") == 1
    assert set(snapshot(shelf.root / "out")) == {"w/router/it.yaml", "w/plan/it.yaml"}
    assert not (shelf.root / "taken.lock").exists()


def test_each_is_told_to_the_audit(shelf: Desk, store: Store) -> None:
    _put(store, "tools/search", "1.5.0", title="../evil")
    config = shelf.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[audit]\nfile = "audit.jsonl"\n')

    shelf.pallet("pull", "w/router", "--with-deps", "-o", "out")

    told = [json.loads(line) for line in (shelf.root / "audit.jsonl").read_text().splitlines()]
    assert sorted((line["action"], line["outcome"]) for line in told) == [
        ("pull", "accepted"),
        ("pull", "accepted"),
        ("pull", "rejected"),
    ]


def test_second_run_writes_nothing(shelf: Desk) -> None:
    shelf.pallet("pull", "w/router", "--with-deps", "-o", "out")

    ran = shelf.pallet("pull", "w/router", "--with-deps", "-o", "out")

    assert ran.stderr.count(": 0 written (0 bytes), 1 there already\n") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        pytest.param(["w/router:1.0.0", "--lock", "x"], 64, "--lock: expected --with-deps, got none", id="lock-alone"),
        pytest.param(
            ["w/router:1.0.0", "--from-lock", "good"],
            64,
            "reference: expected a repository, since --from-lock says which versions, got 1.0.0 of it too",
            id="two-versions",
        ),
        pytest.param(
            ["w/plan", "--from-lock", "good"],
            64,
            "expected a lock of w/plan, got one of w/router",
            id="of-another",
        ),
        pytest.param(["w/router", "--from-lock", "none"], 64, "expected a lock, got none", id="absent"),
        pytest.param(
            ["w/router", "--from-lock", "bad"],
            78,
            "artifact[0]: expected repository, version, digest and required-by as texts",
            id="bad",
        ),
    ],
)  # fmt: skip
def test_wrong_lock_is_said(shelf: Desk, arguments: list[str], code: int, expected: str) -> None:
    shelf.pallet("pull", "w/router", "--with-deps", "-o", "out", "--lock", "good")
    (shelf.root / "bad").write_text('version = 1\nroot = "w/router"\n[[artifact]]\nrepository = 1\n')

    ran = shelf.pallet("pull", *arguments)

    assert (ran.code, ran.stdout) == (code, "")
    assert expected in ran.stderr


def test_size_that_somebody_changed_is_refused(shelf: Desk) -> None:
    made = shelf.pallet("pull", "w/router", "--with-deps", "-o", "out")
    sizes = re.findall(r"^size = ([0-9]+)$", made.stdout, re.MULTILINE)
    shelf.write("bad", re.sub(r"^size = .*$", "size = 1", made.stdout, flags=re.MULTILINE))

    ran = shelf.pallet("pull", "w/router", "--from-lock", "bad", "-o", "again")

    assert (ran.code, ran.stdout) == (78, "")
    assert re.findall(r"size: expected ([0-9]+), as sha256:[0-9a-f]{64} has, got 1", ran.stderr) == sizes
    assert not (shelf.root / "again").exists()


def test_size_that_a_lock_leaves_out_is_filled_in(shelf: Desk) -> None:
    made = shelf.pallet("pull", "w/router", "--with-deps", "-o", "out")
    shelf.write("short", re.sub(r"^size = .*\n", "", made.stdout, flags=re.MULTILINE))

    ran = shelf.pallet("pull", "w/router", "--from-lock", "short", "-o", "again")

    assert (ran.code, ran.stdout) == (0, made.stdout)


def test_version_that_somebody_changed_is_doubted(synced: Desk) -> None:
    made = synced.pallet("pull", "workflows/triage", "--with-deps", "-o", "out")
    synced.write("odd", made.stdout.replace('version = "1.0.0"', 'version = "9.9.9"'))

    ran = synced.pallet("pull", "workflows/triage", "--from-lock", "odd", "-o", "again")

    assert ran.code == 0
    assert "workflows/triage: the lock calls it 9.9.9, and it calls itself 1.0.0\n" in ran.stderr


def test_title_that_leads_out_writes_nothing_there(shelf: Desk, store: Store) -> None:
    _put(store, "tools/search", "1.6.0", title="../../../evil")

    ran = shelf.pallet("pull", "w/router", "--with-deps", "-o", "deep/out")

    assert ran.code == 5
    assert not any(Path(shelf.root).rglob("evil"))
