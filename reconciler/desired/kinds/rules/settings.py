"""What is doubtful in pallet.toml though its schema allows it: media types, and annotations by hand.

Must never be added: a look at a file; what it says is given.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.desired.kinds.rules.rule import Finding, Rule
from reconciler.desired.reading.amounts import has_unit, parse_bytes, parse_seconds
from reconciler.desired.reading.wording import quote
from reconciler.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NO_VERSION: Final = Rule(
    "PLT060",
    "media-type-without-version",
    Severity.WARNING,
    "The media type of a kind has no version: a later form of the files could not be told from this one.",
    bad='media-type = "application/vnd.acme.prompt+yaml"\n',
    good='media-type = "application/vnd.acme.prompt.v1+yaml"\n',
)
NO_SUFFIX: Final = Rule(
    "PLT061",
    "media-type-without-suffix",
    Severity.WARNING,
    "The media type of a kind does not say what its files are written in.",
    bad='media-type = "application/vnd.acme.prompt.v1"\n',
    good='media-type = "application/vnd.acme.prompt.v1+yaml"\n',
)
OTHER_SUFFIX: Final = Rule(
    "PLT062",
    "media-type-contradicts-file",
    Severity.WARNING,
    "The media type of a kind ends with another format than its files have.",
    bad='media-type = "application/vnd.acme.prompt.v1+json"\nformat = "yaml"\n',
    good='media-type = "application/vnd.acme.prompt.v1+yaml"\nformat = "yaml"\n',
)
OTHER_ANNOTATION: Final = Rule(
    "PLT063",
    "annotation-contradicts-file",
    Severity.WARNING,
    "An annotation in pallet.toml says something else than the file does; pallet.toml wins.",
    bad='annotations = { "org.pallet.workflow.cost" = "low" }  # the file says cost: high\n',
    good='annotations = { "org.pallet.workflow.cost" = "high" }\n',
)
RULES: Final = (NO_VERSION, NO_SUFFIX, OTHER_SUFFIX, OTHER_ANNOTATION)

_VENDOR: Final = re.compile(r"[^/]+/(?:vnd|prs|x)\..+", re.IGNORECASE)
"""Somebody's own types; those that are registered have neither versions nor, often, suffixes."""
_OF_OTHERS: Final = re.compile(
    r"application/vnd\.(?:(?:oci|cncf|docker|module\.wasm|wasm|apache|openxmlformats-\w+|oasis|android|dev\.cosign)\.|"
    r"ms-|cyclonedx|in-toto|sqlite3|geo\+)",
    re.IGNORECASE,
)
"""Types that other tools read by these very names, so that nobody can name them better."""
_VERSION: Final = re.compile(r"[./-]v\d+(?:\.\d+)*(?=$|[.+-])", re.IGNORECASE)
_SUFFIXES: Final = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".xml": "xml",
    ".cbor": "cbor",
    ".zip": "zip",
    ".gz": "gzip",
    ".tgz": "gzip",
    ".zst": "zstd",
    ".wasm": "wasm",
    ".toml": "toml",
}


def check_media_type(media_type: str, written: str | None) -> Iterator[tuple[Rule, Finding]]:
    """Yield what is doubtful about the media type of a kind.

    Args:
        media_type: such as application/vnd.acme.prompt.v1+yaml.
        written: what its files are written in, such as `yaml`; None where nobody says.
    """
    if not _VENDOR.fullmatch(media_type) or _OF_OTHERS.match(media_type):
        return
    base, _, suffix = media_type.partition("+")
    if not _VERSION.search(base):
        message = f"expected a version such as .v1 in the media type, got {quote(media_type)}"
        meant = f"{base}.v1+{suffix}" if suffix else f"{base}.v1"
        yield NO_VERSION, Finding(("media-type",), message, f"write {meant}")
    if not suffix:
        message = f"expected a suffix such as +{written or 'yaml'} in the media type, got {quote(media_type)}"
        fix = f"write {media_type}+{written}" if written else "end it with what its files are written in"
        yield NO_SUFFIX, Finding(("media-type",), message, fix)
    elif written is not None and suffix in _SUFFIXES.values() and suffix != written:
        message = f"expected a media type that ends with +{written}, as format says, got {quote(media_type)}"
        yield OTHER_SUFFIX, Finding(("media-type",), message, f"write {base}+{written}")


def check_file_suffix(media_type: str, path: str) -> Iterator[tuple[Rule, Finding]]:
    """Yield what a file's name has against the media type that it is published as; JSON is YAML too."""
    _, plus, said = media_type.rpartition("+")
    dot = path.rpartition(".")[2].lower()
    written = _SUFFIXES.get(f".{dot}")
    if (
        plus
        and written
        and said in _SUFFIXES.values()
        and said != written
        and (said, written) != ("yaml", "json")
    ):
        message = f"expected a file in {said}, as {media_type} says, got {written}"
        yield OTHER_SUFFIX, Finding((), message, "choose another kind, or name the file after what it holds")


class Sort(StrEnum):
    """How two texts of an annotation are compared."""

    TEXT = "text"
    """As they are, but for amounts with a unit."""
    ITEMS = "items"
    """As items between commas, in any order."""
    SECONDS = "seconds"


def check_annotations(
    hand: Mapping[str, str], file: Mapping[str, str], sorts: Mapping[str, Sort]
) -> Iterator[tuple[Rule, Finding]]:
    """Yield where pallet.toml and the file say different things.

    Args:
        hand: the annotations of pallet.toml.
        file: those that the kind takes from the file.
        sorts: how they are compared; TEXT where nothing is said.
    """
    for key in sorted(hand.keys() & file.keys()):
        sort = sorts.get(key, Sort.TEXT)
        if _meaning(hand[key], sort) != _meaning(file[key], sort):
            message = f"the file says {quote(file[key])}, pallet.toml says {quote(hand[key])}, which wins"
            yield OTHER_ANNOTATION, Finding(("annotations", key), message, "take one of them out")


def check_durations(hand: Mapping[str, str], least: Mapping[str, float]) -> Iterator[tuple[Rule, Finding]]:
    """Yield where pallet.toml gives all of a file less time than one step of it may take.

    Args:
        hand: the annotations of pallet.toml.
        least: for annotations that are durations, the longest time that any step says, in seconds.
    """
    for key in sorted(hand.keys() & least.keys()):
        seconds = parse_seconds(hand[key])
        if seconds is not None and seconds < least[key]:
            message = (
                f"the file has a step that may take {least[key]:g} s, "
                f"pallet.toml says {quote(hand[key])} for all of them, which wins"
            )
            yield OTHER_ANNOTATION, Finding(("annotations", key), message, "say more, or take it out")


def _meaning(text: str, sort: Sort) -> object:
    match sort:
        case Sort.ITEMS:
            return frozenset(part.strip() for part in text.split(",") if part.strip())
        case Sort.SECONDS:
            seconds = parse_seconds(text)
            return text if seconds is None else seconds
        case Sort.TEXT:
            # A plain number may as well be a version, of which 1.10 is another one than 1.1.
            amount = parse_bytes(text) if has_unit(text) else None
            return text if amount is None else amount
