"""How long starting takes: the command line's help, the core alone, an API that is ready.

Each is started in turns with a Python that does nothing, so that what is told is the difference;
each once before, so that no file is read or compiled for the first time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.postgres.embedded import throwaway_postgres
from benchmarks.gateway_side import is_ready
from benchmarks.processes import python
from chaos.quick_folder import quick_folder
from footprint.served import as_installed, prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMES: Final = 9
_NOTHING: Final = ("-c", "pass")
_STARTS: Final[Mapping[str, tuple[tuple[str, ...], float]]] = {
    "--help": (("-m", "cashback_gateway", "--help"), 0.25),
    "import cashback_core": (("-c", "import cashback_core"), 0.05),
}
"""What is started, and how many seconds it may take more than nothing."""

_READY: Final = "serve, until it is ready"
_READY_S: Final = 1.0
_MOST_S: Final = 30.0
_POLL_S: Final = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The median of several starts, in seconds, and what it may be."""

    name: str
    median_s: float
    cpu_s: float
    most_s: float

    @property
    def met(self) -> bool:
        """Whether it is quick enough."""
        return self.median_s <= self.most_s

    def __str__(self) -> str:
        word = "met" if self.met else "MISSED"
        return (
            f"{word}: {self.name}: {self.median_s * 1000:.0f} ms, {self.cpu_s * 1000:.0f} ms of"
            f" them processor time (at most {self.most_s * 1000:.0f} ms)"
        )


def started() -> list[Started]:
    """Start everything TIMES times, in turns."""
    environ = {**os.environ, "PYTHONPATH": as_installed()}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    taken: dict[str, list[tuple[float, float]]] = {}
    for time_ in range(TIMES + 1):
        nothing_s, nothing_cpu_s = _run(_NOTHING, environ)
        for name, (arguments, _) in _STARTS.items():
            wall_s, cpu_s = _run(arguments, environ)
            if time_:
                more = wall_s - nothing_s, cpu_s - nothing_cpu_s
                taken.setdefault(name, []).append(more)
    taken[_READY] = _ready()
    most = {_READY: _READY_S, **{name: most_s for name, (_, most_s) in _STARTS.items()}}
    return [
        Started(
            name=name,
            median_s=statistics.median(wall_s for wall_s, _ in times),
            cpu_s=statistics.median(cpu_s for _, cpu_s in times),
            most_s=most[name],
        )
        for name, times in taken.items()
    ]


def _run(arguments: tuple[str, ...], environ: Mapping[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of one start."""
    before, begun_at = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=environ, stdout=subprocess.DEVNULL, check=True, timeout=60
    )
    wall_s, after = time.perf_counter() - begun_at, os.times()
    cpu_s = after.children_user + after.children_system
    return wall_s, cpu_s - before.children_user - before.children_system


def _ready() -> list[tuple[float, float]]:
    """The same of an API that serves: until the first /health/ready that says so."""
    taken: list[tuple[float, float]] = []
    with (
        throwaway_postgres(quick_folder()) as server,
        tempfile.TemporaryDirectory(prefix="start-") as folder,
    ):
        given, _ = prepared(server, "start", Path(folder))
        given["CASHBACK_PROVIDER_URL"] = "http://127.0.0.1:9"  # nobody is paid
        given.pop("PYTHONDONTWRITEBYTECODE", None)
        command = ("-m", "cashback_gateway", "--end-with-stdin", "serve")
        for time_ in range(TIMES + 1):
            before, begun_at = os.times(), time.perf_counter()
            with python(*command, environ=given, log=Path(folder) / "api.log") as api:
                while not is_ready(int(given["CASHBACK_PORT"])):
                    if api.poll() is not None or time.perf_counter() > begun_at + _MOST_S:
                        raise TimeoutError((Path(folder) / "api.log").read_text(encoding="utf-8"))
                    time.sleep(_POLL_S)
                wall_s = time.perf_counter() - begun_at
            after = os.times()
            cpu_s = after.children_user + after.children_system
            cpu_s -= before.children_user + before.children_system
            if time_:
                taken.append((wall_s, cpu_s))
    return taken
