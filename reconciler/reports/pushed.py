"""What `push` and `tag` did, as text and as JSON.

Keys of the JSON are added, never renamed or removed, while `format_version` begins with 1.
Must never be added: a request, or a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.oci.manifest import Descriptor, Manifest, parse
from reconciler.reports.documents import FORMAT_VERSION, Document, problem_document
from reconciler.sync.actions import Outcome, seen_digest
from reconciler.sync.push import Change
from reconciler.sync.verdicts import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.wanted import Wanted
    from reconciler.sync.push import FollowedTag, Pushed
    from reconciler.sync.retag import Retagged

_CHANGES = {
    Change.PUSHED: "pushed",
    Change.OVERWRITTEN: "pushed: it held other content before",
    Change.UNCHANGED: "nothing to do: it holds this content already",
}


def render_pushed(pushed: Pushed) -> str:
    """Return one line `REFERENCE DIGEST`."""
    return f"{pushed.reference} {pushed.single.wanted.digest}\n"


def narrate_push(pushed: Pushed) -> Iterator[str]:
    """Yield what people read beside the result, a line for each tag."""
    yield f"{pushed.reference}: {_CHANGES[pushed.change]} (kind {pushed.single.wanted.kind})"
    for tag in pushed.followed:
        yield f"{tag.plan.reference}: {_say_followed(tag)}"
        fix = _fix(tag)
        if fix:
            yield f"  → {fix}"
    for template in pushed.left_alone:
        yield f"{template}: left alone: {pushed.single.wanted.version} is not stable"


def pushed_document(pushed: Pushed) -> Document:
    """Return the document of `push`."""
    single = pushed.single
    return {
        "format_version": FORMAT_VERSION,
        "command": "push",
        "reference": pushed.reference,
        "version": single.version.text if single.version else None,
        "tag": single.tag,
        "digest": single.wanted.digest,
        "size": len(single.wanted.manifest),
        "media_type": single.wanted.descriptor.media_type,
        "kind": single.wanted.kind,
        "change": pushed.change.value,
        "manifests": [_manifest(child.descriptor) for child in single.wanted.children],
        "blobs": [_blob(blob) for blob in _blobs(single.wanted)],
        "floating": [_followed(tag) for tag in pushed.followed],
        "left_alone": list(pushed.left_alone),
        "exit_code": pushed.exit_code,
        "problems": [problem_document(problem) for problem in _problems(pushed)],
    }


def retagged_document(retagged: Retagged) -> Document:
    """Return the document of `tag`."""
    return {
        "format_version": FORMAT_VERSION,
        "command": "tag",
        "reference": retagged.reference,
        "version": retagged.version.text if retagged.version else None,
        "tag": retagged.tag,
        "digest": retagged.digest,
        "before": retagged.before,
        "version_before": retagged.version_before.text if retagged.version_before else None,
        "backward": retagged.is_backward,
        "exit_code": 0,
        "problems": [],
    }


def render_retagged(retagged: Retagged) -> str:
    """Return one line `REFERENCE DIGEST`."""
    return f"{retagged.reference} {retagged.digest}\n"


def narrate_retag(retagged: Retagged) -> Iterator[str]:
    """Yield what people read beside the result; after a step back, how to keep it."""
    now = retagged.version or retagged.digest.short
    if retagged.before == retagged.digest:
        yield f"{retagged.reference}: nothing to do: it holds {now} already"
    elif retagged.before is None:
        yield f"{retagged.reference}: holds {now} now"
    else:
        yield f"{retagged.reference}: holds {now} now, before {_before(retagged)}"
    if retagged.is_backward and retagged.version is not None:
        yield "the next `pallet sync` moves it forward again; to keep it, write into pallet.toml:"
        yield f'[hold."{retagged.repository}"]'
        yield f'{_key(retagged.tag)} = "{retagged.version}"'


def _before(retagged: Retagged) -> str:
    if retagged.version_before is not None:
        return retagged.version_before.text
    return retagged.before.short if retagged.before else "nothing"


def _key(tag: str) -> str:
    """Return a tag as TOML's key: quoted where a dot would part it in two."""
    return f'"{tag}"' if "." in tag else tag


def _say_followed(tag: FollowedTag) -> str:
    if tag.result.outcome is Outcome.DONE and tag.plan.action is Action.PUSH:
        return f"holds {tag.plan.goal.wanted.version} now"
    if tag.result.outcome is Outcome.REFUSED:
        return f"refused: {tag.plan.reason}"
    return tag.result.error or tag.plan.reason


def _fix(tag: FollowedTag) -> str | None:
    """Return what to do about a tag that did not follow; the plan names `sync`, which was not run."""
    if tag.result.outcome is Outcome.DONE:
        return None
    return "--force overwrites it" if tag.result.outcome is Outcome.REFUSED else "run the same command again"


def _problems(pushed: Pushed) -> Iterator[Problem]:
    for tag in pushed.followed:
        if tag.result.outcome is not Outcome.DONE:
            message = f"{tag.plan.reference}: {_say_followed(tag)}"
            yield Problem(f"floating-{tag.result.outcome.value}", message, fix=_fix(tag))


def _followed(tag: FollowedTag) -> Document:
    return {
        "tag": tag.plan.goal.tag,
        "reference": tag.plan.reference,
        "verdict": tag.plan.verdict.value,
        "action": tag.plan.action.value,
        "outcome": tag.result.outcome.value,
        "reason": tag.plan.reason,
        "from": seen_digest(tag.plan.seen),
    }


def _blobs(wanted: Wanted) -> tuple[Descriptor, ...]:
    """Return config and layers, of all children too, each digest once."""
    parsed = [parse(content) for content in (wanted.manifest, *(child.content for child in wanted.children))]
    manifests = [manifest for manifest in parsed if isinstance(manifest, Manifest)]
    return tuple({blob.digest: blob for manifest in manifests for blob in manifest.blobs}.values())


def _manifest(descriptor: Descriptor) -> Document:
    platform = str(descriptor.platform) if descriptor.platform else None
    return {**_blob(descriptor), "platform": platform}


def _blob(blob: Descriptor) -> Document:
    return {"digest": blob.digest, "size": blob.size_bytes, "media_type": blob.media_type}
