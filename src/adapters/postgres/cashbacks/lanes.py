"""A lane of grouped commits: what queued while the last transaction ran shares the next one.

One connection, one queue, one transaction after the other. Whoever waits is answered after the
commit. A row that the database refuses harms no neighbour: its group is halved until it stands
alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import psycopg
from psycopg import AsyncConnection

from adapters.postgres.cashbacks.commits import Failure
from adapters.postgres.cashbacks.transactions import (
    SESSION,
    failure_of,
    is_left_to_the_plain_way,
    refuse_reading_only,
    told,
)
from adapters.postgres.connection.deadlines import DEADLINE_S, watched
from adapters.postgres.connection.faults import is_of_no_use
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.cashbacks.commits import Commits
    from adapters.postgres.connection.database import Database
    from cashback_core.traces import TraceContext

MAX_GROUP: Final = 200
"""Most sales, or most results, of one transaction."""

MAX_QUEUE: Final = 10_000
"""Most jobs that wait in a lane; one more is told that the store is unavailable."""

MAX_TRIES: Final = 5
"""How often a group is tried again after a deadlock or a lock that did not come."""

LEAST_S: Final = 1.0
"""A sale with less time than this until its deadline is told so at once, and not begun."""

LAST_S: Final = 0.5
"""So long after its deadline, whatever the writer is waiting for, a sale is told."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True, eq=False, kw_only=True)
class Job(Generic[T]):
    """Something to be written, and whom to answer."""

    answer: asyncio.Future[T]
    trace: TraceContext | None = None
    until_s: float | None = None
    """By when it is answered, on the loop's clock; None: whenever it may be."""


J = TypeVar("J", bound=Job[Any])


@dataclass(slots=True)
class _Group(Generic[J]):
    """What is written together. A ping only asks whether something could be."""

    jobs: Sequence[J]
    pings: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]])

    def __bool__(self) -> bool:
        return bool(self.jobs or self.pings)


def deadline_s() -> float:
    """By when a sale that comes now is answered, on the loop's clock: an ERP waits for it."""
    return asyncio.get_running_loop().time() + DEADLINE_S


async def in_time(answer: asyncio.Future[T], until_s: float) -> T:
    """The answer; or StoreUnavailable, where it does not come in time.

    What was being written may be committed all the same: as after a commit whose answer was lost.
    """
    try:
        async with asyncio.timeout_at(until_s + LAST_S):
            return await answer
    except TimeoutError as error:
        raise StoreUnavailable("no answer in time") from error


class Lane(ABC, Generic[J]):
    """Writes jobs of one kind over a connection of its own, until it is closed.

    What a job is, and how a group of them is written, is a subclass's.
    """

    def __init__(self, database: Database, commits: Commits, *, name: str, quick: bool) -> None:
        self._database = database
        self._commits = commits
        self._name = name
        self._quick = quick
        self._queue: list[J] = []
        self._pings: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._connection: AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next group."""
        return len(self._queue)

    async def close(self) -> None:
        """Stop; whatever still waits is told that the store is unavailable."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(_Group(self._queue, self._pings), StoreUnavailable("closing"))
        self._queue, self._pings = [], []
        await self._hang_up()

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the next group could be written."""
        self._begin()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pings.append(answer)
        await in_time(answer, deadline_s())

    def enqueue(self, job: J) -> None:
        """Have it written with the next group. Raises StoreUnavailable."""
        self._begin()
        self._queue.append(job)

    def enqueue_again(self, job: J) -> None:
        """The same for one whose time has not come yet, and whom somebody waits for."""
        if self._closed:
            self._fail(_Group([job]), StoreUnavailable("closing"))
        else:
            self._queue.append(job)
            self._wake.set()

    @abstractmethod
    def fitting(self, queue: Sequence[J]) -> tuple[list[J], list[J]]:
        """The jobs of the next group, bounded in number and in work, and those after it."""

    @abstractmethod
    def prepare(self, connection: AsyncConnection[Any]) -> None:
        """Make the quick way's call on a new connection."""

    @abstractmethod
    async def write_quickly(self, jobs: Sequence[J]) -> Sequence[J]:
        """Write in one call what can be, answer those, and return the others.

        What is raised of psycopg's says that nothing was written, or nobody knows.
        """

    @abstractmethod
    async def write_plainly(self, connection: AsyncConnection[Any], jobs: Sequence[J]) -> None:
        """Write all in one transaction, and answer them."""

    @abstractmethod
    def refuse(self, job: J, error: Exception) -> None:
        """Tell the one job of a group what became of it."""

    def committed(self, jobs: Sequence[J], *, began: tuple[int, float], position: int) -> None:
        """Keep how far the log was, and tell who measures. `began` is `now()`'s."""
        self._database.mark(position)
        began_ns, began_s = began
        sales, results = self.counted(len(jobs))
        self._commits.committed(
            sales=sales,
            results=results,
            began_ns=began_ns,
            seconds=time.perf_counter() - began_s,
            members=[job.trace for job in jobs],
        )

    @abstractmethod
    def counted(self, jobs: int) -> tuple[int, int]:
        """So many jobs as sales, and as results."""

    def _begin(self) -> None:
        if self._closed or len(self._queue) >= MAX_QUEUE:
            raise StoreUnavailable("the queue of writes is full or closed")
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self._name)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            jobs, self._queue = self.fitting(self._queue)
            group = _Group[J](jobs, self._pings)
            self._pings = []
            if not self._queue:
                self._wake.clear()
            try:
                await self._write(group, quick=self._quick)
            except asyncio.CancelledError:
                # Whether the commit went through is not known: neither is it told.
                self._fail(group, StoreUnavailable("closing"))
                raise
            except Exception as error:  # noqa: BLE001 (one bad group must not end all writing)
                _log.error("a group of %d writes failed: %s", len(jobs), type(error).__name__)
                self._fail(group, error)

    async def _write(self, group: _Group[J], *, quick: bool) -> None:
        """Write a group; what fails as a whole is halved until each row stands for itself."""
        error: Exception = StoreUnavailable("not tried")
        for tries in range(MAX_TRIES):
            self._drop_late(group)
            if not group:
                return
            try:
                await self._write_once(group, quick=quick and tries == 0)
            except Exception as caught:  # noqa: BLE001 (if it is ours, its neighbours go on)
                error, failure = caught, failure_of(caught)
            else:
                return
            self._commits.failed(failure)
            if is_of_no_use(error):
                await self._hang_up()
                self._database.renew()
            if failure is Failure.AWAY:
                await self._hang_up()
                self._fail(group, StoreUnavailable(type(error).__name__))
                return
            if failure is not Failure.CONFLICT:
                break
        self._fail(_Group([], group.pings), told(error))
        if not group.jobs:
            return
        if len(group.jobs) == 1:
            self.refuse(group.jobs[0], error)
            return
        middle = len(group.jobs) // 2
        await self._write(_Group(group.jobs[:middle]), quick=quick)
        await self._write(_Group(group.jobs[middle:]), quick=quick)

    def _drop_late(self, group: _Group[J]) -> None:
        """Leave those that can be answered before they are too late; the others are told so."""
        latest_s = asyncio.get_running_loop().time() + LEAST_S
        late = [job for job in group.jobs if job.until_s is not None and job.until_s < latest_s]
        if late:
            self._fail(_Group(late), StoreUnavailable("too many writes wait"))
            group.jobs = [job for job in group.jobs if job not in late]

    async def _write_once(self, group: _Group[J], *, quick: bool) -> None:
        """The quick way for whom it is for, and then the plain one for the others.

        Whoever is answered leaves the group: what fails afterwards is none of theirs.
        """
        now_s = asyncio.get_running_loop().time()
        until = [job.until_s - now_s for job in group.jobs if job.until_s is not None]
        left_s = min([DEADLINE_S, *until])
        async with asyncio.timeout(left_s):
            connection = await self._connected()
        with watched(connection, left_s, self._database.renew):
            if group.pings:
                await refuse_reading_only(connection)
                for ping in group.pings:
                    if not ping.done():
                        ping.set_result(None)
                group.pings = []
            if quick and group.jobs:
                try:
                    group.jobs = await self.write_quickly(group.jobs)
                except psycopg.Error as error:
                    if not is_left_to_the_plain_way(error):
                        raise
            if group.jobs:
                await self.write_plainly(connection, group.jobs)

    def _fail(self, group: _Group[J], error: Exception) -> None:
        for answer in (*(job.answer for job in group.jobs), *group.pings):
            if not answer.done():
                answer.set_exception(error)

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await self._database.connect(SESSION)
            self._connection.prepare_threshold = 0
            self.prepare(self._connection)
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
