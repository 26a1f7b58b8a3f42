"""Sales on their way into the database, in groups."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.cashbacks import transactions
from adapters.postgres.cashbacks.lanes import MAX_GROUP, Job, Lane, deadline_s, in_time
from adapters.postgres.cashbacks.transactions import TERMS_CHANGED, begun, told
from adapters.postgres.connection.database import FLUSHED
from adapters.postgres.connection.one_call import OneCall
from adapters.postgres.sales.acceptance import accept_group
from adapters.postgres.sales.quick_sales import ACCEPT, QuickSales
from cashback_core.intake.acceptance import Acceptance, Submission, TermsChanged
from cashback_core.traces import TRACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

MAX_LINES: Final = 5_000
MAX_BYTES: Final = 4 * 1024 * 1024
"""Most sale lines, and most of the requests' bytes, of one transaction."""

BRAKED_S: Final = 5.0
"""How long a merchant that has a brake goes the plain way, before the quick one is tried again."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Sale(Job[Acceptance]):
    submission: Submission


class SaleLane(Lane[_Sale]):
    """Accepts sales: those that are new in one call, all others by the plain statements."""

    _call: OneCall
    _braked: dict[int, float]

    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale with the next group."""
        until_s = deadline_s()
        answer: asyncio.Future[Acceptance] = asyncio.get_running_loop().create_future()
        self.enqueue(
            _Sale(submission=submission, answer=answer, trace=TRACE.get(), until_s=until_s)
        )
        return await in_time(answer, until_s)

    def fitting(self, queue: Sequence[_Sale]) -> tuple[list[_Sale], list[_Sale]]:
        """The oldest sales, bounded in number, lines and bytes; the first one is always there."""
        group: list[_Sale] = []
        rest: list[_Sale] = []
        lines_so_far = size_so_far = 0
        for job in queue:
            lines, size = len(job.submission.sale.lines), len(job.submission.raw_body)
            if group and (
                len(group) >= MAX_GROUP
                or lines_so_far + lines > MAX_LINES
                or size_so_far + size > MAX_BYTES
            ):
                rest.append(job)
                continue
            group.append(job)
            lines_so_far, size_so_far = lines_so_far + lines, size_so_far + size
        return group, rest

    def prepare(self, connection: AsyncConnection[Any]) -> None:
        """Make the quick way's call on it."""
        self._call = OneCall(connection, ACCEPT, then=FLUSHED)
        self._braked = {}

    async def write_quickly(self, jobs: Sequence[_Sale]) -> Sequence[_Sale]:
        """Accept those that are new; the others are left."""
        began = time.time_ns(), time.perf_counter()
        now_s = asyncio.get_running_loop().time()
        self._braked = {m: until_s for m, until_s in self._braked.items() if until_s > now_s}
        quick = QuickSales.among([job.submission for job in jobs], braked=self._braked)
        if not quick.submissions:
            return jobs
        row, position = await transactions.call(self._call, *quick.values(self._database.seal))
        accepted, braked = quick.accepted(row)
        self._braked |= dict.fromkeys(braked, now_s + BRAKED_S)
        written = [job for job in jobs if job.submission.id in accepted]
        if written:
            self.committed(written, began=began, position=position)
        for job in written:
            self._answer(job, accepted[job.submission.id])
        return [job for job in jobs if job.submission.id not in accepted]

    async def write_plainly(self, connection: AsyncConnection[Any], jobs: Sequence[_Sale]) -> None:
        """Accept, repeat or refuse each, in one transaction."""
        began = time.time_ns(), time.perf_counter()
        merchants = {job.submission.merchant_id for job in jobs}
        async with begun(connection, merchants, accepting=True), connection.cursor() as cursor:
            acceptances = await accept_group(
                cursor, [job.submission for job in jobs], self._database.seal
            )
        position = await transactions.commit(connection)
        self.committed(jobs, began=began, position=position)
        for job in jobs:
            self._answer(job, acceptances[job.submission.id])

    def refuse(self, job: _Sale, error: Exception) -> None:
        """Tell the one sale of a group what became of it."""
        if isinstance(error, psycopg.Error) and error.sqlstate == TERMS_CHANGED:
            self._answer(job, TermsChanged())
        elif not job.answer.done():
            job.answer.set_exception(told(error))

    def counted(self, jobs: int) -> tuple[int, int]:
        """All of them are sales."""
        return jobs, 0

    def _answer(self, job: _Sale, acceptance: Acceptance | None) -> None:
        if acceptance is None:  # lost a name to a neighbour that was refused itself
            self.enqueue_again(job)
        elif not job.answer.done():
            job.answer.set_result(acceptance)
