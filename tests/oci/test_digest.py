from __future__ import annotations

import pytest

from reconciler.oci.digest import Digest

ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_of_bytes_is_the_known_one() -> None:
    assert Digest.of(b"abc") == ABC
    assert Digest.of(b"", algorithm="sha512").startswith("sha512:cf83e1357eefb8bd")


def test_parts_of_a_digest() -> None:
    digest = Digest(ABC)
    assert (digest.algorithm, digest.encoded, digest.short) == ("sha256", ABC[7:], "ba7816bf8f01")
    assert f"{digest}" == ABC


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "not a digest: expected algorithm:hex, got ''", id="empty"),
        pytest.param("latest", "not a digest: expected algorithm:hex, got 'latest'", id="tag"),
        pytest.param(f"{ABC}\n", f"not a digest: expected algorithm:hex, got '{ABC}\\n'", id="newline"),
        pytest.param(
            "sha256:../../etc", "not a digest: expected algorithm:hex, got 'sha256:../../etc'", id="path"
        ),
        pytest.param("md5:abc", "digest algorithm: expected sha256 or sha512, got 'md5'", id="algorithm"),
        pytest.param(
            "sha256:abc",
            "not a sha256 digest: expected 64 lower-case hex digits, got 'sha256:abc'",
            id="short",
        ),
        pytest.param(
            ABC.replace("b", "B"),
            f"not a sha256 digest: expected 64 lower-case hex digits, got '{ABC.replace('b', 'B')}'",
            id="upper-case",
        ),
        pytest.param(
            f"sha512:{ABC[7:]}",
            f"not a sha512 digest: expected 128 lower-case hex digits, got 'sha512:{ABC[7:]}'",
            id="length",
        ),
    ],
)
def test_what_is_no_digest_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the text is compared below)
        Digest(text)
    assert str(refused.value) == message
