"""What an edit shows before it is made: a diff that other programs apply."""

from __future__ import annotations

import difflib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.editing.edit import Edited
from reconciler.desired.editing.edit_diff import unified_diff
from reconciler.desired.editing.edit_splices import Splice, apply_splices, touched_lines


def _edited(text: str, *splices: Splice) -> Edited:
    after = apply_splices(text, splices)
    return Edited("a/f", Path("/f"), text.encode(), after.encode(), {}, touched_lines(text, splices))


def _splice(text: str, old: str, new: str) -> Splice:
    return Splice(text.index(old), text.index(old) + len(old), new)


def test_line_ends_are_shown_as_they_are() -> None:
    text = "1\r\n2\r\n3\r\n4\r\n5\r\nversion\x0c1\r\n7"
    assert unified_diff([_edited(text, _splice(text, "\x0c1", "\x0c2"))]) == (
        "--- a/a/f\n+++ b/a/f\n@@ -3,5 +3,5 @@\n 3\r\n 4\r\n 5\r\n-version\x0c1\r\n+version\x0c2\r\n 7\n"
        "\\ No newline at end of file\n"
    )


def test_last_line_without_end_is_said() -> None:
    text = "1.0.0"
    assert unified_diff([_edited(text, Splice(0, 5, "2.0.0"))]) == (
        "--- a/a/f\n+++ b/a/f\n@@ -1 +1 @@\n"
        "-1.0.0\n\\ No newline at end of file\n+2.0.0\n\\ No newline at end of file\n"
    )


def test_insertion_is_no_replacement() -> None:
    text = "a\nb\nc\n"
    assert unified_diff([_edited(text, Splice(3, 3, "\nx\ny"))]) == (
        "--- a/a/f\n+++ b/a/f\n@@ -1,3 +1,5 @@\n a\n b\n+x\n+y\n c\n"
    )


@given(st.data(), st.integers(1, 40), st.booleans())
def test_it_is_what_a_search_would_find(data: st.DataObject, count: int, ends: bool) -> None:
    lines = [f"line {number} = old" for number in range(count)]
    text = "\n".join(lines) + "\n" * ends
    splices = []
    for number in sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1))):
        end = text.index(lines[number]) + len(lines[number])
        if data.draw(st.booleans()):
            splices.append(Splice(end - 3, end, "new"))
        if data.draw(st.booleans()) or not splices:
            splices.append(Splice(end, end, f"\nadded {number}"))
    edited = _edited(text, *splices)
    before, after = (text.splitlines(keepends=True) for text in (text, edited.after.decode()))
    found = difflib.unified_diff(before, after, "a/a/f", "b/a/f")
    assert unified_diff([edited]) == "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found
    )
