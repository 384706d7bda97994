"""Manifests kept on disk: never wrong, never needed, never without bound."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.discovery.manifest_cache import CachedManifests, ManifestCache, cache_folder
from reconciler.oci import media_types
from reconciler.oci.blob import Blob
from reconciler.oci.digest import Digest
from reconciler.oci.reference import Tag
from tests.discovery.published import REPOSITORY, release
from tests.support.memory_store import MemoryStore

BLOCK_BYTES = 4096


@dataclass
class Clock:
    """Moves when a test says so."""

    now_s: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def keep(cache: ManifestCache, *contents: bytes) -> list[Digest]:
    digests = [Digest.of(content) for content in contents]
    for digest, content in zip(digests, contents, strict=True):
        cache.write(digest, content)
    return digests


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_what_is_kept_is_given_back(tmp_path: Path, algorithm: str) -> None:
    digest = Digest.of(b"one", algorithm=algorithm)
    ManifestCache(tmp_path).write(digest, b"one")

    assert ManifestCache(tmp_path).read(digest) == b"one"
    assert files_below(tmp_path) == [tmp_path / algorithm / digest.encoded[:2] / digest.encoded]


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    assert ManifestCache(tmp_path / "cache").read(Digest.of(b"one")) is None
    assert not (tmp_path / "cache").exists()


def test_nobody_else_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    keep(ManifestCache(folder), b"one")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in files_below(folder)] == [0o600]


@pytest.mark.parametrize("damage", [b"", b"on", b"two", b"one more"])
def test_damaged_files_are_no_answer(tmp_path: Path, damage: bytes) -> None:
    cache = ManifestCache(tmp_path)
    (digest,) = keep(cache, b"one")
    (path,) = files_below(tmp_path)
    path.write_bytes(damage)

    assert cache.read(digest) is None
    assert not path.exists()


def test_folder_in_the_way_is_no_answer(tmp_path: Path) -> None:
    cache, digest = ManifestCache(tmp_path), Digest.of(b"one")
    (tmp_path / "sha256" / digest.encoded[:2] / digest.encoded).mkdir(parents=True)

    cache.write(digest, b"one")

    assert cache.read(digest) is None


def test_unwritable_places_keep_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    cache = ManifestCache(tmp_path / "file" / "manifests")

    (digest,) = keep(cache, b"one")
    cache.close()

    assert cache.read(digest) is None


def test_no_folder_is_no_cache() -> None:
    cache = ManifestCache(None)
    (digest,) = keep(cache, b"one")
    cache.trim()

    assert cache.read(digest) is None


def test_least_recently_used_go_first(tmp_path: Path) -> None:
    clock = Clock()
    cache = ManifestCache(tmp_path, clock=clock, size_max_bytes=3 * BLOCK_BYTES)
    digests = []
    for content in (b"one", b"two", b"three", b"four"):
        digests += keep(cache, content)
        clock.now_s += 7200
    assert cache.read(digests[0]) == b"one"

    cache.close()

    # 90 % of three blocks are two: of what was used last.
    assert [cache.read(digest) for digest in digests] == [b"one", None, None, b"four"]


def test_within_the_bound_all_stay(tmp_path: Path) -> None:
    cache = ManifestCache(tmp_path, size_max_bytes=2 * BLOCK_BYTES)
    digests = keep(cache, b"one", b"two")

    cache.close()

    assert [cache.read(digest) for digest in digests] == [b"one", b"two"]


def test_long_runs_trim_as_they_go(tmp_path: Path) -> None:
    cache = ManifestCache(tmp_path, size_max_bytes=10 * BLOCK_BYTES)

    keep(cache, *(b"%d" % number for number in range(1000)))

    assert len(files_below(tmp_path)) == 9


def test_use_is_noted_once_an_hour(tmp_path: Path) -> None:
    clock = Clock()
    cache = ManifestCache(tmp_path, clock=clock)
    (digest,) = keep(cache, b"one")
    (path,) = files_below(tmp_path)
    kept_s = clock.now_s

    clock.now_s += 3599
    cache.read(digest)
    assert path.stat().st_mtime == kept_s
    clock.now_s += 2
    cache.read(digest)
    assert path.stat().st_mtime == clock.now_s


def test_leftovers_of_killed_processes_go(tmp_path: Path) -> None:
    clock = Clock()
    cache = ManifestCache(tmp_path, clock=clock)
    keep(cache, b"one")
    folder = files_below(tmp_path)[0].parent
    for name, age_s in ((".0123456789abcdef", 3601), (".fedcba9876543210", 60)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (clock.now_s - age_s,) * 2)

    cache.trim()

    assert sorted(path.name[0] for path in folder.iterdir() if path.name[0] == ".") == ["."]


def test_many_threads_share_it(tmp_path: Path) -> None:
    contents = [b"%d" % number for number in range(50)]
    caches = [ManifestCache(tmp_path, size_max_bytes=20 * BLOCK_BYTES) for _ in range(4)]
    wrong: list[bytes] = []

    def use(cache: ManifestCache) -> None:
        for content in contents:
            cache.write(Digest.of(content), content)
            kept = cache.read(Digest.of(content))
            if kept not in (None, content):
                wrong.append(content)
            cache.trim()

    threads = [threading.Thread(target=use, args=(cache,)) for cache in caches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(files_below(tmp_path)) <= 20


def test_store_is_asked_once(tmp_path: Path) -> None:
    store = MemoryStore()
    digest = release(store, "1.0.0")
    store.calls.clear()

    first = CachedManifests(store, ManifestCache(tmp_path)).fetch(REPOSITORY, digest)
    second = CachedManifests(store, ManifestCache(tmp_path)).fetch(REPOSITORY, digest)

    assert first == second
    assert store.calls == [("fetch_manifest", REPOSITORY, digest)]


def test_tags_are_asked_every_time(tmp_path: Path) -> None:
    store = MemoryStore()
    manifests = CachedManifests(store, ManifestCache(tmp_path))
    before = release(store, "1.0.0", "latest")
    assert manifests.head(REPOSITORY, Tag("latest")) == before

    after = release(store, "2.0.0", "latest")

    assert manifests.head(REPOSITORY, Tag("latest")) == after


def test_type_that_only_a_header_says_is_not_kept(tmp_path: Path) -> None:
    content = b'{"schemaVersion":2,"layers":[],"config":{"digest":"%s","size":2}}' % Digest.of(b"{}").encode()
    store = MemoryStore()
    store.put_blob(REPOSITORY, _empty())
    store.put_manifest(REPOSITORY, Tag("1.0.0"), content, media_types.DOCKER_MANIFEST)
    manifests = CachedManifests(store, ManifestCache(tmp_path))

    for _ in range(2):
        found = manifests.fetch(REPOSITORY, Digest.of(content))
        assert found.descriptor.media_type == media_types.DOCKER_MANIFEST
    assert files_below(tmp_path) == []


def _empty() -> Blob:
    return Blob.of_bytes(b"{}")


def test_variable_names_the_folder(tmp_path: Path) -> None:
    assert cache_folder({"PALLET_CACHE_DIR": str(tmp_path)}) == tmp_path / "manifests"


def test_system_names_the_folder_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    folder = cache_folder({"PALLET_CACHE_DIR": ""})

    assert folder is not None
    assert folder.is_absolute()
    assert folder.parts[-2:] == ("pallet", "manifests")
