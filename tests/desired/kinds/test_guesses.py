"""What a folder's name says of a file is a guess, which only init makes, and which comes last."""

from __future__ import annotations

import pytest

from reconciler.desired.kinds.kind_reader import builtin_kinds
from reconciler.desired.kinds.recognising import Recogniser
from reconciler.desired.kinds.recognition import Recognition

GUESSING = Recogniser(builtin_kinds(), is_guessing=True)
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        pytest.param("config/app.json", {"retries": 3}, "config", id="settings"),
        pytest.param("settings/app.json", {}, "config", id="empty-object"),
        pytest.param("config/app.json", SCHEMA, "schema", id="what-a-file-says-wins"),
        pytest.param("config/list.json", [1], None, id="no-object"),
        pytest.param("app.json", {}, None, id="top-folder"),
        pytest.param("src/config/app.json", {}, None, id="deeper"),
        pytest.param("config/env/app.json", {}, None, id="below"),
        pytest.param("config/app.yaml", {}, None, id="another-form"),
        pytest.param("config/package.json", {}, None, id="package"),
        pytest.param("config/tsconfig.base.json", {}, None, id="compiler"),
        pytest.param("config/jest.config.json", {}, None, id="tool"),
        pytest.param("config/npm-lock.json", {}, None, id="lock"),
        pytest.param("config/secrets.json", {}, None, id="secret"),
        pytest.param(".github/labels.json", {}, None, id="hidden"),
    ],
)
def test_folder_of_settings_is_guessed(path: str, value: object, kind: str | None) -> None:
    found = GUESSING.kind_of(path, value)
    assert (found.base_name if found else None) == kind


def test_nobody_guesses_unasked() -> None:
    recogniser = Recogniser(builtin_kinds())
    assert recogniser.kind_of("config/app.json", {}) is None
    assert not recogniser.has_words("config/app.json", b"{}")


def test_folder_and_exception_are_of_the_path() -> None:
    rule = Recognition(suffixes=(".json",), except_names=("x*.json",), folders=("a/b",))
    paths = ["a/b/y.json", "a/b/x1.json", "b/y.json", "a/b/c/y.json"]
    assert [rule.fits_name(path) for path in paths] == [True, False, False, False]
