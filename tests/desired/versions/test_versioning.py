"""Where the version of a file stands, and which words on versions are left over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import make_project, workflow

JSON = '\n[[artifact]]\nfiles = "c/**/*.json"\nrepository = "{dir}/{stem}"\nkind = "config"\n'
FLOWS = '\n[[artifact]]\nfiles = "w/*.yaml"\nrepository = "w/{stem}"\nkind = "workflow"\n'
AT = "pallet.toml:4: artifact[0]"
SEMVER = "not a semantic version: expected MAJOR.MINOR.PATCH such as 1.0.0-beta.1"


def _versions(root: Path, toml: str, files: dict[str, str | bytes]) -> dict[str, str]:
    return {str(item.name): item.version.text for item in make_project(root, toml, files).load().wanted}


@pytest.mark.parametrize(
    ("toml", "version"),
    [
        pytest.param(JSON + 'version = "2.1.0-rc.1+b"\n', "2.1.0-rc.1+b", id="literal"),
        pytest.param(JSON + 'version = { field = "meta.version" }\n', "3.0.0", id="field-of-the-file"),
        pytest.param(JSON + 'version = { file = "VERSION" }\n', "4.0.0", id="file-of-its-own"),
        pytest.param(JSON + 'version = "1.0.0"\nversions = { a = "5.0.0" }\n', "5.0.0", id="table-by-stem"),
        pytest.param(
            JSON + 'version = "1.0.0"\nversions = { "c/a.json" = "6.0.0" }\n', "6.0.0", id="table-by-path"
        ),
        pytest.param(JSON + 'versions = { a = "7.0.0" }\n', "7.0.0", id="table-alone"),
        pytest.param(
            JSON + 'version = "1.0.0"\nversions = { a = { field = "meta.version" } }\n',
            "3.0.0",
            id="table-with-a-field",
        ),
    ],
)
def test_version_comes_from(tmp_path: Path, toml: str, version: str) -> None:
    files: dict[str, str | bytes] = {"c/a.json": '{"meta": {"version": "3.0.0"}}', "VERSION": "4.0.0\n"}
    assert _versions(tmp_path, toml, files) == {"c/a": version}


def test_kind_knows_the_field_of_the_version(tmp_path: Path) -> None:
    assert _versions(tmp_path, FLOWS, {"w/a.yaml": workflow("1.2.3")}) == {"w/a": "1.2.3"}


def test_path_wins_over_stem(tmp_path: Path) -> None:
    toml = JSON + 'version = "1.0.0"\nversions = { "c/x/a.json" = "2.0.0", b = "3.0.0" }\n'
    files: dict[str, str | bytes] = {"c/a.json": "{}", "c/x/a.json": "{}", "c/b.json": "{}"}
    assert _versions(tmp_path, toml, files) == {"c/a": "1.0.0", "c/x/a": "2.0.0", "c/b": "3.0.0"}


@pytest.mark.parametrize(
    ("toml", "complaints"),
    [
        pytest.param(
            JSON,
            [
                f'{AT}: c/a.json: no version: expected version = "1.0.0", {{ field = "…" }} '
                'or { file = "…" }, got none'
            ],
            id="none",
        ),
        pytest.param(
            JSON + 'version = { field = "meta.v" }\n',
            ["c/a.json:1: meta.v: expected text, got no such field"],
            id="no-such-field",
        ),
        pytest.param(
            JSON + 'version = { field = "meta.number" }\n',
            ["c/a.json:2: meta.number: expected text, got the number 1.1 (written 1.10): quote it"],
            id="field-is-a-number",
        ),
        pytest.param(
            JSON + 'version = { file = "VERSION" }\n',
            [f"{AT}: c/a.json: version file VERSION: cannot be read: No such file or directory"],
            id="no-such-file",
        ),
        pytest.param(
            JSON + 'version = { file = "BAD" }\n',
            [f"{AT}: c/a.json: version file BAD: {SEMVER}, got 'abc'"],
            id="file-is-no-version",
        ),
        pytest.param(
            JSON + 'version = { file = "BYTES" }\n',
            [f"{AT}: c/a.json: version file BYTES: expected text, got bytes that are no UTF-8"],
            id="file-is-no-text",
        ),
        pytest.param(
            JSON + 'version = { file = "../VERSION" }\n',
            [f"{AT}: c/a.json: version file ../VERSION: expected a file of the project, got one outside it"],
            id="file-outside-the-project",
        ),
        pytest.param(
            JSON.replace('"config"', '"files"') + 'version = { field = "x" }\n',
            [f"{AT}: c/a.json: version field x: expected a kind that reads its files"],
            id="kind-that-reads-nothing",
        ),
        pytest.param(
            JSON + f'version = "1.0.0-{"a" * 130}"\n',
            [
                f"{AT}: c/a.json: version: not a tag: expected 1 to 128 letters, digits and . _ -, "
                f"not starting with . or -, got '1.0.0-{'a' * 130}'"
            ],
            id="longer-than-a-tag",
        ),
    ],
)
def test_file_without_version_is_refused(tmp_path: Path, toml: str, complaints: list[str]) -> None:
    content = '{"meta":\n {"number": 1.10,\n "name": "x"}}'
    folder = make_project(tmp_path, toml, {"c/a.json": content, "BAD": "abc\n", "BYTES": b"\xff"})
    assert folder.complaints() == complaints


def test_field_that_is_no_version_is_shown_in_its_line(tmp_path: Path) -> None:
    toml = JSON + 'version = { field = "meta.name" }\n'
    folder = make_project(tmp_path, toml, {"c/a.json": '{"meta":\n {"number": 1,\n "name": "x"}}'})
    assert folder.complaints() == [f"c/a.json:3: meta.name: {SEMVER}, got 'x'"]


def test_float_in_yaml_is_shown_as_it_was_written(tmp_path: Path) -> None:
    text = workflow().replace('"1.0.0"', "1.10")
    assert make_project(tmp_path, FLOWS, {"w/a.yaml": text}).complaints() == [
        "w/a.yaml:3: metadata.version: expected text, got the number 1.1 (written 1.10)"
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(
            'z = "1.0.0"', "versions.z: expected the path or stem of one of the files, got neither", id="none"
        ),
        pytest.param(
            'a = "1.0.0"',
            "versions.a: expected the stem of one file, got that of 2: write the path",
            id="two",
        ),
    ],
)
def test_entry_that_fits_no_file_or_two_is_refused(tmp_path: Path, table: str, message: str) -> None:
    toml = JSON + f'version = "1.0.0"\nversions = {{ {table} }}\n'
    folder = make_project(tmp_path, toml, {"c/a.json": "{}", "c/x/a.json": "{}"})
    (complaint,) = folder.complaints()
    assert complaint.startswith("pallet.toml:")
    assert complaint.endswith(message)
