"""Scopes of tokens: what a request needs, and how several become one request. Pure.

Spec: distribution, docs/content/spec/auth/scope.md (v3.1.1). Must never be added: fetching tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scopes = tuple[str, ...]

CATALOG: Scopes = ("registry:catalog:*",)
_STEPS = ("pull", "pull,push", "pull,push,delete")
"""Each allows what those before it do."""


def pull(name: str) -> Scopes:
    """`name` is the repository with its prefix, here and below."""
    return (f"repository:{name}:{_STEPS[0]}",)


def push(name: str) -> Scopes:
    return (f"repository:{name}:{_STEPS[1]}",)


def delete(name: str) -> Scopes:
    return (f"repository:{name}:{_STEPS[2]}",)


def repository_of(scopes: Scopes) -> str | None:
    """Return the first repository that the scopes name, None where they name none."""
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        if kind == "repository":
            return rest.rpartition(":")[0]
    return None


def is_pull_only(scopes: Scopes) -> bool:
    """Say whether nothing but reading is asked for: what a public repository gives to anybody."""
    return bool(scopes) and all(scope.rpartition(":")[2] == "pull" for scope in scopes)


def wider(scopes: Scopes) -> Iterator[Scopes]:
    """Yield what is asked for here besides and allows the same on the same repository, and more."""
    kind, _, rest = scopes[0].partition(":") if len(scopes) == 1 else ("", "", "")
    name, _, actions = rest.rpartition(":")
    if kind == "repository" and actions in _STEPS:
        yield from ((f"repository:{name}:{more}",) for more in _STEPS[_STEPS.index(actions) + 1 :])


def merge(scopes: Iterable[str]) -> Scopes:
    """Join the actions on one resource; the first resource stays first, since some servers read no further.

    A scope of another form, such as ECR Public's `aws`, goes through untouched.
    """
    actions: dict[str, dict[str, None]] = {}
    for scope in scopes:
        resource, colon, wanted = scope.rpartition(":")
        known = actions.setdefault(resource if colon else scope, {})
        known.update(dict.fromkeys(wanted.split(",") if colon else ()))
    return tuple(
        f"{resource}:{','.join(_joined(known))}" if known else resource for resource, known in actions.items()
    )


def _joined(actions: Iterable[str]) -> list[str]:
    listed = list(actions)
    return ["*"] if "*" in listed else listed
