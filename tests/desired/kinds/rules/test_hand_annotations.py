from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.desired.kinds.rules.hand_annotations import check_hand_annotations
from reconciler.desired.kinds.schemas import load_schema
from reconciler.discovery import workflow_facts as facts
from tests.support.projects import WORKFLOWS, make_project, workflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

W = "org.pallet.workflow"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (f"{W}.type", "zzz", "expected one of sequential, parallel, conditional, got the text 'zzz'"),
        (f"{W}.timeout", "abc", "expected seconds such as 600, got the text 'abc'"),
        (f"{W}.priority", "high", "expected a whole number such as 5, got the text 'high'"),
        (f"{W}.max-memory", "lots", "expected an amount such as 512MiB or 2GB, got the text 'lots'"),
        (f"{W}.cost", "hihg", "expected one of low, medium, high, got the text 'hihg': did you mean 'high'?"),
        (f"{W}.breaking-change", "perhaps", "expected one of true, false, got the text 'perhaps'"),
        ("org.pallet.release.stable", "no", "expected one of true, false, got the text 'no'"),
    ],
)
def test_value_that_nobody_reads_is_said(key: str, value: str, message: str) -> None:
    [(rule, found)] = check_hand_annotations({key: value})
    assert (rule.code, found.path, found.message) == ("PLT066", (key,), message)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        (f"{W}.skils", f"{W}.skills"),
        (f"{W}.Timeout", f"{W}.timeout"),
        (f"{W}.max_memory", f"{W}.max-memory"),
        ("org.pallet.worflow.skills", f"{W}.skills"),
        ("org.pallet.workflows.cost", f"{W}.cost"),
        (f"{W}.owner", None),
        ("org.pallet.zebra", None),
    ],
)
def test_name_that_is_not_known_is_said(key: str, meant: str | None) -> None:
    [(rule, found)] = check_hand_annotations({key: "x"})
    assert (rule.code, found.path) == ("PLT067", (key,))
    assert found.fix == (
        f"write {meant}" if meant else "choose a name of your own, such as com.example.owner"
    )
    assert (f"did you mean '{meant}'?" in found.message) is (meant is not None)


@pytest.mark.parametrize(
    "hand",
    [
        {},
        {"com.acme.priority": "high", "org.opencontainers.image.licens": "?", "org.palletx.a": "b"},
        {f"{W}.max-memory": "1.5 GiB", f"{W}.priority": "-3", f"{W}.timeout": "0.5"},
        {f"{W}.max-memory": "2g", f"{W}.timeout": "600s"},
        {f"{W}.max-memory": "1048576", f"{W}.dependencies": "plan", f"{W}.skills": "a,b"},
    ],
    ids=["nothing", "other-names", "numbers", "units", "more"],
)
def test_good_annotations_are_let_be(hand: dict[str, str]) -> None:
    assert list(check_hand_annotations(hand)) == []


def test_examples_of_the_schema_are_read() -> None:
    document: Any = load_schema("annotations.schema.json").document
    said = {key: example for key, item in document["properties"].items() for example in item["examples"][-1:]}
    assert list(check_hand_annotations(said)) == []


TOML = f"""{WORKFLOWS}
[artifact.annotations]
"{W}.priority" = "high"
"{W}.skils" = "a"

[[artifact.attach]]
files = "{{dir}}/{{stem}}.txt"
artifact-type = "application/vnd.acme.note.v1"
annotations = {{ "org.pallet.workflow.cost" = "much" }}
"""


def _warnings(root: Path, toml: str) -> list[str]:
    files = {"workflows/a.yaml": workflow(), "workflows/a.txt": "a", "workflows/b.yaml": workflow()}
    files["workflows/b.txt"] = "b"
    return [f"{problem} [{problem.code}]" for problem in make_project(root, toml, files).load().warnings]


def test_place_is_that_of_the_annotation(tmp_path: Path) -> None:
    line = 3 + TOML[: TOML.index(f'"{W}.priority"')].count("\n")
    assert _warnings(tmp_path, TOML) == [
        f"pallet.toml:{line}: artifact[0].annotations.'{W}.priority': "
        "expected a whole number such as 5, got the text 'high' [PLT066]",
        f"pallet.toml:{line + 1}: artifact[0].annotations.'{W}.skils': "
        f"unknown annotation: did you mean '{W}.skills'? [PLT067]",
        f"pallet.toml:{line + 6}: artifact[0].attach[0].annotations.'{W}.cost': "
        "expected one of low, medium, high, got the text 'much' [PLT066]",
    ]


def test_rules_are_switched_off_by_code(tmp_path: Path) -> None:
    everywhere = _warnings(tmp_path / "a", f'{TOML}\n[rules]\nignore = ["PLT066"]\n')
    assert [text[-7:-1] for text in everywhere] == ["PLT067"]
    entry = TOML.replace("[artifact.annotations]", 'ignore-rules = ["PLT067"]\n[artifact.annotations]')
    assert [text[-7:-1] for text in _warnings(tmp_path / "b", entry)] == ["PLT066", "PLT066"]


@pytest.mark.parametrize(
    ("word", "read", "texts"),
    [
        ("timeout", facts.read_seconds, ["600", "1.5", "600s", "600 s", "", "5m", "-1", "1e3", "1."]),
        ("priority", facts.read_integer, ["0", "-3", "+7", "", "1.5", "high", "1" * 19]),
        ("max-memory", facts.read_memory, ["1", "2GB", "2gb", "512Mi", "1.5 GiB", "1KIB", "GB", "2XB", "2 G B"]),
        ("cost", facts.read_cost, ["low", "medium", "high", "cheap", ""]),
    ],
    ids=["timeout", "priority", "memory", "cost"],
)  # fmt: skip
def test_what_is_doubted_is_what_readers_pass_over(
    word: str, read: Callable[[str], object], texts: list[str]
) -> None:
    def is_read(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    doubted = {text: not list(check_hand_annotations({f"{W}.{word}": text})) for text in texts}
    assert doubted == {text: is_read(text) for text in texts}
