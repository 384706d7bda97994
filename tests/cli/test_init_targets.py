"""`pallet init --target`: where the proposal is to be published, and what cannot be a target."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from reconciler.cli.main import run


def init(root: Path, *arguments: str) -> int:
    return run(["init", "-C", str(root), *arguments])


def table_of(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pallet.toml").read_text("utf-8"))


def test_targets_stand_beside_the_local_one(tmp_path: Path) -> None:
    arguments = ["--target", "far=https://r.example/acme", "--target", "near=oci-layout:../store"]
    assert init(tmp_path, *arguments) == 0
    table = table_of(tmp_path)
    assert table["target"] == {
        "local": {"url": "oci-layout:.pallet/registry", "immutable": False},
        "far": {"url": "https://r.example/acme"},
        "near": {"url": "oci-layout:../store"},
    }
    assert table["defaults"] == {"target": "far", "floating-tags": ["latest"]}


def test_local_target_can_be_another(tmp_path: Path) -> None:
    assert init(tmp_path, "--target", "local=http://localhost:5000") == 0
    assert table_of(tmp_path)["target"] == {"local": {"url": "http://localhost:5000"}}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(
            "https://ada:sekret@r.example",
            "--target: expected NAME=URL, with a name of letters, digits and . _ -",
            id="no-name",
        ),
        pytest.param(
            "https://ada:sek=ret@r.example",
            "--target: expected NAME=URL, with a name of letters, digits and . _ -",
            id="equals-sign-in-a-password",
        ),
        pytest.param(
            "far=https://ada:sekret@r.example",
            "--target far: registry URL: a user name or password does not belong there: "
            "expected credentials from `pallet login`, or in username and password of a target",
            id="password",
        ),
        pytest.param(
            "far=https://r.example/?token=sekret",
            "--target far: registry URL: expected a host and a path, got a query or a fragment too",
            id="query",
        ),
        pytest.param(
            "far=oci-layout:", "--target far: expected oci-layout:DIRECTORY, got no directory", id="layout"
        ),
    ],
)
def test_target_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, sentence: str
) -> None:
    assert init(tmp_path, "--target", given) == 64
    out, err = capsys.readouterr()
    assert err.splitlines()[0] == f"pallet: {sentence}"
    assert "sek" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_one_name_for_two_targets_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(tmp_path, "--target", "a=http://r", "--target", "a=http://s") == 64
    assert capsys.readouterr().err == "pallet: --target a: expected each name once, got it twice\n"
