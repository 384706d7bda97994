"""The text of a lock: exact bytes, and the way back."""

from __future__ import annotations

import json
import random
import tomllib

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.desired.lockfile import (
    Lock,
    Locked,
    LockedFile,
    parse_lock,
    render_lock,
)
from reconciler.desired.versions.version import Version
from reconciler.oci.reference import Repository
from tests.desired.locks import BUNDLE, GOLDEN, ROUTER, A
from tests.support.wanted import digest, lock_of, locked


def test_rendered_lock_is_exactly_this() -> None:
    assert render_lock([ROUTER, BUNDLE]) == GOLDEN


def test_golden_lock_reads_back() -> None:
    assert parse_lock(GOLDEN, file="pallet.lock") == Lock(lock_of(BUNDLE, ROUTER), GOLDEN)


def test_empty_lock_has_only_its_head() -> None:
    text = "".join(GOLDEN.splitlines(keepends=True)[:3])
    assert render_lock([]) == text
    assert parse_lock(text, file="pallet.lock").entries == {}


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)

digests = st.integers(0, 50).map(lambda number: digest(str(number)))

numbers = st.integers(0, 2**40)

versions = st.builds(
    lambda core, pre, build: Version(".".join(map(str, core)) + pre + build),
    st.tuples(*[st.integers(0, 12)] * 3),
    st.sampled_from(("", "-rc.1", "-rc.10", "-alpha", "-1")),
    st.sampled_from(("", "+b1", "+b.2")),
)

files = st.builds(LockedFile, texts, digests, numbers, texts)

entries = st.builds(
    Locked,
    st.sampled_from(("a", "a/b", "a-b", "workflows/router", "z.z_z")).map(Repository),
    versions,
    digests,
    numbers,
    texts,
    st.integers(1, 9),
    st.lists(files, min_size=1, max_size=3).map(tuple),
)

locks = st.lists(entries, max_size=6, unique_by=lambda entry: entry.key)


@given(locks)
def test_what_is_rendered_reads_back(found: list[Locked]) -> None:
    text = render_lock(found)
    lock = parse_lock(text, file="pallet.lock")
    assert lock.entries == {entry.key: entry for entry in found}
    assert render_lock(lock.entries.values()) == text


@given(locks, st.randoms(use_true_random=False))
def test_order_of_entries_never_matters(found: list[Locked], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert render_lock(shuffled) == render_lock(found)


@given(locks)
def test_rendered_lock_is_sorted_and_has_unix_line_ends(found: list[Locked]) -> None:
    text = render_lock(found)
    keys = [(item["name"], Version(item["version"])) for item in tomllib.loads(text).get("artifact", [])]
    assert keys == sorted(keys)
    assert "\r" not in text.replace("\\r", "")
    assert text.endswith("\n")


@given(locks)
def test_rendered_lock_satisfies_its_schema(found: list[Locked]) -> None:
    schema = json.loads((schemas_directory() / "lock.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(tomllib.loads(render_lock(found)))


def test_versions_are_sorted_by_precedence() -> None:
    texts = ["1.10.0", "1.9.0", "1.9.0-rc.10", "1.9.0-rc.9", "1.9.0+b"]
    document = tomllib.loads(render_lock([locked(version=text, holds=A) for text in texts]))
    assert [item["version"] for item in document["artifact"]] == [
        "1.9.0-rc.9",
        "1.9.0-rc.10",
        "1.9.0",
        "1.9.0+b",
        "1.10.0",
    ]
