"""The catalog's content, read and written."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from reconciler.discovery.catalog_document import CatalogDocument, item_of, parse_catalog, render_catalog
from tests.discovery.catalogued import entry_of
from tests.support.docker_registry import PROJECT

SCHEMA = json.loads((PROJECT / "schemas" / "catalog.schema.json").read_text("utf-8"))
PLAN, ROUTER = entry_of("workflows/plan", tags=("1", "latest")), entry_of("workflows/router")
ODD = (
    b'{ "format_version" : "1.7",\n "x-list": [1, 2.50, {"a": "\\u00e9"}],\n'
    b' "entries": [ {"repository":"z", "odd": 1e2, "tag":"1.0.0",  "digest":"sha256:%s","size":1} , 7 ] }'
    % (b"0" * 64)
)


def test_entries_come_back() -> None:
    content = render_catalog(CatalogDocument((item_of(ROUTER, "ours"), item_of(PLAN, "ours"))))

    items = parse_catalog(content).items

    assert [item.entry for item in items] == [PLAN, ROUTER]
    assert [item.owner for item in items] == ["ours", "ours"]


def test_entry_knows_its_project_where_its_annotations_name_none() -> None:
    whole = entry_of("app", project=None)

    items = parse_catalog(
        render_catalog(CatalogDocument((item_of(whole, "ours"), item_of(PLAN, "ours"))))
    ).items

    assert [item.entry.project for item in items if item.entry] == ["ours", "ours"]
    assert [item.entry.owner for item in items if item.entry] == ["ours", None]


def test_content_is_what_its_schema_says() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    whole = entry_of("app", project=None)
    content = render_catalog(CatalogDocument((item_of(PLAN, "ours"), item_of(whole, "ours"))))

    Draft202012Validator(SCHEMA).validate(json.loads(content))

    assert json.loads(content)["entries"][0]["project"] == "ours"
    for example in SCHEMA["examples"]:
        Draft202012Validator(SCHEMA).validate(example)
        assert parse_catalog(json.dumps(example).encode()).items[0].problem is None


def test_order_of_entries_never_matters() -> None:
    items = (item_of(ROUTER, "ours"), item_of(PLAN, "ours"))

    assert render_catalog(CatalogDocument(items)) == render_catalog(CatalogDocument(items[::-1]))


def test_what_others_wrote_stays_byte_for_byte() -> None:
    document = parse_catalog(ODD)

    content = render_catalog(document)

    assert b'{"repository":"z", "odd": 1e2, "tag":"1.0.0",  "digest":' in content
    assert b'"x-list":[1, 2.50, {"a": "\\u00e9"}]' in content
    assert content.startswith(b'{"format_version":"1.7"')
    assert render_catalog(parse_catalog(content)) == content


def test_key_that_is_no_utf8_once_read_stays() -> None:
    content = b'{"format_version":"1.0",\n"\\ud800":[1.0],\n"\\u00e9":2,\n"entries":[\n\n]}\n'

    assert render_catalog(parse_catalog(content)) == content


def test_empty_catalog_is_one() -> None:
    assert parse_catalog(render_catalog(CatalogDocument())) == CatalogDocument()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("7", "expected an object, got int"),
        ('{"tag":"1.0.0"}', "size: expected a number of bytes, got None"),
        ('{"tag":"1.0.0","size":true}', "size: expected a number of bytes, got True"),
        ('{"tag":"a b","size":1}', "not a tag: "),
        ('{"tag":5,"size":1}', "tag: expected text, got 5"),
        ('{"tag":"1.0.0","size":1,"repository":"UP","digest":"x"}', "not a repository name: "),
        ('{"tag":"1.0.0","size":1,"repository":"a","digest":"x"}', "not a digest: "),
        ('{"annotations":{"a":1}}', "annotations: expected an object of texts, got something else"),
        (
            '{"tag":"1.0.0","size":1,"repository":"a","digest":"sha256:%s","tags":"latest"}' % ("0" * 64),
            "tags: expected a list of texts, got 'latest'",
        ),
    ],
)
def test_bad_entry_is_one_with_a_problem(entry: str, problem: str) -> None:
    (item,) = parse_catalog(f'{{"format_version":"1.0","entries":[{entry}]}}'.encode()).items

    assert item.entry is None
    assert (item.problem or "").startswith(problem)
    assert item.text == entry


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "expected '{', got ''"),
        (b"[]", "expected '{', got '[]'"),
        (b"{}", "format_version: expected text such as 1.0, got None"),
        (b'{"format_version":1,"entries":[]}', "format_version: expected text such as 1.0, got 1"),
        (
            rb'{"format_version":"1.\ud800","entries":[]}',
            r"format_version: expected text such as 1.0, got '1.\ud800'",
        ),
        (b'{"format_version":"1.0"}', "entries: expected a list, got none"),
        (b'{"format_version":"1.0","entries":{}}', "expected '[', got '{}}'"),
        (b'{"format_version":"1.0","entries":[1 2]}', "expected ',', got '2]}'"),
        (b'{"format_version":"1.0","entries":[]} x', "expected the end, got 'x'"),
        (
            b'{"format_version":"1.0","entries":[' + b"[" * 100_000,
            "expected JSON, got lists nested too deeply",
        ),
        (b"\xff", "expected UTF-8, got b'\\xff' at byte 0"),
    ],
)
def test_what_is_no_catalog_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text is compared)
        parse_catalog(content)

    assert str(caught.value) == why


@pytest.mark.parametrize(("version", "newer"), [("1.0", False), ("1.9", False), ("2.0", True)])
def test_newer_format_is_known(version: str, newer: bool) -> None:
    assert CatalogDocument(format_version=version).is_newer is newer
