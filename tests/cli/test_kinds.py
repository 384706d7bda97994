"""`pallet kinds`: what files can be published as, those of the project too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.desired.config_reader import read_config
from reconciler.desired.kinds.kind_reader import builtin_kinds
from tests.support.results import read_result

HEAD = '[project]\nname = "acme"\n'
PROMPT = """\
title = "Prompt"
description = "What a model is told first."
media-type = "application/vnd.acme.prompt.v1+yaml"
version = "metadata.version"

[[recognise]]
fields = { prompt = "text" }

[annotations]
"com.acme.owner" = "metadata.owner"

[variant.2]
media-type = "application/vnd.acme.prompt.v2+yaml"

[[variant.2.recognise]]
matches = { apiVersion = "^acme/v2$" }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds/prompt.toml").write_text(PROMPT)
    (tmp_path / "pallet.toml").write_text(f'{HEAD}[kind.prompt]\nfile = "kinds/prompt.toml"\n')
    return tmp_path


def test_table_names_every_kind(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "-C", str(project)]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:]] == sorted(
        [*builtin_kinds(), "prompt", "prompt@1", "prompt@2"]
    )
    (line,) = (line for line in out.splitlines() if line.startswith("prompt "))
    assert line.split() == [
        *("prompt", "application/vnd.acme.prompt.v1+yaml"),
        *("*.yaml", "*.yml", "*.json", "with", "prompt", "(text)"),
        *("metadata.version", "kinds/prompt.toml"),
    ]


def test_one_kind_is_explained(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "show", "prompt", "-C", str(project)]) == 0
    assert capsys.readouterr().out == (
        "Prompt: What a model is told first.\n"
        "\n"
        "kind            prompt\n"
        "origin          kinds/prompt.toml, [kind.prompt]\n"
        "media type      application/vnd.acme.prompt.v1+yaml\n"
        "artifact type   application/vnd.acme.prompt.v1+yaml\n"
        "layer           the file as it is\n"
        "config          the file once more, as application/vnd.acme.prompt.v1+yaml\n"
        "read as         yaml\n"
        "version from    metadata.version\n"
        "annotations on  manifest and config\n"
        "recognised by   *.yaml *.yml *.json with prompt (text)\n"
        "version         prompt@1: application/vnd.acme.prompt.v1+yaml\n"
        "version         prompt@2: application/vnd.acme.prompt.v2+yaml, "
        "*.yaml *.yml *.json with apiVersion ~ ^acme/v2$\n"
        "\n"
        "annotations, each from the first of its fields that is there:\n"
        "  com.acme.owner  metadata.owner\n"
        "\n"
        "an entry of pallet.toml:\n"
        "  [[artifact]]\n"
        '  files = "prompts/*.yaml"\n'
        '  repository = "prompts/{stem}"\n'
        '  kind = "prompt"\n'
        '  version = { field = "metadata.version" }\n'
    )


@pytest.mark.parametrize("name", sorted(builtin_kinds()))
def test_every_built_in_kind_is_explained(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["kinds", "show", name, "-C", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert builtin_kinds()[name].media_type in text
    assert f"kind            {name}\n" in text or f"kind              {name}\n" in text


def test_guess_is_said_where_a_kind_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "show", "config"]) == 0
    out = capsys.readouterr().out
    guess = "*.json with an object in config/ configs/ configuration/ settings/, as init guesses"
    assert f"recognised by   {guess}; never package.json " in out
    assert run(["kinds"]) == 0
    assert f"{guess}  " in capsys.readouterr().out


def test_example_is_what_pallet_toml_may_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "-C", str(tmp_path), "--format", "json"]) == 0
    examples = [kind["example"] for kind in read_result(capsys.readouterr().out)["kinds"]]
    (tmp_path / "pallet.toml").write_text(HEAD + "\n".join(examples))
    assert [rule.kind for rule in read_config(tmp_path / "pallet.toml").artifacts] == sorted(builtin_kinds())


def test_json_says_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "show", "prompt@2", "-C", str(project), "--format", "json"]) == 0
    (kind,) = read_result(capsys.readouterr().out)["kinds"]
    assert (kind["name"], kind["media_type"]) == ("prompt@2", "application/vnd.acme.prompt.v2+yaml")
    assert kind["recognised_by"][0]["matches"] == {"apiVersion": "^acme/v2$"}
    assert kind["annotations"]["com.acme.owner"][0]["path"] == "metadata.owner"


def test_unknown_kind_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kinds", "show", "promt", "-C", str(project)]) == 64
    assert "unknown kind 'promt': expected one of agent-card, config, " in (err := capsys.readouterr().err)
    assert "did you mean prompt?" in err


def test_wrong_kind_is_said_with_its_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "kinds/prompt.toml"
    path.write_text(PROMPT.replace('"metadata.owner"', '"a b"').replace("^acme/v2$", "("))
    assert run(["kinds", "-C", str(project)]) == 78
    err = capsys.readouterr().err
    assert "kinds/prompt.toml:10: annotations.'com.acme.owner': not a path: " in err
    assert "kinds/prompt.toml:16: variant.2.recognise[0].matches.apiVersion: expected a regular" in err


def test_kind_in_json_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = {"$schema": "kind.schema.json", "media-type": "application/vnd.acme.prompt.v1+yaml"}
    (project / "kinds/prompt.json").write_text(json.dumps(table, indent=1))
    (project / "pallet.toml").write_text(f'{HEAD}[kind.prompt]\nfile = "kinds/prompt.json"\n')
    assert run(["kinds", "show", "prompt", "-C", str(project)]) == 0
    (project / "kinds/prompt.json").write_text(json.dumps({**table, "versoin": "a"}, indent=1))
    capsys.readouterr()
    assert run(["kinds", "show", "prompt", "-C", str(project)]) == 78
    assert (
        "kinds/prompt.json:4: versoin: unknown key 'versoin': did you mean 'version'?"
        in capsys.readouterr().err
    )
