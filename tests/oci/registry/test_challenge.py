from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.challenge import Challenge, choose, parse

BEARER = Challenge("bearer", {"realm": "https://a/t", "service": "s", "scope": "repository:a:pull,push"})


@pytest.mark.parametrize(
    ("lines", "challenges"),
    [
        pytest.param(
            ['Bearer realm="https://a/t",service="s",scope="repository:a:pull,push"'],
            [BEARER],
            id="distribution",
        ),
        pytest.param(
            ['bearer REALM = "https://a/t" , Service=s,,scope="repository:a:pull,push" '],
            [BEARER],
            id="lenient",
        ),
        pytest.param(
            ["Bearer realm=https://a/t"], [Challenge("bearer", {"realm": "https://a/t"})], id="unquoted-url"
        ),
        pytest.param(['Basic realm="a \\"b\\" c"'], [Challenge("basic", {"realm": 'a "b" c'})], id="escapes"),
        pytest.param(
            ['Negotiate, Basic realm="x", Bearer realm="y"'],
            [
                Challenge("negotiate", {}),
                Challenge("basic", {"realm": "x"}),
                Challenge("bearer", {"realm": "y"}),
            ],
            id="several-in-a-line",
        ),
        pytest.param(
            ["Basic realm=x", "Bearer realm=y"],
            [Challenge("basic", {"realm": "x"}), Challenge("bearer", {"realm": "y"})],
            id="several-lines",
        ),
        pytest.param(
            ["Negotiate YWJj==, Basic realm=x"],
            [Challenge("negotiate", {}), Challenge("basic", {"realm": "x"})],
            id="token68",
        ),
        pytest.param(['Basic realm="a", realm="b"'], [Challenge("basic", {"realm": "a"})], id="first-counts"),
        pytest.param(["Basic"], [Challenge("basic", {})], id="bare"),
        pytest.param(["", ", ,", '"'], [], id="nothing"),
    ],
)
def test_challenges_parse(lines: list[str], challenges: list[Challenge]) -> None:
    assert parse(lines) == challenges


@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        (["Basic realm=x, Bearer realm=y"], "bearer"),
        (["Bearer service=y, Basic realm=x"], "basic"),
        (["Negotiate, NTLM"], None),
        ([], None),
    ],
)
def test_bearer_with_realm_is_preferred(lines: list[str], scheme: str | None) -> None:
    chosen = choose(parse(lines))
    assert (None if chosen is None else chosen.scheme) == scheme


@given(st.lists(st.text(alphabet=st.sampled_from('abB=,"\\ \t/:.+é\x00'), max_size=100), max_size=3))
def test_any_header_gives_challenges(lines: list[str]) -> None:
    for challenge in parse(lines):
        assert challenge.scheme == challenge.scheme.lower()


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(st.characters(codec="latin-1"))))
def test_quoted_parameters_come_back(parameters: dict[str, str]) -> None:
    escaped = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in parameters.items()}
    line = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in escaped.items())
    assert parse([line]) == [Challenge("bearer", parameters)]


def test_hostile_header_takes_no_time() -> None:
    assert parse(['a="' * 50_000, "Bearer " + "," * 100_000])
