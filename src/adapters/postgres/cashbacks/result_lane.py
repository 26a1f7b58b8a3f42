"""Ends of attempts on their way into the database, in groups.

A lane of their own: while a group of sales is on its way to the disk a group of results is, too.
They never wait for one another in a circle: a result holds a cashback and its attempt, which were
committed before it was made, and waits for nobody who holds them; a sale holds what is new, names,
customers and terms, which no result touches.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.cashbacks import transactions
from adapters.postgres.cashbacks.lanes import MAX_GROUP, Job, Lane
from adapters.postgres.cashbacks.transactions import begun, told
from adapters.postgres.connection.database import FLUSHED
from adapters.postgres.connection.one_call import OneCall
from adapters.postgres.delivery.conclusions import Locked, conclude_group
from adapters.postgres.delivery.quick_conclusions import CONCLUDE, QuickConclusions
from cashback_core.delivery.record import Standing
from cashback_core.traces import TRACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.cashbacks.commits import Commits
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.delivery.states import DeliveryPolicy

LOCKED_AGAIN_S: Final = 0.05
"""How long a result waits whose cashback somebody else holds."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Result(Job[Standing]):
    result: AttemptResult

    @property
    def id(self) -> UUID:
        return self.result.claim.id


class ResultLane(Lane[_Result]):
    """Concludes attempts: first ones that paid in one call, all others by the plain statements."""

    def __init__(
        self,
        database: Database,
        commits: Commits,
        policy: DeliveryPolicy,
        *,
        name: str,
        quick: bool,
    ) -> None:
        super().__init__(database, commits, name=name, quick=quick)
        self._policy = policy
        self._call: OneCall

    async def conclude(self, result: AttemptResult) -> Standing:
        """Record the end of an attempt with the next group."""
        loop = asyncio.get_running_loop()
        job = _Result(result=result, answer=loop.create_future(), trace=TRACE.get())
        self.enqueue(job)
        return await job.answer

    def fitting(self, queue: Sequence[_Result]) -> tuple[list[_Result], list[_Result]]:
        """The oldest results, at most one for each cashback."""
        group: dict[UUID, _Result] = {}
        rest: list[_Result] = []
        for job in queue:
            if job.id in group or len(group) >= MAX_GROUP:
                rest.append(job)
            else:
                group[job.id] = job
        return list(group.values()), rest

    def prepare(self, connection: AsyncConnection[Any]) -> None:
        """Make the quick way's call on it."""
        self._call = OneCall(connection, CONCLUDE, then=FLUSHED)

    async def write_quickly(self, jobs: Sequence[_Result]) -> Sequence[_Result]:
        """Conclude what paid at once; the others are left."""
        began = time.time_ns(), time.perf_counter()
        quick = QuickConclusions.among([job.result for job in jobs], self._policy)
        if not quick.results:
            return jobs
        row, position = await transactions.call(self._call, *quick.values())
        standings = quick.concluded(row)
        written = [job for job in jobs if job.id in standings]
        if written:
            self.committed(written, began=began, position=position)
        for job in written:
            self._answer(job, standings[job.id])
        return [job for job in jobs if job.id not in standings]

    async def write_plainly(
        self, connection: AsyncConnection[Any], jobs: Sequence[_Result]
    ) -> None:
        """Conclude each, whatever it is, in one transaction."""
        began = time.time_ns(), time.perf_counter()
        merchants = {job.result.claim.merchant_id for job in jobs}
        async with begun(connection, merchants, accepting=False), connection.cursor() as cursor:
            results = [job.result for job in jobs]
            standings = await conclude_group(cursor, results, self._policy)
        position = await transactions.commit(connection)
        self.committed(jobs, began=began, position=position)
        for job in jobs:
            self._answer(job, standings.get(job.id))

    def refuse(self, job: _Result, error: Exception) -> None:
        """Tell the one result of a group what became of it."""
        if not job.answer.done():
            job.answer.set_exception(told(error))

    def counted(self, jobs: int) -> tuple[int, int]:
        """All of them are results."""
        return 0, jobs

    def _answer(self, job: _Result, standing: Standing | Locked | None) -> None:
        if job.answer.done():
            return
        if isinstance(standing, Locked):
            asyncio.get_running_loop().call_later(LOCKED_AGAIN_S, self.enqueue_again, job)
        elif standing is None:
            claim = job.result.claim
            job.answer.set_exception(LookupError(f"attempt {claim.attempt} of {claim.id}"))
        else:
            job.answer.set_result(standing)
