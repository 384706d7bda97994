from __future__ import annotations

import json

import pytest

from reconciler.desired.attach_types import CYCLONEDX, HEAD_MAX_BYTES, SPDX, recognise


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("a/b/router.cdx.json", CYCLONEDX, id="cyclonedx"),
        pytest.param("ROUTER.CDX.JSON", CYCLONEDX, id="upper-case"),
        pytest.param("bom.json", CYCLONEDX, id="the-recommended-name"),
        pytest.param("router.cdx.xml", "application/vnd.cyclonedx+xml", id="xml"),
        pytest.param("router.spdx.json", SPDX, id="spdx"),
        pytest.param("router.spdx", "text/spdx", id="tag-value"),
        pytest.param("scan.sarif", "application/sarif+json", id="sarif"),
        pytest.param("notes.md", None, id="anything-else"),
        pytest.param("mybom.json", None, id="only-the-whole-name"),
    ],
)
def test_name_tells(name: str, expected: str | None) -> None:
    assert recognise(name, b"") == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"bomFormat": "CycloneDX", "specVersion": "1.6"}, CYCLONEDX, id="cyclonedx"),
        pytest.param({"$schema": "x", "n": [{"a": "}"}], "bomFormat": "CycloneDX"}, CYCLONEDX, id="later"),
        pytest.param({"spdxVersion": "SPDX-2.3"}, SPDX, id="spdx-2"),
        pytest.param({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, SPDX, id="spdx-3"),
        pytest.param({"bomFormat": "another"}, None, id="another-format"),
        pytest.param({"predicate": {"bomFormat": "CycloneDX"}}, None, id="inside-another-document"),
        pytest.param([{"bomFormat": "CycloneDX"}], None, id="in-a-list"),
        pytest.param({"note": "bomFormat", "CycloneDX": 1}, None, id="only-words"),
        pytest.param({"a": '\\"bomFormat": "CycloneDX"'}, None, id="in-a-text"),
        pytest.param({"bomFormat": ["CycloneDX"]}, None, id="no-text"),
        pytest.param("bomFormat", None, id="text"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_content_tells(document: object, expected: str | None, indent: int | None) -> None:
    assert recognise("report.json", json.dumps(document, indent=indent).encode()) == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe{", b'{"bomFormat', b'{"bomFormat": "CycloneDX', b"}" * 100, b"{" * 10_000],
)
def test_broken_content_tells_nothing(content: bytes) -> None:
    assert recognise("report.json", content) is None


def test_byte_order_mark_does_not_matter() -> None:
    assert recognise("report.json", b'\xef\xbb\xbf{"bomFormat": "CycloneDX"}') == CYCLONEDX


def test_only_the_head_counts() -> None:
    content = b'{"a": "' + b"x" * HEAD_MAX_BYTES + b'", "bomFormat": "CycloneDX"}'
    assert recognise("report.json", content) is None
