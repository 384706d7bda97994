"""Repository templates."""

from __future__ import annotations

import pytest

from reconciler.desired.templates import fill, has_placeholder


@pytest.mark.parametrize(
    ("template", "path", "repository"),
    [
        pytest.param("workflows/{stem}", "w/router.yaml", "workflows/router", id="stem"),
        pytest.param(
            "workflows/{stem}", "w/router.v1.yaml", "workflows/router.v1", id="stem-keeps-inner-dots"
        ),
        pytest.param("files/{name}", "w/router.yaml", "files/router.yaml", id="name"),
        pytest.param("{parent}/{stem}", "a/b/c.yaml", "b/c", id="parent"),
        pytest.param("{dir}/{stem}", "a/b/c.yaml", "a/b/c", id="dir"),
        pytest.param("{stem}-{stem}", "x.yaml", "x-x", id="twice"),
        pytest.param("bundles/prompts", "a/b.md", "bundles/prompts", id="no-placeholder"),
    ],
)
def test_template_is_filled_in(template: str, path: str, repository: str) -> None:
    assert fill(template, path) == repository


@pytest.mark.parametrize(
    ("template", "path", "message"),
    [
        pytest.param(
            "w/{stm}",
            "w/a.yaml",
            "unknown placeholder {stm}: expected one of {stem} {name} {parent} {dir}",
            id="unknown-placeholder",
        ),
        pytest.param(
            "w/{}",
            "w/a.yaml",
            "unknown placeholder {}: expected one of {stem} {name} {parent} {dir}",
            id="empty",
        ),
        pytest.param(
            "{parent}/{stem}",
            "a.yaml",
            "{parent} is empty for a.yaml, which stands in no folder",
            id="no-parent",
        ),
        pytest.param(
            "{dir}/x", "a.yaml", "{dir} is empty for a.yaml, which stands in no folder", id="no-folder"
        ),
        pytest.param(
            "w/{stem}",
            "w/Router.yaml",
            "not a repository name: expected lower-case letters and digits, parted by one of . _ - /"
            "; upper case is not allowed, got 'w/Router'",
            id="upper-case-is-never-lowered",
        ),
        pytest.param(
            "w/{stem",
            "w/a.yaml",
            "not a repository name: expected lower-case letters and digits, parted by one of . _ - /"
            ", got 'w/{stem'",
            id="open-brace",
        ),
    ],
)
def test_template_that_gives_no_repository_is_refused(template: str, path: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        fill(template, path)
    assert str(caught.value) == message


def test_placeholders_are_recognised() -> None:
    assert has_placeholder("w/{stem}")
    assert not has_placeholder("w/stem")
