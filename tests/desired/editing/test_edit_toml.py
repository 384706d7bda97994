"""Versions in pallet.toml: replaced and added in the file's own style."""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.editing.edit import Change, Edited, edit_file
from reconciler.desired.editing.edit_places import Form
from reconciler.desired.reading.toml_lines import Path as Keys

LITERAL: Keys = ("artifact", 1, "version")
NEW_A: Keys = ("artifact", 0, "versions", "a")
NEW_DOTTED: Keys = ("artifact", 0, "versions", "b.c")


def _edit(text: str, *paths: Keys) -> Edited:
    with TemporaryDirectory() as folder:
        file = Path(folder, "pallet.toml")
        file.write_bytes(text.encode())
        changes = {path: Change("1.0.0", "2.0.0") for path in paths}
        return edit_file(file, Form.TOML, changes, file="pallet.toml")


REPLACED = [
    ("double", '[[artifact]]\nversion = "1.0.0"\n[[artifact]]\nversion = "OLD" # "1.0.0"\n'),
    ("single", "[[artifact]]\n[[artifact]]\nversion='OLD'"),
    ("long", '[[artifact]]\n[[artifact]]\nversion = """OLD"""\n'),
    ("long-literal", "[[artifact]]\n[[artifact]]\nversion = '''OLD'''\n"),
    ("quoted-key", '[[artifact]]\n[["artifact"]]\n"version" = "OLD"\n'),
    ("inline", 'artifact = [{ version = "1.0.0" }, { a = ["]", {}], version = "OLD" }]\n'),
    ("windows", '\ufeff[[artifact]]\r\n[[artifact]]\r\nversion = "OLD"\r\n\r\n# end'),
    (
        "text-with-a-table",
        '[[artifact]]\na = """\n[[artifact]]\nversion = "1.0.0"\n"""\n[[artifact]]\nversion = "OLD"\n',
    ),
]


@pytest.mark.parametrize("text", [row[1] for row in REPLACED], ids=[row[0] for row in REPLACED])
def test_literal_is_replaced(text: str) -> None:
    edited = _edit(text.replace("OLD", "1.0.0"), LITERAL)
    assert edited.after.decode() == text.replace("OLD", "2.0.0")


ADDED = [
    (
        "table-is-made",
        '[[artifact]]\nversion = "1.0.0"  # all\nkind = "x"\n\n# next\n[[artifact]]\nversion = "1.0.0"\n',
        '[[artifact]]\nversion = "1.0.0"  # all\nkind = "x"\n[artifact.versions]\na = "2.0.0"\n"b.c" = "2.0.0"\n\n# next\n'
        '[[artifact]]\nversion = "1.0.0"\n',
    ),
    (
        "table-is-made-before-others",
        '[[artifact]]\nversion = "1.0.0"\n[artifact.annotations]\nx = "1"\n',
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions]\na = "2.0.0"\n"b.c" = "2.0.0"\n[artifact.annotations]\nx = "1"\n',
    ),
    (
        "table-is-made-at-the-end",
        '[[artifact]]\nversion = "1.0.0"\nfiles = [\n  "a",\n]',
        '[[artifact]]\nversion = "1.0.0"\nfiles = [\n  "a",\n]\n[artifact.versions]\na = "2.0.0"\n"b.c" = "2.0.0"',
    ),
    (
        "indented-with-windows-line-ends",
        '  [[artifact]]\r\n\tversion = "1.0.0"\r\n',
        '  [[artifact]]\r\n\tversion = "1.0.0"\r\n\t[artifact.versions]\r\n\ta = "2.0.0"\r\n\t"b.c" = "2.0.0"\r\n',
    ),
    (
        "table-is-there",
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions] # own\nz = "0.1.0" # old\n\n[project]\n',
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions] # own\nz = "0.1.0" # old\na = "2.0.0"\n"b.c" = "2.0.0"\n\n[project]\n',
    ),
    (
        "table-is-empty",
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions] # own\n# nothing yet\n',
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions] # own\na = "2.0.0"\n"b.c" = "2.0.0"\n# nothing yet\n',
    ),
    (
        "inline-table",
        '[[artifact]]\nversion = "1.0.0"\nversions = { z = "0.1.0" }\n',
        '[[artifact]]\nversion = "1.0.0"\nversions = { z = "0.1.0", a = "2.0.0", "b.c" = "2.0.0" }\n',
    ),
    (
        "empty-inline-table",
        '[[artifact]]\nversion = "1.0.0"\nversions = {}\n',
        '[[artifact]]\nversion = "1.0.0"\nversions = { a = "2.0.0", "b.c" = "2.0.0" }\n',
    ),
    (
        "spacious-empty-inline-table",
        '[[artifact]]\nversion = "1.0.0"\nversions = { }\n',
        '[[artifact]]\nversion = "1.0.0"\nversions = { a = "2.0.0", "b.c" = "2.0.0" }\n',
    ),
    (
        "dotted-keys",
        '[[artifact]]\nversions.z = "0.1.0"\nversion = "1.0.0"\n',
        '[[artifact]]\nversions.z = "0.1.0"\nversions.a = "2.0.0"\nversions."b.c" = "2.0.0"\nversion = "1.0.0"\n',
    ),
    (
        "inline-artifact",
        'artifact = [{version = "1.0.0", files = ["x"]}]\n',
        'artifact = [{ versions = { a = "2.0.0", "b.c" = "2.0.0" },version = "1.0.0", files = ["x"]}]\n',
    ),
    (
        "inline-artifact-with-dotted-keys",
        'artifact = [{version = "1.0.0", versions.z = "1"}]\n',
        'artifact = [{ versions.a = "2.0.0", versions."b.c" = "2.0.0",version = "1.0.0", versions.z = "1"}]\n',
    ),
]


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in ADDED], ids=[row[0] for row in ADDED])
def test_entry_is_added(before: str, after: str) -> None:
    edited = _edit(before, NEW_A, NEW_DOTTED)
    assert edited.after.decode() == after
    assert 'a = "2.0.0"' in after.split("\n")[edited.lines[NEW_A] - 1]


def test_many_edits_are_made_at_once() -> None:
    before = (
        '[[artifact]]\nversion = "1.0.0"\n[[artifact]]\nversion = "1.0.0"\n[artifact.versions]\nz = "1.0.0"\n'
    )
    edited = _edit(before, NEW_A, LITERAL, ("artifact", 1, "versions", "z"), ("artifact", 1, "versions", "y"))
    assert edited.after.decode() == (
        '[[artifact]]\nversion = "1.0.0"\n[artifact.versions]\na = "2.0.0"\n'
        '[[artifact]]\nversion = "2.0.0"\n[artifact.versions]\nz = "2.0.0"\ny = "2.0.0"\n'
    )
    assert edited.lines == {
        NEW_A: 4,
        LITERAL: 6,
        ("artifact", 1, "versions", "z"): 8,
        ("artifact", 1, "versions", "y"): 9,
    }


@pytest.mark.parametrize("stem", ["é", 'a"b', "a\\b", "a b", "\x7f", "𝄞"])
def test_stem_is_quoted_where_it_must_be(stem: str) -> None:
    after = _edit('[[artifact]]\nversion = "1.0.0"\n', ("artifact", 0, "versions", stem)).after.decode()
    assert tomllib.loads(after)["artifact"][0]["versions"] == {stem: "2.0.0"}


ENTRY = st.tuples(
    st.sampled_from(["[[artifact]]", "[[ artifact ]] # x", "  [['artifact']]"]),
    st.lists(
        st.sampled_from(
            [
                'kind = "x"',
                "# version = '1.0.0'",
                "",
                'a.b = [ "]", # [x]\n  "[[artifact]]" ]',
                "n = 1979-05-27T07:32:00Z",
            ]
        ),
        max_size=4,
        unique=True,
    ),
    st.sampled_from(['version = "1.0.0"', "version='1.0.0' # c", '"version"\t=\t"""1.0.0"""']),
    st.sampled_from(
        [
            "",
            "[artifact.versions]",
            '[artifact.versions]\nz = "1.0.0"\n',
            'versions = { z = "1.0.0" }',
            "versions={}",
            'versions.z = "1.0.0"',
        ]
    ),
)


@given(st.lists(ENTRY, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_everything_else_stays(
    entries: list[tuple[str, list[str], str, str]], line_break: str, ends: bool, data: st.DataObject
) -> None:
    text = "\n".join("\n".join([head, *lines, version, own]) for head, lines, version, own in entries)
    text = (text + "\n" * ends).replace("\n", line_break)
    index = data.draw(st.integers(0, len(entries) - 1))
    path: Keys = data.draw(
        st.sampled_from([("artifact", index, "version"), ("artifact", index, "versions", "a")])
    )
    after = _edit(text, path).after.decode()
    expected = tomllib.loads(text)
    table = expected["artifact"][index]
    (table if len(path) == 3 else table.setdefault("versions", {}))[path[-1]] = "2.0.0"
    assert tomllib.loads(after) == expected
    if len(path) == 3:
        assert len(after) == len(text)
        assert [a for a, b in zip(text, after, strict=True) if a != b] == ["1"]
    else:
        start = next((i for i, (a, b) in enumerate(zip(text, after, strict=False)) if a != b), len(text))
        added = len(after) - len(text)
        assert text == after[:start] + after[start + added :]
        assert after.count("\n") == after.count(line_break)
