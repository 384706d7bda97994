"""The text of a proposed pallet.toml says what was proposed, whatever the names."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.config import Target
from reconciler.desired.proposing.patterns import Exclusion
from reconciler.desired.proposing.propose import Entry
from reconciler.desired.proposing.propose_text import render_config
from reconciler.desired.proposing.recognise import Recognised
from tests.desired.proposing.proposals import PATHS, propose_among

LOCAL = Target("local", "oci-layout:.pallet/registry", immutable=False)


@given(st.dictionaries(PATHS, st.sampled_from([None, "1.0.0"]), max_size=10), st.text(max_size=20))
def test_text_says_what_was_proposed(versions: dict[str, str | None], project: str) -> None:
    entries = propose_among(
        [Recognised(path, "workflow", version) for path, version in versions.items()]
    ).entries
    text = render_config(project, [LOCAL, Target("far", "https://r.example")], "far", entries)
    document = tomllib.loads(text)
    assert document["project"]["name"] == project
    assert document["target"]["local"] == {"url": LOCAL.url, "immutable": False}
    assert document["defaults"] == {"target": "far", "floating-tags": ["latest"]}
    for entry, table in zip(entries, document.get("artifact", []), strict=True):
        patterns = [*entry.files, *(each.pattern for each in entry.exclusions)]
        files = patterns[0] if len(patterns) == 1 else patterns
        assert (table["files"], table["repository"], table["kind"]) == (files, entry.repository, entry.kind)
        own = {
            key: each if isinstance(each, str) else {"field": each.path}
            for key, each in entry.versions.items()
        }
        assert table.get("versions", {}) == own
        assert table.get("version") == (entry.version or {"field": entry.version_field})


def test_list_says_why_it_is_none_of_images() -> None:
    for kind, expected in (("workflow", 1), ("image", 0)):
        entry = Entry(("a/x", "a/y"), "a/{stem}", kind, ("a/x", "a/y"), version="0.1.0")
        text = render_config("p", [LOCAL], "local", [entry])
        assert text.count("# One by one, since no glob tells them from what stands beside them") == expected


def test_reason_stays_in_its_comment() -> None:
    entry = Entry(
        ("a/*.yaml",),
        "a/{stem}",
        "workflow",
        ("a/x.yaml",),
        version="0.1.0",
        exclusions=(Exclusion("!a/\x7f.yaml", f"got '\n[[artifact]]\r\x00\u2028'{'x' * 200}"),),
    )
    text = render_config("p", [LOCAL], "local", [entry])
    (table,) = tomllib.loads(text)["artifact"]
    assert table["files"] == ["a/*.yaml", "!a/\x7f.yaml"]
    assert max(map(len, text.splitlines())) < 130


def test_long_lists_have_a_file_a_line() -> None:
    paths = tuple(f"a/{'x' * 30}{number}.yaml" for number in range(4))
    text = render_config(
        "p", [LOCAL], "local", [Entry(paths, "a/{stem}", "workflow", paths, version="0.1.0")]
    )
    assert f'files = [\n  "{paths[0]}",\n  "{paths[1]}",\n' in text
    assert PurePosixPath(tomllib.loads(text)["artifact"][0]["files"][3]) == PurePosixPath(paths[3])
