"""A lock of two artifacts, its bytes, and what is said of texts that are none."""

from __future__ import annotations

import pytest

from reconciler.desired.lockfile import (
    Locked,
    LockedFile,
    parse_lock,
)
from reconciler.desired.versions.version import Version
from reconciler.errors import LockError
from reconciler.oci.media_types import OCI_MANIFEST
from reconciler.oci.reference import Repository
from tests.support.wanted import NOTE, digest, locked

A, B = digest("a"), digest("b")

FILE = digest("a file")

GOLDEN = f"""\
# Written by pallet: run `pallet lock` instead of editing it, and commit it.
version = 1
revision = 0

[[artifact]]
name = "bundles/prompts"
version = "0.3.0"
digest = "{A}"
size = 812
media-type = "{OCI_MANIFEST}"
build = 1
files = [
  {{ path = "prompts/a.md", digest = "{FILE}", size = 6, media-type = "text/markdown" }},
  {{ path = "prompts/\\"b\\".md", digest = "{FILE}", size = 6, media-type = "text/markdown" }},
]

[[artifact]]
name = "notes/router"
version = "1.0.0"
digest = "{B}"
size = 300
media-type = "{OCI_MANIFEST}"
build = 1
files = [
  {{ path = "notes/router.txt", digest = "{FILE}", size = 6, media-type = "{NOTE}" }},
]
"""

BUNDLE = Locked(
    Repository("bundles/prompts"),
    Version("0.3.0"),
    A,
    812,
    OCI_MANIFEST,
    1,
    tuple(LockedFile(path, FILE, 6, "text/markdown") for path in ("prompts/a.md", 'prompts/"b".md')),
)

ROUTER = locked(holds=B)

RECOVER = "restore it with `git checkout -- pallet.lock`, or delete it and run `pallet lock`"

MIDDLE = f'digest = "{B}"\n'

NEWER = GOLDEN.replace("revision = 0", "revision = 2").replace("build = 1\n", 'build = 1\nsigned-by = "x"\n')


def refused(text: str) -> list[str]:
    """Return every problem that a text has as a lock."""
    with pytest.raises(LockError) as caught:
        parse_lock(text, file="pallet.lock")
    assert caught.value.exit_code == 78
    return [str(problem) for problem in caught.value.problems]
