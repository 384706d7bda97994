"""Words make no file one of a kind; what its top level says does, however broken the rest is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.desired.document_memory import DocumentMemory
from reconciler.desired.kinds.kind_files import check_document
from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser, format_of
from reconciler.desired.reading.documents import DOCUMENT_MAX_BYTES, read_document
from reconciler.desired.sightings import Sighted, sight
from reconciler.errors import DocumentError
from reconciler.oci.digest import Digest
from tests.support.foreign_files import FOREIGN
from tests.support.projects import workflow

RECOGNISER = Recogniser(builtin_kinds())
FLOW = workflow()
CARD = '{"name": "a", "url": "https://a", "skills": []'
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
DEEP = "[" * 10_000 + "]" * 10_000


def kind_of(name: str, content: str | bytes) -> str | None:
    sighted = sight(RECOGNISER, name, content.encode() if isinstance(content, str) else content)
    return sighted.kind.name if sighted else None


@pytest.mark.parametrize("path", FOREIGN)
def test_file_of_another_program_is_of_no_kind(path: str) -> None:
    content = FOREIGN[path].encode()
    with pytest.raises(DocumentError):
        read_document(content, file=path, suffix_format=format_of(path))
    assert kind_of(path, content) is None


BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "key that is no text": ("f.yaml", f"on: 1\n{FLOW}", "workflow"),
    "equal keys": ("f.yaml", f"a: 1\na: 2\n{FLOW}", "workflow"),
    "equal keys that decide": ("f.yaml", f"{FLOW}steps: none\n", "workflow"),
    "not a number": ("f.yaml", f"{FLOW}cost: .nan\n", "workflow"),
    "tag": ("f.yaml", f"{FLOW}cost: !!python/name:a.b ''\n", "workflow"),
    "several documents": ("f.yaml", f"{FLOW}---\na: 1\n", "workflow"),
    "aliases without end": ("f.yaml", f"a0: &a0 [x]\n{BOMB}{FLOW}", "workflow"),
    "nested without end": ("f.yaml", f"a: {DEEP}\n{FLOW}", "workflow"),
    "merged at the top": ("f.yaml", f"x: &x {{steps: []}}\n<<: *x\nmetadata: {{}}\n{FLOW}", "workflow"),
    "list that is never closed": ("f.yaml", f"a: [1\n{FLOW}", "workflow"),
    "template": ("f.yaml", f"{{% if a %}}\n{FLOW}{{% endif %}}\n", "workflow"),
    "no end": ("f.yaml", "{metadata: {name: a}, steps: [a, b", "workflow"),
    "control character": ("f.yaml", f"# \0\n{FLOW}", "workflow"),
    "latin-1": ("f.yaml", f"# ä\n{FLOW}".encode("latin-1"), "workflow"),
    "utf-16": ("f.yaml", FLOW.encode("utf-16"), "workflow"),
    "utf-16 without a mark": ("f.yaml", FLOW.encode("utf-16-be"), "workflow"),
    "utf-32": ("f.yaml", FLOW.encode("utf-32"), "workflow"),
    "too large": ("f.yaml", f"{FLOW}#".ljust(DOCUMENT_MAX_BYTES + 1), "workflow"),
    "card that is not a number": ("a.json", f'{CARD}, "cost": NaN}}', "agent-card"),
    "card with equal keys": ("a.json", f'{CARD}, "a": 1, "a": 2}}', "agent-card"),
    "card with a comma": ("a.json", f"{CARD},}}", "agent-card"),
    "card with comments": ("a.json", f"// skills\n{CARD}}}", "agent-card"),
    "card without its end": ("a.json", f'{CARD}, "description": "never\n', "agent-card"),
    "card without a comma": ("a.json", '{"name": "a" "url": "x"\n"skills": []}', "agent-card"),
    "card nested without end": ("a.json", f'{CARD}, "a": {DEEP}}}', "agent-card"),
    "card with digits": ("a.json", f'{CARD}, "a": {"9" * 5000}}}', "agent-card"),
    "card in utf-16": ("a.json", f"{CARD}}}".encode("utf-16"), "agent-card"),
    "chart": ("c/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1\nversion: 2\n", "helm-chart"),
    "schema": ("s.json", '{"$schema": "http://json-schema.org/draft-07/schema#", "a": NaN}', "schema"),
}


@pytest.mark.parametrize(("name", "content", "kind"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_file_is_what_it_says(name: str, content: str | bytes, kind: str) -> None:
    assert kind_of(name, content) == kind


@pytest.mark.parametrize("content", ['{"name": ' + '"\\"' * 200_000, '{"skills": ["name' * 50_000])
def test_looking_takes_no_longer_than_the_file_is_long(content: str) -> None:
    assert kind_of("a.json", content) is None


def test_what_was_found_is_not_found_out_again(tmp_path: Path) -> None:
    content = FLOW.encode()
    seen: list[Sighted] = []
    for _ in range(2):
        with DocumentMemory(tmp_path) as documents:
            sighted = sight(RECOGNISER, "f.yaml", content, Digest.of(content), documents)
            assert sighted is not None
            assert sighted.document is not None
            check_document(sighted.document, sighted.kind)
            documents.keep(Digest.of(content), sighted.document)
            seen.append(sighted)

    first, again = (one.document for one in seen)
    assert first == again
    assert [one.document is not None and one.document.notes is not None for one in seen] == [True, True]
    assert again is not None
    assert again.notes is not None
    assert again.notes.is_recalled


def test_kind_reads_files_in_its_own_way() -> None:
    sighted = sight(RECOGNISER, "f.json", json.dumps({"metadata": {}, "steps": []}).encode())
    assert sighted is not None
    assert (sighted.kind.name, sighted.document) == ("workflow", None)
