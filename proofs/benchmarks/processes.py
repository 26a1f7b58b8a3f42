"""The processes that are measured or measure: started here, ended here, and what they cost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

CHECKOUT = Path(__file__).resolve().parents[2]
_STOP_S = 30.0


@contextlib.contextmanager
def python(
    *arguments: str, environ: Mapping[str, str], log: Path, program: str = sys.executable
) -> Generator[subprocess.Popen[str], None, None]:
    """Run a Python program with pipes; it ends when its standard input or this context does."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=CHECKOUT,
            env=dict(environ),
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, its children, and those that ended before."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            own = child.cpu_times()
            spent += own.user + own.system
    return spent


def machine_busy_s() -> float:
    """Return the CPU seconds of everything on the machine, what a hypervisor took away included."""
    times = psutil.cpu_times()
    waiting_s = times.idle + getattr(times, "iowait", 0.0)
    # What a guest of ours runs is part of the user's time already.
    counted: dict[str, float] = times._asdict()
    return sum(s for name, s in counted.items() if not name.startswith("guest")) - waiting_s


def others_share(spent_s: float, elapsed_s: float) -> float:
    """Return which part of the machine's CPU so many seconds are; clocks that tick are coarse."""
    return max(0.0, spent_s / elapsed_s / (os.cpu_count() or 1))


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process; with its children's, what they share counts once."""
    process = psutil.Process(pid)
    children = process.children(recursive=True)
    if not children:
        return process.memory_info().rss
    return sum(_own_memory_bytes(each) for each in (process, *children))


def _own_memory_bytes(process: psutil.Process) -> int:
    """Return the proportional set size, the resident one where the system knows no other."""
    with contextlib.suppress(psutil.NoSuchProcess):
        told = process.memory_full_info()
        return getattr(told, "pss", told.rss)
    return 0
