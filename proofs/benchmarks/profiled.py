"""`python -m benchmarks.profiled OUT -m MODULE ...`: run a module under cProfile until SIGTERM.

cProfile's own command loses the profile when a server, having stopped gracefully, passes the
signal on to the default handler.
"""

from __future__ import annotations

import cProfile
import runpy
import signal
import sys


def main() -> None:
    _, out, _, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    signal.signal(signal.SIGTERM, _leave)
    profile = cProfile.Profile()
    try:
        profile.runcall(runpy.run_module, module, run_name="__main__", alter_sys=True)
    finally:
        profile.dump_stats(out)


def _leave(_number: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
