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
    force_option,
    output_options,
    place_options,
    reach_options,
)
from reconciler.cli.projects import digest_memory, locate
from reconciler.cli.push_words import (
    Words,
    check_artifact_type,
    read_annotation_file,
    read_annotations,
    split_type,
    split_types,
    words_options,
)
from reconciler.cli.references import Located, open_reference
from reconciler.cli.screen import Screen
from reconciler.cli.session import stop_on_signals
from reconciler.cli.subjects import find_subject, require_subject
from reconciler.cli.whereabouts import find_place
from reconciler.desired.config_reader import read_config
from reconciler.desired.destinations import read_destination
from reconciler.desired.references import read_reference
from reconciler.desired.single import Single, Wish, read_single, with_subject
from reconciler.desired.single_shape import ImageSpec
from reconciler.errors import ConfigError, UsageError
from reconciler.reports.pushed import narrate_push, pushed_document, render_pushed
from reconciler.sync.push import Pusher, list_by_subject

if TYPE_CHECKING:
    from reconciler.desired.config import Config
    from reconciler.desired.destinations import Destination
    from reconciler.desired.references import Written
    from reconciler.oci.manifest import Descriptor
    from reconciler.sync.push import Pushed
    from reconciler.sync.stop import Stop

_LIKE_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]", re.ASCII)


@click.command("push", short_help="Publish files without an entry in pallet.toml.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.argument("reference")
@words_options
@flag(
    "--floating",
    multiple=True,
    metavar="TAG",
    help="Let this tag follow, forward only; such as latest or {major}; may be given again.",
)
@flag("--subject", metavar="REFERENCE", help="Let it refer to this manifest of the same repository.")
@force_option("push", help_text="Overwrite other content under this version.")
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
    words: Words,
    floating: tuple[str, ...],
    subject: str | None,
    force: bool,
) -> int:
    """Publish files as one artifact, as sync would, and print its reference and digest.

    REFERENCE is [host/]repository[:version or tag], or oci-layout:DIR/REPOSITORY[:TAG]; without a host a
    repository of the target. Without a version, the file's own counts. Several files become one artifact
    with a layer for each; behind each may stand its media type, FILE:TYPE. A folder becomes a layer that
    `oras pull` unpacks; that of a chart, or a .tgz that helm packaged, is pushed as a chart.

    An OCI layout or archive (DIR, FILE.tar, either with :NAME, or oci-layout:DIR[:NAME]) is pushed as it is,
    all platforms of it. Layers with --config become an image.

    What is published under a version is never overwritten without --force. A tag that is no version, such
    as dev or latest, is put where you say: it may hold anything before. Floating tags are left alone unless
    --floating names them, and then move as sync moves them: stable versions only, never backwards. No lock
    is read or written.

    \b
    Examples:
      pallet push workflows/smart-router.yaml workflows/smart-router
      pallet push router.yaml registry.example.com/acme/router:1.0.0+b1 --floating latest
      pallet push prompts/*.md bundles/prompts:0.3.0 --annotation com.acme.owner=search
      pallet push notes.md:text/markdown site bundles/notes:1.0.0 --annotation-file annotations.json
      pallet push build/backend.tar registry.example.com/acme/backend:1.0.0
      pallet push base.tar.gz app.tar.gz acme/backend:1.0.0 --kind image --config config.json
      pallet push report.json acme/router:report-2 --subject acme/router:2.0.0
    """
    screen = Screen(output)
    _refuse_file(place.directory / reference, reference)
    destination = read_destination(reference)
    _check(destination, words, floating, screen)
    project = find_config_here(place)
    single = _read(_read_wish(files, destination, words, floating, place, reach), place, project, screen)
    with stop_on_signals() as stop, open_reference(destination.text, place, reach, stop, screen) as located:
        if subject is not None:
            single = with_subject(single, _find_subject(subject, located, place, reach))
        pushed = _pusher(located, project, reach, screen, stop).push(single, force=force)
        list_by_subject(located.store, single)
    _print(pushed, screen)
    return pushed.exit_code


def _check(destination: Destination, words: Words, floating: tuple[str, ...], screen: Screen) -> None:
    """Refuse what cannot be meant, and say what may not be.

    Raises:
        UsageError: a type or a floating tag is none.
    """
    check_artifact_type(words.artifact_type)
    destination.check_floating(floating)
    tag = destination.written.tag
    if tag is not None and destination.version is None and _LIKE_VERSION.match(tag):
        screen.say(f"{tag}: no semantic version: a tag like any other, which may hold anything later")


def _read_wish(
    files: tuple[Path, ...],
    destination: Destination,
    words: Words,
    floating: tuple[str, ...],
    place: Place,
    reach: Reach,
) -> Wish:
    """Return what is to be published, as the command line says it.

    Raises:
        UsageError: words or types cannot be meant, or there is no such target.
        DocumentError: the file of annotations is none; with every problem.
    """
    annotations = read_annotations(words.annotations)
    repository = find_place(destination.written, place, reach).repository
    paths, media_types = split_types(files, place.directory)
    config, config_type = (None, None) if words.config is None else split_type(words.config, place.directory)
    return Wish(
        repository=repository,
        files=paths,
        tag=destination.written.tag,
        version=destination.version,
        kind=words.kind,
        media_types=media_types,
        config=config,
        config_type=config_type,
        said=read_annotation_file(words.annotation_file, place.directory),
        image_spec=ImageSpec(words.image_spec) if words.image_spec else None,
        annotations=annotations,
        artifact_type=words.artifact_type,
        floating_tags=tuple(dict.fromkeys(floating)),
    )


def _read(wish: Wish, place: Place, project: Config | None, screen: Screen) -> Single:
    """Return the artifact that the files are, and say what a reader should know of them."""
    single = read_single(wish, place.directory, project, digest_memory())
    for note in single.notes:
        screen.say(note)
    return single


def _find_subject(text: str, located: Located, place: Place, reach: Reach) -> Descriptor:
    """Return what --subject names; no manifest can refer to one of another repository.

    Raises:
        UsageError: it names another repository.
        NotFoundError: there is no such manifest.
    """
    subject = read_reference(text)
    require_subject(subject)
    if not _is_same_repository(subject, located, place, reach):
        raise UsageError(
            f"--subject: expected a manifest of {located.repository}, got {text}",
            fix="push to the repository of what it refers to",
        )
    named = replace(located, tag=subject.tag, digest=subject.digest, constraint=subject.constraint)
    return find_subject(named)


def _is_same_repository(subject: Written, located: Located, place: Place, reach: Reach) -> bool:
    """Say whether a subject stands where is pushed to; without a host it is meant to."""
    if subject.url is None:
        return subject.repository == located.repository
    found = find_place(subject, place, reach)
    return (found.target, found.repository) == (located.target, located.repository)


def _refuse_file(path: Path, reference: str) -> None:
    """Refuse a file where the reference belongs: the shell's glob took its place."""
    if path.is_file():
        raise UsageError(
            f"reference: expected a repository, got the file {reference}",
            fix="write where the files go behind them: pallet push FILE… REPOSITORY:VERSION",
        )


def _pusher(located: Located, config: Config | None, reach: Reach, screen: Screen, stop: Stop) -> Pusher:
    return Pusher(
        located.store,
        config.project if config else None,
        reach.jobs,
        # A held tag is one of the target; elsewhere the same name is another repository.
        config.held if config and located.is_known else {},
        stop,
        screen.progress(),
    )


def _print(pushed: Pushed, screen: Screen) -> None:
    for line in narrate_push(pushed):
        screen.say(line)
    screen.answer(pushed_document(pushed), render_pushed(pushed))


def find_config_here(place: Place) -> Config | None:
    """Return the project that the command is run in, if it is run in one."""
    try:
        path = locate(place)
    except ConfigError:
        return None
    return read_config(path)
