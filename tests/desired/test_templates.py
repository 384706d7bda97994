"""Repository templates."""

from __future__ import annotations

import pytest

from reconciler.desired.templates import fill, fill_text, has_placeholder, widen


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


@pytest.mark.parametrize(
    ("template", "path", "pattern"),
    [
        pytest.param("{stem}.sig", "a/b.json", "b.sig", id="plain"),
        pytest.param("{stem}.sig", "a/[b]*.json", "[[]b][*].sig", id="glob-characters"),
        pytest.param("{stem}.sig", "!b.json", "./!b.sig", id="name-with-the-sign"),
        pytest.param("{dir}/x", "!a/b.json", "./!a/x", id="folder-with-the-sign"),
        pytest.param("a/{name}", "a/!b.json", "a/!b.json", id="sign-further-on"),
        pytest.param("!{stem}.sig", "b.json", "!b.sig", id="exclusion"),
        pytest.param("!{stem}.sig", "!b.json", "!./!b.sig", id="exclusion-of-a-name-with-the-sign"),
    ],
)
def test_names_in_patterns_mean_themselves(template: str, path: str, pattern: str) -> None:
    assert fill_text(template, path, as_glob=True) == pattern


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        pytest.param("a/*.json", "a/*.json", id="no-placeholder"),
        pytest.param("{dir}/{stem}.cdx.json", "**/*.cdx.json", id="folder-and-name"),
        pytest.param("a/**/{parent}-{stem}.sig", "a/**/*-*.sig", id="several"),
        pytest.param("a/{parent}{stem}*", "a/*", id="side-by-side"),
        pytest.param("out/sbom-{dir}/x.json", "out/**/x.json", id="folder-within-a-step"),
    ],
)
def test_placeholders_are_widened(template: str, pattern: str) -> None:
    assert widen(template) == pattern
