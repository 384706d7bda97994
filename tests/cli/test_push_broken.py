"""`pallet push` of files that no reader accepts: refused where they are of a kind, unless somebody insists."""

from __future__ import annotations

import pytest

from tests.support.foreign_files import CHART_TEMPLATE, RELEASE
from tests.support.scenarios import Desk, card, triage

BOMB = "x0: &a0 [x]\n" + "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "utf-16": ("bad.yaml", triage().encode("utf-16"), "bad.yaml:1:1: expected UTF-8, got UTF-16 [not-utf-8]"),
    "utf-16 card": (
        "bad.json",
        card("clerk", "sort").encode("utf-16"),
        "bad.json:1:1: expected UTF-8, got UTF-16 [not-utf-8]",
    ),
    "not a number": (
        "bad.yaml",
        f"cost: .nan\n{triage()}",
        "bad.yaml:1:7: expected a finite number, got '.nan'",
    ),
    "equal keys": ("bad.yaml", f"a: 1\na: 2\n{triage()}", "bad.yaml:2:1: duplicate key 'a'"),
    "bomb": ("bad.yaml", f"{BOMB}{triage()}", "aliases expand to too much"),
    "not a number in a card": (
        "bad.json",
        card("clerk", "sort").replace("{", '{"cost": NaN, ', 1),
        "expected a finite number, got NaN",
    ),
}


@pytest.mark.parametrize(("name", "content", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_file_of_a_kind_is_refused(
    desk: Desk, name: str, content: str | bytes, complaint: str
) -> None:
    desk.write(name, content)

    refused = desk.pallet("push", name, "things/bad:1.0.0")

    assert (refused.code, refused.stdout) == (78, "")
    assert complaint in refused.stderr
    assert "publish it as it is, with --kind files\n" in refused.stderr
    assert not (desk.root / ".pallet/registry/things").exists()
    insisted = desk.pallet("push", name, "things/bad:1.0.0", "--kind", "files")
    assert (insisted.code, insisted.stderr.endswith("pushed (kind files)\n")) == (0, True)


@pytest.mark.parametrize(
    "content",
    [RELEASE, CHART_TEMPLATE, "a: b\n".encode("utf-16"), "a: 1\na: 2\n"],
    ids=["github", "template", "utf-16", "equal-keys"],
)
def test_broken_file_of_no_kind_is_pushed_as_it_is(desk: Desk, content: str | bytes) -> None:
    desk.write("other.yaml", content)

    ran = desk.pallet("push", "other.yaml", "things/other:1.0.0")

    assert ran.code == 0, ran.stderr
    assert "published as it is, by kind files" in ran.stderr
