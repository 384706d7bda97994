"""A proposal as the text of pallet.toml, with the comments that a newcomer needs.

Decided here: the words. Must never be added: what is proposed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from reconciler.desired.kinds.kind import LayerForm
from reconciler.desired.kinds.kind_reader import builtin_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.desired.config import FieldVersion, Target
    from reconciler.desired.kinds.kind import Kind
    from reconciler.desired.proposing.propose import Entry

SCHEMA_PATH = ".pallet/schemas/pallet.schema.json"
"""Where editors find what pallet.toml may say, from pallet.toml; written by `init`, and ignored by git."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ONE_LINE_MAX_CHARACTERS = 90
_WHY_MAX_CHARACTERS = 100
_EXPLANATIONS = {
    "{stem}": "its name without the suffix",
    "{parent}": "the name of its folder",
    "{dir}/{stem}": "its path without the suffix",
}
_NOT_ITS_NAME = "  # not the file's own name: lower case, digits, and . _ - between them"

_ONE_BY_ONE = ("# One by one, since no glob tells them from what stands beside them: add here what comes.\n",)
_GUESSED = (
    "# Known by their folder alone: take this entry out where nobody else needs these settings,\n",
    "# or where they hold a secret.\n",
)

_EXAMPLE = """
# Nothing was found here that can be published. An entry looks like this:
#
# [[artifact]]
# files = "workflows/*.yaml"                # a glob or a list: one artifact for each file …
# repository = "workflows/{stem}"           # … {stem} is the file's name without its suffix
# kind = "workflow"                         # or agent-card, config, schema, files
# version = { field = "metadata.version" }  # or "1.0.0", or { file = "VERSION" }
"""


def render_config(
    project: str, targets: Sequence[Target], default_target: str, entries: Sequence[Entry]
) -> str:
    """Return the text of a pallet.toml; LF at the end of every line."""
    parts = [
        f"#:schema ./{SCHEMA_PATH}",
        # Tombi takes the line as a directive only where nothing follows it.
        "",
        "# What is published from here, and where to. pallet.lock holds the digests: commit both.",
        "",
        "[project]",
        "# Written on everything that is published: says who owns it.",
        f"name = {_quote(project)}",
        "",
        *(line for target in targets for line in _render_target(target)),
        "[defaults]",
        f"target = {_quote(default_target)}  # where to, unless --target says otherwise",
        'floating-tags = ["latest"]  # follows the newest stable version; also "{major}", "{major}.{minor}"',
    ]
    text = "\n".join(parts) + "\n"
    return text + "".join(_render_entries(entries)) if entries else text + _EXAMPLE


def _render_target(target: Target) -> Iterator[str]:
    is_layout = target.layout_directory is not None
    yield f"[target.{_key(target.name)}]" + ("  # a directory: no server is needed" if is_layout else "")
    yield f"url = {_quote(target.url)}"
    if target.immutable is not None:
        yield f"immutable = {str(target.immutable).lower()}  # for trying out: versions may be overwritten"
    yield ""


def _render_entries(entries: Sequence[Entry]) -> Iterator[str]:
    explained: set[str] = set()
    for entry in entries:
        placeholder = entry.repository if "{dir}" in entry.repository else entry.repository.rpartition("/")[2]
        comment = _NOT_ITS_NAME if entry.is_renamed else ""
        if placeholder in _EXPLANATIONS and placeholder not in explained:
            comment = f"  # one for each file: {placeholder} is {_EXPLANATIONS[placeholder]}"
            explained.add(placeholder)
        yield "\n[[artifact]]\n"
        if _is_guess(builtin_kinds()[entry.kind]):
            yield from _GUESSED
        yield from _render_files(entry)
        yield f"repository = {_quote(entry.repository)}{comment}\n"
        yield f"kind = {_quote(entry.kind)}\n"
        yield from _render_version(entry)
        for pattern in entry.attach:
            yield "[[artifact.attach]]  # refers to the artifact, and is found by it\n"
            yield f"files = {_quote(pattern)}\n"


def _is_guess(kind: Kind) -> bool:
    return bool(kind.recognised_by) and all(rule.folders for rule in kind.recognised_by)


def _render_version(entry: Entry) -> Iterator[str]:
    if entry.version_field is not None:
        yield f"version = {{ field = {_quote(entry.version_field)} }}\n"
    elif entry.version is not None:
        kind = builtin_kinds()[entry.kind]
        noun, field = f"{noun_of(kind)}s", kind.version
        which = "Most of the" if entry.versions else "The"
        otherwise = f", or write {{ field = {_quote(field)} }} once they do" if field else ""
        yield f"# {which} {noun} say no version: raise it here when they change{otherwise}.\n"
        yield f"version = {_quote(entry.version)}\n"
    if entry.versions:
        which = "that say none themselves" if entry.version is None else "that say their own"
        yield f"[artifact.versions]  # files {which}\n"
        yield from (f"{_key(key)} = {_say_version(own)}\n" for key, own in sorted(entry.versions.items()))


def _say_version(own: str | FieldVersion) -> str:
    return _quote(own) if isinstance(own, str) else f"{{ field = {_quote(own.path)} }}"


def noun_of(kind: Kind) -> str:
    """Return what one artifact of a kind is called within a sentence: `agent card`, `SBOM`."""
    title = kind.title
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _render_files(entry: Entry) -> Iterator[str]:
    quoted = [_quote(pattern) for pattern in entry.files]
    line = f"[{', '.join(quoted)}]"
    if entry.exclusions:
        yield "files = [\n"
        yield f"  {quoted[0]},\n"
        yield from (f"  {_quote(each.pattern)},  # {_in_one_line(each.why)}\n" for each in entry.exclusions)
        yield "]\n"
    elif len(quoted) == 1:
        yield f"files = {quoted[0]}\n"
    else:
        # The layouts of images are folders, which no glob means.
        yield from _ONE_BY_ONE if builtin_kinds()[entry.kind].layer is not LayerForm.IMAGE else ()
        is_short = len(line) <= _ONE_LINE_MAX_CHARACTERS
        yield f"files = {line}\n" if is_short else f"files = [\n{_indent(quoted)}]\n"


def _indent(items: Iterable[str]) -> str:
    return "".join(f"  {item},\n" for item in items)


def _in_one_line(text: str) -> str:
    """Return a text as it may stand in a comment, whatever a file holds that it speaks of."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= _WHY_MAX_CHARACTERS else f"{plain[: _WHY_MAX_CHARACTERS - 1]}…"


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _quote(text)


def _quote(text: str) -> str:
    """Return a TOML basic string: JSON's, but that TOML wants DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
