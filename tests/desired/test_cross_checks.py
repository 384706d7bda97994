"""What is wrong with artifacts only beside each other: refused, or warned of, in exactly these words."""

from __future__ import annotations

from pathlib import Path

from tests.support.projects import CONFIGS, WORKFLOWS, make_project, requiring


def test_two_files_that_claim_one_version_are_both_named(tmp_path: Path) -> None:
    toml = CONFIGS + CONFIGS.replace("c/*", "d/*").replace("{stem}", "a")
    folder = make_project(tmp_path, toml, {"c/a.json": "{}", "d/q.json": "{}"})
    assert folder.complaints() == [
        "pallet.toml:10: c/a 1.0.0: expected one artifact, got two: "
        "c/a.json (pallet.toml:4) and d/q.json (pallet.toml:10)"
    ]


def test_two_files_of_one_entry_that_claim_one_version_are_both_named(tmp_path: Path) -> None:
    toml = CONFIGS.replace("c/*.json", "c/**/*.json")
    folder = make_project(tmp_path, toml, {"c/x/a.json": "{}", "c/y/a.json": "{}"})
    assert folder.complaints() == [
        "pallet.toml:4: c/a 1.0.0: expected one artifact, got two: "
        "c/x/a.json (pallet.toml:4) and c/y/a.json (pallet.toml:4)"
    ]


def test_two_versions_of_one_repository_are_fine(tmp_path: Path) -> None:
    toml = CONFIGS.replace("{stem}", "a") + CONFIGS.replace("c/*", "d/*").replace("{stem}", "a").replace(
        '"1.0.0"', '"2.0.0"'
    )
    folder = make_project(tmp_path, toml, {"c/q.json": "{}", "d/q.json": "{}"})
    assert [(item.name, item.version.text) for item in folder.load().wanted] == [
        ("c/a", "1.0.0"),
        ("c/a", "2.0.0"),
    ]


def test_cycle_is_named(tmp_path: Path) -> None:
    files = {"workflows/a.yaml": requiring("b"), "workflows/b.yaml": requiring("a")}
    assert make_project(tmp_path, WORKFLOWS, files).complaints() == [
        "pallet.toml:4: expected requirements without a cycle, got workflows/a → workflows/b → workflows/a"
    ]


def test_every_cycle_is_named(tmp_path: Path) -> None:
    names = {"a": "b", "b": "a", "c": "d", "d": "c"}
    files = {f"workflows/{name}.yaml": requiring(other) for name, other in names.items()}
    assert [text.partition(" got ")[2] for text in make_project(tmp_path, WORKFLOWS, files).complaints()] == [
        "workflows/a → workflows/b → workflows/a",
        "workflows/c → workflows/d → workflows/c",
    ]


def test_hold_of_nothing_is_a_warning(tmp_path: Path) -> None:
    toml = (
        CONFIGS
        + 'floating-tags = ["latest"]\n[hold."c/b"]\nlatest = "1.0.0"\n[hold."c/a"]\nlatest = "1.0.0"\n'
    )
    (warning,) = make_project(tmp_path, toml, {"c/a.json": "{}"}).load().warnings
    assert str(warning) == (
        "pallet.toml: hold.c/b.latest: expected a floating tag of an artifact, got none: did you mean c/a:latest?"
    )


def test_requirement_that_nothing_satisfies_is_a_warning(tmp_path: Path) -> None:
    toml = CONFIGS.replace("c/*.json", "c/a.json") + (
        '[artifact.annotations]\n"org.pallet.workflow.requires" = "b@^9"\n'
        '[[artifact]]\nfiles = "c/b.json"\nrepository = "c/b"\nkind = "config"\nversion = "1.0.0"\n'
    )
    (warning,) = make_project(tmp_path, toml, {"c/a.json": "{}", "c/b.json": "{}"}).load().warnings
    assert (
        warning.message
        == "c/a 1.0.0 requires c/b@^9: expected one of the wanted versions to satisfy it, got 1.0.0"
    )
