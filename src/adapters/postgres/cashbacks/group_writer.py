"""Everything that a process writes for its sales: a lane for sales, a lane for ends of attempts.

`lanes.py` has what both are: a queue, a connection, a transaction for each group, halving. A group
is written in one of two ways: the plain one, statement by statement, which is the truth
(`sales/acceptance.py`, `delivery/conclusions.py`), and the quick one, in one call, for what nearly
every group is (`sales/quick_sales.py`, `delivery/quick_conclusions.py`); it leaves over the rest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.postgres.cashbacks.commits import CommitObserver, Commits
from adapters.postgres.cashbacks.result_lane import ResultLane
from adapters.postgres.cashbacks.sale_lane import SaleLane

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.delivery.record import Standing
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.intake.acceptance import Acceptance, Submission


class GroupWriter:
    """Writes for a whole process over two connections of its own, until the database is closed.

    Neither is there before it is needed. Without `quick` all goes the plain way.
    """

    def __init__(
        self,
        database: Database,
        policy: DeliveryPolicy,
        observer: CommitObserver | None = None,
        *,
        quick: bool = True,
    ) -> None:
        commits = Commits(observer)
        self._sales = SaleLane(database, commits, name="sale-writer", quick=quick)
        self._results = ResultLane(database, commits, policy, name="result-writer", quick=quick)
        database.at_close(self.close)

    @property
    def waiting(self) -> int:
        """How many writes wait for the next groups."""
        return self._sales.waiting + self._results.waiting

    async def close(self) -> None:
        """Stop; whatever still waits is told that the store is unavailable."""
        await asyncio.gather(self._sales.close(), self._results.close())

    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale with the next group."""
        return await self._sales.accept(submission)

    async def conclude(self, result: AttemptResult) -> Standing:
        """Record the end of an attempt with the next group."""
        return await self._results.conclude(result)

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the next groups could be written."""
        await asyncio.gather(self._sales.ping(), self._results.ping())
