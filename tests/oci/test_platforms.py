"""Platforms as they are written, and which entry of an index each means."""

from __future__ import annotations

import pytest

from reconciler.errors import NotFoundError
from reconciler.oci.digest import Digest
from reconciler.oci.manifest import Descriptor, Index, Platform
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.platforms import choose, offered, read_platform


def _index(*platforms: Platform | None) -> Index:
    entries = (
        Descriptor(OCI_MANIFEST, Digest.of(str(number).encode()), 1, platform=platform)
        for number, platform in enumerate(platforms)
    )
    return Index(tuple(entries))


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        pytest.param("linux/amd64", Platform("linux", "amd64"), id="plain"),
        pytest.param("Linux/AMD64", Platform("linux", "amd64"), id="upper-case"),
        pytest.param("linux/x86_64", Platform("linux", "amd64"), id="kernel-s-spelling"),
        pytest.param("linux/aarch64", Platform("linux", "arm64"), id="arm-s-spelling"),
        pytest.param("linux/arm64/v8", Platform("linux", "arm64"), id="variant-that-says-nothing"),
        pytest.param("linux/arm/7", Platform("linux", "arm", "v7"), id="variant-without-v"),
        pytest.param("linux/armhf", Platform("linux", "arm", "v7"), id="debian-s-spelling"),
        pytest.param("macos/arm64", Platform("darwin", "arm64"), id="system-s-other-name"),
        pytest.param(
            "windows/amd64:10.0.17763", Platform("windows", "amd64", None, "10.0.17763"), id="os-version"
        ),
    ],
)
def test_platform_is_read(text: str, platform: Platform) -> None:
    assert read_platform(text) == platform


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux//v8"])
def test_text_that_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^platform: expected os/architecture\[/variant\]") as caught:
        read_platform(text)
    assert repr(text) in str(caught.value)


AMD, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")
V6, V7 = Platform("linux", "arm", "v6"), Platform("linux", "arm", "v7")
UNKNOWN = Platform("unknown", "unknown")
OLD, NEW = (Platform("windows", "amd64", None, f"10.0.{build}.1") for build in (17763, 20348))


@pytest.mark.parametrize(
    ("index", "wanted", "number"),
    [
        pytest.param(_index(AMD, ARM64), "linux/arm64", 1, id="implied-variant"),
        pytest.param(_index(UNKNOWN, None, AMD), "linux/amd64", 2, id="attestations-are-none"),
        pytest.param(_index(V6, V7), "linux/arm", 1, id="highest-variant"),
        pytest.param(_index(V7, V6), "linux/arm/v6", 1, id="named-variant"),
        pytest.param(_index(V7, Platform("linux", "arm")), "linux/arm", 1, id="no-variant-first"),
        pytest.param(_index(OLD, NEW), "windows/amd64", 0, id="publisher-s-order"),
        pytest.param(_index(OLD, NEW), "windows/amd64:10.0.20348", 1, id="os-version"),
    ],
)
def test_entry_is_chosen(index: Index, wanted: str, number: int) -> None:
    assert choose(index, read_platform(wanted), subject="x") is index.manifests[number]


@pytest.mark.parametrize(
    ("index", "wanted", "got"),
    [
        pytest.param(_index(AMD, ARM64, UNKNOWN), "linux/s390x", "linux/amd64, linux/arm64/v8", id="other"),
        pytest.param(_index(OLD), "windows/amd64:10.0.1776", "windows/amd64", id="half-a-version"),
        pytest.param(_index(None), "linux/amd64", "no platform at all", id="none"),
        pytest.param(_index(UNKNOWN), "unknown/unknown", "no platform at all", id="attestations"),
    ],
)
def test_absent_platform_names_the_others(index: Index, wanted: str, got: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        choose(index, read_platform(wanted), subject="host/app:1")
    platform = read_platform(wanted)
    assert str(caught.value) == f"host/app:1: not for {platform}: expected one of its platforms, got {got}"
    assert caught.value.fix == "name one of these with --platform"


def test_offered_platforms_leave_attestations_out() -> None:
    assert offered(_index(AMD, UNKNOWN, None, V7)) == ["linux/amd64", "linux/arm/v7"]
