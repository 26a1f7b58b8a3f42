"""`python -m simulation`: run seeds, one seed, or the mutants; exits with 1 if one fails."""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from simulation.mix import draw
from simulation.mutants import MUTANTS
from simulation.proof import Tally, failed_plays, run_many, try_mutants
from simulation.world import simulate


def main(arguments: list[str]) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("seeds", "mutants"), default="seeds")
    parser.add_argument("--seeds", type=int, help="how many seeds (5000; for mutants 400 each)")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="one seed alone, in detail")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _one(given.seed)
    if given.what == "mutants":
        return _mutants(given.seeds or 400, given.processes)
    return _many(given.first, given.seeds or 5000, given.processes)


def _many(first: int, count: int, processes: int) -> int:
    began_s = time.monotonic()
    plays = failed_plays()
    for name, why in plays.items():
        print(f"DIRECTED {name}: {why}")

    def progress(tally: Tally) -> None:
        if sys.stderr.isatty():
            print(f"\r{tally.seeds} of {count} seeds", end="", file=sys.stderr, flush=True)

    tally = run_many(first, count, processes=processes, progress=progress)
    took_s = time.monotonic() - began_s
    for seed, found in tally.failed.items():
        print(f"\nSEED {seed}: {found[0]}\n  again: make simulate SEED={seed}")
    counts = " ".join(f"{name}={number}" for name, number in sorted(tally.counts.items()))
    print(f"{tally.seeds} seeds in {took_s:.0f} s ({tally.seeds / took_s:.0f}/s): {counts}")
    print(
        f"longest rest {tally.longest_rest_s:.0f} virtual seconds; directed plays failed:"
        f" {len(plays)}; seeds with violations: {len(tally.failed)}"
    )
    return 1 if tally.failed or plays else 0


def _one(seed: int) -> int:
    print(draw(Random(seed)))
    outcome = simulate(seed)
    print(dict(sorted(outcome.counts.items())), f"rested after {outcome.rested_s:.0f} s")
    for violation in outcome.violations:
        print("VIOLATION", violation)
    print(f"seed {seed}, digest {outcome.digest}")
    return 1 if outcome.violations else 0


def _mutants(seeds: int, processes: int) -> int:
    print(f"{len(MUTANTS)} mutants of the decision code, up to {seeds} seeds each")
    survivors = 0
    for verdict in try_mutants(seeds=seeds, processes=processes):
        survivors += not verdict.caught
        by = f"seed {verdict.seeds[0]}" if verdict.seeds else f"no seed of {verdict.tried}"
        plays = f", {len(verdict.plays)} plays" if verdict.plays else ""
        state = "caught  " if verdict.caught else "SURVIVED"
        print(f"{state} {verdict.what:36} {by}{plays}: {verdict.how[:90]}", flush=True)
    print(f"{survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
