"""Lines of keys: tables of texts, and generated documents whose lines are known."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired.reading.toml_lines import Lines, Path, locate, syntax_problem
from reconciler.errors import Problem

TEXT = """\
# a comment with [table] and key = 1
[project]
name = "acme"   # another = 2

[target.local]
url = "oci-layout:.pallet"
"quoted key" . sub = 1
'literal.key' = 2

[[artifact]]
files = [
  "a.yaml",  # ], not the end
  'b.yaml', ["c",
    "d"],
]
text = \"\"\"
[not-a-table]
key = "x" \\\"\"\" still "" here\"\"\"\"\"
raw = '''
[[neither]]
''''
version = { field = "metadata.version", deep.er = [1,
  {x = 1}] }

[artifact.versions]
smart-router = "2.0.0"

[[artifact]]
[[artifact.part]]
a = 1
[[artifact.part]]
a.b.c = 1979-05-27 07:32:00
a.b.d = 2

[late.sub]
k = 1
[late]
l = 1
["\\u00e9\\"\\t"]
m = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("project",), 2, id="table"),
        pytest.param(("project", "name"), 3, id="key"),
        pytest.param(("target",), 5, id="implied-table"),
        pytest.param(("target", "local", "quoted key", "sub"), 7, id="quoted-and-dotted"),
        pytest.param(("target", "local", "literal.key"), 8, id="literal-key"),
        pytest.param(("artifact",), 10, id="array-of-tables"),
        pytest.param(("artifact", 0), 10, id="first-of-an-array-of-tables"),
        pytest.param(("artifact", 0, "files"), 11, id="array"),
        pytest.param(("artifact", 0, "files", 0), 12, id="element"),
        pytest.param(("artifact", 0, "files", 1), 13, id="next-element"),
        pytest.param(("artifact", 0, "files", 2, 1), 14, id="nested-element"),
        pytest.param(("artifact", 0, "text"), 16, id="multi-line-basic-string"),
        pytest.param(("artifact", 0, "raw"), 19, id="multi-line-literal-string"),
        pytest.param(("artifact", 0, "version", "field"), 22, id="inline-table"),
        pytest.param(("artifact", 0, "version", "deep", "er", 1, "x"), 23, id="inline-in-array"),
        pytest.param(("artifact", 0, "versions"), 25, id="table-of-the-last-element"),
        pytest.param(("artifact", 0, "versions", "smart-router"), 26, id="key-in-it"),
        pytest.param(("artifact", 1), 28, id="second-of-an-array-of-tables"),
        pytest.param(("artifact", 1, "part", 1), 31, id="nested-array-of-tables"),
        pytest.param(("artifact", 1, "part", 1, "a", "b"), 32, id="table-by-dotted-key"),
        pytest.param(("artifact", 1, "part", 1, "a", "b", "d"), 33, id="second-dotted-key"),
        pytest.param(("late",), 37, id="header-after-its-sub-table"),
        pytest.param(('\u00e9"\t', "m"), 40, id="escapes-in-a-key"),
        pytest.param(("artifact", 1, "version"), 28, id="missing-key-is-at-its-table"),
        pytest.param(("artifact", 7, "version"), 10, id="missing-element-is-at-its-array"),
        pytest.param(("nothing", "here"), None, id="nothing-above-it"),
        pytest.param((), None, id="the-document"),
    ],
)
def test_locate(path: Path, line: int | None) -> None:
    tomllib.loads(TEXT)
    assert locate(TEXT, path) == line


def test_crlf_counts_once() -> None:
    assert locate("a = 1\r\n# x\r\n[b]\r\nc = [\r\n1,\r\n2]\r\n", ("b", "c", 1)) == 6


def test_text_without_a_final_newline() -> None:
    assert locate("a = 1\nb = 2", ("b",)) == 2


def test_empty_text_has_no_lines() -> None:
    assert locate("", ("a",)) is None


@pytest.mark.parametrize("value", ['""', "''", '""""""', "''''''", '"\\\\"', "'\\'", '"""a\\\n  b"""'])
def test_strings_end_where_they_end(value: str) -> None:
    text = f"a = {value}\nb = 1\n"
    tomllib.loads(text)
    assert locate(text, ("b",)) == text.count("\n")


def test_long_texts_are_scanned_once() -> None:
    text = "".join(f'[[artifact]]\nname = "{index}"\nfiles = ["x"]\n' for index in range(10_000))
    lines = Lines(text)
    assert lines.locate(("artifact", 9_999, "files", 0)) == 30_000


def test_deepest_nesting_of_tomllib_is_scanned() -> None:
    text = f"a = {'[' * 300}\n1{']' * 300}\nb = 1"
    tomllib.loads(text)
    assert locate(text, ("b",)) == 3


def test_text_that_tomllib_refuses_is_no_endless_loop() -> None:
    with pytest.raises(ValueError, match=r"^line 1: expected TOML that tomllib accepts$"):
        locate("= 1", ("a",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a = 1\nb 2\n",
            Problem("not-toml", "not TOML: expected '=' after a key in a key/value pair", "f", 2, 3),
            id="line-and-column",
        ),
        pytest.param(
            "a = 1\nb = ",
            Problem("not-toml", "not TOML: invalid value, at the end of the file", "f", 2),
            id="end-of-document",
        ),
        pytest.param(
            "a = [1",
            Problem("not-toml", "not TOML: unclosed array, at the end of the file", "f", 1),
            id="unclosed",
        ),
    ],
)
def test_syntax_problem(text: str, expected: Problem) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert syntax_problem(text, caught.value, "f") == expected


def test_exception_without_a_place_is_said_as_it_is() -> None:
    exc = tomllib.TOMLDecodeError("Something else")
    assert syntax_problem("", exc, "f") == Problem("not-toml", "not TOML: something else", "f")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_KEYS = st.one_of(
    st.sampled_from(["a", "b-c", "7", "x y", "p.q", "'", '"', "#", "é", "[", ""]), st.text(max_size=3)
)
_SCALARS = st.one_of(
    st.integers(),
    st.booleans(),
    _TEXTS,
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=6,
)
_TABLES = st.recursive(
    st.dictionaries(_KEYS, _VALUES, max_size=3),
    lambda inner: st.dictionaries(
        _KEYS, inner | st.lists(inner, min_size=1, max_size=3) | _VALUES, max_size=3
    ),
    max_leaves=8,
)


class Writer:
    """Writes a document as TOML and notes the line of everything it writes."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def table(self, table: dict[str, object], path: Path, names: tuple[str, ...]) -> None:
        later = {key: value for key, value in table.items() if _is_table(value) or _is_tables(value)}
        for key, value in table.items():
            if key not in later:
                self.note((*path, key))
                self.text += f"{_key(key)} = "
                self.value(value, (*path, key))
                self.text += ' # [x] "\n\n'
        for key, value in later.items():
            inner = ".".join(_key(name) for name in (*names, key))
            for index, element in enumerate(value if isinstance(value, list) else [value]):
                where: Path = (*path, key)
                self.note(where)
                if isinstance(value, list):
                    where = (*where, index)
                    self.note(where)
                self.text += f"[[{inner}]]\n" if isinstance(value, list) else f"[ {inner} ]\n"
                self.table(element, where, (*names, key))

    def value(self, value: object, path: Path) -> None:
        if isinstance(value, dict):
            self.text += "{"
            for position, (key, inner) in enumerate(value.items()):
                self.text += ", " if position else ""
                self.note((*path, key))
                self.text += f"{_key(key)}="
                self.value(inner, (*path, key))
            self.text += "}"
        elif isinstance(value, list):
            self.text += "["
            for index, inner in enumerate(value):
                self.text += "\n # ]\n "
                self.note((*path, index))
                self.value(inner, (*path, index))
                self.text += ","
            self.text += "]"
        else:
            self.text += _scalar(value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and len(value) % 2 == 1


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _key(key: str) -> str:
    return (
        key
        if key.isascii() and key.isalnum()
        else json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")
    )


def _scalar(value: object) -> str:
    if isinstance(value, str) and len(value) % 2:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return (
            '"""\n'
            + "".join(
                c if c == "\n" or (ord(c) >= 32 and c != "\x7f") else f"\\u{ord(c):04x}" for c in escaped
            )
            + '"""'
        )
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@settings(max_examples=150, deadline=None)
@given(_TABLES)
def test_generated_documents_are_located(document: dict[str, object]) -> None:
    writer = Writer()
    writer.table(document, (), ())
    assert tomllib.loads(writer.text) == document
    lines = Lines(writer.text)
    assert {path: lines.locate(path) for path in writer.lines} == writer.lines
