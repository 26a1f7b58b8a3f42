"""An event loop in virtual time whose callbacks belong to processes that can be frozen and killed.

Of asyncio's loop only the face is left: no selector, no system calls, microseconds a step, and
every step of a process is a place at which a fault can strike.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple

from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MAX_STEPS: Final = 1_000_000
"""More steps in one run are a livelock, not a workload."""


class Livelock(RuntimeError):  # noqa: N818 (named by what is wrong)
    """The code under simulation goes round in circles without time passing."""


@dataclass(slots=True, eq=False)
class Call:
    """A call to the provider whose bytes have not left yet; frozen once at most."""

    frozen: bool = False


class Process:
    """One operating system process: what it does next may be frozen, or never happen at all."""

    __slots__ = (
        "alive",
        "backlog",
        "calls",
        "context",
        "frozen",
        "name",
        "on_fault",
        "skew_s",
        "steps_left",
        "tasks",
    )

    def __init__(self, name: str, *, skew_s: float = 0.0) -> None:
        self.name = name
        self.skew_s = skew_s
        self.calls: list[Call] = []
        self.alive = True
        self.frozen = False
        self.backlog: list[Step] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.steps_left = -1
        self.on_fault: Callable[[Process], None] | None = None
        self.context = contextvars.copy_context()
        self.context.run(PROCESS.set, self)

    def admits(self, step: Step) -> bool:
        """Whether this step may run now; a frozen process keeps it for later."""
        if self.alive and not self.frozen and self.steps_left > 0:
            self.steps_left -= 1
            if self.steps_left == 0 and self.on_fault is not None:
                self.on_fault(self)  # may freeze or kill it, before the step
        if self.frozen and self.alive:
            self.backlog.append(step)
            return False
        return self.alive


PROCESS: Final[contextvars.ContextVar[Process | None]] = contextvars.ContextVar(
    "process", default=None
)


class Step(asyncio.TimerHandle):
    """One callback to come, and the process that it belongs to."""

    __slots__ = ("act", "arguments", "process", "setting", "stopped", "when_s")

    def __init__(  # pyright: ignore[reportMissingSuperCall]
        self,
        act: Callable[..., object],
        arguments: tuple[Any, ...],
        setting: contextvars.Context,
        when_s: float,
    ) -> None:
        self.act = act
        self.arguments = arguments
        self.setting = setting
        self.process: Process | None = setting.get(PROCESS)
        self.stopped = False
        self.when_s = when_s

    def cancel(self) -> None:
        """Never run it."""
        self.stopped = True

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.stopped

    def when(self) -> float:
        """The instant at which it is to run."""
        return self.when_s


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop; `time()` begins at 0 and jumps to the next timer when nothing else can run."""

    def __init__(self) -> None:
        # Not super().__init__(): it begins what is replaced here.
        self.errors: list[str] = []
        self._now_s = 0.0
        self._soon: deque[Step] = deque()
        self._timers: list[tuple[float, int, Step]] = []
        self._numbers = count()
        self._outside = contextvars.Context()
        self._tasks: list[asyncio.Task[Any]] = []
        self._ended = False

    def run(self, until_s: float) -> None:
        """Let everything happen that happens up to an instant."""
        asyncio._set_running_loop(self)
        try:
            self._run(until_s)
        finally:
            asyncio._set_running_loop(None)

    def _run(self, until_s: float) -> None:
        ready, timers = self._soon, self._timers
        for _ in range(MAX_STEPS):
            if ready:
                step = ready.popleft()
            elif timers and timers[0][0] <= until_s:
                self._now_s, _, step = heapq.heappop(timers)
            else:
                self._now_s = until_s
                return
            process = step.process
            if step.stopped or (process is not None and not process.admits(step)):
                continue
            step.setting.run(step.act, *step.arguments)
        raise Livelock(f"more than {MAX_STEPS} steps until {until_s} s")

    def outside(self, delay_s: float, act: Callable[..., object], *arguments: Any) -> None:
        """Call something that belongs to no process: the world goes on, whoever is killed."""
        step = Step(act, arguments, self._outside, self._now_s + delay_s)
        heapq.heappush(self._timers, (step.when_s, next(self._numbers), step))

    def spawn(self, work: Coroutine[Any, Any, T], process: Process | None = None) -> None:
        """Start a task, of a process or of the world."""
        context = self._outside.copy() if process is None else process.context
        context.run(self.create_task, work)

    def thaw(self, process: Process) -> None:
        """Let a frozen process run what has piled up, in its order."""
        process.frozen = False
        self._soon.extend(process.backlog)
        process.backlog.clear()

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> Step:
        """As asyncio's."""
        step = Step(callback, args, _given(context), self._now_s)
        self._soon.append(step)
        return step

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> Step:
        """As asyncio's."""
        step = Step(callback, args, _given(context), when)
        heapq.heappush(self._timers, (max(when, self._now_s), next(self._numbers), step))
        return step

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> Step:
        """As asyncio's."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """As asyncio's."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **kwargs: Any
    ) -> asyncio.Task[T]:
        """As asyncio's; the process keeps it, so that a killed one's tasks are not torn down."""
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, **kwargs)
        process = PROCESS.get()
        (self._tasks if process is None else process.tasks).append(task)
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody handled."""
        if not self._ended:
            self.errors.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Whether tasks may be made."""
        return not self._ended

    def is_closed(self) -> bool:
        """Whether the world has ended."""
        return self._ended

    def close(self) -> None:
        """End the world: what was still going on is forgotten, without a word."""
        self._ended = True
        for task in self._tasks:
            unfinished: Any = task
            unfinished._log_destroy_pending = False
        for task in reversed(self._tasks):
            _end(task.get_coro())
        self._tasks.clear()
        self._soon.clear()
        self._timers.clear()


def _end(work: Any) -> None:
    """Close a coroutine that will never go on, however its clean-up objects."""
    for _ in range(5):
        try:
            work.close()
        except (RuntimeError, StoreUnavailable):  # it awaited something: once more
            continue
        except BaseExceptionGroup as told:  # a group of tasks with nothing left but this very end
            if told.split(GeneratorExit)[1] is not None:
                raise
        return


def _given(context: contextvars.Context | None) -> contextvars.Context:
    # An empty context is false, and a context all the same.
    return contextvars.copy_context() if context is None else context
