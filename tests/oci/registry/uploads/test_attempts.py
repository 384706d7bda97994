from __future__ import annotations

import pytest

from reconciler.oci.registry.profiles import BY_NAME, GENERIC
from reconciler.oci.registry.uploads.attempts import Attempt, Trouble, Way

WHOLE, CHUNKS = Way.WHOLE, Way.CHUNKS


@pytest.mark.parametrize(
    ("way", "troubles", "ways"),
    [
        pytest.param(WHOLE, [Trouble.SESSION_LOST] * 3, [WHOLE, WHOLE, None], id="two-new-sessions"),
        pytest.param(WHOLE, [Trouble.CORRUPTED] * 2, [WHOLE, None], id="read-once-more"),
        pytest.param(CHUNKS, [Trouble.CORRUPTED] * 2, [WHOLE, None], id="put-together-wrongly"),
        pytest.param(WHOLE, [Trouble.TOO_LARGE, Trouble.CHUNKS_REFUSED], [CHUNKS, None], id="no-way-in"),
        pytest.param(
            WHOLE, [Trouble.TOO_LARGE, Trouble.CORRUPTED], [CHUNKS, CHUNKS], id="whole-stays-too-large"
        ),
        pytest.param(CHUNKS, [Trouble.CHUNKS_REFUSED, Trouble.TOO_LARGE], [WHOLE, None], id="neither"),
        pytest.param(WHOLE, [Trouble.BROKEN] * 4, [CHUNKS, CHUNKS, CHUNKS, None], id="as-often-as-allowed"),
        pytest.param(CHUNKS, [Trouble.STUCK] * 2, [CHUNKS, None], id="one-new-session-after-recoveries"),
        pytest.param(WHOLE, [Trouble.FINAL], [None], id="final"),
    ],
)
def test_trouble_leads_to_another_attempt(way: Way, troubles: list[Trouble], ways: list[Way | None]) -> None:
    attempt: Attempt | None = Attempt.first(way, GENERIC, is_large=True)
    for trouble, expected in zip(troubles, ways, strict=True):
        assert attempt is not None
        attempt = attempt.after(trouble, breaks_max=3)
        assert (attempt and attempt.way) == expected


@pytest.mark.parametrize("trouble", [Trouble.BROKEN, Trouble.TOO_LARGE])
def test_registry_without_chunks_gets_none(trouble: Trouble) -> None:
    attempt = Attempt.first(WHOLE, BY_NAME["gar"], is_large=True).after(trouble, breaks_max=1)
    assert attempt is None or attempt.way is WHOLE


def test_small_blob_stays_whole_after_a_break() -> None:
    attempt = Attempt.first(WHOLE, GENERIC, is_large=False).after(Trouble.BROKEN, breaks_max=1)
    assert attempt is not None
    assert attempt.way is WHOLE
