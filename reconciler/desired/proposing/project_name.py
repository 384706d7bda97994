"""What a project is called before anybody named it: as its repository, else as its folder.

Of a remote's URL only the last step of the path is ever used: what stands before may be a password.
Must never be added: running git.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from reconciler.desired.proposing.git_files import find_work_tree

FALLBACK = "my-project"
NAME_MAX_CHARACTERS = 200
_CONFIG_MAX_BYTES = 1024 * 1024
_SECTION = re.compile(r'\[remote "(?P<name>[^"]*)"\]')
_URL = re.compile(r"url\s*=\s*(?P<url>\S+)", re.IGNORECASE)


def suggest_name(root: Path) -> str:
    """Return a legal project name for a folder.

    Below the top of a work tree the folders are part of it: two projects of one repository differ.

    Args:
        root: absolute and without links.
    """
    top = find_work_tree(root)
    if top is None:
        return legal_name(root.name) or FALLBACK
    first = legal_name(_remote_name(top)) or legal_name(top.name) or FALLBACK
    steps = [first, *map(legal_name, root.relative_to(top).parts)]
    return "/".join(step for step in steps if step)[:NAME_MAX_CHARACTERS].rstrip("./_-")


def legal_name(text: str) -> str:
    """Return the nearest text of letters, digits and . _ -; empty where nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("._-")[:NAME_MAX_CHARACTERS]


def name_of_url(url: str) -> str:
    """Return what the repository behind a URL is called; empty where the URL has no path.

    Reads `https://host/acme/agents.git`, `git@host:acme/agents.git` and plain paths.
    """
    _, scheme, rest = url.partition("://")
    if scheme:
        path = rest.partition("/")[2]
    else:
        host, colon, after = url.partition(":")
        path = after if colon and "/" not in host else url
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    return PurePosixPath(path.replace("\\", "/")).name.removesuffix(".git") if "@" not in path else ""


def _remote_name(top: Path) -> str:
    with suppress(OSError, ValueError):
        remotes = _read_remotes(_git_folder(top) / "config")
        url = remotes.get("origin") or next(iter(remotes.values()), "")
        return name_of_url(url)
    return ""


def _git_folder(top: Path) -> Path:
    """Return where the configuration stands: of a linked work tree, with the main one."""
    git = top / ".git"
    if git.is_dir():
        return git
    folder = top / git.read_text("utf-8")[:4096].strip().removeprefix("gitdir:").strip()
    common = folder / "commondir"
    return folder / common.read_text("utf-8").strip() if common.is_file() else folder


def _read_remotes(config: Path) -> dict[str, str]:
    remotes: dict[str, str] = {}
    name = None
    with config.open(encoding="utf-8") as file:
        for line in file.read(_CONFIG_MAX_BYTES).splitlines():
            text = line.strip()
            section = _SECTION.fullmatch(text)
            if text.startswith("["):
                name = section["name"] if section else None
            url = _URL.match(text)
            if url and name is not None:
                remotes.setdefault(name, url["url"])
    return remotes
