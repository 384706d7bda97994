"""One round of problems: what is refused in one place of pallet.toml hides nothing in another."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.config_reader import _Reader, read_config
from reconciler.errors import ConfigError

EVERYTHING = """\
[project]
name = 5
[target.one]
url = 7
[target.two]
url = "ftp://a"
[defaults]
target = "one"
immutable = "yes"
floating-tags = ["{major}.{nonsense}"]
[rules]
ignore = ["PLT999"]
[catalog]
repository = "Upper"
[hold."a"]
latest = "one"
[kind.broken]
media-type = 5
[kind.own]
media-type = "application/vnd.acme.own.v1+yaml"
schema = "absent.json"
[kind.slow]
media-type = "application/vnd.acme.slow.v1+yaml"
[[kind.slow.recognise]]
matches = { a = "(" }
[[artifact]]
files = "a/*"
repository = "a"
kind = "broken"
bundle = "yes"
version = "one"
ignore-rules = ["PLT998"]
[[artifact]]
files = "b/*"
repository = "b"
[[artifact]]
files = "c/*"
repository = "c"
kind = "own"
"""


def refused(text: str, folder: Path) -> list[tuple[int | None, str | None]]:
    (folder / "pallet.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(folder / "pallet.toml")
    return [(problem.line, problem.path) for problem in caught.value.problems]


def test_everything_is_told_in_one_round(tmp_path: Path) -> None:
    assert refused(EVERYTHING, tmp_path) == [
        (None, None),  # of absent.json
        (2, "project.name"),
        (4, "target.one.url"),
        (6, "target.two.url"),
        (9, "defaults.immutable"),
        (10, "defaults.floating-tags[0]"),
        (12, "rules.ignore[0]"),
        (14, "catalog.repository"),
        (16, "hold.a.latest"),
        (18, "kind.broken.media-type"),
        (25, "kind.slow.recognise[0].matches.a"),
        (30, "artifact[0].bundle"),
        (31, "artifact[0].version"),
        (32, "artifact[0].ignore-rules[0]"),
        (33, "artifact[1]"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[target.a]\nurl = 1\n[defaults]\ntarget = "a"\n', ["target.a.url"]),
        (
            '[target.a]\nurl = 1\n[target.b]\nurl = "c"\n[defaults]\ntarget = "d"\n',
            ["target.a.url", "defaults.target"],
        ),
        (
            '[kind.a]\nmedia-type = 1\n[[artifact]]\nfiles = "a"\nrepository = "a"\nkind = "a"\n',
            ["kind.a.media-type"],
        ),
        ("target = 1\n", ["target"]),
        ("[target]\n", ["target"]),
        ("[[artifact]]\n", ["artifact[0]"]),
    ],
    ids=["default-target", "other-default", "kind-in-use", "no-targets", "empty-targets", "empty-artifact"],
)
def test_nothing_follows_from_what_is_left_out(tmp_path: Path, text: str, expected: list[str]) -> None:
    head = '[project]\nname = "a"\n'
    text = text + head if text.startswith("target =") else head + text

    assert {path for _, path in refused(text, tmp_path)} == set(expected)


FULL: dict[str, Any] = {
    "project": {"name": "a"},
    "target": {"a": {"url": "http://localhost:5000", "immutable": True}},
    "defaults": {"target": "a", "immutable": True, "floating-tags": ["latest"]},
    "rules": {"ignore": ["PLT015"]},
    "catalog": {"repository": "catalog"},
    "audit": {"file": "a.jsonl"},
    "hold": {"a": {"latest": "1.0.0"}},
    "kind": {"own": {"media-type": "application/vnd.acme.own.v1+yaml", "annotations": {"a.b": "c"}}},
    "artifact": [
        {
            "files": "a/*",
            "repository": "a",
            "kind": "own",
            "version": {"field": "a"},
            "versions": {"a": "1.0.0"},
            "annotations": {"a": "b"},
            "channel": [{"name": "edge", "prerelease": True}],
            "attach": [{"files": "b", "kind": "sbom"}],
            "notes": {"changelog": "CHANGELOG.md"},
        }
    ],
}


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the place of every value in a document."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            found += places(item, (*path, key))
    return found


@pytest.mark.parametrize("wrong", [5, "", {}, {"x": 1}, [], [[]], True], ids=json.dumps)
def test_no_value_anywhere_is_a_traceback(tmp_path: Path, wrong: object) -> None:
    _Reader(tmp_path / "pallet.toml", "", copy.deepcopy(FULL)).read()
    for path in places(FULL):
        document = copy.deepcopy(FULL)
        parent: Any = document
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = wrong
        reader = _Reader(tmp_path / "pallet.toml", "", document)
        with suppress(ConfigError):
            reader.read()
