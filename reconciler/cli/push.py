"""`pallet push`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Output,
    Place,
    Reach,
    flag,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.references import Located, open_reference, read_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import locate, stop_on_signals
from reconciler.cli.subjects import find_subject, require_subject
from reconciler.desired.build import WRITTEN_BY_PALLET
from reconciler.desired.config_reader import read_config
from reconciler.desired.single import Wish, read_single, with_subject
from reconciler.desired.versions.version import Version, render_floating
from reconciler.errors import ConfigError, UsageError
from reconciler.oci.reference import Tag
from reconciler.reports import documents
from reconciler.reports.pushed import narrate_push, pushed_document, render_pushed
from reconciler.sync.push import Pusher, list_by_subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.cli.references import Written
    from reconciler.desired.config import Config
    from reconciler.oci.manifest import Descriptor
    from reconciler.sync.stop import Stop

_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}", re.ASCII
)

_LIKE_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]", re.ASCII)


@click.command("push", short_help="Publish files without an entry in pallet.toml.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.argument("reference")
@flag("--kind", metavar="NAME", help="What the files are; otherwise by their content, else kind files.")
@flag(
    "--annotation",
    "annotations",
    multiple=True,
    metavar="KEY=VALUE",
    help="Say this of the artifact; may be given again.",
)
@flag("--artifact-type", metavar="TYPE", help="Instead of the kind's own artifact type.")
@flag(
    "--floating",
    multiple=True,
    metavar="TAG",
    help="Let this tag follow, forward only; such as latest or {major}; may be given again.",
)
@flag("--subject", metavar="REFERENCE", help="Let it refer to this manifest of the same repository.")
@click.option(
    "--force",
    is_flag=True,
    # Not PALLET_FORCE, which for sync holds names: PALLET_FORCE=1 must not overwrite anything here.
    envvar="PALLET_PUSH_FORCE",
    help="Overwrite other content under this version.",
)
@place_options
@reach_options
@output_options("text", "json")
def command(
    files: tuple[Path, ...],
    reference: str,
    place: Place,
    reach: Reach,
    output: Output,
    *,
    kind: str | None,
    annotations: tuple[str, ...],
    artifact_type: str | None,
    floating: tuple[str, ...],
    subject: str | None,
    force: bool,
) -> int:
    """Publish files as one artifact, as sync would, and print its reference and digest.

    REFERENCE is [host/]repository[:version or tag], or oci-layout:DIR/REPOSITORY[:TAG]; without a host a
    repository of the target. Without a version, the file's own counts. Several files become one artifact
    with a layer for each.

    What is published under a version is never overwritten without --force. A tag that is no version, such
    as dev or latest, is put where you say: it may hold anything before. Floating tags are left alone unless
    --floating names them, and then move as sync moves them: stable versions only, never backwards. No lock
    is read or written.

    \b
    Examples:
      pallet push workflows/smart-router.yaml workflows/smart-router
      pallet push router.yaml registry.example.com/acme/router:1.0.0+b1 --floating latest
      pallet push prompts/*.md bundles/prompts:0.3.0 --annotation com.acme.owner=search
      pallet push report.json acme/router:report-2 --subject acme/router:2.0.0
    """
    screen = Screen(output)
    _refuse_file(place.directory / reference, reference)
    text, version = _read_version(reference)
    written = read_reference(text)
    _check(written, version, floating, artifact_type)
    for note in _odd_tag(written, version):
        screen.say(note)
    config = find_config_here(place)
    single = read_single(
        Wish(
            repository=written.repository,
            files=files,
            tag=written.tag,
            version=version,
            kind=kind,
            annotations=read_annotations(annotations),
            artifact_type=artifact_type,
            floating_tags=tuple(dict.fromkeys(floating)),
        ),
        place.directory,
        config,
    )
    for note in single.notes:
        screen.say(note)
    with stop_on_signals() as stop, open_reference(text, place, reach, stop, screen) as located:
        if subject is not None:
            single = with_subject(single, _find_subject(subject, located, written))
        pushed = _pusher(located, written, config, reach, screen, stop).push(single, force=force)
        list_by_subject(located.store, single)
    for line in narrate_push(pushed):
        screen.say(line)
    is_json = output.format == "json"
    screen.result(documents.render(pushed_document(pushed)) if is_json else render_pushed(pushed))
    return pushed.exit_code


def _find_subject(text: str, located: Located, written: Written) -> Descriptor:
    """Return what --subject names; no manifest can refer to one of another repository.

    Raises:
        UsageError: it names another repository.
        NotFoundError: there is no such manifest.
    """
    subject = read_reference(text)
    require_subject(subject)
    if subject.repository != written.repository or subject.url not in (None, written.url):
        raise UsageError(
            f"--subject: expected a manifest of {written.repository}, got {text}",
            fix="push to the repository of what it refers to",
        )
    named = replace(located, tag=subject.tag, digest=subject.digest, constraint=subject.constraint)
    return find_subject(named)


def _refuse_file(path: Path, reference: str) -> None:
    """Refuse a file where the reference belongs: the shell's glob took its place."""
    if path.is_file():
        raise UsageError(
            f"reference: expected a repository, got the file {reference}",
            fix="write where the files go behind them: pallet push FILE… REPOSITORY:VERSION",
        )


def _odd_tag(written: Written, version: Version | None) -> Iterator[str]:
    if written.tag is not None and version is None and _LIKE_VERSION.match(written.tag):
        yield f"{written.tag}: no semantic version: a tag like any other, which may hold anything later"


def _pusher(
    located: Located, written: Written, config: Config | None, reach: Reach, screen: Screen, stop: Stop
) -> Pusher:
    return Pusher(
        located.store,
        config.project if config else None,
        reach.jobs,
        # A held tag is one of the target; elsewhere the same name is another repository.
        config.held if config and written.url is None else {},
        stop,
        screen.progress(),
    )


def _read_version(text: str) -> tuple[str, Version | None]:
    """Return the reference as registries take it, `_` for `+` and no leading `v`, and the version in it.

    Raises:
        UsageError: the tag has a `+`, and is no version.
    """
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


def _check(
    written: Written, version: Version | None, floating: Iterable[str], artifact_type: str | None
) -> None:
    """Refuse what cannot be meant, before a file is read."""
    if written.digest is not None or written.constraint is not None:
        raise UsageError(
            f"reference: expected a version or a tag, got {written.digest or written.constraint}",
            fix=f"write {written.repository}:1.0.0",
        )
    check_artifact_type(artifact_type)
    for template in floating:
        if written.tag is not None and version is None:
            raise UsageError(
                f"--floating {template}: expected a version in the reference, got the tag {written.tag}",
                fix=f"write {written.repository}:1.0.0, or push to {written.repository}:{template} as well",
            )
        _check_floating(template)


def check_artifact_type(artifact_type: str | None) -> None:
    """Refuse an artifact type that is no media type."""
    if artifact_type is not None and _MEDIA_TYPE.fullmatch(artifact_type) is None:
        raise UsageError(
            f"--artifact-type: expected such as application/vnd.acme.prompt.v1+yaml, got {artifact_type!r}"
        )


def _check_floating(template: str) -> None:
    try:
        tag = Tag(render_floating(template, Version("1.2.3")))
    except ValueError as exc:
        raise UsageError(f"--floating: {exc}") from exc
    if _version_of(tag) is not None:
        raise UsageError(f"--floating: expected a tag that is no version itself, got {template!r}")


def read_annotations(texts: Iterable[str]) -> dict[str, str]:
    """Return what `--annotation KEY=VALUE` says.

    Raises:
        UsageError: a text is no pair, or a key is pallet's own, or said twice.
    """
    annotations: dict[str, str] = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark or not key.strip():
            raise UsageError(f"--annotation: expected KEY=VALUE, got {text!r}")
        if key in WRITTEN_BY_PALLET:
            raise UsageError(f"--annotation: expected another key, got {key}, which pallet writes itself")
        if annotations.setdefault(key, value) != value:
            raise UsageError(f"--annotation {key}: expected one value, got several")
    return annotations


def find_config_here(place: Place) -> Config | None:
    """Return the project that the command is run in, if it is run in one."""
    try:
        path = locate(place)
    except ConfigError:
        return None
    return read_config(path)
