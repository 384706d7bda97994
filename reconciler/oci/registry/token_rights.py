"""What a bearer token says that it grants, where it says so at all. Pure; nothing is verified.

Spec: distribution, docs/content/spec/auth/jwt.md (v3.1.1): the claim `access`. A token is for the registry
to judge: what is read here only ever makes pallet more careful about what it believes.
Must never be added: trusting a claim with a right that the registry has not confirmed.
"""

from __future__ import annotations

import base64
import json
from typing import Any

_TOKEN_MAX_CHARACTERS = 64 * 1024


def grants(token: str, scope: str) -> bool | None:
    """Say whether a token grants all actions of a scope; None where it does not say.

    Args:
        scope: such as `repository:acme/app:pull,push`.
    """
    access = _access(token)
    if access is None:
        return None
    resource, _, actions = scope.rpartition(":")
    kind, _, name = resource.partition(":")
    granted = {
        action
        for entry in access
        if isinstance(entry, dict) and (entry.get("type"), entry.get("name")) == (kind, name)
        for action in _listed(entry.get("actions"))
    }
    return "*" in granted or set(actions.split(",")) <= granted


def _access(token: str) -> list[Any] | None:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _TOKEN_MAX_CHARACTERS:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    access = claims.get("access") if isinstance(claims, dict) else None
    return access if isinstance(access, list) else None


def _listed(actions: object) -> list[str]:
    return [action for action in actions if isinstance(action, str)] if isinstance(actions, list) else []
