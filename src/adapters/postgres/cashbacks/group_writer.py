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
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection, sql

from adapters.postgres.cashbacks.commits import CommitObserver, Commits, Failure
from adapters.postgres.connection.database import FLUSHED, named
from adapters.postgres.connection.deadlines import DEADLINE_S, watched
from adapters.postgres.connection.faults import AWAY, RowRefused, has_stale_plan, is_of_no_use
from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.delivery.conclusions import Locked, conclude_group
from adapters.postgres.sales.acceptance import Cursor, JustErased, accept_group
from adapters.postgres.sales.brakes import LOCK
from cashback_core.intake.acceptance import Acceptance, Submission, TermsChanged
from cashback_core.traces import TRACE
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.delivery.record import Standing
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.traces import TraceContext

MAX_GROUP: Final = 200
"""Most sales, and most results, of one transaction."""

MAX_QUEUE: Final = 10_000
"""Most jobs that wait; one more is told that the store is unavailable."""

MAX_TRIES: Final = 5
"""How often a group is tried again after a deadlock or a lock that did not come."""

_SESSION: Final = Session(
    application="cashback-writer",
    role=DatabaseRole.SERVING,
    settings={
        # Statements are planned once, perhaps while tables are empty: without these, a plan made
        # then scans whole tables for ever.
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    },
    autocommit=True,
    vouched=True,
)

TERMS_CHANGED: Final = "23C01"
"""What the trigger `lines_follow_terms` says of a sale whose terms are out of date."""

LEAST_S: Final = 1.0
"""A sale with less time than this until its deadline is told so at once, and not begun."""

MAX_LINES: Final = 5_000
MAX_BYTES: Final = 4 * 1024 * 1024
"""Most sale lines, and most of the requests' bytes, of one transaction."""

LOCKED_AGAIN_S: Final = 0.05
"""How long a result waits whose cashback somebody else holds."""

LAST_S: Final = 0.5
"""So long after its deadline, whatever the writer is waiting for, a sale is told."""

T = TypeVar("T")

_TRY_AGAIN: Final = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    JustErased,
)
_ONE_ROW: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)
"""What a single row can be the cause of."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Sale:
    submission: Submission
    answer: asyncio.Future[Acceptance]
    trace: TraceContext | None
    until_s: float
    """By when it is answered, on the loop's clock: an ERP waits for it."""


@dataclass(slots=True, eq=False)
class _Result:
    result: AttemptResult
    answer: asyncio.Future[Standing]
    trace: TraceContext | None


@dataclass(slots=True, eq=False)
class _Ping:
    answer: asyncio.Future[None]


_Job = _Sale | _Result | _Ping


@dataclass(slots=True)
class _Room:
    """What a group has taken on so far."""

    sales: int = 0
    lines: int = 0
    size: int = 0
    concluded: set[UUID] = field(default_factory=set["UUID"])

    def takes(self, job: _Job) -> bool:
        """Whether the job still fits; the first one always does."""
        if isinstance(job, _Ping):
            return True
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
    if isinstance(error, psycopg.OperationalError) or is_of_no_use(error):
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, psycopg.Error):
        said = (error.sqlstate or type(error).__name__, error.diag.constraint_name)
        refused = RowRefused(" ".join(word for word in said if word))
        _log.error("the database refused a row: %s", refused)
        return refused
    _log.error("a write failed by an error of ours", exc_info=error)
    return error


async def commit(connection: AsyncConnection[Any]) -> int:
    """Commit, and tell how far the log is written then, in one round trip."""
    told = await connection.execute(f"commit; {FLUSHED}", prepare=False)
    told.nextset()
    row = await told.fetchone()
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def _begun(
    connection: AsyncConnection[Any], merchants: Iterable[int], *, accepting: bool
) -> AsyncGenerator[None, None]:
    """A transaction on these merchants' rows, undone by an exception; `commit` ends it.

    It begins and names them in one round trip, and takes the lock of brakes for what is accepted.
    """
    # Two statements at once cannot be prepared.
    begin = sql.SQL("begin; select set_config('cashback.merchants', {}, true){}")
    lock = sql.SQL(f", {LOCK}") if accepting else sql.SQL("")
    try:
        await connection.execute(begin.format(named(merchants), lock), prepare=False)
        yield
    except BaseException:
        with suppress(psycopg.OperationalError):  # the connection is gone, the transaction with it
            await connection.rollback()
        raise


async def _in_time(answer: asyncio.Future[T], until_s: float) -> T:
    """The answer; or StoreUnavailable, where it does not come in time.

    What was being written may be committed all the same: as after a commit whose answer was lost.
    """
    try:
        async with asyncio.timeout_at(until_s + LAST_S):
            return await answer
    except TimeoutError as error:
        raise StoreUnavailable("no answer in time") from error


async def _refuse_reading_only(cursor: Cursor) -> None:
    """Raise ReadOnlySqlTransaction where a sale could not be written."""
    await cursor.execute("select current_setting('transaction_read_only')")
    if await cursor.fetchone() != ("off",):
        raise psycopg.errors.ReadOnlySqlTransaction("the server only reads")


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, _TRY_AGAIN) or has_stale_plan(error):
        return Failure.CONFLICT
    if isinstance(error, _ONE_ROW):
        return Failure.ROW
    if isinstance(error, (*AWAY, StoreUnavailable, OSError)) or is_of_no_use(error):
        return Failure.AWAY
    return Failure.BUG


class GroupWriter:
    """Writes for a whole process over one connection of its own, until the database is closed."""

    def __init__(
        self, database: Database, policy: DeliveryPolicy, observer: CommitObserver | None = None
    ) -> None:
        self._database = database
        self._policy = policy
        self._commits = Commits(observer)
        self._queue: list[_Job] = []
        self._wake = asyncio.Event()
        self._connection: AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        database.at_close(self.close)

    @property
    def waiting(self) -> int:
        """How many writes wait for the next group."""
        return len(self._queue)

    async def close(self) -> None:
        """Stop; whatever still waits is told that the store is unavailable."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(self._queue, StoreUnavailable("closing"))
        self._queue.clear()
        await self._hang_up()

    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale with the next group."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + DEADLINE_S
        job = _Sale(submission, loop.create_future(), TRACE.get(), until_s)
        self._enqueue(job)
        return await _in_time(job.answer, until_s)

    async def conclude(self, result: AttemptResult) -> Standing:
        """Record the end of an attempt with the next group."""
        job = _Result(result, asyncio.get_running_loop().create_future(), TRACE.get())
        self._enqueue(job)
        return await job.answer

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the next group could be written."""
        loop = asyncio.get_running_loop()
        job = _Ping(loop.create_future())
        self._enqueue(job)
        await _in_time(job.answer, loop.time() + DEADLINE_S)

    def _enqueue(self, job: _Job) -> None:
        if self._closed or len(self._queue) >= MAX_QUEUE:
            raise StoreUnavailable("the queue of writes is full or closed")
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="group-writer")
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
            group = self._begun_in_time(group)
            if not group:
                return
            try:
                await self._transaction(group)
            except Exception as caught:  # noqa: BLE001 (if it is ours, its neighbours go on)
                error, failure = caught, _failure_of(caught)
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
        if len(group) == 1:
            self._refuse(group[0], error)
            return
        middle = len(group) // 2
        await self._write(group[:middle])
        await self._write(group[middle:])

    def _begun_in_time(self, group: Sequence[_Job]) -> Sequence[_Job]:
        """Those that can be answered before they are too late; the others are told so."""
        latest_s = asyncio.get_running_loop().time() + LEAST_S
        late = [job for job in group if isinstance(job, _Sale) and job.until_s < latest_s]
        if not late:
            return group
        self._fail(late, StoreUnavailable("too many writes wait"))
        return [job for job in group if not job.answer.done()]

    async def _transaction(self, group: Sequence[_Job]) -> None:
        sales = [job for job in group if isinstance(job, _Sale)]
        results = [job for job in group if isinstance(job, _Result)]
        pings = [job for job in group if isinstance(job, _Ping)]
        now_s = asyncio.get_running_loop().time()
        left_s = min([DEADLINE_S, *(sale.until_s - now_s for sale in sales)])
        async with asyncio.timeout(left_s):
            connection = await self._connected()
        began_ns, began_s = time.time_ns(), time.perf_counter()
        acceptances: dict[UUID, Acceptance | None] = {}
        standings: dict[UUID, Standing | Locked] = {}
        # Exactly the group's own merchants are to be seen, by every statement that follows.
        merchants = _merchants(sales, results)
        with watched(connection, left_s, self._database.renew):
            begun = _begun(connection, merchants, accepting=bool(sales))
            async with begun, connection.cursor() as cursor:
                if pings:
                    await _refuse_reading_only(cursor)
                # Sales before results: the order in which everybody takes locks.
                if sales:
                    acceptances = await accept_group(
                        cursor, [job.submission for job in sales], self._database.seal
                    )
                if results:
                    wanted = [job.result for job in results]
                    standings = await conclude_group(cursor, wanted, self._policy)
            self._database.mark(await commit(connection))
        seconds = time.perf_counter() - began_s
        for sale in sales:
            self._answer_sale(sale, acceptances[sale.submission.id])
        for result in results:
            self._answer_result(result, standings.get(result.result.claim.id))
        for ping in pings:
            if not ping.answer.done():
                ping.answer.set_result(None)
        self._commits.committed(
            sales=len(sales),
            results=len(results),
            began_ns=began_ns,
            seconds=seconds,
            members=[job.trace for job in group if not isinstance(job, _Ping)],
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
        if self._closed:
            self._fail([job], StoreUnavailable("closing"))
        else:
            self._queue.append(job)
            self._wake.set()

    def _fail(self, group: Sequence[_Job], error: Exception) -> None:
        for job in group:
            if not job.answer.done():
                job.answer.set_exception(error)

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await self._database.connect(_SESSION)
            self._connection.prepare_threshold = 0
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
