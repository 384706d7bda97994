from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.credentials import Anonymous
from reconciler.oci.registry.endpoint import Endpoint
from reconciler.oci.registry.notices import NOTICES_MAX, Notices, read_warning
from reconciler.oci.registry.store import open_registry
from tests.oci.registry.situations import DIGEST, MANIFEST, OCI, REPOSITORY, TAG
from tests.support.scripted_registry import Reply, ScriptedRegistry


def test_text_is_said_once() -> None:
    said: list[str] = []
    notices = Notices(said.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(notices.say, ["a", "b"] * 100))
    assert sorted(said) == ["a", "b"]


def test_loud_text_goes_elsewhere() -> None:
    said: list[str] = []
    shouted: list[str] = []
    notices = Notices(said.append, shouted.append)
    notices.shout("listen")
    notices.say("listen")
    assert (said, shouted) == ([], ["listen"])


def test_number_of_texts_is_bounded() -> None:
    said: list[str] = []
    notices = Notices(said.append)
    for number in range(1000):
        notices.say(f"warning {number}")
    assert len(said) == NOTICES_MAX + 1
    assert said[-1] == "there are more warnings than these: the rest is not shown"


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        pytest.param('299 - "Your token expires soon"', ["Your token expires soon"], id="plain"),
        pytest.param(r'299 - "a \"quoted\" \\ word"', [r'a "quoted" \ word'], id="escapes"),
        pytest.param('299 - "one", 299 - "two"', ["one", "two"], id="two"),
        pytest.param('110 cache "stale"', [], id="another-code"),
        pytest.param('299 - "\x1b[31mred"', [], id="control-characters"),
        pytest.param('299 - "open', [], id="no-end"),
        pytest.param('299 - " "', [], id="empty"),
        pytest.param(f'299 - "{"x" * 5000}"', [], id="too-long"),
    ],
)
def test_warnings_are_read(line: str, texts: list[str]) -> None:
    assert list(read_warning(line)) == texts


@given(st.text(max_size=100))
def test_any_warning_is_printable(line: str) -> None:
    assert all(text.isprintable() for text in read_warning(f'299 - "{line}"'))


def test_registry_warning_is_said_once(server: ScriptedRegistry) -> None:
    server.put(REPOSITORY, MANIFEST, OCI, TAG)
    warning = {"Warning": '299 - "Your token expires soon"', "Content-Type": OCI}
    server.on("HEAD", "/manifests/", Reply(200, {**warning, "Docker-Content-Digest": DIGEST}, MANIFEST))
    said: list[str] = []
    store = open_registry(Endpoint.parse(server.url), credentials=Anonymous(), notices=Notices(said.append))
    for _ in range(3):
        store.head_manifest(REPOSITORY, TAG)
    store.close()
    assert said == [f"{server.host} warns: Your token expires soon"]
