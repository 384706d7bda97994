"""A version changed in each form of file, and not a byte beside it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.editing.edit import Change, edit_file
from reconciler.desired.editing.edit_places import Form
from reconciler.errors import DocumentError, PalletError

CHANGE = Change("1.0.0", "2.0.0-rc.1+b")
FIELD = ("metadata", "version")

YAML = [
    ("plain", "metadata:\n  version: OLD\n"),
    ("plain-with-comment", "metadata:\n  version:   OLD   # 1.0.0 since May\nother: 1.0.0\n"),
    ("double-quoted", 'metadata:\n  version: "OLD"\n'),
    ("single-quoted", "metadata:\n  version: 'OLD' \n"),
    ("windows-line-ends", "metadata:\r\n  name: x\r\n  version: OLD\r\n# end\r\n"),
    ("no-final-line-end", "metadata:\n  version: OLD"),
    ("flow", "metadata: {name: x, version: OLD}\n"),
    ("flow-like-json", '{"metadata": {"version":"OLD", "n": 1.0}}'),
    ("tagged", "metadata:\n  version: !!str OLD\n"),
    ("tagged-in-quotes", "metadata:\n  version: !!str # \"1.0.0\"\n    'OLD'\n"),
    ("anchored-alone", 'metadata:\n  version: &v1-0-0 "OLD"\n'),
    ("anchored-plain", "metadata:\n  version: &v OLD\n"),
    ("quoted-key", 'metadata:\n  "version" : OLD\n'),
    ("explicit-key", "metadata:\n  ? version\n  : OLD\n"),
    ("next-line", "metadata:\n  version:\n    OLD\n  name: x\n"),
    ("first-key", "metadata:\n  version: OLD\n  name: 1.0.0\n"),
    ("letters-of-all-sizes", "# é𝄞\u2028\nname: 𝄞é\nmetadata: {é: 𝄞, version: OLD} # 𝄞\n"),
    ("document-marks", "%YAML 1.1\n---\nmetadata:\n  version: OLD\n...\n"),
    ("deep-in-another", "a: {version: 1.0.0}\nmetadata: {a: {version: 1.0.0}, version: OLD}\n"),
    ("unrelated-aliases", "x: &x {version: 1.0.0}\ny: *x\nmetadata: {<<: {a: b}, version: OLD}\n"),
    ("merge-that-it-overrides", "x: &x {version: 1.0.0}\nmetadata:\n  <<: *x\n  version: OLD\n"),
]

JSON = [
    ("compact", '{"metadata":{"version":"OLD"}}'),
    ("tabs", '{\n\t"metadata": {\n\t\t"name": "1.0.0",\n\t\t"version" :\t"OLD"\n\t}\n}\n'),
    ("windows-line-ends", '{"a": "\\"",\r\n "metadata":\r\n {"version"\r\n:\r\n"OLD"}}\r\n'),
    ("escaped", '{"metadata": {"version": "OLD", "\\u0076": "é𝄞"}}'),
    ("after-a-list", '{"a": [{"version": "1.0.0"}, "1.0.0"], "metadata": {"version": "OLD"}}'),
]


def _edit(
    root: Path, content: bytes, form: Form, path: tuple[str | int, ...], change: Change = CHANGE
) -> bytes:
    file = root / "file"
    file.write_bytes(content)
    edited = edit_file(file, form, {path: change}, file="file")
    assert edited.before == content == file.read_bytes()
    return edited.after


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize(
    ("form", "text"),
    [pytest.param(Form.YAML, text, id=f"yaml-{name}") for name, text in YAML]
    + [pytest.param(Form.JSON, text, id=f"json-{name}") for name, text in JSON],
)
def test_field_alone_changes(form: Form, text: str, mark: bytes, tmp_path: Path) -> None:
    before, after = (mark + text.replace("OLD", version).encode() for version in (CHANGE.old, CHANGE.new))
    assert _edit(tmp_path, before, form, FIELD) == after


def test_escapes_of_the_old_version_go(tmp_path: Path) -> None:
    before = b'{"metadata": {"version": "1\\u002e0.0"}}'
    assert _edit(tmp_path, before, Form.JSON, FIELD) == b'{"metadata": {"version": "2.0.0-rc.1+b"}}'
    before = b'metadata: {version: "1\\x2e0.0"}\n'
    assert _edit(tmp_path, before, Form.YAML, FIELD) == b'metadata: {version: "2.0.0-rc.1+b"}\n'


@pytest.mark.parametrize(
    ("form", "text"),
    [(Form.YAML, "- x\n- - 1.0.0\n  - OLD # x\n"), (Form.JSON, '["x", ["1.0.0", "OLD"]]')],
    ids=["yaml", "json"],
)
def test_item_of_a_list_changes(form: Form, text: str, tmp_path: Path) -> None:
    before, after = (text.replace("OLD", version).encode() for version in (CHANGE.old, CHANGE.new))
    assert _edit(tmp_path, before, form, (1, 1)) == after


@pytest.mark.parametrize(
    "text", ["OLD\n", "OLD", "OLD\r\n", "\n\n  OLD\t\n\n"], ids=["line", "bare", "windows", "white-space"]
)
def test_version_file_keeps_white_space(text: str, tmp_path: Path) -> None:
    before, after = (text.replace("OLD", version).encode() for version in (CHANGE.old, CHANGE.new))
    assert _edit(tmp_path, before, Form.TEXT, ()) == after


BEHIND = "metadata.version: expected the version itself, got one that comes in by an alias or a merge"
REPEATED = "metadata.version: expected a version that nothing repeats by an alias or a merge, got one that"
REFUSED = [
    ("alias", "v: &v 1.0.0\nmetadata:\n  version: *v\n", f"file:3: {BEHIND}"),
    ("alias-above", "m: &m {version: 1.0.0}\nmetadata: *m\n", f"file:2: {BEHIND}"),
    ("merge", "m: &m {version: 1.0.0}\nmetadata:\n  <<: *m\n  name: x\n", f"file:3: {BEHIND}"),
    ("merge-in-place", "metadata: {<<: {version: 1.0.0}}\n", f"file:1: {BEHIND}"),
    ("alias-of-it", "metadata: {version: &v 1.0.0}\nchart: *v\n", f"file:1: {REPEATED} chart repeats"),
    (
        "merge-of-it",
        "metadata: &m\n  version: 1.0.0\na: *m\nb: {<<: *m}\n",
        f"file:2: {REPEATED} a.version, b.version repeats",
    ),
    (
        "block",
        "metadata:\n  version: |-\n    1.0.0\n",
        "file:2: metadata.version: expected the version in quotes or without, on one line, got another style of YAML",
    ),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_version_of_others_too_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        _edit(tmp_path, text.encode(), Form.YAML, FIELD)
    assert str(caught.value) == said
    assert caught.value.problems[0].fix


@pytest.mark.parametrize(
    ("form", "content", "said"),
    [
        (Form.YAML, b"metadata: {version: 1.0.1}\n", "expected version 1.0.0, got 1.0.1"),
        (Form.YAML, b"metadata: {}\n", "expected version 1.0.0, got None"),
        (Form.JSON, b'{"metadata": {"version": 1.1}}', "expected version 1.0.0, got None"),
        (Form.TOML, b"[metadata]\nversion = 1\n", "expected version 1.0.0, got None"),
        (Form.TOML, b"\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (Form.TOML, b"a", "Expected '=' after a key in a key/value pair (at end of document)"),
    ],
    ids=["other", "gone", "number", "toml", "bytes", "no-toml"],
)
def test_file_that_changed_meanwhile_is_refused(
    form: Form, content: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(PalletError) as caught:
        _edit(tmp_path, content, form, FIELD)
    assert str(caught.value) == f"file: changed while it was being edited: {said}"


def test_edit_that_says_something_else_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(PalletError) as caught:
        _edit(tmp_path, b"metadata: {version: 1.0.0}\n", Form.YAML, FIELD, Change("1.0.0", "2, other: 3"))
    assert str(caught.value) == (
        "file: edit given up, nothing was written: metadata.version: expected 2, other: 3, got ('int', '2')"
    )


def test_edit_that_adds_something_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(PalletError) as caught:
        _edit(tmp_path, b"metadata: {version: 1.0.0}\n", Form.YAML, FIELD, Change("1.0.0", "v, other: v"))
    assert "file: edit given up, nothing was written: " in str(caught.value)


def test_edit_that_breaks_the_file_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(PalletError) as caught:
        _edit(tmp_path, b'{"metadata": {"version": "1.0.0"}}', Form.JSON, FIELD, Change("1.0.0", '"'))
    assert "expected a text that can be read again, got file:1: not JSON" in str(caught.value)


def test_lines_of_new_versions_are_known(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a: 1.0.0\nb:\n  - c\n  - 1.0.0\n")
    edited = edit_file(file, Form.YAML, {("a",): CHANGE, ("b", 1): CHANGE}, file="file")
    assert edited.lines == {("a",): 1, ("b", 1): 4}
    assert edited.after == b"a: 2.0.0-rc.1+b\nb:\n  - c\n  - 2.0.0-rc.1+b\n"


KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("1.0.0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
STYLES = st.fixed_dictionaries(
    {"default_flow_style": st.booleans(), "allow_unicode": st.booleans(), "width": st.integers(10, 90)}
)


@given(KEYS, KEYS, VALUES, VALUES, STYLES, st.sampled_from(["\n", "\r\n"]))
def test_any_yaml_keeps_everything_else(
    outer: str, key: str, before: object, after: object, style: dict[str, object], line_break: str
) -> None:
    value = {
        f"a{outer}": before,
        outer: {f"a{key}": before, key: "1.0.0", f"z{key}": after},
        f"z{outer}": after,
    }
    text = yaml.safe_dump(value, sort_keys=False, line_break=line_break, **style)  # type: ignore[call-overload]
    _check_everything_else(text, Form.YAML, (outer, key))


@given(KEYS, KEYS, VALUES, VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_any_json_keeps_everything_else(
    outer: str, key: str, before: object, after: object, indent: int | str | None, ascii_only: bool
) -> None:
    value = {
        f"a{outer}": before,
        outer: {f"a{key}": before, key: "1.0.0", f"z{key}": after},
        f"z{outer}": after,
    }
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    _check_everything_else(text, Form.JSON, (outer, key))


def _check_everything_else(text: str, form: Form, path: tuple[str, str]) -> None:
    with TemporaryDirectory() as folder:
        after = _edit(Path(folder), text.encode(), form, path).decode()
    # Exactly one run of characters is another one, and it is the version.
    start = next(index for index, (a, b) in enumerate(zip(text, after, strict=False)) if a != b)
    assert text[start : start + 5] == "1.0.0"
    assert after == text[:start] + CHANGE.new + text[start + 5 :]
