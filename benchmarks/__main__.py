"""`python -m benchmarks [NAME…]`: run all benchmarks or some, and print their tables."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import (
    check,
    choosing,
    discovery,
    growth,
    inventories,
    jobs,
    layout,
    printing,
    promoting,
    push,
    startup,
    transfer,
    validate,
    watch,
)
from benchmarks.lab import Lab
from benchmarks.results import Table
from benchmarks.scale import Scale, quick

BENCHMARKS = {
    "startup": startup.measure,
    "check": check.measure,
    "push": push.measure,
    "promote": promoting.measure,
    "transfer": transfer.measure,
    "layout": layout.measure,
    "growth": growth.measure,
    "validate": validate.measure,
    "jobs": jobs.measure,
    "discovery": discovery.measure,
    "inventories": inventories.measure,
    "choosing": choosing.measure,
    "watch": watch.measure,
}
_QUICK_ARTIFACTS = 100


def main(arguments: list[str]) -> int:
    """Run what was asked for; 0 even where a goal is missed (machines are noisy), 1 where it cannot be."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except RuntimeError as exc:
        print(f"benchmarks: {exc}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    scale = _scale(options.size, is_quick=options.quick)
    tables = []
    with tempfile.TemporaryDirectory(prefix="pallet-benchmarks-") as folder:
        lab = Lab(Path(folder), scale)
        try:
            for name in options.names or BENCHMARKS:
                table = BENCHMARKS[name](lab)
                tables.append(table)
                printing.show(table)
        finally:
            lab.close()
        _write(options, tables, scale)  # before the folder is removed, which takes its time
    return 0


def _write(options: argparse.Namespace, tables: list[Table], scale: Scale) -> None:
    if options.json is not None:
        options.json.write_text(printing.as_json(tables, scale), encoding="utf-8")
    if options.markdown is not None:
        options.markdown.write_text(printing.as_markdown(tables, _command(options)), encoding="utf-8")


def _command(options: argparse.Namespace) -> str:
    """Return the command for the same figures, without the files that this run wrote."""
    words = ["python -m benchmarks", *options.names]
    if options.quick:
        words.append("--quick")
    if options.size is not None:
        words.append(f"--size {options.size}")
    return " ".join((*words, "--markdown docs/benchmarks.md"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", type=_name, metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    parser.add_argument("--size", type=_count, metavar="N", help="how many artifacts are pushed and checked")
    parser.add_argument("--quick", action="store_true", help="little, in less than a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every repetition to this file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to this file")
    return parser


def _name(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(BENCHMARKS)}, got {text!r}")
    return text


def _count(text: str) -> int:
    number = int(text)
    if not 10 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"expected a number from 10 to 10000, got {number}")
    return number


def _scale(size: int | None, *, is_quick: bool) -> Scale:
    if is_quick:
        return quick(size or _QUICK_ARTIFACTS)
    return Scale() if size is None else replace(Scale(), artifacts=size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
