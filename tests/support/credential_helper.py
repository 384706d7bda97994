"""A credential helper as a program on PATH: it keeps what it is told in a file beside itself.

Must never be added: anything of the code under test.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

NOT_FOUND = "credentials not found in native keychain"
_PROGRAM = f"""\
#!{sys.executable} -IS
import json, pathlib, sys

me = pathlib.Path(__file__)
kept = me.with_name(me.name + ".kept")
held = json.loads(kept.read_text()) if kept.exists() else {{}}
action, text = sys.argv[1], sys.stdin.read()
with me.with_name(me.name + ".calls").open("a") as calls:
    calls.write(action + " " + (text if action != "store" else json.loads(text)["ServerURL"]) + "\\n")
if action == "store":
    entry = json.loads(text)
    held[entry["ServerURL"]] = entry
elif text not in held:
    print({NOT_FOUND!r})
    sys.exit(1)
elif action == "get":
    print(json.dumps(held[text]))
else:
    del held[text]
kept.write_text(json.dumps(held))
"""


@dataclass(frozen=True, slots=True)
class CredentialHelper:
    """One program in a folder that is on PATH."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes it found."""
        return {"PATH": f"{self.path.parent}{os.pathsep}{os.environ['PATH']}"}

    @property
    def calls(self) -> list[str]:
        """Every `ACTION SERVER` so far."""
        log = self.path.with_name(f"{self.path.name}.calls")
        return log.read_text().splitlines() if log.exists() else []

    @property
    def held(self) -> dict[str, dict[str, str]]:
        kept = self._kept
        held: dict[str, dict[str, str]] = json.loads(kept.read_text()) if kept.exists() else {}
        return held

    def hold(self, server: str, username: str, secret: str) -> None:
        entry = {"ServerURL": server, "Username": username, "Secret": secret}
        self._kept.write_text(json.dumps({**self.held, server: entry}))

    @property
    def _kept(self) -> Path:
        return self.path.with_name(f"{self.path.name}.kept")


def install_helper(folder: Path, suffix: str = "vault", program: str = _PROGRAM) -> CredentialHelper:
    """Write a helper; `program` is its text, for one that misbehaves."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"docker-credential-{suffix}"
    path.write_text(program)
    path.chmod(0o755)
    return CredentialHelper(path)


def install_shell_helper(folder: Path, lines: str, suffix: str = "vault") -> CredentialHelper:
    """Write a helper that does what lines of the shell say, whatever it is asked."""
    return install_helper(folder, suffix, f"#!/bin/sh\n{lines}\n")
