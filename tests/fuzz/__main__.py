"""`python -m tests.fuzz`: a million strange inputs, each of which can be fed again by its number."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from random import Random

from tests.fuzz.parsers import Parser, all_parsers

_SLOW_S = 2.0
"""No input of a few kilobytes takes so long, however busy the machine is."""
_SHOWN_MAX = 3
"""Failures that are shown of one kind."""


def main(arguments: list[str] | None = None) -> int:
    """Run; return 1 where anything failed otherwise than its documentation says."""
    options = _options(arguments)
    parsers = [parser for parser in all_parsers() if options.only in {None, parser.name}]
    if not parsers:
        names = ", ".join(parser.name for parser in all_parsers())
        sys.exit(f"--only: expected one of {names}, got {options.only!r}")
    if options.number is not None:
        return _feed_one(parsers[0], options.seed, options.number)
    shares = sum(parser.share for parser in parsers)
    began_s, total, failed = time.perf_counter(), 0, 0
    for parser in parsers:
        count = max(1, options.count * parser.share // shares)
        failed += feed(parser, options.seed, count)
        total += count
    took_s = time.perf_counter() - began_s
    _say(f"{total:,} inputs, seed {options.seed}, {took_s:.0f} s: {failed or 'no'} failures")
    return int(failed > 0)


def make_input(parser: Parser, seed: int, number: int) -> bytes:
    """Return one input: the same for the same parser, seed and number."""
    rng = Random(f"{parser.name}/{seed}/{number}")
    return parser.mutate(rng, rng.choice(parser.seeds), parser.words)


def feed(parser: Parser, seed: int, count: int) -> int:
    """Feed a parser; return how many inputs failed it."""
    outcomes: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    began_s = time.perf_counter()
    for number in range(count):
        content = make_input(parser, seed, number)
        problem = _outcome(parser, content)
        outcomes["refused" if problem is None else "read" if problem == "" else "failed"] += 1
        if problem:
            kind = problem.strip().rpartition("\n")[2][:60]
            shown[kind] += 1
            if shown[kind] <= _SHOWN_MAX:
                _say(f"--- {parser.name}, number {number}: {content[:300]!r}\n{problem}")
    took_s = time.perf_counter() - began_s
    tally = ", ".join(f"{outcomes[name]:,} {name}" for name in ("read", "refused", "failed"))
    _say(f"{parser.name:12} {count:>9,} inputs {took_s:>6.1f} s: {tally}")
    return outcomes["failed"]


def _outcome(parser: Parser, content: bytes) -> str | None:
    """Feed one input: None where it was refused as documented, empty where it was read, else what went wrong."""
    began_s = time.perf_counter()
    try:
        parser.read(content)
    except parser.raises:
        result = None
    except Exception:  # noqa: BLE001 - that is what this looks for
        return traceback.format_exc()
    else:
        result = ""
    took_s = time.perf_counter() - began_s
    return f"took {took_s:.1f} s" if took_s > _SLOW_S else result


def _feed_one(parser: Parser, seed: int, number: int) -> int:
    content = make_input(parser, seed, number)
    problem = _outcome(parser, content)
    _say(f"{content!r}\n{problem or ('refused' if problem is None else 'read')}")
    return int(bool(problem))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs in all (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other inputs with every number (%(default)s)")
    parser.add_argument("--only", metavar="PARSER", help="feed one parser")
    parser.add_argument("--number", type=int, help="with --only: feed one input again, and show it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
