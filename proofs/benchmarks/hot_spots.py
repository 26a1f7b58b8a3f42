"""Where the API's time goes: one measurement under cProfile, `python -m benchmarks.hot_spots`.

cProfile makes small Python functions look dearer than they are, and C code cheaper; the rate is
printed only to tell how much it slowed things down. Trust the order, not the figures.
"""

from __future__ import annotations

import argparse
import collections
import marshal
import pstats
import sys
from pathlib import Path

from adapters.postgres.embedded import EmbeddedPostgresError
from benchmarks.bench_system import bench_system
from benchmarks.phase import WrongResultError
from benchmarks.processes import CHECKOUT

# Of each function (file, line, name): calls, primitive calls, own and cumulative seconds, and the
# same by caller. This is what cProfile writes; pstats offers no typed way to it.
Function = tuple[str, int, str]
Figures = tuple[int, int, float, float]
Profile = dict[Function, tuple[int, int, float, float, dict[Function, Figures]]]

_SHOWN_PACKAGES = 25
_BUILT_IN = "~"
_PACKAGES = "site-packages/"
_SOURCE = "/src/"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot_spots", description=__doc__)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--top", type=int, default=40, help="how many functions to print")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "var/hot_spots.pstats")
    options = parser.parse_args()
    out: Path = options.out.absolute()
    out.parent.mkdir(exist_ok=True)
    try:
        # The profile is written when the API has ended, so after the system has stopped.
        with bench_system(profiler=("-m", "benchmarks.profiled", str(out))) as system:
            phase = system.gateway.measure(connections=options.connections, seconds=options.seconds)
    except (WrongResultError, FileNotFoundError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    pstats.Stats(str(out)).sort_stats("tottime").print_stats(options.top)
    with out.open("rb") as file:
        profile: Profile = marshal.load(file)  # noqa: S302 (written a moment ago by cProfile)
    _print_packages(profile, phase.sales)
    print(f"{phase.rate:.0f} sales/s under the profiler; the profile is in {out.name}")
    return 0


def _print_packages(stats: Profile, sales: int) -> None:
    """Print each package's own time a sale; a built-in function counts for whoever calls it."""
    own_s: collections.defaultdict[str, float] = collections.defaultdict(float)
    for (file, _, _), (_, _, total_s, _, callers) in stats.items():
        if file != _BUILT_IN:
            own_s[_package(file)] += total_s
        for (caller, _, _), (_, _, called_s, _) in callers.items() if file == _BUILT_IN else ():
            own_s[_package(caller)] += called_s
    for name, seconds in sorted(own_s.items(), key=lambda item: -item[1])[:_SHOWN_PACKAGES]:
        print(f"{seconds / sales * 1e6:8.1f} µs a sale  {name}")


def _package(file: str) -> str:
    _, installed, inside = file.rpartition(_PACKAGES)
    if installed:
        return inside.partition("/")[0]
    _, ours, inside = file.rpartition(_SOURCE)
    return inside if ours else f"(Python) {Path(file).name}"


if __name__ == "__main__":
    sys.exit(main())
