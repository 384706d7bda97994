"""What the kernel is asked for, and when it cannot be."""

from __future__ import annotations

import pytest

from reconciler.sync.watching.observers import (
    WATCHES_MAX,
    Watch,
    choose_watches,
    remote_file_system,
)

TREE = {
    "/p": ["/p/flows", "/p/.git", "/p/node_modules"],
    "/p/flows": ["/p/flows/a", "/p/flows/b"],
    "/p/flows/a": [],
    "/p/flows/b": ["/p/flows/b/ignored"],
}


def watches(*folders: str) -> set[tuple[str, bool]]:
    chosen = choose_watches(frozenset(folders), lambda folder: TREE.get(folder, []))
    return {(watch.folder, watch.is_recursive) for watch in chosen}


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        pytest.param(["/p"], {("/p", False)}, id="root-alone-never-with-what-comes-below"),
        pytest.param(["/p", "/p/flows"], {("/p", False), ("/p/flows", False)}, id="folders-below-do-not-matter"),
        pytest.param(
            ["/p", "/p/flows", "/p/flows/a", "/p/flows/b"],
            {("/p", False), ("/p/flows", False), ("/p/flows/a", True), ("/p/flows/b", False)},
            id="ignored-folder-parts-them",
        ),
        pytest.param(
            ["/p", "/p/flows", "/p/flows/a", "/p/flows/b", "/p/flows/b/ignored"],
            {("/p", False), ("/p/flows", True)},
            id="whole-tree-is-one-watch",
        ),
    ],
)  # fmt: skip
def test_fewest_watches_that_cover_nothing_else(folders: list[str], expected: set[tuple[str, bool]]) -> None:
    assert watches(*folders) == expected


def test_too_many_folders_are_watched_from_above() -> None:
    folders = frozenset({"/p", *(f"/p/{number}" for number in range(WATCHES_MAX))})

    assert choose_watches(folders, lambda _: ["/elsewhere"]) == {Watch("/p", is_recursive=True)}


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/anna/with\\040space tmpfs rw 0 0
//host/share /srv cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folders", "kind"),
    [
        (["/work/project"], None),
        (["/home/anna/project"], "nfs4"),
        (["/home/anna/with space/project"], None),
        (["/work", "/srv/data"], "cifs"),
    ],
)
def test_network_file_system_is_recognised(folders: list[str], kind: str | None) -> None:
    assert remote_file_system(folders, MOUNTS) == kind


def test_system_without_mounts_has_local_files() -> None:
    assert remote_file_system(["/p"], "") is None
