"""How late the event loop is: the one resource that every request of a process shares."""

from __future__ import annotations

import asyncio
from typing import Final

PERIOD_S: Final = 0.25


class LoopLag:
    """Sleeps, and notes by how much it was woken too late."""

    def __init__(self) -> None:
        self._longest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running loop."""
        self._task = asyncio.create_task(self._run(), name="loop-lag")

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    def take(self) -> float:
        """The longest lag since it was last taken."""
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            self._longest_s = max(self._longest_s, loop.time() - due_s)
