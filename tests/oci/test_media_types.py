from __future__ import annotations

from reconciler.oci import media_types


def test_every_manifest_type_is_accepted() -> None:
    accepted = media_types.ACCEPT_MANIFESTS.split(", ")
    assert sorted(accepted) == sorted({*media_types.MANIFESTS, *media_types.INDEXES})
