"""`pallet select`: the answer, the explanation, and what is said where nobody fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discovery.published import manifest_of
from tests.support.results import read_result
from tests.support.scenarios import Desk
from tests.support.scripted_registry import ScriptedRegistry, digest_of

OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


def publish(registry: ScriptedRegistry, name: str, *tags: str, **said: str) -> str:
    """Publish a workflow that says this of itself; return its digest."""
    annotations = {f"org.pallet.workflow.{key.replace('_', '-')}": text for key, text in said.items()}
    content = manifest_of({"org.test": f"{name}:{tags}", **annotations})
    registry.put(name, content, OCI, *tags)
    return digest_of(content)


@pytest.fixture
def shelf(online: Desk, registry: ScriptedRegistry) -> Desk:
    """Three workflows that can plan: one in Python and small, one urgent, one that costs much."""
    publish(registry, "w/python", "1.0.0", "latest", skills="plan,code", language="python", max_memory="1GiB")
    publish(registry, "w/urgent", "1.0.0", skills="plan", language="go", priority="5", max_memory="8GB")
    publish(registry, "w/dear", "1.0.0", skills="plan,code,test", cost="high", type="parallel")
    publish(registry, "w/other", "1.0.0", skills="review")
    return online


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--skill", "plan"), "w/urgent"),
        (("--skill", "plan", "--skill", "code"), "w/python"),
        (("--skill", "plan", "--language", "python"), "w/python"),
        (("--skill", "plan", "--memory", "1GB"), "w/dear"),
        (("--skill", "plan", "--require", "type=parallel"), "w/dear"),
        (("--skill", "plan", "--require", "cost<high", "--require", "priority<5"), "w/python"),
        (("--repository", "w/o*"), "w/other"),
        (("--memory", "16GB"), "w/urgent"),
    ],
    ids=str,
)
def test_best_one_is_chosen(shelf: Desk, arguments: tuple[str, ...], expected: str) -> None:
    ran = shelf.pallet("select", *arguments)

    assert ran.code == 0
    assert ran.stdout.split()[0].endswith(f"/{expected}:1.0.0")


def test_answer_carries_what_is_needed(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("select", "--skill", "plan", "--memory", "16GB")

    digest = registry.hold("w/urgent").tags["1.0.0"]
    assert ran.stdout == f"{registry.host}/w/urgent:1.0.0 1.0.0 {digest} 5 low\n"
    assert ran.stderr == f"4 repositories, from the list of repositories of {registry.url}, read just now\n"


def test_json_tells_it_whole(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet(
        "select",
        "--skill",
        "plan",
        "--language",
        "python",
        "--memory",
        "2GB",
        "--explain",
        "--format",
        "json",
    )

    document = read_result(ran.stdout)
    digest = registry.hold("w/python").tags["1.0.0"]
    assert (document["reference"], document["digest"]) == (f"{registry.host}/w/python:1.0.0", digest)
    assert (document["version"], document["priority"], document["cost"]) == ("1.0.0", 0, "low")
    assert document["chosen"]["scores"] == {"language": 10, "env": 0, "memory": 3}
    assert (document["considered"], document["fitting"], document["nearest"]) == (4, 2, None)
    losers = [(item["repository"], item["lost_by"], item["failures"]) for item in document["candidates"][1:]]
    assert losers == [
        ("w/dear", "w/python has the higher score: 13, not 3", []),
        ("w/other", None, ["skill plan: expected among its skills, got 'review'"]),
        ("w/urgent", None, ["memory: expected at most 2000000000 bytes, got '8GB'"]),
    ]


def test_explanation_is_a_table(shelf: Desk) -> None:
    ran = shelf.pallet("select", "--skill", "plan", "--language", "python", "--explain")

    answer, empty, head, *body = ran.stdout.splitlines()
    assert "/w/python:1.0.0 1.0.0 sha256:" in answer
    assert (empty, head.split()) == ("", ["artifact", "version", "score", "priority", "cost", "why"])
    assert [row.split()[:2] for row in body] == [
        ["→", "w/python"],
        ["x", "w/urgent"],
        ["x", "w/dear"],
        ["x", "w/other"],
    ]
    assert "context: expected language python, got nothing said" in body[2]


def test_nobody_fits_names_the_nearest(shelf: Desk, registry: ScriptedRegistry) -> None:
    ran = shelf.pallet("select", "--skill", "plan", "--skill", "deploy")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.splitlines()[1:] == [
        f"pallet: select: nobody fits: none of 4 candidates fits; the nearest is {registry.host}/w/urgent:1.0.0: "
        "skill deploy: expected among its skills, got 'plan'",
        "  → ask for less, or see all with --explain",
    ]


def test_nobody_fits_in_json(shelf: Desk) -> None:
    ran = shelf.pallet("select", "--skill", "deploy", "--format", "json")

    document = read_result(ran.stdout)
    assert (ran.code, document["exit_code"], document["chosen"], document["digest"]) == (1, 1, None, None)
    assert document["nearest"]["repository"] == "w/urgent"
    assert [problem["code"] for problem in document["problems"]] == ["nobody-fits"]


def test_nobody_there_is_told_apart(online: Desk, registry: ScriptedRegistry) -> None:
    registry.put("things/a", manifest_of({}), OCI, "1.0.0")

    ran = online.pallet("select", "--skill", "plan")

    assert ran.code == 1
    expected = "pallet: select: nobody fits: expected at least one workflow to choose from, got none"
    assert ran.stderr.splitlines()[1] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--skill", "old"), None),
        (("--skill", "old", "--constraint", "^1"), "1.5.0"),
        (("--skill", "old", "--constraint", "~1.0"), "1.0.0"),
        (("--skill", "next"), None),
        (("--skill", "next", "--prereleases"), "3.0.0-rc.1"),
    ],
)
def test_other_versions_are_looked_up(
    online: Desk, registry: ScriptedRegistry, arguments: tuple[str, ...], expected: str | None
) -> None:
    publish(registry, "w/a", "1.0.0", skills="old")
    publish(registry, "w/a", "1.5.0", skills="old")
    publish(registry, "w/a", "2.0.0", skills="new")
    publish(registry, "w/a", "3.0.0-rc.1", skills="next")

    ran = online.pallet("select", *arguments)

    assert (ran.stdout.split()[1] if ran.code == 0 else None) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "select: expected something to choose by, got nothing"),
        (("--memory", "lots"), "--memory: expected an amount such as 512MiB or 2GB, got 'lots'"),
        (("--skill", ""), "--skill: expected a text, got an empty one"),
        (("--language", " "), "--language: expected a text, got an empty one"),
        (
            ("--require", "timeout<soon"),
            "--require: 'timeout<soon': expected seconds such as 600, got 'soon'",
        ),
        (("--skill", "a", "--constraint", ""), "constraint: expected such as ^1.2, got an empty text"),
    ],
)
def test_impossible_wishes_are_refused(desk: Desk, arguments: tuple[str, ...], message: str) -> None:
    ran = desk.pallet("select", *arguments)

    assert (ran.code, ran.stdout) == (64, "")
    assert ran.stderr.splitlines()[0] == f"pallet: {message}"


def test_lies_are_said(online: Desk, registry: ScriptedRegistry) -> None:
    publish(registry, "w/liar", "1.0.0", skills="plan", max_memory="lots", requires="liar", priority="top")

    ran = online.pallet("select", "--skill", "plan", "--memory", "2GB")

    assert ran.code == 1
    assert "memory: expected at most 2000000000 bytes, got 'lots'\n  → ask for less, or see all" in ran.stderr
    assert ran.stderr.splitlines()[:2] == [
        "w/liar:1.0.0: org.pallet.workflow.max-memory: expected an amount such as 512MiB or 2GB, got 'lots'",
        "w/liar:1.0.0: org.pallet.workflow.priority: expected a whole number, got 'top'",
    ]
    assert online.pallet("select", "--memory", "2GB", "--explain").stderr.endswith("\n  → ask for less\n")
    assert online.pallet("select", "--skill", "plan").code == 0
