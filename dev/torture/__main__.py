"""Behind `make torture`: run the sections, then print one table of counts.

    python -m dev.torture [--seed N] [SECTION …]

A new section is a function that takes the seed and returns rows, and a line in `SECTIONS`. Exit
code 0 only if every row is good. The same seed makes the same run again.
"""

import argparse
import logging
import random
import sys
import time
from collections.abc import Callable, Sequence

from dev.torture import fire, fuzz, life, mutants, power
from dev.torture.table import Row, render

SECTIONS: dict[str, Callable[[int], list[Row]]] = {
    "fire": fire.torture,
    "power": power.torture,
    "fuzz": fuzz.torture,
    "life": life.torture,
    "mutants": mutants.torture,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.torture")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--seed", type=int, help="of an earlier run")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(SECTIONS)}")
    seed = random.SystemRandom().randrange(2**32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", flush=True)
    rows: list[Row] = []
    for name in chosen.sections or SECTIONS:
        began = time.monotonic()
        rows += SECTIONS[name](seed)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"\n{render(rows)}\nseed {seed}")
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("tests.torture").setLevel(logging.INFO)
    sys.exit(main(sys.argv[1:]))
