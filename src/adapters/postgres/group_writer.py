"""Grouped commits: what queued while the last transaction ran shares the next one.

One connection, two queues (new sales, ends of attempts), one transaction. A caller is answered
after the commit. A row that the database refuses harms no neighbour: its group is halved until it
stands alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import AsyncConnection, sql

from adapters.postgres.accepting import accept_group
from adapters.postgres.commits import CommitObserver, Commits, Failure
from adapters.postgres.concluding import Locked, conclude_group
from adapters.postgres.connection import Role, RowRefused, named, serving_dsn
from cashback_core.ports import (
    Acceptance,
    AttemptResult,
    StoreUnavailable,
    Submission,
    TermsChanged,
)
from cashback_core.tracing import TRACE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
    from uuid import UUID

    from cashback_core.delivery import DeliveryPolicy
    from cashback_core.record import Standing
    from cashback_core.tracing import TraceContext

MAX_GROUP: Final = 200
"""Most sales, and most results, of one transaction."""

MAX_QUEUE: Final = 10_000
"""Most jobs that wait; one more is told that the store is unavailable."""

MAX_TRIES: Final = 5
"""How often a group is tried again after a deadlock or a lock that did not come."""

_PINNED: Final = {
    # Statements are planned once, perhaps while tables are empty: without these, a plan made then
    # scans whole tables for ever.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

TERMS_CHANGED: Final = "23C01"
"""What the trigger `lines_follow_terms` says of a sale whose terms are out of date."""

TRANSACTION_S: Final = 10.0
"""Longest that a transaction may take, also where the server has fallen silent."""

MAX_LINES: Final = 5_000
MAX_BYTES: Final = 4 * 1024 * 1024
"""Most sale lines, and most of the requests' bytes, of one transaction."""

LOCKED_AGAIN_S: Final = 0.05
"""How long a result waits whose cashback somebody else holds."""

_TRY_AGAIN: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_ONE_ROW: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)
"""What a single row can be the cause of."""

_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, StoreUnavailable, OSError)

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Sale:
    submission: Submission
    answer: asyncio.Future[Acceptance]
    trace: TraceContext | None


@dataclass(slots=True, eq=False)
class _Result:
    result: AttemptResult
    answer: asyncio.Future[Standing]
    trace: TraceContext | None


_Job = _Sale | _Result


@dataclass(slots=True)
class _Room:
    """What a group has taken on so far."""

    sales: int = 0
    lines: int = 0
    size: int = 0
    concluded: set[UUID] = field(default_factory=set["UUID"])

    def takes(self, job: _Job) -> bool:
        """Whether the job still fits; the first one always does."""
        if isinstance(job, _Result):
            id_ = job.result.claim.id
            if id_ in self.concluded or len(self.concluded) >= MAX_GROUP:
                return False
            self.concluded.add(id_)
            return True
        lines, size = len(job.submission.sale.lines), len(job.submission.raw_body)
        if self.sales and (
            self.sales >= MAX_GROUP
            or self.lines + lines > MAX_LINES
            or self.size + size > MAX_BYTES
        ):
            return False
        self.sales, self.lines, self.size = self.sales + 1, self.lines + lines, self.size + size
        return True


def _merchants(sales: Sequence[_Sale], results: Sequence[_Result]) -> set[int]:
    return {job.submission.merchant_id for job in sales} | {
        job.result.claim.merchant_id for job in results
    }


def _told(error: Exception) -> Exception:
    """What a caller is told of a row's error: a database's own text would tell the row."""
    if isinstance(error, psycopg.OperationalError):
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, psycopg.Error):
        refused = RowRefused(f"{error.sqlstate} {error.diag.constraint_name or ''}".strip())
        _log.error("the database refused a row: %s", refused)
        return refused
    _log.error("a write failed by an error of ours", exc_info=error)
    return error


@asynccontextmanager
async def _transaction_of(
    connection: AsyncConnection, merchants: Iterable[int]
) -> AsyncGenerator[None, None]:
    """A transaction on these merchants' rows; it begins and names them in one round trip."""
    begin = sql.SQL("begin; select set_config('cashback.merchants', {}, true)")
    try:
        # Two statements at once cannot be prepared.
        await connection.execute(begin.format(named(merchants)), prepare=False)
        yield
    except BaseException:
        with suppress(psycopg.OperationalError):  # the connection is gone, the transaction with it
            await connection.rollback()
        raise
    await connection.commit()


class GroupWriter:
    """Writes for a whole process over one connection of its own."""

    def __init__(
        self,
        dsn: str,
        policy: DeliveryPolicy,
        connected: Callable[[AsyncConnection], Awaitable[None]] | None = None,
        observer: CommitObserver | None = None,
    ) -> None:
        self._dsn = serving_dsn(dsn, application="cashback-writer", role=Role.SERVING, **_PINNED)
        self._policy = policy
        self._connected_hook = connected
        self._commits = Commits(observer)
        self._queue: list[_Job] = []
        self._wake = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many writes wait for the next group."""
        return len(self._queue)

    async def open(self) -> None:
        """Begin to write; the connection is made when it is first needed."""
        self._task = asyncio.create_task(self._run(), name="group-writer")

    async def close(self) -> None:
        """Stop; whatever still waits is told that the store is unavailable."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(self._queue, StoreUnavailable("closing"))
        self._queue.clear()
        await self._hang_up()

    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale with the next group."""
        job = _Sale(submission, asyncio.get_running_loop().create_future(), TRACE.get())
        self._enqueue(job)
        return await job.answer

    async def conclude(self, result: AttemptResult) -> Standing:
        """Record the end of an attempt with the next group."""
        job = _Result(result, asyncio.get_running_loop().create_future(), TRACE.get())
        self._enqueue(job)
        return await job.answer

    def _enqueue(self, job: _Job) -> None:
        if self._task is None or self._task.done() or len(self._queue) >= MAX_QUEUE:
            raise StoreUnavailable("the queue of writes is full or closed")
        self._queue.append(job)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group = self._next_group()
            if not self._queue:
                self._wake.clear()
            try:
                await self._write(group)
            except asyncio.CancelledError:
                # Whether the commit went through is not known: neither is it told.
                self._fail(group, StoreUnavailable("closing"))
                raise
            except Exception as error:  # noqa: BLE001 (one bad group must not end all writing)
                _log.error("a group of %d writes failed: %s", len(group), type(error).__name__)
                self._fail(group, error)

    def _next_group(self) -> list[_Job]:
        """The oldest jobs, bounded in number and in work, at most one result for each cashback."""
        room = _Room()
        group: list[_Job] = []
        rest: list[_Job] = []
        for job in self._queue:
            (group if room.takes(job) else rest).append(job)
        self._queue = rest
        return group

    async def _write(self, group: Sequence[_Job]) -> None:
        """Write a group; what fails as a whole is halved until each row stands for itself."""
        error: Exception = StoreUnavailable("not tried")
        for _ in range(MAX_TRIES):
            try:
                async with asyncio.timeout(TRANSACTION_S):
                    await self._transaction(group)
            except _TRY_AGAIN as conflict:
                self._commits.failed(Failure.CONFLICT)
                error = conflict
                continue
            except _ONE_ROW as refusal:
                self._commits.failed(Failure.ROW)
                error = refusal
            except _AWAY as away:
                self._commits.failed(Failure.AWAY)
                await self._hang_up()
                self._fail(group, StoreUnavailable(type(away).__name__))
                return
            except Exception as bug:  # noqa: BLE001 (ours, on one row: its neighbours go on)
                self._commits.failed(Failure.BUG)
                error = bug
            else:
                return
            break
        if len(group) == 1:
            self._refuse(group[0], error)
            return
        middle = len(group) // 2
        await self._write(group[:middle])
        await self._write(group[middle:])

    async def _transaction(self, group: Sequence[_Job]) -> None:
        connection = await self._connected()
        began_ns, began_s = time.time_ns(), time.perf_counter()
        sales = [job for job in group if isinstance(job, _Sale)]
        results = [job for job in group if isinstance(job, _Result)]
        acceptances: dict[UUID, Acceptance | None] = {}
        standings: dict[UUID, Standing | Locked] = {}
        # Exactly the group's own merchants are to be seen, by every statement that follows.
        merchants = _merchants(sales, results)
        async with _transaction_of(connection, merchants), connection.cursor() as cursor:
            # Sales before results: the order in which everybody takes locks.
            if sales:
                acceptances = await accept_group(cursor, [job.submission for job in sales])
            if results:
                wanted = [job.result for job in results]
                standings = await conclude_group(cursor, wanted, self._policy)
        seconds = time.perf_counter() - began_s
        for sale in sales:
            self._answer_sale(sale, acceptances[sale.submission.id])
        for result in results:
            self._answer_result(result, standings.get(result.result.claim.id))
        self._commits.committed(
            sales=len(sales),
            results=len(results),
            began_ns=began_ns,
            seconds=seconds,
            members=[job.trace for job in group],
        )

    def _refuse(self, job: _Job, error: Exception) -> None:
        """Tell the one job of a group what became of it."""
        outdated = isinstance(error, psycopg.Error) and error.sqlstate == TERMS_CHANGED
        if isinstance(job, _Sale) and outdated:
            self._answer_sale(job, TermsChanged())
        else:
            self._fail([job], _told(error))

    def _answer_sale(self, job: _Sale, acceptance: Acceptance | None) -> None:
        if acceptance is None:  # lost a name to a neighbour that was refused itself
            self._queue.append(job)
            self._wake.set()
        elif not job.answer.done():
            job.answer.set_result(acceptance)

    def _answer_result(self, job: _Result, standing: Standing | Locked | None) -> None:
        if job.answer.done():
            return
        if isinstance(standing, Locked):
            asyncio.get_running_loop().call_later(LOCKED_AGAIN_S, self._again, job)
        elif standing is None:
            claim = job.result.claim
            job.answer.set_exception(LookupError(f"attempt {claim.attempt} of {claim.id}"))
        else:
            job.answer.set_result(standing)

    def _again(self, job: _Result) -> None:
        if self._task is None or self._task.done():
            self._fail([job], StoreUnavailable("closing"))
        else:
            self._queue.append(job)
            self._wake.set()

    def _fail(self, group: Sequence[_Job], error: Exception) -> None:
        for job in group:
            if not job.answer.done():
                job.answer.set_exception(error)

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            connection = await AsyncConnection.connect(self._dsn, autocommit=True)
            connection.prepare_threshold = 0
            try:
                if self._connected_hook is not None:
                    await self._connected_hook(connection)
            except BaseException:
                await connection.close()
                raise
            self._connection = connection
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
