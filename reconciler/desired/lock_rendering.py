"""pallet.lock as bytes. Pure. Must never be added: a time, the tool's version, a target, or a hash of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.desired.locked import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.desired.locked import Locked, LockedAttachment, LockedFile

HEADER = "# Written by pallet: run `pallet lock` instead of editing it, and commit it.\n"


def render_lock(entries: Iterable[Locked]) -> str:
    """Return the lock's text: sorted by name and version, LF, the same for the same entries."""
    ordered = sorted(entries, key=lambda entry: entry.key)
    revision = 1 if any(entry.attachments for entry in ordered) else 0
    blocks = [HEADER + f"version = {VERSION}\nrevision = {revision}\n"]
    blocks.extend(_render_entry(entry) for entry in ordered)
    return "\n".join(blocks)


def _render_entry(entry: Locked) -> str:
    return (
        "[[artifact]]\n"
        f"name = {_quote(entry.name)}\n"
        f"version = {_quote(entry.version.text)}\n"
        f"digest = {_quote(entry.digest)}\n"
        f"size = {entry.size_bytes}\n"
        f"media-type = {_quote(entry.media_type)}\n"
        f"build = {entry.build}\n"
        f"{_render_files(entry.files)}"
        f"{''.join(map(_render_attachment, entry.attachments))}"
    )


def _render_attachment(item: LockedAttachment) -> str:
    return (
        "\n[[artifact.attach]]\n"
        f"artifact-type = {_quote(item.artifact_type)}\n"
        f"digest = {_quote(item.digest)}\n"
        f"size = {item.size_bytes}\n"
        f"{_render_files(item.files)}"
    )


def _render_files(items: Iterable[LockedFile]) -> str:
    files = "".join(f"  {_render_file(item)},\n" for item in items)
    return f"files = [\n{files}]\n"


def _render_file(item: LockedFile) -> str:
    return (
        f"{{ path = {_quote(item.path)}, digest = {_quote(item.digest)}, "
        f"size = {item.size_bytes}, media-type = {_quote(item.media_type)} }}"
    )


def _quote(text: str) -> str:
    # JSON's escapes are a subset of those of TOML's basic strings, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
