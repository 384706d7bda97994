"""`pallet deps`: what is needed, who needs it, and what is said where it cannot be had."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from reconciler.desired.requirements import REQUIRES
from reconciler.oci import media_types
from reconciler.oci.layout import open_layout
from reconciler.oci.reference import Repository, Tag
from tests.discovery.published import BLOB, manifest_of
from tests.support.results import read_result
from tests.support.scenarios import Desk

NEWEST_ONLY = "only the newest version of each repository is looked at: older ones may need it too"
SHELF = {
    ("w/router", "1.0.0"): "plan@^1.2, tools/search",
    ("w/plan", "1.2.0"): "tools/search@<2",
    ("w/plan", "1.3.0"): "tools/search@<2",
    ("w/plan", "2.0.0"): "",
    ("tools/search", "1.4.0"): "",
    ("tools/search", "2.0.0"): "",
    ("w/broken", "1.0.0"): "gone, router@^3, broken",
}


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    store = open_layout(desk.root / ".pallet/registry")
    for (name, version), requires in SHELF.items():
        content = manifest_of({"org.test.name": f"{name} {version}", REQUIRES: requires})
        store.put_blob(Repository(name), BLOB)
        store.put_manifest(Repository(name), Tag(version), content, media_types.OCI_MANIFEST)
    return desk


def _lines(text: str) -> list[str]:
    """Return the lines of a tree without digests."""
    return [re.sub(r" ?[0-9a-f]{12}", "", line) for line in text.splitlines()]


def test_tree_opens_each_artifact_once(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/router")

    assert (ran.code, ran.stderr) == (0, "")
    assert _lines(ran.stdout) == [
        "w/router 1.0.0 ",
        "├── w/plan 1.3.0   [^1.2]",
        "│   └── tools/search 1.4.0   [<2]",
        "└── tools/search 1.4.0 ",
    ]


def test_every_problem_is_said(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/broken:1.0.0")

    assert ran.code == 1
    assert ran.stderr == (
        "pallet: w/broken: a cycle: expected requirements that end, got one of itself: "
        "w/broken 1.0.0 → w/broken 1.0.0\n"
        "  w/broken 1.0.0\n"
        "  → take one of them out of `requires`\n"
        "pallet: w/gone: missing: expected a repository with versions, got none\n"
        "  w/broken 1.0.0 → w/gone\n"
        "  → publish w/gone first, or mend the name in `requires` of w/broken\n"
        "pallet: w/router: no such version: expected ^3, got 1.0.0\n"
        "  w/broken 1.0.0 → w/router@^3\n"
        "  → publish such a version of w/router, or let w/broken take another one\n"
    )


def test_json_has_nodes_and_edges(shelf: Desk) -> None:
    document = read_result(shelf.pallet("deps", "w/router@^1", "--format", "json").stdout)

    assert [(node["repository"], node["version"]) for node in document["nodes"]] == [
        ("w/router", "1.0.0"),
        ("w/plan", "1.3.0"),
        ("tools/search", "1.4.0"),
    ]
    assert document["edges"][-1] == {
        "from": {"repository": "w/plan", "version": "1.3.0"},
        "to": {"repository": "tools/search", "version": "1.4.0"},
        "constraint": "<2",
    }


def test_json_carries_problems(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/broken", "--format", "json")
    document = read_result(ran.stdout)

    assert (ran.code, document["exit_code"]) == (1, 1)
    assert [problem["code"] for problem in document["problems"]] == ["cycle", "missing", "unsatisfied"]
    assert {"repository": "w/gone", "version": None} in [edge["to"] for edge in document["edges"]]


def test_reverse_says_who_needs_it(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/plan", "--reverse")

    assert ran.code == 0
    assert _lines(ran.stdout) == ["w/plan", "└── w/router 1.0.0   [^1.2]"]


def test_reverse_of_a_version_leaves_out_who_wants_another(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/plan:2.0.0", "--reverse")

    assert ran.stdout == "w/plan 2.0.0\n"
    assert "w/router:1.0.0 requires another one: ^1.2\n" in ran.stderr
    assert "4 repositories, from the list of repositories of oci-layout:.pallet/registry" in ran.stderr
    assert ran.stderr.endswith("none of them needs w/plan\n")


def test_reverse_of_a_mistyped_name_says_so(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/plam", "--reverse")

    assert ran.code == 0
    assert ran.stderr.endswith("none of them needs w/plam, which is not among them: check the name\n")


def test_reverse_elsewhere_asks_nothing_of_this_project(shelf: Desk) -> None:
    shelf.write("pallet.lock", "broken")

    here = shelf.pallet("deps", "w/plan", "--reverse")
    elsewhere = shelf.pallet("deps", "oci-layout:other/w/plan", "--reverse")

    assert "pallet.lock is not looked at: " in here.stderr
    assert "pallet.lock" not in elsewhere.stderr


def test_reverse_json_says_where_it_comes_from(shelf: Desk) -> None:
    document = read_result(shelf.pallet("deps", "tools/search:1.4.0", "--reverse", "--format", "json").stdout)

    assert (document["source"], document["reverse"]) == ("registry", True)
    assert [edge["from"]["repository"] for edge in document["edges"]] == ["w/router"]
    assert document["notes"] == [NEWEST_ONLY]


def test_reverse_says_who_may_hide(shelf: Desk) -> None:
    content = manifest_of({REQUIRES: "plan@^^1, \x1b[31m"})
    store = open_layout(shelf.root / ".pallet" / "registry")
    store.put_blob(Repository("w/odd"), BLOB)
    store.put_manifest(Repository("w/odd"), Tag("1.0.0"), content, media_types.OCI_MANIFEST)

    ran = shelf.pallet("deps", "w/plan", "--reverse")

    assert ran.code == 0
    assert "w/odd:1.0.0: org.pallet.workflow.requires: 'plan@^^1': not a version constraint: " in ran.stderr
    assert "is not understood: it may need it too\n" in ran.stderr
    assert f"{NEWEST_ONLY}\n" in ran.stderr
    assert "\x1b" not in ran.stderr


@pytest.mark.parametrize("arguments", [["w/broken"], ["w/plan", "--reverse"]], ids=["needs", "reverse"])
def test_drawing_is_well_formed(shelf: Desk, arguments: list[str]) -> None:
    ran = shelf.pallet("deps", *arguments, "--format", "svg")

    drawing = ET.fromstring(ran.stdout)
    labels = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert any(label is not None and label.startswith("w/router") for label in labels)


def test_mermaid_and_dot_point_from_who_requires(shelf: Desk) -> None:
    mermaid = shelf.pallet("deps", "w/plan", "--reverse", "--format", "mermaid").stdout
    dot = shelf.pallet("deps", "w/plan", "--reverse", "--format", "dot").stdout

    assert mermaid == 'flowchart TD\n  n0["w/plan"]\n  n1["w/router 1.0.0"]\n  n1 -->|"^1.2"| n0\n'
    assert '  "w/router:1.0.0" -> "w/plan" [label="^1.2"];\n' in dot


def test_output_goes_to_a_file(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/router", "--format", "dot", "-o", str(shelf.root / "router.dot"))

    assert (ran.code, ran.stdout) == (0, "")
    assert (shelf.root / "router.dot").read_text().startswith("digraph dependencies {\n")


def test_absent_artifact_is_an_error(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/nothing")
    assert ran.code == 1
    assert ran.stderr == (
        "pallet: oci-layout:.pallet/registry/w/nothing: no such repository: "
        "expected one with versions, got none\n"
        "  → check the name; `pallet list --target main` shows what is there\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        pytest.param(["w/nothing"], 1, "no such repository: expected one", id="no-repository"),
        pytest.param(["w/plan:7.0.0", "--reverse"], 1, "no such tag: expected 7.0.0", id="no-tag"),
        pytest.param(["ada:secret@host/w/plan"], 64, "reference: a user name or password", id="no-reference"),
        pytest.param(["localhost:1/w/plan", "--retries", "0"], 1, "localhost:1", id="nobody-there"),
    ],
)
def test_failure_is_a_document_of_its_own_kind(
    shelf: Desk, arguments: list[str], code: int, what: str
) -> None:
    ran = shelf.pallet("deps", *arguments, "--format", "json")
    document = read_result(ran.stdout)

    assert (ran.code, document["exit_code"], document["nodes"]) == (code, code, [])
    assert [what in problem["message"] for problem in document["problems"]] == [True]
    assert document["reverse"] == ("--reverse" in arguments)
    assert ran.stderr.startswith(f"pallet: {document['problems'][0]['message']}\n")
    assert "secret" not in ran.everything


def test_failure_of_the_project_is_one_too(shelf: Desk) -> None:
    shelf.write("pallet.toml", "")

    document = read_result(shelf.pallet("deps", "w/plan", "--format", "json").stdout)

    assert (document["exit_code"], document["problems"][0]["file"]) == (78, "pallet.toml")


def test_where_names_are_looked_for_is_said(shelf: Desk) -> None:
    ran = shelf.pallet("deps", "w/router", "--target", "main")
    assert (ran.code, ran.stderr) == (0, "")
    (shelf.root / "pallet.toml").unlink()

    lost = shelf.pallet("deps", "oci-layout:.pallet/registry/w/router")

    assert lost.code == 1
    assert lost.stderr.endswith(
        "what is required is looked for in oci-layout:.pallet/registry/w: where it stands below another place, "
        "add that, such as --registry oci-layout:.pallet/registry\n"
    )
    found = shelf.pallet(
        "deps", "oci-layout:.pallet/registry/w/router", "--registry", "oci-layout:.pallet/registry"
    )
    assert (found.code, found.stderr, found.stdout) == (0, "", ran.stdout)


def test_digest_is_taken_as_it_is(shelf: Desk) -> None:
    node = read_result(shelf.pallet("deps", "w/plan:1.2.0", "--format", "json").stdout)["nodes"][0]

    document = read_result(shelf.pallet("deps", f"w/plan@{node['digest']}", "--format", "json").stdout)

    assert [each["repository"] for each in document["nodes"]] == ["w/plan", "tools/search"]
