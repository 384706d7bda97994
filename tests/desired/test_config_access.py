"""How a target is reached: what may be written, what goes together, and where paths start."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.config_access import Access
from reconciler.desired.config_reader import read_config
from reconciler.errors import ConfigError
from reconciler.oci.registry.private_storage import PrivateStorage
from tests.support.projects import HEAD

PLACE = "expected a host's name, or a private address or network such as 10.20.0.0/16"


def write(folder: Path, keys: str) -> Path:
    path = folder / "pallet.toml"
    path.write_text(f"{HEAD}[target.x]\n{keys}\n")
    return path


def test_paths_start_from_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'url = "https://h"\nca = "c/ca.pem"\nclient-certificate = "me.pem"\nclient-key = "/run/me.key"\n'
        'insecure = true\nprofile = "zot"\nconcurrency = 8\nprivate-storage = ["minio.test", "10.2.0.0/16"]',
    )
    assert read_config(path).targets["x"].access == Access(
        tmp_path / "c/ca.pem",
        tmp_path / "me.pem",
        Path("/run/me.key"),
        True,
        "zot",
        8,
        PrivateStorage.parse(["minio.test", "10.2.0.0/16"]),
    )


def test_nothing_written_is_nothing_special(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, 'url = "https://h"')).targets["x"].access == Access()


@pytest.mark.parametrize(
    ("keys", "complaints"),
    [
        pytest.param(
            'url = "oci-layout:d"\ninsecure = true\nprofile = "zot"',
            [
                "target.x.insecure: expected it of a registry only, got it of the directory 'oci-layout:d'",
                "target.x.profile: expected it of a registry only, got it of the directory 'oci-layout:d'",
            ],
            id="layout",
        ),
        pytest.param(
            'url = "http://h"\nca = "ca.pem"',
            ["target.x.ca: expected it with https:// only, got 'http://h'"],
            id="plain-http",
        ),
        pytest.param(
            'url = "https://h"\nclient-key = "k.pem"',
            ["target.x.client-key: expected client-certificate beside it, got none"],
            id="key-alone",
        ),
        pytest.param(
            'url = "https://h"\nconcurrency = 0',
            ["target.x.concurrency: expected at least 1, got the number 0"],
            id="no-request-at-once",
        ),
        pytest.param(
            'url = "https://h"\ninsecure = "yes"',
            ["target.x.insecure: expected true or false, got the text 'yes'"],
            id="insecure-as-text",
        ),
        pytest.param(
            'url = "oci-layout:d"\nprivate-storage = ["10.0.0.1"]',
            [
                "target.x.private-storage: expected it of a registry only, got it of the directory 'oci-layout:d'"
            ],
            id="storage-of-a-layout",
        ),
        pytest.param(
            'url = "https://h"\nprivate-storage = ["0.0.0.0/0", "10.0.0.1", "https://s"]',
            [
                f"target.x.private-storage[0]: {PLACE}, got '0.0.0.0/0', which is not private",
                f"target.x.private-storage[2]: {PLACE}, got 'https://s'",
            ],
            id="no-private-storage",
        ),
    ],
)
def test_what_does_not_go_together_is_named(tmp_path: Path, keys: str, complaints: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, keys))
    said = [str(problem).partition(": ")[2] for problem in caught.value.problems]
    assert said == complaints


def test_unknown_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"target\.x\.profile: expected one of .*zot.*, got the text 'zott'"
    ):
        read_config(write(tmp_path, 'url = "https://h"\nprofile = "zott"'))
