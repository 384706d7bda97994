"""Where `pallet` begins, before anything of it is imported: Ctrl-C ends that too, without a traceback.

Must never be added: an import that takes time, or a decision.
"""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from reconciler.cli.main import main as run_all

        run_all()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
