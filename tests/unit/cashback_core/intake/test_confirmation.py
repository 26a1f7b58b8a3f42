"""What is confirmed later: nothing is leased or asked before, and who confirms waits no longer than
they want to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cashback_core.delivery.brakes import CONFIRMED_REASONS, HELD, REASONS, WaitsFor
from cashback_core.delivery.breaker import Breaker
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waits import Why
from cashback_core.intake.confirmation import (
    MAY_BE_CREDITED,
    ConfirmationRequest,
    Confirmed,
    ConfirmSale,
    NothingToConfirm,
    confirming,
)
from cashback_core.sales.content import same_content
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.validation import parse_sale
from cashback_core.values.violations import InvalidSale
from fakes.process import SALE, Process, changed, now_s, recorded
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from cashback_core.delivery.record import Record
    from cashback_core.intake.confirmation import Confirmation

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def asked(world: Process, record: Record, **more: Any) -> Coroutine[Any, Any, Confirmation | None]:
    request: dict[str, Any] = {
        "merchant_id": 1,
        "id": record.id,
        "reads_only": None,
        "wait_s": 10.0,
        **more,
    }
    return ConfirmSale(store=world.store)(ConfirmationRequest(**request))


async def work(world: Process, *, after_s: float) -> None:
    """A worker, some time later."""
    await asyncio.sleep(after_s)
    for claim in await world.store.claim_due(limit=10, lease_s=30.0):
        under_way = world.submit.under_way
        await under_way.start(claim, claimed_at_s=now_s(), actor=Actor.WORKER)


def test_a_sale_to_be_confirmed_is_not_sent_and_takes_no_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked_breaker(*_: object, **__: object) -> bool:
        raise AssertionError("the breaker was asked")

    monkeypatch.setattr(Breaker, "admit", asked_breaker)

    async def main() -> None:
        world = Process()
        record = recorded(await world.send(changed(confirm="later")))
        assert now_s() == 0
        assert record.status is Status.UNCONFIRMED
        assert record.waiting is not None
        assert record.waiting.why == Why.CONFIRMATION
        assert (world.row.attempts, world.provider.payments) == ([], [])

    run_in_virtual_time(main())


@pytest.mark.parametrize("wait_s", [10.0, 2.0, 0.0])
def test_who_confirms_waits_for_the_worker_as_long_as_they_want(wait_s: float) -> None:
    async def main() -> None:
        world = Process()
        record = recorded(await world.send(changed(confirm="later")))
        working = asyncio.create_task(work(world, after_s=4.0))
        told = await asked(world, record, wait_s=wait_s)
        assert isinstance(told, Confirmed)
        waited = wait_s > 4
        assert told.record.status is (Status.APPLIED if waited else Status.PENDING)
        assert now_s() < 6 if waited else now_s() == wait_s
        await working
        again = await asked(world, record)
        assert again == NothingToConfirm(world.row.record)
        assert world.row.status is Status.APPLIED

    run_in_virtual_time(main())


def test_one_that_a_worker_takes_up_between_two_looks_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is read as pending, then leased, then nothing that is pending is found to wait."""

    async def main() -> None:
        world = Process()
        record = recorded(await world.send(changed(confirm="later")))
        waits = world.store.waits

        async def after_the_lease(*asked: Any) -> Any:
            await work(world, after_s=0.0)
            return await waits(*asked)

        monkeypatch.setattr(world.store, "waits", after_the_lease)
        told = await asked(world, record)
        assert isinstance(told, Confirmed)
        assert told.record.status is Status.APPLIED

    run_in_virtual_time(main())


def test_nobody_is_waited_for_while_the_sender_is_paused_or_a_stop_stands() -> None:
    async def main() -> None:
        world = Process()
        for brake in ("paused", "stopped"):
            sale = changed(confirm="later", sale_id=brake)
            record = recorded(await world.send(sale))
            world.store.sender_paused = brake == "paused"
            if brake == "stopped":
                world.store.put_stop(1, "A")
            told = await asked(world, record)
            assert isinstance(told, Confirmed)
            assert told.record.status is Status.PENDING
        assert now_s() == 0

    run_in_virtual_time(main())


def test_a_database_that_goes_away_after_the_commit_takes_nothing_back() -> None:
    async def main() -> None:
        world = Process()
        record = recorded(await world.send(changed(confirm="later")))

        async def go_away() -> None:
            await asyncio.sleep(1)
            world.store.away = True

        going = asyncio.create_task(go_away())
        told = await asked(world, record)
        await going
        assert isinstance(told, Confirmed)
        assert told.record.status is Status.PENDING

    run_in_virtual_time(main())


def test_who_may_not_read_it_is_told_nothing() -> None:
    async def main() -> None:
        world = Process()
        record = recorded(await world.send(changed(confirm="later")))
        assert await asked(world, record, reads_only="erp-2") is None
        assert await asked(world, record, merchant_id=2) is None
        assert world.row.status is Status.UNCONFIRMED

    run_in_virtual_time(main())


@pytest.mark.parametrize("waits", [None, *WaitsFor])
def test_what_it_waits_for_decides_where_confirming_leads(waits: WaitsFor | None) -> None:
    move = confirming(waits, NOW)
    assert move.actor is Actor.API
    assert move.to is (Status.HELD if waits in HELD else Status.PENDING)
    assert move.due_at == (None if waits in HELD else NOW)
    assert move.reason == ("confirmed" if waits is None else CONFIRMED_REASONS[waits])
    if waits in HELD:  # by its reason it is known that a ceiling holds it
        assert waits is not None
        assert move.reason == REASONS[waits]
    suspected = confirming(waits, NOW, suspected=True)
    assert (suspected.to, suspected.reason) == (Status.HELD, MAY_BE_CREDITED)


@pytest.mark.parametrize(("told", "later"), [("later", True), ("now", False), (None, False)])
def test_how_it_is_confirmed_is_read_and_is_no_content(told: str | None, *, later: bool) -> None:
    rules, now = SaleRules(), datetime(2026, 1, 3, tzinfo=UTC)
    sale = parse_sale({**SALE, "confirm": told}, rules=rules, now=now)
    plain = parse_sale(SALE, rules=rules, now=now)
    assert sale.confirm_later is later
    assert sale == plain
    assert same_content(recorded=plain, received=sale)
    assert sale.of(sale.customer).confirm_later is later


@pytest.mark.parametrize(
    ("told", "code"), [("LATER", "no_such_choice"), ("", "no_such_choice"), (1, "wrong_type")]
)
def test_any_other_way_of_confirming_is_told(told: object, code: str) -> None:
    with pytest.raises(InvalidSale) as refused:
        parse_sale({**SALE, "confirm": told}, rules=SaleRules(), now=NOW)
    [violation] = [v for v in refused.value.violations if v.pointer == "/confirm"]
    assert violation.code == code
