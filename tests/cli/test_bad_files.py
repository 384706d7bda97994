"""Files that are wrong in every way: each has its message with its place, exit code 78, and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.support.projects import make_project, workflow

TOML = """
[target.local]
url = "oci-layout:.pallet/registry"

[[artifact]]
files = "files/*"
repository = "files/{stem}"
kind = "KIND"
version = "1.0.0"

[kind.own]
media-type = "application/vnd.acme.own.v1+json"
schema = "own.schema.json"
"""
GOOD = workflow()
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
LEVELS = 10_000

BAD: dict[str, tuple[str | bytes, str]] = {
    "alias bomb": (BOMB, "bad.yaml:5:45: aliases expand to too much: expected at most 100,000 more nodes"),
    "flow levels": (
        "[" * LEVELS + "]" * LEVELS,
        "bad.yaml:1:101: nested too deeply: expected at most 100 levels",
    ),
    "block levels": (
        "".join(f"{' ' * n}a:\n" for n in range(LEVELS // 10)),
        "bad.yaml:101:101: nested too deeply: expected at most 100 levels",
    ),
    "nul": (
        GOOD.replace("Router", "Rou\0ter"),
        "bad.yaml:2:12: expected text, got the control character U+0000",
    ),
    "utf-16": (GOOD.encode("utf-16"), "bad.yaml:1:1: expected UTF-8, got UTF-16"),
    "utf-16 without a mark": (GOOD.encode("utf-16-le"), "bad.yaml:1:1: expected UTF-8, got UTF-16"),
    "latin 1": (
        GOOD.replace("Router", "Rüter").encode("latin-1"),
        "bad.yaml:2:10: expected UTF-8, got the byte 0xfc",
    ),
    "tab": (GOOD.replace("  name", "\tname"), "bad.yaml:2:1: a tab as indentation: expected spaces"),
    "key twice": (
        GOOD.replace("steps:", "  name: Again\nsteps:"),
        "bad.yaml:4:3: duplicate key 'name': in line 2 and again in line 4",
    ),
    "key that is a number": (
        GOOD.replace("  name", "  1: a\n  name"),
        "bad.yaml:2:3: expected a key of text, got the number 1",
    ),
    "key that is a boolean": (
        GOOD.replace("  name", "  on: a\n  name"),
        "bad.yaml:2:3: expected a key of text, got the boolean true (written on)",
    ),
    "not a number": (GOOD.replace("60", ".nan"), "bad.yaml:7:14: expected a finite number, got '.nan'"),
    "boolean for text": (
        GOOD.replace("Router", "no"),
        "bad.yaml:2:3: metadata.name: expected text, got the boolean false (written no)",
    ),
    "date for text": (
        GOOD.replace("Router", "2026-01-01"),
        "bad.yaml:2:3: metadata.name: expected text, got the date 2026-01-01",
    ),
    "time for text": (
        GOOD.replace("Router", "2001-12-14t21:59:43.10-05:00"),
        "bad.yaml:2:3: metadata.name: expected text, got the date 2001-12-14t21:59:43.10-05:00",
    ),
    "key that is a date": (
        GOOD.replace("  name", "  2026-01-01: a\n  name"),
        "bad.yaml:2:3: expected a key of text, got the date 2026-01-01",
    ),
    "number for text": (
        GOOD.replace('"1.0.0"', "1.10"),
        "bad.yaml:3:3: metadata.version: expected text, got the number 1.1 (written 1.10)",
    ),
    "tag": (
        GOOD.replace("Router", "!!python/object:os.system x"),
        "bad.yaml:2:9: tag not allowed: expected plain YAML",
    ),
    "several documents": (f"{GOOD}---\n{GOOD}", "bad.yaml:8:1: several documents in one file: expected one"),
    "nothing": ("", "bad.yaml:1:1: the file is empty: expected a document"),
}
BAD_JSON: dict[str, tuple[str | bytes, str]] = {
    "levels": ("[" * LEVELS + "]" * LEVELS, "bad.json:1:101: nested too deeply: expected at most 100 levels"),
    "not a number": ('{"a": NaN}', "bad.json:1:2: expected a finite number, got NaN"),
    "key twice": ('{"a": 1,\n"a": 2}', "bad.json:2:1: duplicate key 'a': in line 1 and again in line 2"),
    "nul": ('{"a": "\0"}', "bad.json:1:8: not JSON: invalid control character"),
    "digits": (f'{{"a": {"1" * 5000}}}', "bad.json:1:7: number too large: got a number of 5000 digits"),
}
BAD_SCHEMAS: dict[str, tuple[object, str]] = {
    "far away": (
        {"$ref": "http://127.0.0.1:1/schema.json"},
        "bad.json:1:1: own.schema.json: expected references within the schema, got 'http://127.0.0.1:1/schema.json'",
    ),
    "a file": (
        {"$ref": "file:///etc/passwd"},
        "bad.json:1:1: own.schema.json: expected references within the schema",
    ),
    "slow": (
        {"properties": {"a": {"pattern": "^(a|aa)+$"}}},
        "bad.json:1:2: a: own.schema.json: expected a regular expression that answers within 1 s, got a slower one",
    ),
    "endless": (
        {"$ref": "#"},
        "bad.json:1:1: own.schema.json: expected a schema that ends, got one that refers to itself",
    ),
    "no schema": (
        {"type": "txt"},
        "own.schema.json:1:2: type: expected one of array, boolean, integer, null",
    ),
}


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what `validate` says; `sync` must refuse too, and neither may leave anything."""

    def look(kind: str, files: dict[str, str | bytes]) -> str:
        root = make_project(
            tmp_path / "p", TOML.replace("KIND", kind), {"own.schema.json": "{}", **files}
        ).root
        before = sorted(root.rglob("*"))
        codes = [run([command, "-C", str(root)]) for command in ("validate", "sync")]
        said = capsys.readouterr()
        assert codes == [78, 78], said.err
        assert "Traceback" not in said.err
        assert [path for path in sorted(root.rglob("*")) if ".pallet" not in path.parts] == before
        assert not (root / ".pallet/registry").exists()
        return said.err.removeprefix("pallet: ")

    return look


@pytest.mark.parametrize(("content", "complaint"), BAD.values(), ids=BAD.keys())
def test_bad_yaml_is_refused(refused: Callable[..., str], content: str | bytes, complaint: str) -> None:
    assert refused("workflow", {"files/bad.yaml": content}).startswith(f"files/{complaint}")


@pytest.mark.parametrize(("content", "complaint"), BAD_JSON.values(), ids=BAD_JSON.keys())
def test_bad_json_is_refused(refused: Callable[..., str], content: str | bytes, complaint: str) -> None:
    assert refused("config", {"files/bad.json": content}).startswith(f"files/{complaint}")


@pytest.mark.parametrize(("schema", "complaint"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS.keys())
def test_bad_schema_is_refused(refused: Callable[..., str], schema: object, complaint: str) -> None:
    files = {"files/bad.json": json.dumps({"a": "a" * 60 + "b"}), "own.schema.json": json.dumps(schema)}
    where = "files/" if complaint.startswith("bad") else ""
    assert refused("own", files).startswith(where + complaint)


@pytest.mark.parametrize("kind", ["workflow", "config"])
def test_hundred_megabytes_are_refused_unread(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(
        tmp_path / "p", TOML.replace("KIND", kind), {"own.schema.json": "{}", "files/bad.json": ""}
    )
    with (folder.root / "files/bad.json").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert run(["validate", "-C", str(folder.root)]) == 78
    assert capsys.readouterr().err.startswith(
        "pallet: files/bad.json: too large for a document: expected at most 8 MiB (8,388,608 bytes), got 104,857,600 bytes"
    )


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    folder = make_project(tmp_path, TOML.replace("KIND", "workflow"), {"own.schema.json": "{}"})
    folder.write({"files/good.yaml": b"\xef\xbb\xbf" + GOOD.encode()})
    assert run(["validate", "-C", str(folder.root)]) == 0


def test_date_where_no_text_belongs_is_no_mistake(tmp_path: Path) -> None:
    folder = make_project(tmp_path, TOML.replace("KIND", "workflow"), {"own.schema.json": "{}"})
    folder.write({"files/good.yaml": GOOD.replace("  name", "  made: 2026-01-01\n  name")})
    assert run(["validate", "-C", str(folder.root)]) == 0


def test_what_to_do_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, TOML.replace("KIND", "workflow"), {"own.schema.json": "{}"})
    folder.write({"files/bad.yaml": GOOD.replace("Router", "2026-01-01")})
    assert run(["validate", "-C", str(folder.root)]) == 78
    assert capsys.readouterr().err.count("quote it") == 1
