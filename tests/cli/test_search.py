"""`pallet search`: words, terms and flags, and what is said of the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discovery.published import manifest_of
from tests.support.results import read_result
from tests.support.scenarios import Desk
from tests.support.scripted_registry import ScriptedRegistry

OCI = "application/vnd.oci.image.manifest.v1+json"
TRIAGE, FANOUT = "workflows/triage", "workflows/fanout"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "cache"))


def names(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("TRIAGE",), [TRIAGE]),
        (("workflows/", "fan"), [FANOUT]),
        (("--skill", "classify_ticket"), [TRIAGE]),
        (("--type", "workflow", "t"), [FANOUT, "workflows/nightly", TRIAGE]),
        (("--annotation", "type=parallel"), [FANOUT]),
        (("--annotation", "timeout<=50", "--type", "workflow", "tri"), [TRIAGE]),
        (("timeout<=50", "timeout>0"), [TRIAGE]),
        (("version>=2",), [FANOUT]),
        (
            (
                "--annotation",
                "cost",
            ),
            ["workflows/nightly"],
        ),
        (("--repository", "agents/*", "cler"), ["agents/clerk"]),
    ],
    ids=str,
)
def test_everything_asked_must_hold(synced: Desk, arguments: tuple[str, ...], expected: list[str]) -> None:
    ran = synced.pallet("search", *arguments)

    assert (ran.code, names(ran.stdout)) == (0, expected)


def test_nothing_found_is_an_empty_answer(synced: Desk) -> None:
    ran = synced.pallet("search", "unheard-of")

    assert (ran.code, ran.stdout) == (0, "")
    assert ran.stderr.splitlines()[1] == "nothing found among 6"
    document = read_result(synced.pallet("search", "unheard-of", "--format", "json").stdout)
    assert (document["artifacts"], document["considered"], document["exit_code"]) == ([], 6, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("timeout<=soon",), "words: 'timeout<=soon': expected seconds such as 600, got 'soon'"),
        (("title>c",), "words: 'title>c': expected a number, got 'c'"),
        (("--annotation", "=x"), "--annotation: expected KEY=VALUE, or such as timeout<=600, got '=x'"),
        (("--skill", ""), "--skill: expected a text, got an empty one"),
        ((" ",), "words: expected a text, got an empty one"),
    ],
)
def test_bad_terms_are_refused(synced: Desk, arguments: tuple[str, ...], message: str) -> None:
    ran = synced.pallet("search", *arguments)

    assert (ran.code, ran.stdout) == (64, "")
    assert ran.stderr.splitlines()[0] == f"pallet: {message}"


def test_lies_are_said_and_skipped(online: Desk, registry: ScriptedRegistry) -> None:
    lie = {"org.pallet.workflow.timeout": "\x1b[31msoon"}
    registry.put("w/liar", manifest_of(lie), OCI, "1.0.0")
    registry.put("w/plain", manifest_of({}), OCI, "1.0.0")
    registry.put("w/true", manifest_of({"org.pallet.workflow.timeout": "5"}), OCI, "1.0.0")

    ran = online.pallet("search", "timeout<=600")

    assert names(ran.stdout) == ["w/true"]
    note = "w/liar:1.0.0: org.pallet.workflow.timeout: expected seconds such as 600, got '\\x1b[31msoon'"
    assert ran.stderr.splitlines()[0] == note


def test_control_characters_never_reach_a_terminal(online: Desk, registry: ScriptedRegistry) -> None:
    evil = {"org.opencontainers.image.description": "\x1b]0;owned\x07 \u202eplan\nsecond"}
    registry.put("w/evil", manifest_of(evil), OCI, "1.0.0")

    ran = online.pallet("search", "plan")

    assert names(ran.stdout) == ["w/evil"]
    assert not set(ran.everything) & {"\x1b", "\x07", "\u202e"}
    document = read_result(online.pallet("search", "plan", "--format", "json").stdout)
    assert document["artifacts"][0]["annotations"] == evil


def test_catalog_costs_two_requests_and_then_one(
    online: Desk, registry: ScriptedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = online.root / "pallet.toml"
    config.write_text(config.read_text() + '\n[catalog]\nrepository = "catalog"\n')
    assert online.pallet("sync").code == 0
    monkeypatch.setenv("PALLET_CACHE_DIR", str(tmp_path / "elsewhere"))

    for requests in (2, 1):
        registry.requests.clear()
        ran = online.pallet("search", "timeout<=50")
        assert (ran.code, names(ran.stdout)) == (0, [TRIAGE])
        assert f"from the catalog of {registry.host}/catalog, read just now" in ran.stderr
        assert len([item for item in registry.requests if item.path != "/v2/"]) == requests
