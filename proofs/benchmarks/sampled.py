"""`python -m benchmarks.sampled OUT -m MODULE ...`: run a module, sampled while it is asked to be.

SIGUSR1 begins and SIGUSR2 ends: every 2 ms of the process's own CPU the stack is looked at, and OUT
gets a line of JSON for each place, with how often it was found there. Unlike cProfile it costs next
to nothing, so that shares are those of the program as it runs.
"""

from __future__ import annotations

import collections
import json
import runpy
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

_EVERY_S: Final = 0.002
_DEPTH: Final = 40
_found: collections.Counter[tuple[str, ...]] = collections.Counter()


def main() -> None:
    _, out, _, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    signal.signal(signal.SIGPROF, _look)
    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, lambda _number, _frame: _end(Path(out)))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _look(_number: int, frame: FrameType | None) -> None:
    stack: list[str] = []
    while frame is not None and len(stack) < _DEPTH:
        stack.append(frame.f_code.co_filename)
        frame = frame.f_back
    _found[tuple(stack)] += 1


def _begin(_number: int, _frame: FrameType | None) -> None:
    _found.clear()
    signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)


def _end(out: Path) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    lines = (json.dumps({"stack": stack, "times": times}) for stack, times in _found.items())
    unfinished = out.with_suffix(".unfinished")
    unfinished.write_text("\n".join(lines), encoding="utf-8")
    unfinished.rename(out)


if __name__ == "__main__":
    main()
