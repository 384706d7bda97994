"""The schema that the first line of pallet.toml names, so that editors complete and check the file.

Decided here: who writes it, and when. `.pallet/` is in no clone, so a command that may write puts this
pallet's schema there where it is absent or another one; in CI nobody edits, and nothing is written.
Must never be added: a failure, or a word about it; a write outside `.pallet/`, or for `check` and `plan`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.projects import in_ci, locate
from reconciler.desired.kinds.schemas import schemas_directory
from reconciler.desired.proposing.propose_text import SCHEMA_PATH
from reconciler.errors import PalletError
from reconciler.oci.files import write_atomically
from reconciler.sync.run_lock import make_folder

if TYPE_CHECKING:
    from reconciler.cli.options import Place

_DIRECTIVES = tuple(f"#:schema {start}{SCHEMA_PATH}".encode() for start in ("./", ""))
_LINE_MAX_BYTES = 1024


def locate_to_write(place: Place) -> Path:
    """Return the pallet.toml that the flags name, with the schema beside it that its first line asks for.

    Raises:
        UsageError: the directory of --directory is none.
        ConfigError: there is no pallet.toml.
    """
    path = locate(place)
    if not in_ci():
        with suppress(OSError, PalletError):
            _keep_schema(path)
    return path


def write_schema(root: Path) -> None:
    """Put this pallet's schema where the first line of a project's pallet.toml says.

    Raises:
        OSError: the disk refused.
        UnreachableError: it refused the folder.
    """
    path = root / SCHEMA_PATH
    content = _schema()
    make_folder(root)
    path.parent.mkdir(exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, [content])


def _keep_schema(config: Path) -> None:
    with config.open("rb") as file:
        first = file.readline(_LINE_MAX_BYTES).rstrip()
    path = config.parent / SCHEMA_PATH
    # A link in a stranger's repository may lead out of it.
    is_plain = not any(folder.is_symlink() for folder in (path.parent, path.parent.parent))
    if first in _DIRECTIVES and is_plain:
        write_schema(config.parent)


def _schema() -> bytes:
    return (schemas_directory() / Path(SCHEMA_PATH).name).read_bytes()
