"""The injector: one fault after another, in the background of the load."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

import psycopg

from chaos.profile import MAX_FREEZE_S, Fault
from chaos.system import APIS, WORKERS

if TYPE_CHECKING:
    from random import Random

    from chaos.profile import Profile
    from chaos.system import System

_REST_S: Final = 1.0
"""A thawed process is left alone so long: two freezes in a row would be one longer freeze."""

_WATCH_S: Final = 0.1


@dataclass(slots=True)
class Injector:
    """Does to a system what a profile says; `counts` tells what was done."""

    system: System
    profile: Profile
    random: Random
    counts: Counter[Fault] = field(default_factory=Counter[Fault])
    restarts: int = 0
    """How often an API or a worker ended by itself and was started again."""
    _frozen: dict[str, float] = field(default_factory=dict[str, float])
    _crashing: bool = False

    async def run(self, seconds: float) -> None:
        """Strike for so long; when this returns, everything runs again."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as background:
            while True:
                await asyncio.sleep(self.random.uniform(*self.profile.gap_s))
                if time.monotonic() >= until:
                    break
                self._strike(background)
                self.restarts += len(self.system.revive())

    async def keep_alive(self, stop: asyncio.Event) -> None:
        """Start again what ends by itself, such as an API that met no database at its start."""
        while not stop.is_set():
            self.restarts += len(self.system.revive())
            await asyncio.sleep(_WATCH_S)

    def _strike(self, background: asyncio.TaskGroup) -> None:
        weights = {f: w for f, w in self.profile.weights.items() if self._possible(f)}
        if not weights:
            return
        [fault] = self.random.choices(list(weights), list(weights.values()))
        match fault:
            case Fault.KILL_API | Fault.KILL_WORKER:
                self._kill(fault, self.random.choice(self._targets(fault)))
            case Fault.FREEZE_API | Fault.FREEZE_WORKER:
                name = self.random.choice(self._targets(fault))
                background.create_task(self._freeze(fault, name))
            case Fault.CRASH:
                self._crashing = True
                background.create_task(self._crash())
            case Fault.DISCONNECT:
                background.create_task(self._disconnect())
            case _:
                assert_never(fault)

    def _possible(self, fault: Fault) -> bool:
        if fault in {Fault.CRASH, Fault.DISCONNECT}:
            return not self._crashing
        return bool(self._targets(fault))

    def _targets(self, fault: Fault) -> list[str]:
        now = time.monotonic()
        group = APIS if fault in {Fault.KILL_API, Fault.FREEZE_API} else WORKERS
        return [name for name in group if self._frozen.get(name, 0.0) < now]

    def _kill(self, fault: Fault, name: str) -> None:
        self.system.kill(name)
        self.system.start(name)
        self.counts[fault] += 1

    async def _freeze(self, fault: Fault, name: str) -> None:
        # Short stalls are common, long ones rare, as on real machines.
        for_s = self.random.triangular(0.2, MAX_FREEZE_S, 0.2)
        self._frozen[name] = time.monotonic() + for_s + _REST_S
        self.system.signal(name, signal.SIGSTOP)
        self.counts[fault] += 1
        try:
            await asyncio.sleep(for_s)
        finally:
            self.system.signal(name, signal.SIGCONT)

    async def _crash(self) -> None:
        try:
            await asyncio.to_thread(self.system.crash_database)
            self.counts[Fault.CRASH] += 1
        finally:
            self._crashing = False

    async def _disconnect(self) -> None:
        try:
            await asyncio.to_thread(self.system.disconnect_all)
        except psycopg.OperationalError:
            return  # the database crashed meanwhile
        self.counts[Fault.DISCONNECT] += 1
