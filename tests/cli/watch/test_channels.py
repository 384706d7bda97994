"""Tags that a watch may not have."""

from __future__ import annotations

import pytest

from tests.support.processes import run_pallet
from tests.support.projects import ProjectFolder
from tests.support.watching import save, watching


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("1.2.3", "expected a tag that no release has, such as dev, got 1.2.3"),
        ("v1.2.3", "expected a tag that no release has, such as dev, got v1.2.3"),
        ("1.2", "expected a tag that no release has, such as dev, got 1.2"),
        ("latest", "expected a tag that no release has, such as dev, got latest"),
        ("-x", "not a tag: "),
    ],
)
def test_tag_of_a_release_is_refused(folder: ProjectFolder, tag: str, why: str) -> None:
    ran = run_pallet("watch", f"--tag={tag}", cwd=folder.root)

    assert ran.code == 64
    assert f"pallet: --tag {tag}: {why}" in ran.stderr


def test_floating_tag_of_an_artifact_is_refused(folder: ProjectFolder) -> None:
    folder.config.write_text(
        folder.config.read_text().replace(
            'kind = "workflow"', 'kind = "workflow"\nfloating-tags = ["edge-{major}"]'
        )
    )

    ran = run_pallet("watch", "--tag", "edge-1", cwd=folder.root)

    assert ran.code == 78
    assert "expected no release to have the tag edge-1, which is watch's" in ran.stderr
    assert not (folder.root / ".pallet").exists()


def test_config_that_takes_the_tag_for_releases_stops_publishing(folder: ProjectFolder) -> None:
    text = folder.config.read_text()
    with watching(folder.root) as watch:
        folder.write(
            {"pallet.toml": text.replace('kind = "workflow"', 'kind = "workflow"\nfloating-tags = ["dev"]')}
        )
        assert watch.wait("problem")["code"] == "tag-taken"
        save(folder, "do_it")
        watch.wait("changed", files=["workflows/router.yaml"])
        assert watch.wait("finished")["pushed"] == 0
        folder.write({"pallet.toml": text})
        watch.wait("pushed", name="workflows/router")
