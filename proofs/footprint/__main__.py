"""`make bench-start`, `make bench-memory`: what starting and serving take, beside the goals."""

from __future__ import annotations

import argparse
import sys

from footprint.memory import remembered
from footprint.start import started


def main() -> int:
    """Return 0 where every goal is met, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m footprint", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("start", help="medians of 9 starts")
    memory = acts.add_parser("memory", help="resident memory at the peak")
    memory.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    if options.act == "memory":
        return remembered(minutes=options.minutes)
    found = started()
    for each in found:
        print(each)
    return 0 if all(each.met for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
