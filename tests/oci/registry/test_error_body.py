from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.error_body import Complaint, understand


@pytest.mark.parametrize(
    ("body", "codes", "text"),
    [
        pytest.param(
            b'{"errors":[{"code":"DENIED","message":"no","detail":{"x":1}}]}',
            {"DENIED"},
            "DENIED: no",
            id="spec",
        ),
        pytest.param(
            b'{"errors":[{"code":"A","message":"x"},{"code":"B","detail":"y"}]}',
            {"A", "B"},
            "A: x; B: y",
            id="several",
        ),
        pytest.param(b'{"errors":[{"message":"x"}]}', set(), "x", id="no-code"),
        pytest.param(b'{"errors":{"code":"A","message":"x"}}', {"A"}, "A: x", id="no-list"),
        pytest.param(b'{"errors":["odd"]}', set(), "odd", id="text-in-list"),
        pytest.param(
            b'{"message":"toomanyrequests: slow down"}', set(), "toomanyrequests: slow down", id="docker-hub"
        ),
        pytest.param(
            b'{"details":"invalid repository name"}', set(), "invalid repository name", id="details"
        ),
        pytest.param(
            b'{"error":"invalid_grant","error_description":"expired"}',
            {"invalid_grant"},
            "invalid_grant: expired",
            id="oauth",
        ),
        pytest.param(b"<html><title>502 Bad &amp; Gateway</title>", set(), "502 Bad & Gateway", id="html"),
        pytest.param(b"<p>no <b>title</b></p>", set(), "no title", id="html-without-title"),
        pytest.param(b"  plain\r\n\x1b[31mtext ", set(), "plain [31mtext", id="plain"),
        pytest.param(b'"just text"', set(), "just text", id="json-text"),
        pytest.param(b"[1]", set(), "", id="json-list"),
        pytest.param(b'{"errors":[]}', set(), "", id="empty-list"),
        pytest.param(b'{"errors":[{"code":42,"message":null}]}', set(), "", id="odd-types"),
        pytest.param(b"\xff\xfe", set(), "\ufffd\ufffd", id="not-utf-8"),
        pytest.param(b"", set(), "", id="empty"),
    ],
)
def test_error_body_is_understood(body: bytes, codes: set[str], text: str) -> None:
    assert understand(body) == Complaint(frozenset(codes), text)


def test_long_message_is_cut() -> None:
    text = understand(json.dumps({"message": "x" * 10_000}).encode()).text
    assert len(text) == 300
    assert text.endswith("x…")


def test_deep_json_is_survived() -> None:
    assert understand(b"[" * 60_000).codes == frozenset()


@given(st.binary(max_size=400))
def test_any_bytes_give_one_short_line(body: bytes) -> None:
    text = understand(body).text
    assert len(text) <= 300
    assert text == "" or text.isprintable()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["errors", "code", "message", "detail", "details", "error", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_gives_one_short_line(document: object) -> None:
    text = understand(json.dumps(document).encode()).text
    assert len(text) <= 300
    assert text == "" or text.isprintable()
