"""What a registry says is wrong, as one short line; bodies are untrusted and come in many shapes.

Spec: distribution-spec v1.1.1, "Error Codes"; the other shapes were seen at Docker Hub
(`message`, `details`), at token servers (`error_description`) and at proxies (HTML).
Must never be added: what follows from a code.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

ERROR_BODY_MAX_BYTES = 64 * 1024
_TEXT_MAX_CHARACTERS = 300
_ERRORS_MAX = 5
_TITLE = re.compile(r"<title[^>]*+>([^<]*+)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What could be understood of an error body."""

    codes: frozenset[str] = frozenset()
    """The registry's own codes, such as `NAME_UNKNOWN`."""
    text: str = ""
    """One line, without control characters; empty where nothing was said."""


def understand(body: bytes) -> Complaint:
    """Read an error body of any shape; never fails."""
    text = body[:ERROR_BODY_MAX_BYTES].decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Complaint(text=_plain(text))
    if not isinstance(document, dict):
        return Complaint(text=_line(document) if isinstance(document, str) else "")
    errors = document.get("errors")
    if isinstance(errors, dict):
        errors = [errors]
    if isinstance(errors, list) and errors:
        return _join([_one(error) for error in errors[:_ERRORS_MAX]])
    return _one(document)


def _one(error: object) -> Complaint:
    if not isinstance(error, dict):
        return Complaint(text=_line(error) if isinstance(error, str) else "")
    code = error.get("code") or error.get("error")
    known = isinstance(code, str) and _CODE.fullmatch(code) is not None
    said = [code if isinstance(code, str) else None]
    said += [error.get(key) for key in ("message", "error_description", "details", "detail")]
    said += _inner(error.get("detail"))
    lines = dict.fromkeys(_line(part) for part in said if isinstance(part, str))
    return Complaint(frozenset({str(code)} if known else ()), _cut(": ".join(line for line in lines if line)))


def _inner(detail: object) -> list[str | None]:
    """What Artifactory puts one level deeper: `"detail": {"description": "HTTP 403 Forbidden"}`."""
    return [detail.get(key) for key in ("description", "message")] if isinstance(detail, dict) else []


def _join(complaints: list[Complaint]) -> Complaint:
    codes = frozenset[str]().union(*(complaint.codes for complaint in complaints))
    return Complaint(codes, _cut("; ".join(dict.fromkeys(c.text for c in complaints if c.text))))


def _plain(text: str) -> str:
    if "<" not in text[:1000]:
        return _line(text)
    title = _TITLE.search(text)
    return _line(html.unescape(title[1] if title else _TAG.sub(" ", text)))


def _line(text: str) -> str:
    """Control characters could repaint a terminal, and line breaks forge lines of our own."""
    return _cut(
        " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _TEXT_MAX_CHARACTERS]).split())
    )


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX_CHARACTERS else f"{text[: _TEXT_MAX_CHARACTERS - 1]}…"
