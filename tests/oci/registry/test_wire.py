from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry import wire
from reconciler.oci.registry.urls import Url

HERE = Url.parse("https://h/v2/a/tags/list?n=2")


@pytest.mark.parametrize(
    ("lines", "page"),
    [
        pytest.param(
            ['</v2/a/tags/list?n=2&last=b>; rel="next"'], "https://h/v2/a/tags/list?n=2&last=b", id="path"
        ),
        pytest.param(['<?n=2&last=b>; rel="next"'], "https://h/v2/a/tags/list?n=2&last=b", id="query-alone"),
        pytest.param(["<https://h:443/x>; rel=next"], "https://h/x", id="absolute-with-port"),
        pytest.param(['<//h/x>; rel="next"'], "https://h/x", id="scheme-relative"),
        pytest.param(['</p>; rel="prev", </n>; rel="next"'], "https://h/n", id="several-in-a-line"),
        pytest.param(['</p>; rel="prev"', '</n>; rel="next"'], "https://h/n", id="several-lines"),
        pytest.param(['</n>; title="a, \\"b\\" >"; REL="last next"'], "https://h/n", id="quoted-comma"),
        pytest.param(['</n>;foo;rel = "next"'], "https://h/n", id="valueless-parameter"),
        pytest.param(["</p>; rel=prev"], None, id="no-next"),
        pytest.param(["</n>"], None, id="no-relation"),
        pytest.param(["", "next", "<"], None, id="no-links"),
        pytest.param([], None, id="none"),
    ],
)
def test_next_page_is_found(lines: list[str], page: str | None) -> None:
    found = wire.next_page(HERE, lines)
    assert (None if found is None else str(found)) == page


@pytest.mark.parametrize("target", ["https://evil/x", "http://h/x", "https://h:444/x", "//evil/x"])
def test_next_page_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="expected a next page on https://h, got one on "):
        wire.next_page(HERE, [f'<{target}>; rel="next"'])


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param("/v2/a/blobs/uploads/1", "https://h/v2/a/blobs/uploads/1?digest=sha256:x", id="path"),
        pytest.param(
            "https://h:443/u?_state=a%2Fb;c%3D", "https://h/u?_state=a%2Fb;c%3D&digest=sha256:x", id="query"
        ),
        pytest.param("https://h/u?", "https://h/u?digest=sha256:x", id="empty-query"),
    ],
)
def test_digest_is_appended_to_raw_query(location: str, expected: str) -> None:
    assert str(wire.commit_location(wire.upload_location(HERE, location), "sha256:x")) == expected


@pytest.mark.parametrize("location", ["https://evil/u", "http://h/u", "https://u:p@h/u", "ftp://h/u"])
def test_upload_location_elsewhere_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match=r"expected a location on https://h|expected http|user name"):
        wire.upload_location(HERE, location)


def test_unknown_query_values_are_hidden() -> None:
    url = Url.parse("https://h/b?n=5&last=x&X-Amz-Signature=abc&flag&Scope=repository:a:pull")
    assert wire.redacted(url) == "https://h/b?n=5&last=x&X-Amz-Signature=***&flag&Scope=repository:a:pull"


def test_form_keeps_what_registries_read() -> None:
    pairs = [("scope", "repository:a/b:pull,push"), ("refresh_token", "a&b=c d")]
    assert wire.form(pairs) == "scope=repository:a/b:pull,push&refresh_token=a%26b%3Dc%20d"


@given(st.lists(st.text(alphabet=st.sampled_from('<>;,="\\ rel next/abc?&#@:[]'), max_size=200), max_size=3))
def test_any_link_is_page_none_or_value_error(lines: list[str]) -> None:
    with contextlib.suppress(ValueError):
        page = wire.next_page(HERE, lines)
        assert page is None or page.origin == HERE.origin


@given(st.text(max_size=200))
def test_any_location_stays_at_home_or_is_refused(location: str) -> None:
    with contextlib.suppress(ValueError):
        assert wire.upload_location(HERE, location).origin == HERE.origin


def test_hostile_link_takes_no_time() -> None:
    assert wire.next_page(HERE, ["<a>" + ";" * 100_000, "<" * 100_000, "<a>;b=" + '"' * 100_000]) is None


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/v2/acme/app/blobs/uploads/", "acme/app"),
        ("/v2/acme/blobs/manifests/1.0", "acme/blobs"),
        ("/v2/app/tags/list?n=5", "app"),
        ("/v2/", None),
        ("/v2/_catalog?n=5&last=a/blobs/b", None),
        ("/token?scope=/v2/a/blobs/", None),
    ],
)
def test_request_names_its_repository(target: str, name: str | None) -> None:
    assert wire.repository_of(Url.parse(f"https://h{target}")) == name
