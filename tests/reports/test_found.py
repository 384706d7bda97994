"""Ages as people read them, and what is said of the source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.discovery.entries import Inventory
from reconciler.reports.found import format_age, narrate_inventory, render_entries
from tests.discovery.workflows import workflow

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(seconds=-1), "in the future"),
        (timedelta(), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=90), "1h"),
        (timedelta(days=29), "29d"),
        (timedelta(days=70), "2mo"),
        (timedelta(days=800), "2y"),
    ],
)
def test_ages_have_one_unit(age: timedelta, expected: str) -> None:
    assert format_age(age) == expected


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        (
            Inventory((workflow(), workflow("w/plan", "2.0.0")), "catalog", NOW, ()),
            "1 repository, from the catalog of host/catalog, read just now",
        ),
        (
            Inventory((), "lock", NOW - timedelta(hours=5), ()),
            "0 repositories, from pallet.lock of host/catalog, 5h old (2026-01-31 07:00 UTC)",
        ),
        (
            Inventory((), "list", None, ()),
            "0 repositories, from the names that were given of host/catalog, of unknown age",
        ),
    ],
)
def test_source_and_age_are_said(inventory: Inventory, expected: str) -> None:
    assert narrate_inventory(inventory, "host/catalog", NOW) == expected


def test_nothing_is_no_table() -> None:
    assert render_entries((), now=NOW, width=40, color=False) == ""


def test_nothing_is_cut_and_only_the_head_is_coloured() -> None:
    head, row = render_entries([workflow()], now=NOW, width=40, color=True, whole_digests=True).splitlines()

    assert workflow().digest in row
    assert head.startswith("\x1b[2mrepository")
    assert "\x1b" not in row
