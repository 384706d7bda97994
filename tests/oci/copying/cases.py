"""Names and graphs that copies are about."""

from __future__ import annotations

from reconciler.oci.manifest import Descriptor, Platform
from reconciler.oci.reference import Repository, Tag
from tests.support.graphs import put_image, put_index
from tests.support.memory_store import MemoryStore

HERE, THERE = Repository("team/app"), Repository("mirror/app")

V1, V2 = Tag("1.0.0"), Tag("2.0.0")

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64", "v8")

LARGE = b"x" * 100_000


def nested(source: MemoryStore) -> Descriptor:
    """An index of an image and an index of two."""
    amd = put_image(source, HERE, None, b"amd-1", b"shared", platform=AMD)
    arm = put_image(source, HERE, None, b"arm-1", b"shared", platform=ARM)
    windows = put_image(source, HERE, None, b"win-1", platform=Platform("windows", "amd64"))
    return put_index(source, HERE, "1.0.0", put_index(source, HERE, None, amd, arm), windows)
