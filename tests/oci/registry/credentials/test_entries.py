"""The text of credential files: what is understood, and in which words the rest is refused."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UnauthorisedError
from reconciler.oci.registry.credentials import Credential
from reconciler.oci.registry.credentials.entries import CredentialFile, parse
from reconciler.oci.registry.credentials.files import find_in
from reconciler.oci.registry.credentials.helpers import Helpers


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("entry", "credential"),
    [
        pytest.param({"auth": encoded("bob:s3:cret")}, Credential("bob", "s3:cret"), id="first-colon"),
        pytest.param({"auth": encoded("b:c\0\0")}, Credential("b", "c"), id="padded"),
        pytest.param({"auth": encoded(":c")}, Credential("", "c"), id="no-name"),
        pytest.param({"username": "b", "password": "c"}, Credential("b", "c"), id="plain"),
        pytest.param(
            {"auth": encoded("b:"), "identitytoken": "t"}, Credential("b", "", "t"), id="identity-token"
        ),
        pytest.param({"registrytoken": "t"}, Credential(registry_token="t"), id="registry-token"),
        pytest.param({"auth": "", "email": "a@b"}, None, id="empty"),
        pytest.param({}, None, id="nothing"),
        pytest.param(None, None, id="null"),
    ],
)
def test_entry_is_understood(entry: object, credential: Credential | None) -> None:
    file = parse(json.dumps({"auths": {"h": entry}}), "c.json")
    assert file.auths == {"h": credential}
    assert credential is None or (file.auths["h"] or credential).source == "c.json"


def test_whole_file_is_understood() -> None:
    text = json.dumps({"credsStore": "pass", "credHelpers": {"h": "ecr-login"}, "HttpHeaders": {"a": "b"}})
    assert parse(text, "c.json") == CredentialFile({}, {"h": "ecr-login"}, "pass")


@pytest.mark.parametrize("text", ["", " \n", "{}", '{"auths": null}'])
def test_nothing_said_is_no_mistake(text: str) -> None:
    assert parse(text, "c.json") == CredentialFile({})


def test_flat_file_has_entries_at_the_top() -> None:
    file = parse(json.dumps({"https://h/v1/": {"auth": encoded("b:c")}}), ".dockercfg", is_flat=True)
    assert file.auths == {"https://h/v1/": Credential("b", "c")}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param('{"auths": {"h": {"auth": "c2VjcmV0', "not JSON at line 1", id="half-written"),
        pytest.param("[" * 100_000, "not JSON", id="deep"),
        pytest.param("[]", "the document: expected an object, got list", id="no-object"),
        pytest.param({"auths": []}, "auths: expected an object, got list", id="auths-no-object"),
        pytest.param({"auths": {"h": 1}}, "auths['h']: expected an object, got int", id="entry-no-object"),
        pytest.param(
            {"auths": {"h": {"auth": "%%secret"}}},
            "auths['h'].auth: expected base64 of name:password",
            id="no-base64",
        ),
        pytest.param(
            {"auths": {"h": {"auth": encoded("secret")}}},
            "auths['h'].auth: expected base64 of name:password, got no colon",
            id="no-colon",
        ),
        pytest.param({"auths": {"h": {"auth": 5}}}, "auths['h'].auth: expected text, got int", id="no-text"),
        pytest.param(
            {"auths": {"h": {"username": "\ud800"}}},
            "auths['h'].username: expected text, got half a character",
            id="half-a-character",
        ),
        pytest.param(
            {"auths": {"h": {"registrytoken": "secret\r\nX: y"}}},
            "auths['h'].registrytoken: expected one word of printable ASCII",
            id="header",
        ),
        pytest.param(
            {"auths": {"https://bob:secret@h": 1}},
            "auths['***@h']: expected an object, got int",
            id="secret-in-the-key",
        ),
        pytest.param({"credsStore": 1}, "the document.credsStore: expected text, got int", id="store"),
        pytest.param({"credHelpers": {"h": []}}, "credHelpers.h: expected text, got list", id="helper"),
    ],
)
def test_broken_file_is_named(document: object, message: str) -> None:
    with pytest.raises(UnauthorisedError) as caught:
        parse(document if isinstance(document, str) else json.dumps(document), "/c.json")
    assert str(caught.value) == f"/c.json: {message}"
    assert caught.value.fix == "mend it, or log in again with pallet login"
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_not_text_at_all_is_named() -> None:
    with pytest.raises(UnauthorisedError, match=r"/c\.json: not JSON"):
        parse(b"\xff\xfe{}", "/c.json")


_KEYS = st.sampled_from(["h", "https://h/v1/", "docker.io", "h/ns", "\ud800", ""]) | st.text(max_size=8)
_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just(encoded("a:b"))
_ENTRIES = st.dictionaries(
    st.sampled_from(["auth", "username", "password", "identitytoken", "registrytoken"]), _LEAVES
)
_FILES = st.fixed_dictionaries(
    {},
    optional={
        "auths": st.dictionaries(_KEYS, _ENTRIES | _LEAVES) | _LEAVES,
        "credHelpers": st.dictionaries(_KEYS, _LEAVES) | _LEAVES,
        "credsStore": _LEAVES,
    },
)
NOBODY = Helpers({"PATH": ""})


@given(_FILES, _KEYS, st.none() | st.text(max_size=8))
def test_any_file_is_read_or_refused(document: object, host: str, repository: str | None) -> None:
    with suppress(UnauthorisedError):
        find_in(parse(json.dumps(document), "c.json"), host, repository, NOBODY)


@given(st.binary(max_size=200) | st.recursive(_LEAVES, lambda deeper: st.lists(deeper)).map(json.dumps))
def test_any_bytes_are_read_or_refused(text: str | bytes) -> None:
    for is_flat in (False, True):
        with suppress(UnauthorisedError):
            parse(text, "c.json", is_flat=is_flat)
