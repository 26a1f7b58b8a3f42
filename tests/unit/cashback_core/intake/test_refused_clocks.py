"""What is refused because a till's clock is ahead is counted, and stored now and then."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.intake import refused_clocks
from cashback_core.intake.refused_clocks import (
    EVERY_S,
    RefusedClock,
    RefusedClocks,
    RefusedClockStore,
)
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.violations import InvalidSale
from fakes.process import Process, changed, now_s
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Collection

AT = datetime(2026, 6, 3, 13, 15, tzinfo=UTC)
LATER = AT + timedelta(seconds=30)


class Noted(RefusedClockStore):
    """Keeps what it is told, and when."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.noted: list[tuple[float, list[RefusedClock]]] = []

    async def note_refused_clocks(self, refused: Collection[RefusedClock]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.noted.append((now_s(), list(refused)))


def refused(client: str = "a", *, ahead_s: float = 600.0, sales: int = 1) -> RefusedClock:
    return RefusedClock(
        merchant_id=1, client=client, ahead_s=ahead_s, sales=sales, first_at=AT, last_at=LATER
    )


def counted(clocks: RefusedClocks) -> list[RefusedClock]:
    """What would be stored now."""

    async def asked() -> list[RefusedClock]:
        store = Noted()
        await clocks.store_in(store)
        return [one for _, noted in store.noted for one in noted]

    return asyncio.run(asked())


def test_sales_of_a_client_are_one_count_and_the_furthest_is_told() -> None:
    clocks = RefusedClocks()
    for at, ahead_s in ((LATER, 400.0), (AT, 600.0), (AT, 500.0)):
        clocks.note(1, "a", ahead_s=ahead_s, at=at)
    clocks.note(2, None, ahead_s=301.0, at=AT)
    (first, second) = counted(clocks)
    assert first == refused(ahead_s=600.0, sales=3)
    assert (second.merchant_id, second.client, second.sales) == (2, "none", 1)
    assert counted(clocks) == []


def test_no_more_clients_are_counted_than_a_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_clocks, "MAX_CLIENTS", 2)
    clocks = RefusedClocks()
    for client in ("a", "b", "c", "a"):
        clocks.note(1, client, ahead_s=600.0, at=AT)
    assert [(one.client, one.sales) for one in counted(clocks)] == [("a", 2), ("b", 1)]


def test_the_first_is_stored_at_once_and_then_as_much_as_comes_in_a_minute() -> None:
    async def main() -> None:
        clocks, store = RefusedClocks(), Noted()
        storing = asyncio.create_task(clocks.keep_storing(store))
        await asyncio.sleep(1.0)
        for _ in range(100):
            clocks.note(1, "a", ahead_s=600.0, at=AT)
            await asyncio.sleep(1.001)
        await asyncio.sleep(600.0)  # nothing came: nothing is stored
        storing.cancel()
        assert [(at_s, one.sales) for at_s, (one,) in store.noted] == [
            (1.0, 1),
            (1.0 + EVERY_S, 59),
            (1.0 + 2 * EVERY_S, 40),
        ]

    run_in_virtual_time(main())


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), ValueError("ours")])
def test_what_cannot_be_stored_stays_counted(failure: Exception) -> None:
    async def main() -> None:
        clocks, store = RefusedClocks(), Noted(failure)
        storing = asyncio.create_task(clocks.keep_storing(store))
        clocks.note(1, "a", ahead_s=600.0, at=AT)
        await asyncio.sleep(1.0)
        assert store.noted == []
        clocks.note(1, "a", ahead_s=700.0, at=LATER)
        await asyncio.sleep(EVERY_S)
        storing.cancel()
        assert [told for _, told in store.noted] == [[refused(ahead_s=700.0, sales=2)]]

    run_in_virtual_time(main())


def test_a_refusal_is_counted_with_its_client_and_how_far_it_is_ahead() -> None:
    async def main() -> None:
        world = Process()
        ahead = world.clock.now() + timedelta(minutes=58)
        sale = changed(sold_at=ahead.isoformat())
        for _ in range(2):
            with pytest.raises(InvalidSale):
                await world.send(sale, submitted_by="client:a")
        with pytest.raises(InvalidSale):  # whatever else is wrong with it
            await world.send(sale | {"total": "0.00"}, submitted_by="client:b")
        with pytest.raises(InvalidSale):  # wrong, and no clock's fault
            await world.send(changed(total="0.00"), submitted_by="client:c")
        store = Noted()
        await world.submit.clocks.store_in(store)
        ((_, told),) = store.noted
        assert [(one.client, one.ahead_s, one.sales) for one in told] == [
            ("client:a", 58 * 60.0, 2),
            ("client:b", 58 * 60.0, 1),
        ]

    run_in_virtual_time(main())


def test_how_far_ahead_is_told_by_when_the_sale_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it was looked up: what is stored is ahead, or nobody's counts are."""

    async def main() -> None:
        world = Process()
        ahead = world.clock.now() + timedelta(minutes=5, seconds=1)

        async def slowly(*_: object) -> None:
            world.clock.advance(600.0)

        monkeypatch.setattr(type(world.submit), "_same_request", slowly)
        with pytest.raises(InvalidSale):
            await world.send(changed(sold_at=ahead.isoformat()), submitted_by="client:a")
        store = Noted()
        await world.submit.clocks.store_in(store)
        assert [one.ahead_s for _, told in store.noted for one in told] == [301.0]

    run_in_virtual_time(main())


def test_a_repeat_of_what_was_taken_is_no_refusal() -> None:
    async def main() -> None:
        world = Process()
        sale = changed(sold_at=(world.clock.now() + timedelta(seconds=200)).isoformat())
        await world.send(sale, key="k")
        world.clock.advance(-3600.0)
        await world.send(sale, key="k")
        store = Noted()
        await world.submit.clocks.store_in(store)
        assert store.noted == []

    run_in_virtual_time(main())
