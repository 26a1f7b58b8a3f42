from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.reconciliation.three_sided_merge import Arrival
from cashback_core.reconciliation.three_sides import DayRecord
from cashback_core.testing.memory_three_sides import DayFile, MemoryThreeSides
from contract.comparing_days import BEGINS, CPF, DAY, ASale, ThreeSidesContract

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from uuid import UUID

    from cashback_core.reconciliation.days_compared import DayAsked, DaySides, NotCompared
    from cashback_core.reconciliation.three_sides import ErpLine


class _Days(MemoryThreeSides):
    """Each time that a file is looked at is later than the one before."""

    looked = 0

    @asynccontextmanager
    async def compared(self, asked: DayAsked) -> AsyncGenerator[DaySides | NotCompared, None]:
        self.looked += 1
        as_of = BEGINS + timedelta(days=1, seconds=self.looked)
        arrival = Arrival(as_of=as_of, max_age=timedelta(days=30))
        self.files = [replace(file, arrival=arrival) for file in self.files]
        async with super().compared(asked) as sides:
            yield sides


class TestMemoryThreeSides(ThreeSidesContract):
    @pytest.fixture
    def days(self) -> _Days:
        self._days = _Days()
        return self._days

    async def a_file(self, lines: Sequence[ErpLine], sales: Sequence[ASale]) -> UUID:
        file = DayFile(
            merchant_id=1,
            day=DAY,
            begins_at=BEGINS,
            ends_at=BEGINS + timedelta(days=1),
            arrival=Arrival(as_of=BEGINS, max_age=timedelta(days=30)),
            lines=tuple(lines),
            records=tuple(_record(sale) for sale in sales),
        )
        self._days.files.append(file)
        return file.id


def _record(sale: ASale) -> DayRecord:
    return DayRecord(
        id=sale.id,
        document=CPF,
        customer_name="Maria Silva",
        sold_at=sale.sold_at,
        total_centavos=sale.total_centavos,
        cashback_centavos=sale.cashback_centavos,
    )
