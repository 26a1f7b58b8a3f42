"""History is brought in as it was: recorded once, of any age, never sent, and never paid again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.states import Status
from cashback_core.intake.refused_clocks import RefusedClock, RefusedClockStore
from cashback_core.intake.submission import KeyReused, Recorded, Replayed, SaleIdTaken
from cashback_core.sales.rules import SaleRules
from cashback_core.values.violations import InvalidSale
from fakes.process import Process, changed, recorded
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Collection

OLD = "2005-03-04 10:00:00"
"""More than twenty years ago; merchants let ten pass."""


class _Noted(RefusedClockStore):
    """How many sales were refused because a till's clock is ahead."""

    def __init__(self) -> None:
        self.sales = 0

    async def note_refused_clocks(self, refused: Collection[RefusedClock]) -> None:
        self.sales += sum(one.sales for one in refused)


def test_it_is_recorded_with_the_cashback_of_its_day_and_nothing_is_sent() -> None:
    async def main() -> None:
        world = Process()
        record = recorded(await world.send(as_recorded=True, submitted_by="operator:ana"))
        assert (record.status, record.submitted_by) == (Status.RECORDED, "operator:ana")
        assert record.cashback.cashback_centavos == 140
        assert world.row.attempts == []
        assert len(world.submit.under_way) == 0
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_it_may_be_older_than_a_sale_of_today_may_be() -> None:
    async def main() -> None:
        world = Process()
        with pytest.raises(InvalidSale) as refused:
            await world.send(changed(sold_at=OLD))
        assert [v.code for v in refused.value.violations] == ["sold_at_too_old"]
        record = recorded(await world.send(changed(sold_at=OLD), as_recorded=True))
        assert record.status is Status.RECORDED

    run_in_virtual_time(main())


def test_of_an_instant_without_a_rate_nothing_is_recorded() -> None:
    async def main() -> None:
        world = Process()
        with pytest.raises(InvalidSale) as refused:
            await world.send(changed(sold_at="1999-12-31 10:00:00"), as_recorded=True)
        assert refused.value.violations
        assert world.store.rows == {}

    run_in_virtual_time(main())


@pytest.mark.parametrize("sold_at", ["2026-01-02 00:00:00", OLD])
def test_sent_again_by_its_erp_it_is_told_as_it_is_and_never_paid(sold_at: str) -> None:
    """Whatever its age: an ERP that repeats a whole year gets answers, and no money moves."""

    async def main() -> None:
        world = Process()
        document = changed(sold_at=sold_at, sale_id="1801")
        first = recorded(await world.send(document, key="k", as_recorded=True))
        for key in ("k", None):
            again = await world.send(document, key=key)
            assert isinstance(again, Replayed)
            assert again.record == first
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_what_is_paid_already_is_told_and_stays_so() -> None:
    async def main() -> None:
        world = Process()
        document = changed(sale_id="1802")
        assert recorded(await world.send(document)).status is Status.APPLIED
        again = await world.send(document, as_recorded=True)
        assert isinstance(again, Replayed)
        assert again.record.status is Status.APPLIED
        assert len(world.provider.credited) == 1

    run_in_virtual_time(main())


def test_while_the_live_one_is_being_sent_nobody_waits_for_it() -> None:
    async def main() -> None:
        world = Process()
        document = changed(sale_id="1803")
        live = recorded(await world.send(document, respond_async=True))
        assert live.status is Status.PENDING
        again = await world.send(document, as_recorded=True)
        assert isinstance(again, Replayed)
        assert again.record.status is Status.PENDING

    run_in_virtual_time(main())


def test_another_sale_of_its_name_is_refused() -> None:
    async def main() -> None:
        world = Process()
        await world.send(changed(sale_id="1804"), key="k", as_recorded=True)
        lines = [{"type": "A", "value": "77.00", "qty": 1}]
        other = changed(sale_id="1804", products=lines, total="77.00")
        assert isinstance(await world.send(other), SaleIdTaken)
        assert isinstance(await world.send(other | {"sale_id": "1"}, key="k"), KeyReused)
        assert isinstance(await world.send(other, as_recorded=True), SaleIdTaken)

    run_in_virtual_time(main())


def test_to_be_confirmed_or_not_it_waits_for_nothing() -> None:
    async def main() -> None:
        world = Process()
        answer = await world.send(changed(confirm="later"), as_recorded=True)
        assert isinstance(answer, Recorded)
        assert (answer.record.status, answer.record.waiting) == (Status.RECORDED, None)

    run_in_virtual_time(main())


def test_what_earned_nothing_is_not_due() -> None:
    async def main() -> None:
        world = Process()
        lines = [{"type": "A", "value": "0.01", "qty": 1}]
        document = changed(products=lines, total="0.01")
        record = recorded(await world.send(document, as_recorded=True))
        assert record.status is Status.NOT_DUE

    run_in_virtual_time(main())


def test_a_sale_that_lies_ahead_counts_as_no_tills_clock() -> None:
    async def main() -> None:
        world = Process()
        ahead = world.clock.now() + SaleRules().max_ahead + timedelta(hours=1)
        document, noted = changed(sold_at=ahead.isoformat()), _Noted()
        for as_recorded in (True, False):
            with pytest.raises(InvalidSale):
                await world.send(document, as_recorded=as_recorded)
            await world.submit.clocks.store_in(noted)
            assert noted.sales == (0 if as_recorded else 1)

    run_in_virtual_time(main())
