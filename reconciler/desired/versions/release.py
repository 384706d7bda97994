"""What an artifact says of its release: whether it is stable, and what is new in it.

Decided here: which section of a changelog belongs to a version. Line ends, and the list of links that
often ends a changelog, do not count: the text is part of the digest, and must not change because somebody
checks the file out elsewhere or publishes the next version.
Must never be added: an annotation that nobody asked for, since that changes published digests.

Spec: keepachangelog.com 1.1.0: `## [1.2.0] - 2026-01-31`; brackets, date and a leading `v` are optional.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.desired.config import ArtifactRule, ChangelogNotes
from reconciler.desired.wanted import STABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.desired.versions.version import Version

NOTES = "org.pallet.release.notes"
CHANGELOG_MAX_BYTES = 8 * 1024 * 1024

_HEADING = re.compile(r"##[ \t]+(.*)", re.ASCII)
_SECTION_END = re.compile(r"##?[ \t]", re.ASCII)
_NAMED = re.compile(r"\[?v?([0-9][0-9A-Za-z.+-]*)\]?(?=[\s:,(\[]|$)", re.ASCII)
_FENCE = re.compile(r" {0,3}(```|~~~)", re.ASCII)
_LINK = re.compile(r"\[[^\]]+\]:[ \t]*\S+", re.ASCII)
_SHOWN_MAX = 5


def release_annotations(root: Path, rule: ArtifactRule, version: Version) -> dict[str, str]:
    """Return what pallet.toml wants said of this release; nothing where it asks for nothing.

    Raises:
        ValueError: the changelog cannot be read, or has not exactly one section for the version.
    """
    annotations = {}
    if rule.stable is not None:
        annotations[STABLE] = "true" if rule.stable else "false"
    match rule.notes:
        case ChangelogNotes(file):
            try:
                annotations[NOTES] = find_section(_read(root, file), version)
            except ValueError as exc:
                raise ValueError(f"notes: {file}: {exc}") from exc
        case str() as text:
            annotations[NOTES] = text
    return annotations


def find_section(text: str, version: Version) -> str:
    """Return what stands below the heading of a version, without the empty lines around it.

    Raises:
        ValueError: there is no such heading, or several, or nothing below it.
    """
    sections = list(_sections(text))
    found = [section.text for section in sections if section.version == version.text]
    if not found:
        raise ValueError(
            f"no section for this version: expected a heading ## {version}, got {_list(sections)}"
        )
    if len(found) > 1:
        raise ValueError(f"expected one section for {version}, got {len(found)}")
    if not found[0]:
        raise ValueError(f"expected text below the heading of {version}, got none")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Section:
    version: str
    lines: list[str]

    @property
    def text(self) -> str:
        """The lines without empty ones at both ends, and without links at the end of the file."""
        lines = [line.rstrip() for line in self.lines]
        while lines and (not lines[-1] or _LINK.fullmatch(lines[-1])):
            lines.pop()
        return "\n".join(lines).lstrip("\n")


def _sections(text: str) -> Iterator[_Section]:
    """Yield the sections whose heading names a version, in the order of the file."""
    section: _Section | None = None
    fence = ""
    for line in text.splitlines():
        fence = _after(line, fence)
        if not fence and _SECTION_END.match(line):
            if section is not None:
                yield section
            version = _version_of(line)
            section = None if version is None else _Section(version, [])
        elif section is not None:
            section.lines.append(line)
    if section is not None:
        yield section


def _after(line: str, fence: str) -> str:
    """Return the mark of the block of code that is open after this line; empty for none."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if not fence:
        return match[1]
    return "" if match[1] == fence else fence


def _version_of(line: str) -> str | None:
    heading = _HEADING.match(line)
    named = _NAMED.match(heading[1].strip()) if heading else None
    return named[1] if named else None


def _list(sections: list[_Section]) -> str:
    shown = ", ".join(section.version for section in sections[:_SHOWN_MAX])
    rest = len(sections) - _SHOWN_MAX
    return (shown + (f" and {rest} more" if rest > 0 else "")) or "no heading with a version"


def _read(root: Path, file: str) -> str:
    path = root / file
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError("expected a file of the project, got one outside it")
    try:
        if not path.is_file():
            raise ValueError(f"expected a file, got {'a folder' if path.is_dir() else 'none'}")
        with path.open("rb") as stream:
            content = stream.read(CHANGELOG_MAX_BYTES + 1)
        if len(content) > CHANGELOG_MAX_BYTES:
            raise ValueError(f"too large: expected at most {CHANGELOG_MAX_BYTES} bytes")
        return content.decode("utf-8-sig")
    except OSError as exc:
        raise ValueError(f"cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ValueError("expected text, got bytes that are no UTF-8") from exc
