"""Where one artifact is to be published, as a reference says: a version of a repository, or another tag.

Decided here: what reads as a version (`1.0.0+b1` is written `1.0.0_b1`, and a leading `v` is never written),
and which floating tags may be asked for. Must never be added: a file that is read, or a store that is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.references import read_reference
from reconciler.desired.versions.version import Version, render_floating
from reconciler.errors import UsageError
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.references import Written


@dataclass(frozen=True, slots=True)
class Destination:
    """A reference that something can be published under."""

    text: str
    """As registries take it: `_` for `+`, and no leading `v`."""
    written: Written
    version: Version | None
    """Where the tag is that of a version; None for a tag that is none, and without a tag."""

    def check_floating(self, templates: Iterable[str]) -> None:
        """Refuse floating tags that cannot be meant.

        Raises:
            UsageError: a template gives no tag, or a version; or there is no version that it could follow.
        """
        written = self.written
        for template in templates:
            if written.tag is not None and self.version is None:
                raise UsageError(
                    f"--floating {template}: expected a version in the reference, got the tag {written.tag}",
                    fix=f"write {written.repository}:1.0.0, "
                    f"or push to {written.repository}:{template} as well",
                )
            _check_floating(template)


def read_destination(text: str) -> Destination:
    """Read a reference to publish under.

    Raises:
        UsageError: it is none, its tag has a `+` and is no version, or it names a digest or a constraint.
    """
    shown, version = _read_version(text)
    written = read_reference(shown)
    if written.digest is not None or written.constraint is not None:
        raise UsageError(
            f"reference: expected a version or a tag, got {written.digest or written.constraint}",
            fix=f"write {written.repository}:1.0.0",
        )
    return Destination(shown, written, version)


def read_copy_goal(text: str) -> Written:
    """Read a reference that an artifact is copied to: a repository, and a tag of it or none.

    Raises:
        UsageError: it is none, or names a digest or a constraint.
    """
    written = read_reference(text)
    more = written.digest or written.constraint
    if more is not None:
        raise UsageError(
            f"destination: expected a repository, or a tag of it, got {more} of it too",
            fix=f"write {written.repository}:TAG; without a tag, the source's is taken",
        )
    return written


def _read_version(text: str) -> tuple[str, Version | None]:
    """Return the reference as registries take it, and the version in it."""
    folder, slash, last = text.rpartition("/")
    scheme, colon, rest = (
        ("", "", last) if slash or not last.startswith("oci-layout:") else last.partition(":")
    )
    name, mark, tag = rest.partition(":")
    if not mark or "@" in rest:
        return text, None
    version = _version_of(tag)
    if version is None:
        return text, None
    try:
        return f"{folder}{slash}{scheme}{colon}{name}:{version.tag}", version
    except ValueError as exc:
        raise UsageError(f"reference: {exc}", fix="choose a shorter version") from exc


def _version_of(tag: str) -> Version | None:
    try:
        if "+" in tag:
            return Version(tag[1:] if tag[:1] == "v" else tag)
        return Version.of_tag(tag)
    except ValueError as exc:
        if "+" in tag:
            raise UsageError(f"reference: {exc}") from exc
        return None


def _check_floating(template: str) -> None:
    try:
        tag = Tag(render_floating(template, Version("1.2.3")))
    except ValueError as exc:
        raise UsageError(f"--floating: {exc}") from exc
    if _version_of(tag) is not None:
        raise UsageError(f"--floating: expected a tag that is no version itself, got {template!r}")
