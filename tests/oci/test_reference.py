from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.oci.digest import Digest
from reconciler.oci.reference import NAME_MAX_CHARACTERS, Reference, Repository, Tag

DIGEST = Digest.of(b"content")
GRAMMAR = "expected lower-case letters and digits, parted by one of . _ - /"

words = st.text("abz059", min_size=1, max_size=4)
separators = st.sampled_from([".", "_", "__", "-", "---"])
components = st.builds(str.join, separators, st.lists(words, min_size=1, max_size=3))
repositories = st.lists(components, min_size=1, max_size=4).map("/".join).map(Repository)
tags = st.builds("{}{}".format, st.sampled_from("aZ0_"), st.text("aZ0_.-", max_size=8)).map(Tag)
hosts = st.sampled_from(["localhost", "localhost:5000", "registry.example.com", "[::1]:5000", "10.0.0.1:443"])
digests = st.binary(max_size=8).map(Digest.of)
references = st.builds(
    Reference, repositories, host=st.none() | hosts, tag=st.none() | tags, digest=st.none() | digests
)


@given(references)
def test_what_is_written_is_read_back(reference: Reference) -> None:
    # Without a host the first component must not look like one: `a.b/c` is read as host `a.b`.
    first, slash, _ = reference.repository.partition("/")
    assume(reference.host is not None or not slash or ("." not in first and first != "localhost"))
    assert Reference.parse(str(reference)) == reference


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        parsed = Reference.parse(text)
    except ValueError as exc:
        assert "expected" in str(exc)  # noqa: PT017 (both ways out are right)
    else:
        assert str(parsed) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workflows/plan", Reference(Repository("workflows/plan"))),
        ("workflows/plan:1.0.0", Reference(Repository("workflows/plan"), tag=Tag("1.0.0"))),
        ("localhost/plan", Reference(Repository("plan"), host="localhost")),
        ("localhost:5000/a/b:1", Reference(Repository("a/b"), host="localhost:5000", tag=Tag("1"))),
        (f"example.com/plan@{DIGEST}", Reference(Repository("plan"), host="example.com", digest=DIGEST)),
        (f"plan:1@{DIGEST}", Reference(Repository("plan"), tag=Tag("1"), digest=DIGEST)),
    ],
)
def test_reference_is_taken_apart(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected
    assert str(expected) == text


def test_other_tag_drops_the_digest() -> None:
    reference = Reference(Repository("plan"), tag=Tag("1"), digest=DIGEST)
    assert reference.with_tag(Tag("2")) == Reference(Repository("plan"), tag=Tag("2"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"not a repository name: {GRAMMAR}, got ''"),
        ("Plan", f"not a repository name: {GRAMMAR}; upper case is not allowed, got 'Plan'"),
        ("a//b", f"not a repository name: {GRAMMAR}, got 'a//b'"),
        ("a/../b", f"not a repository name: {GRAMMAR}, got 'a/../b'"),
        ("plan:", "not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -, got ''"),
        (
            "plan:-1",
            "not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -, got '-1'",
        ),
        (
            "plan:1+2",
            "not a tag: expected 1 to 128 letters, digits and . _ -, not starting with . or -, got '1+2'",
        ),
        ("plan@", "not a digest: expected algorithm:hex, got ''"),
        ("exa_mple.com/plan", "not a host: expected name or name:port, got 'exa_mple.com'"),
        ("a" * 256, f"repository too long: expected at most {NAME_MAX_CHARACTERS} characters, got 256"),
    ],
)
def test_wrong_part_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the text is compared below)
        Reference.parse(text)
    assert str(refused.value) == message


@pytest.mark.parametrize("text", ["plan\n", "pl\u00e4n", "-plan", "plan-", "a___b", "a..b"])
def test_near_repository_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a repository name: "):
        Repository(text)


@pytest.mark.parametrize("text", ["1.0\n", "\u0661", ".1", "a" * 129])
def test_near_tags_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a tag: "):
        Tag(text)
