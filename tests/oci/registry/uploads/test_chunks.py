from __future__ import annotations

import pytest

from reconciler.oci.registry.profiles import BY_NAME, GENERIC, Profile
from reconciler.oci.registry.uploads.chunks import ANNOUNCED_MAX_BYTES, ChunkSize, Sizes

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("profile", "announced", "size"),
    [
        pytest.param(GENERIC, None, ChunkSize(8 * MIB), id="ours"),
        pytest.param(GENERIC, "1000", ChunkSize(8 * MIB, 1000), id="announced-less"),
        pytest.param(GENERIC, str(20 * MIB), ChunkSize(20 * MIB, 20 * MIB), id="announced-more"),
        pytest.param(GENERIC, "much", ChunkSize(8 * MIB), id="announced-nonsense"),
        pytest.param(GENERIC, "-5", ChunkSize(8 * MIB), id="announced-negative"),
        pytest.param(GENERIC, "9" * 30, ChunkSize(8 * MIB), id="announced-beyond-reason"),
        pytest.param(GENERIC, str(ANNOUNCED_MAX_BYTES + 1), None, id="hostile"),
        pytest.param(Profile("x", chunk_max_bytes=MIB), None, ChunkSize(MIB), id="capped"),
        pytest.param(Profile("x", chunk_max_bytes=MIB), str(2 * MIB), None, id="contradictory"),
        pytest.param(Profile("x", chunk_min_bytes=9 * MIB), "5", ChunkSize(9 * MIB, 9 * MIB), id="known-min"),
        pytest.param(Profile("x", chunks=False), None, None, id="none"),
    ],
)
def test_chunk_fits_the_registry(profile: Profile, announced: str | None, size: ChunkSize | None) -> None:
    assert ChunkSize.choose(profile, wanted_bytes=8 * MIB, announced_min=announced) == size


def test_chunk_is_halved_down_to_the_smallest() -> None:
    size: ChunkSize | None = ChunkSize(8 * MIB)
    seen = []
    while size is not None:
        seen.append(size.size_bytes)
        size = size.smaller(smallest_bytes=2 * MIB)
    assert seen == [8 * MIB, 4 * MIB, 2 * MIB]
    assert ChunkSize(8 * MIB, 5 * MIB).smaller(smallest_bytes=1) is None


@pytest.mark.parametrize(
    ("name", "resumable"),
    [
        ("generic", True),
        ("acr", True),
        ("ghcr", False),
        ("ecr", False),
        ("ecr-public", False),
        ("gar", False),
    ],
)
def test_large_blob_is_resumable_where_chunks_are_good(name: str, resumable: bool) -> None:
    assert Sizes().is_resumable(BY_NAME[name], 32 * MIB) is resumable
    assert not Sizes().is_resumable(BY_NAME[name], 32 * MIB - 1)
