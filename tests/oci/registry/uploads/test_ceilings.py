from __future__ import annotations

import pytest

from reconciler.oci.registry.uploads.ceilings import Ceiling


@pytest.mark.parametrize(
    ("refused", "wanted", "fits"),
    [
        pytest.param([], 800, 800, id="nothing-refused"),
        pytest.param([900], 800, 800, id="more-was-refused"),
        pytest.param([800], 800, 400, id="as-much-was-refused"),
        pytest.param([800, 300, 500], 800, 200, id="least-counts"),
        pytest.param([50], 800, 100, id="not-below-the-smallest"),
        pytest.param([0], 800, 100, id="nothing-passes"),
    ],
)
def test_size_fits_below_what_was_refused(refused: list[int], wanted: int, fits: int) -> None:
    ceiling = Ceiling()
    for size_bytes in refused:
        ceiling.refuse(size_bytes)
    assert ceiling.fitting(wanted, smallest_bytes=100) == fits
