"""Which images an entry names."""

from __future__ import annotations

from pathlib import Path

from reconciler.desired.config_reader import read_config
from reconciler.desired.finding.tree import Tree
from reconciler.desired.images.finding import FoundImages, find_images
from tests.support.projects import make_project

RULE = '\n[[artifact]]\nfiles = {files}\nrepository = "x/{{stem}}"\nkind = "image"\nversion = "1.0.0"\n'


def _find(root: Path, files: str) -> FoundImages:
    folder = make_project(root, RULE.format(files=files), {"build/a.tar": "", "build/b.tar": ""})
    config = read_config(folder.config)
    return find_images(config.root, Tree(config.root), config.artifacts[0])


def test_exclusions_take_images_out(tmp_path: Path) -> None:
    found = _find(tmp_path, '["build/*.tar", "!build/b.tar"]')
    assert ([image.path for image in found.images], found.problems) == (["build/a.tar"], ())


def test_exclusions_alone_name_no_image(tmp_path: Path) -> None:
    (problem,) = _find(tmp_path, '["!build/b.tar"]').problems
    assert problem.message == (
        "!build/b.tar: takes files out of nothing: expected a pattern without ! beside it"
    )


def test_images_that_are_all_taken_out(tmp_path: Path) -> None:
    (problem,) = _find(tmp_path, '["build/a.tar", "!build/a.tar"]').problems
    assert problem.message == (
        "build/a.tar: matches nothing but what is taken out by !build/a.tar: expected at least one file"
    )


def test_one_of_two_images_may_be_taken_out(tmp_path: Path) -> None:
    found = _find(tmp_path, '["build/a.tar", "build/b.tar", "!build/a.tar"]')
    assert ([image.path for image in found.images], found.problems) == (["build/b.tar"], ())
