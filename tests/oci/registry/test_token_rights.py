from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.oci.registry.token_rights import grants

SCOPE = "repository:acme/app:pull,push"


def jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.c2ln"


def access(*entries: object) -> str:
    return jwt({"access": list(entries)})


APP = {"type": "repository", "name": "acme/app", "actions": ["pull", "push"]}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(access(APP), True, id="granted"),
        pytest.param(access({**APP, "actions": ["*"]}), True, id="everything"),
        pytest.param(
            access({**APP, "actions": ["pull"]}, {**APP, "actions": ["push"]}), True, id="two-entries"
        ),
        pytest.param(access({**APP, "actions": ["pull"]}), False, id="pull-only"),
        pytest.param(access({**APP, "name": "acme/apple"}), False, id="another-repository"),
        pytest.param(access({**APP, "actions": None}), False, id="no-actions"),
        pytest.param(access({**APP, "actions": "pull,push"}), False, id="actions-as-text"),
        pytest.param(access(), False, id="nothing"),
        pytest.param(access("x", None), False, id="odd-entries"),
        pytest.param(jwt({"access": None}), None, id="null"),
        pytest.param(jwt({"sub": "me"}), None, id="no-claim"),
        pytest.param(jwt([]), None, id="no-table"),
        pytest.param("djE6Y", None, id="opaque"),
        pytest.param("a.b.c", None, id="three-parts-of-nothing"),
        pytest.param("", None, id="empty"),
    ],
)
def test_token_says_what_it_grants(token: str, expected: bool | None) -> None:
    assert grants(token, SCOPE) is expected


@given(st.text(max_size=60) | st.builds(lambda a, b: f"{a}.{b}.x", st.text(max_size=9), st.text(max_size=40)))
def test_any_token_has_an_answer(token: str) -> None:
    assert grants(token, SCOPE) in (True, False, None)
