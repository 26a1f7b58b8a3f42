"""`python -m chaos`: one run, a report, exit code 1 unless it proves what it should."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from chaos.mutants import catch_all
from chaos.planting import PLANTS
from chaos.profile import PROFILES
from chaos.report import render
from chaos.roles import Options
from chaos.run import run


def main() -> int:
    """Run as the command line says; 0 for a proof, 1 for anything else."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="mixed")
    parser.add_argument("--seconds", type=float, help="default: the profile's own")
    parser.add_argument("--seed", type=int, help="default: another one each time")
    parser.add_argument("--mutant", choices=sorted(PLANTS), help="run with this fault planted")
    parser.add_argument("--logs", type=Path, help="a folder to leave the processes' logs in")
    parser.add_argument("--mutants", action="store_true", help="see each mutant caught")
    given = parser.parse_args()
    if given.mutants:
        return catch_all(print)
    profile = PROFILES[given.profile]
    seed = int(time.time()) % 1_000_000 if given.seed is None else given.seed
    options = Options(
        profile=profile,
        seconds=given.seconds or profile.seconds,
        seed=seed,
        mutant=given.mutant,
        logs=given.logs,
    )
    print(f"chaos: profile {profile.name}, {options.seconds:g} s, seed {seed}", flush=True)
    outcome = run(options)
    print(render(outcome))
    shortfalls = outcome.shortfalls(profile, options.seconds)
    for shortfall in shortfalls:
        print(f"not enough: {shortfall}")
    return 1 if outcome.violations or shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
