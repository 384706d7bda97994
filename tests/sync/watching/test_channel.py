"""Which tags a development channel may have, and which a build gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.config_reader import read_config
from reconciler.desired.versions.version import Version
from reconciler.oci.reference import Tag
from reconciler.sync.watching.channel import Channel, build_tag, parse_channel_tag, rivals
from tests.support.projects import WORKFLOWS, make_project
from tests.support.wanted import digest

BUILD = digest("a build")


@pytest.mark.parametrize("text", ["dev", "dev-anna", "main", "pr-17", "1a", "next_", "v", "vnext"])
def test_tag_that_no_release_has_is_taken(text: str) -> None:
    assert parse_channel_tag(text) == text


@pytest.mark.parametrize(
    "text", ["1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3_5", "latest", "1", "v1", "1.2", "v1.2", "2026"]
)
def test_tag_of_a_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"expected a tag that no release has, such as dev, got {text}"):
        parse_channel_tag(text)


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("1.2.0", f"1.2.0-dev.g{BUILD.short}"),
        ("1.2.0-rc.1", f"1.2.0-rc.1-dev.g{BUILD.short}"),
        ("1.2.0+5", f"1.2.0-dev.g{BUILD.short}_5"),
    ],
)
def test_tag_of_a_build_is_a_prerelease_of_its_version(version: str, tag: str) -> None:
    assert build_tag(Version(version), BUILD) == tag
    assert Version.of_tag(tag).is_prerelease


def test_channel_comes_last_and_only_for_the_newest() -> None:
    channel = Channel(Tag("dev"), with_versions=True)

    assert channel.tags(Version("1.0.0"), BUILD, is_newest=True)[-1] == "dev"
    assert channel.tags(Version("1.0.0"), BUILD, is_newest=False) == (build_tag(Version("1.0.0"), BUILD),)
    assert Channel(Tag("dev")).tags(Version("1.0.0"), BUILD, is_newest=False) == ()


@pytest.mark.parametrize(
    ("templates", "tag", "is_rival"),
    [
        ('["dev"]', "dev", True),
        ('["edge-{major}"]', "edge-12", True),
        ('["edge-{major}.{minor}"]', "edge-1.2", True),
        ('["edge-{major}"]', "edge-x", False),
        ('["latest"]', "dev", False),
    ],
)
def test_floating_tag_of_an_artifact_is_a_rival(
    tmp_path: Path, templates: str, tag: str, is_rival: bool
) -> None:
    folder = make_project(tmp_path, f"{WORKFLOWS}floating-tags = {templates}\n")

    found = list(rivals(Tag(tag), read_config(folder.config)))

    assert bool(found) is is_rival
    assert all(place.startswith("pallet.toml:4: artifact[0]: ") for place in found)
