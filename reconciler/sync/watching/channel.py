"""The tags of a development channel: one that always names the newest build, and one for each build.

Decided here: which tags may never be one, since releases have them. Must never be added: a registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.versions.version import Version
from reconciler.oci.reference import Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.config import Config
    from reconciler.oci.digest import Digest

DEFAULT_TAG = "dev"
_LATEST = "latest"
_NUMBERS = re.compile(r"v?[0-9]+(\.[0-9]+)*")
_PLACEHOLDERS = {"{major}": "[0-9]+", "{minor}": "[0-9]+"}


@dataclass(frozen=True, slots=True)
class Channel:
    """Where development builds go."""

    tag: Tag
    with_versions: bool = False
    """Whether each build has a tag of its own too."""

    def tags(self, version: Version, digest: Digest, *, is_newest: bool) -> tuple[Tag, ...]:
        """Return the tags of one build, the channel's last: what it names is there by then.

        Args:
            is_newest: whether it is the highest wanted version of its repository: the channel's is its alone.
        """
        own = (build_tag(version, digest),) if self.with_versions else ()
        return (*own, *((self.tag,) if is_newest else ()))


def build_tag(version: Version, digest: Digest) -> Tag:
    """Return `{version}-dev.g{hash}`: a pre-release, so that nobody takes it for the version itself.

    Build metadata comes after it, as semver.org 2.0.0 wants it.

    Raises:
        ValueError: it is too long for a tag.
    """
    text, plus, metadata = version.text.partition("+")
    return Version(f"{text}-dev.g{digest.short}{plus}{metadata}").tag


def parse_channel_tag(text: str) -> Tag:
    """Return a tag that no release can have.

    Raises:
        ValueError: it is none.
    """
    tag = Tag(text)
    if _is_release(text):
        raise ValueError(f"expected a tag that no release has, such as {DEFAULT_TAG}, got {text}")
    return tag


def rivals(tag: Tag, config: Config) -> Iterator[str]:
    """Yield in words where pallet.toml wants a tag for releases, for every such place."""
    for rule in config.artifacts:
        for template in (*rule.floating_tags, *rule.channels):
            if _fits(template, tag):
                yield f"{config.path.name}:{rule.line}: {rule.where}: {template} is a tag of its releases"
    for repository, held in config.held:
        if held == tag:
            yield f"{config.path.name}: hold.{repository}.{held}: a tag that is held"


def _is_release(text: str) -> bool:
    if text == _LATEST or _NUMBERS.fullmatch(text):
        return True
    try:
        Version.of_tag(text)
    except ValueError:
        return False
    return True


def _fits(template: str, tag: Tag) -> bool:
    pattern = re.escape(template)
    for placeholder, digits in _PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(placeholder), digits)
    return re.fullmatch(pattern, tag) is not None
