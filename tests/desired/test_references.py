"""How references are read: where they lead, and what they say of what is there."""

from __future__ import annotations

import pytest

from reconciler.desired.references import read_reference
from reconciler.errors import UsageError
from reconciler.oci.digest import Digest

DIGEST = Digest.of(b"")
LAYOUT, HOST = "oci-layout:", "h.test"


@pytest.mark.parametrize(
    ("text", "url", "repository", "rest"),
    [
        ("a", None, "a", ""),
        ("a/b", None, "a/b", ""),
        ("a/b:1.0.0", None, "a/b", "1.0.0"),
        ("a/b@^1.2", None, "a/b", "^1.2"),
        ("a/b@>=1 <2 || 3.x", None, "a/b", ">=1 <2 || 3.x"),
        ("a/b@latest", None, "a/b", "latest"),
        (f"a/b@{DIGEST}", None, "a/b", DIGEST),
        (f"a/b:1.0.0@{DIGEST}", None, "a/b", f"1.0.0 {DIGEST}"),
        (f"{HOST}/a/b:1.0.0", HOST, "a/b", "1.0.0"),
        ("localhost/a", "localhost", "a", ""),
        ("localhost:5000/a@^1", "localhost:5000", "a", "^1"),
        ("[::1]:5000/a", "[::1]:5000", "a", ""),
        (f"https://{HOST}/a:1", f"https://{HOST}", "a", "1"),
        ("http://plain/a/b@1.x", "http://plain", "a/b", "1.x"),
        ("oci-layout:shop/a:1.0.0", "oci-layout:shop", "a", "1.0.0"),
        ("oci-layout:.pallet/registry/a/b@^1", "oci-layout:.pallet/registry/a", "b", "^1"),
        ("oci-layout:/srv/a", "oci-layout:/srv", "a", ""),
        ("oci-layout:/a", "oci-layout:/", "a", ""),
        ("oci-layout:a:1.0.0", "oci-layout:.", "a", "1.0.0"),
        ("oci-layout:C:/My Shop @home/a", "oci-layout:C:/My Shop @home", "a", ""),
        (f"oci-layout:shop/a@{DIGEST}", "oci-layout:shop", "a", DIGEST),
    ],
)
def test_references_lead_somewhere(text: str, url: str | None, repository: str, rest: str) -> None:
    written = read_reference(text)

    assert (written.url, written.repository) == (url, repository)
    said = (written.tag, written.digest, written.constraint)
    assert " ".join(str(part) for part in said if part is not None) == rest


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "reference: not a repository name: "),
        ("a/B", "reference: not a repository name: "),
        ("a:", "reference: not a tag: "),
        ("a:1@1.0", "reference: expected a tag or a constraint, got the tag 1 and a constraint too"),
        ("a@", "constraint: expected such as ^1.2, got an empty text"),
        ("a@sha256:", "reference: not a digest: "),
        ("a@md5:00", "reference: digest algorithm: expected sha256 or sha512"),
        (f"{HOST}:0/a", "reference: registry URL: port: expected 1 to 65535, got 0"),
        ("http://", "reference: not a repository name: "),
        ("http://h", "reference: not a repository name: "),
        ("oci-layout:shop/", "reference: expected oci-layout:DIR/REPOSITORY, got no repository"),
        ("oci-layout:shop/A", "reference: not a repository name: "),
        ("ftp://h.test/a", "reference: not a host: "),
    ],
)
def test_what_is_no_reference_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_reference(text)
    assert str(caught.value).startswith(complaint)
