"""What every store of days on three sides keeps, in memory and on PostgreSQL alike.

A subclass supplies the hook `a_file`: a whole file of DAY with these lines, brought in after every
one before it, and the merchant's sales as `(number, sold_at, centavos, cashback)`, which replace
those before. A line names a sale by its number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import (
    DayAsked,
    DayCompared,
    DifferencesKept,
    NotCompared,
    ThreeSides,
)
from cashback_core.reconciliation.three_sides import ErpClass, ErpLine
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY: Final = date(2026, 11, 20)
BEGINS: Final = datetime(2026, 11, 20, 3, tzinfo=UTC)
ASKED: Final = DayAsked(merchant_id=1, day=DAY, by="petra")
CPF: Final = "52998224725"


@dataclass(frozen=True, slots=True, kw_only=True)
class ASale:
    """A sale of the contract's: CPF's, under its number."""

    id: UUID
    name: str
    sold_at: datetime = BEGINS + timedelta(hours=3)
    total_centavos: int = 10_000
    cashback_centavos: int = 500


def a_sale(number: int, **changes: object) -> ASale:
    made = ASale(id=UUID(f"019a0000-0000-7000-8000-{number:012d}"), name=f"nf-{number}")
    return replace(made, **changes)  # type: ignore[arg-type]


def line_of(sale: ASale, number: int, **changes: object) -> ErpLine:
    made = ErpLine(
        number=number,
        name=sale.name,
        record=sale.id,
        document=CPF,
        sold_at=sale.sold_at,
        total_centavos=sale.total_centavos,
        cashback_centavos=sale.cashback_centavos,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class ThreeSidesContract:
    """Files, runs, and the differences that they open and close."""

    async def a_file(self, lines: Sequence[ErpLine], sales: Sequence[ASale]) -> UUID:
        raise NotImplementedError

    async def test_a_day_without_a_whole_file_is_not_compared(self, days: ThreeSides) -> None:
        compare = CompareDay(store=days)
        assert await compare(ASKED) is NotCompared.NO_FILE
        await self.a_file([], [])
        other = replace(ASKED, file_id=UUID(int=7))
        assert await compare(other) is NotCompared.NO_FILE
        assert await compare(replace(ASKED, merchant_id=2)) is NotCompared.NO_FILE

    async def test_what_differs_stands_until_a_file_no_longer_tells_it(
        self, days: ThreeSides
    ) -> None:
        one, other = a_sale(1), a_sale(2)
        wrong = line_of(one, 1, cashback_centavos=501)
        first = await compared(days, await self.a_file([wrong], [one, other]))
        assert first.kept == DifferencesKept(opened=2)
        assert {cls: n.records for cls, n in first.totals.by_class().items() if n.records} == {
            ErpClass.DIFFERS: 1,
            ErpClass.NOT_TOLD: 1,
        }
        again = await compared(days, None)
        assert again.kept == DifferencesKept(renewed=2)
        right = [line_of(one, 1), line_of(other, 2)]
        better = await compared(days, await self.a_file(right, [one, other]))
        assert better.kept == DifferencesKept(closed=2)
        assert (await compared(days, None)).kept == DifferencesKept()

    async def test_a_file_that_is_not_the_newest_opens_and_closes_nothing(
        self, days: ThreeSides
    ) -> None:
        one = a_sale(1)
        older = await self.a_file([], [one])
        await compared(days, await self.a_file([line_of(one, 1)], [one]))
        found = await compared(days, older)
        assert not found.facts.is_newest
        assert found.totals.by_class()[ErpClass.NOT_TOLD].records == 1
        assert found.kept == DifferencesKept()

    async def test_what_is_found_again_is_another_difference_once_it_was_closed(
        self, days: ThreeSides
    ) -> None:
        one = a_sale(1)
        for lines, kept in (
            ([], DifferencesKept(opened=1)),
            ([line_of(one, 1)], DifferencesKept(closed=1)),
            ([], DifferencesKept(opened=1)),
        ):
            assert (await compared(days, await self.a_file(lines, [one]))).kept == kept

    async def test_all_sides_add_up_alike_or_not(self, days: ThreeSides) -> None:
        sales = [a_sale(number, total_centavos=1_000 * number) for number in range(1, 8)]
        lines = [line_of(sale, number) for number, sale in enumerate(sales, 1)]
        lines[2] = line_of(sales[2], 3, total_centavos=1)
        lines.append(line_of(sales[4], 8))
        lines.append(line_of(a_sale(99), 9, record=None))
        found = await compared(days, await self.a_file(lines, sales))
        whole = found.totals.whole()
        assert whole.lines == len(lines)
        assert whole.line_centavos == sum(line.total_centavos or 0 for line in lines)
        assert whole.records == len(sales)
        assert whole.record_centavos == sum(sale.total_centavos for sale in sales)
        classes = found.totals.by_class()
        assert classes[ErpClass.EQUAL].lines == 6
        assert classes[ErpClass.DIFFERS].lines == 1
        assert classes[ErpClass.TOLD_TWICE].lines == 1

    async def test_a_sale_of_another_day_is_told_where_its_number_stands(
        self, days: ThreeSides
    ) -> None:
        tomorrow = a_sale(1, sold_at=BEGINS + timedelta(hours=30))
        unseen = a_sale(2, sold_at=BEGINS - timedelta(hours=1))
        told = line_of(tomorrow, 1, sold_at=BEGINS + timedelta(hours=2))
        found = await compared(days, await self.a_file([told], [tomorrow, unseen]))
        assert found.totals.by_class()[ErpClass.DIFFERS].records == 1
        assert found.totals.whole().records == 1

    async def test_runs_are_listed_newest_first_a_page_at_a_time(self, days: ThreeSides) -> None:
        one = a_sale(1)
        await self.a_file([line_of(one, 1)], [one])
        made = [await compared(days, None) for _ in range(3)]
        newest = [run.facts.run_id for run in reversed(made)]
        runs = await days.runs(1, day=None, limit=2, after=None)
        assert [run.id for run in runs] == newest[:2]
        assert runs[0].totals == made[-1].totals
        assert (runs[0].by, runs[0].day) == ("petra", DAY)
        after = Position(at=runs[-1].as_of, id=runs[-1].id)
        rest = await days.runs(1, day=DAY, limit=2, after=after)
        assert [run.id for run in rest] == newest[2:]
        assert await days.runs(1, day=DAY + timedelta(days=1), limit=2, after=None) == ()
        assert await days.runs(2, day=None, limit=2, after=None) == ()


async def compared(days: ThreeSides, file_id: UUID | None) -> DayCompared:
    found = await CompareDay(store=days)(replace(ASKED, file_id=file_id))
    assert isinstance(found, DayCompared), found
    return found
