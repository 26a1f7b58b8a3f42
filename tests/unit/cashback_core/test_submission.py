"""Taking a sale in: recorded once, delivered once, told truly, whoever hangs up or asks again."""

from __future__ import annotations

import asyncio
import copy
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core.delivering import Deliverer, DeliveriesUnderWay
from cashback_core.delivery import DeliveryPolicy, Status
from cashback_core.identity import new_id
from cashback_core.ports import StoreUnavailable, Terms
from cashback_core.reading import SaleRules
from cashback_core.submission import (
    LOOK_AGAIN_S,
    ContentKnown,
    KeyReused,
    QuoteSale,
    Recorded,
    Replayed,
    SaleIdTaken,
    SaleRequest,
    SubmitSale,
    Submitted,
    UnknownMerchant,
)
from cashback_core.violations import InvalidSale
from contract.builders import PROGRAMME
from fakes.manual_clock import ManualClock
from fakes.memory_store import MemoryStore, Row
from fakes.scripted_provider import ScriptedProvider, nothing_sent, unanswered
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from cashback_core.record import Record

SALE: Final[dict[str, Any]] = {
    "sold_at": "2026-01-02 00:00:00",
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [
        {"type": "A", "value": "10.00", "qty": 1},
        {"type": "B", "value": "10.00", "qty": 9},
    ],
}


def now_s() -> float:
    """Seconds of virtual time."""
    return asyncio.get_running_loop().time()


def changed(**changes: object) -> dict[str, Any]:
    return copy.deepcopy(SALE) | changes


@dataclass(slots=True)
class World:
    """One process of the service, in virtual time; `beside` is another one on the same store."""

    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryStore = field(init=False)
    submit: SubmitSale = field(init=False)

    def __post_init__(self) -> None:
        terms = {n: Terms(merchant_id=n, rules=SaleRules(), programme=PROGRAMME) for n in (1, 2)}
        self.store = MemoryStore(terms, now=self.clock.tick)
        self.submit = self.beside()

    def beside(self) -> SubmitSale:
        deliverer = Deliverer(
            store=self.store,
            provider=self.provider,
            policy=DeliveryPolicy(),
            chance=lambda: 0.5,
            clock_s=now_s,
        )
        return SubmitSale(
            store=self.store,
            under_way=DeliveriesUnderWay(deliverer),
            now=self.clock.now,
            new_id=new_id,
        )

    async def send(
        self,
        document: object = SALE,
        *,
        key: str | None = None,
        wait_s: float = 10.0,
        respond_async: bool = False,
        by: SubmitSale | None = None,
    ) -> Submitted:
        return await (by or self.submit)(
            SaleRequest(
                merchant_id=1,
                document=document,
                raw_body=b"{}",
                idempotency_key=key,
                wait_s=wait_s,
                respond_async=respond_async,
            )
        )

    @property
    def row(self) -> Row:
        (row,) = self.store.rows.values()
        return row


def recorded(answer: Submitted) -> Record:
    assert isinstance(answer, Recorded)
    return answer.record


def test_a_sale_is_recorded_and_its_cashback_applied_while_the_caller_waits() -> None:
    async def main() -> None:
        world = World()
        record = recorded(await world.send())
        assert record.status is Status.APPLIED
        assert record.standing.applied_at is not None
        assert record.standing.provider is not None
        assert record.cashback.cashback_centavos == 140
        assert record == world.row.record
        assert [p.cashback_centavos for p in world.provider.credited] == [140]

    run_in_virtual_time(main())


def test_a_cashback_that_rounds_to_zero_is_recorded_and_not_sent() -> None:
    async def main() -> None:
        world = World()
        lines = [{"type": "A", "value": "0.01", "qty": 1}]
        record = recorded(await world.send(changed(products=lines, total="0.01")))
        assert record.status is Status.NOT_DUE
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_whoever_does_not_want_to_wait_leaves_it_to_a_worker() -> None:
    async def main() -> None:
        world = World()
        record = recorded(await world.send(respond_async=True))
        assert record.status is Status.PENDING
        assert world.row.attempts == []
        assert len(world.submit.under_way) == 0

    run_in_virtual_time(main())


@pytest.mark.parametrize("wait_s", [0.0, 2.5])
def test_a_wait_is_bounded_and_cancels_nothing(wait_s: float) -> None:
    async def main() -> None:
        world = World()
        world.provider.gate.clear()
        record = recorded(await world.send(wait_s=wait_s))
        assert now_s() == wait_s
        assert record.status is Status.SENDING
        await world.provider.asked.wait()
        world.provider.gate.set()
        assert await world.submit.under_way.drain(timeout_s=1) == 0
        assert world.row.status is Status.APPLIED
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


def test_a_caller_that_hangs_up_cancels_nothing() -> None:
    async def main() -> None:
        world = World()
        world.provider.gate.clear()
        request = asyncio.create_task(world.send())
        await world.provider.asked.wait()
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        world.provider.gate.set()
        await world.submit.under_way.drain(timeout_s=1)
        assert world.row.status is Status.APPLIED

    run_in_virtual_time(main())


@pytest.mark.parametrize("steps", range(1, 12))
def test_a_caller_that_hangs_up_at_any_step_leaves_no_lease_that_nobody_uses(steps: int) -> None:
    async def main() -> None:
        world = World()
        request = asyncio.create_task(world.send())
        for _ in range(steps):
            await asyncio.sleep(0)
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        await asyncio.sleep(1)
        statuses = {row.status for row in world.store.rows.values()}
        assert statuses <= {Status.APPLIED}
        assert len(world.provider.payments) == len(world.store.rows)

    run_in_virtual_time(main())


def test_an_invalid_sale_stores_nothing() -> None:
    async def main() -> None:
        world = World()
        with pytest.raises(InvalidSale):
            await world.send(changed(total="99.99"))
        assert world.store.rows == {}
        assert world.store.customers == {}

    run_in_virtual_time(main())


def test_a_merchant_that_is_gone_is_told() -> None:
    async def main() -> None:
        world = World()
        request = SaleRequest(
            merchant_id=9, document=SALE, raw_body=b"", idempotency_key=None, wait_s=1
        )
        with pytest.raises(UnknownMerchant):
            await world.submit(request)
        quote = QuoteSale(store=world.store, now=world.clock.now)
        with pytest.raises(UnknownMerchant):
            await quote(9, SALE)

    run_in_virtual_time(main())


def test_another_name_of_the_customer_is_a_violation_that_does_not_tell_the_known_one() -> None:
    async def main() -> None:
        world = World()
        await world.send()
        other = changed(customer={"document": "52998224725", "name": "MARIA"}, sale_id="7")
        with pytest.raises(InvalidSale) as caught:
            await world.send(other)
        (violation,) = caught.value.violations
        assert (violation.pointer, violation.code) == ("/customer/name", "customer_name_mismatch")
        assert "JOSE" not in repr(violation) + str(caught.value)
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())


SAME: Final = {
    "sold_at": "2026-01-02T03:00:00.000Z",
    "customer": {"name": "JOSE DA SILVA", "document": "529.982.247-25"},
    "total": 100,
    "products": [
        {"qty": "1.000", "value": 10.0, "type": "A", "discount": "0"},
        {"qty": 9.0, "value": 10, "type": "B"},
    ],
    "discount": "0.00",
}


def test_the_same_sale_under_its_key_is_told_again_however_it_is_spelt() -> None:
    async def main() -> None:
        world = World()
        first = recorded(await world.send(key="k"))
        assert await world.send(SAME, key="k") == Replayed(first)
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


def test_the_same_sale_under_its_sale_id_is_told_again_whatever_its_key() -> None:
    async def main() -> None:
        world = World()
        first = recorded(await world.send(changed(sale_id="NF-1"), key="k1"))
        assert await world.send(SAME | {"sale_id": "NF-1"}, key="k2") == Replayed(first)

    run_in_virtual_time(main())


def test_another_sale_under_a_known_key_is_told_field_by_field() -> None:
    async def main() -> None:
        world = World()
        await world.send(key="k")
        answer = await world.send(changed(sold_at="2026-01-03 00:00:00", sale_id="7"), key="k")
        assert isinstance(answer, KeyReused)
        assert [d.pointer for d in answer.differences] == ["/sold_at", "/sale_id"]

    run_in_virtual_time(main())


def test_another_sale_under_a_known_sale_id_is_told_field_by_field() -> None:
    async def main() -> None:
        world = World()
        await world.send(changed(sale_id="NF-1"), key="k1")
        other = changed(sale_id="NF-1", sold_at="2026-01-03 00:00:00")
        answer = await world.send(other, key="k2")
        assert isinstance(answer, SaleIdTaken)
        assert [d.pointer for d in answer.differences] == ["/sold_at"]

    run_in_virtual_time(main())


def test_a_sale_without_a_name_whose_content_is_known_is_told_the_first() -> None:
    async def main() -> None:
        world = World()
        first = recorded(await world.send())
        assert await world.send(SAME) == ContentKnown(first)
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_replay_that_meets_its_first_in_flight_waits_like_it(elsewhere: bool) -> None:  # noqa: FBT001
    async def main() -> None:
        world = World()
        world.provider.gate.clear()
        first = asyncio.create_task(world.send(key="k"))
        await world.provider.asked.wait()
        by = world.beside() if elsewhere else None
        replay = asyncio.create_task(world.send(key="k", by=by))
        await asyncio.sleep(3)
        assert not replay.done()
        world.provider.gate.set()
        answer = await replay
        assert isinstance(answer, Replayed)
        assert answer.record == recorded(await first)
        assert answer.record.status is Status.APPLIED
        assert now_s() <= 3 + LOOK_AGAIN_S
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_replay_waits_no_longer_than_it_was_told_to(elsewhere: bool) -> None:  # noqa: FBT001
    async def main() -> None:
        world = World()
        world.provider.gate.clear()
        await world.send(key="k", wait_s=0)
        by = world.beside() if elsewhere else None
        answer = await world.send(key="k", wait_s=4, by=by)
        assert isinstance(answer, Replayed)
        assert answer.record.status is Status.SENDING
        assert now_s() == pytest.approx(4)
        again = await world.send(key="k", respond_async=True, by=by)
        assert isinstance(again, Replayed)
        assert now_s() == pytest.approx(4)
        world.provider.gate.set()
        await world.submit.under_way.drain(timeout_s=1)

    run_in_virtual_time(main())


def test_a_replay_of_what_is_open_tells_its_present_state() -> None:
    async def main() -> None:
        world = World(ScriptedProvider([unanswered()]))
        assert recorded(await world.send(key="k")).status is Status.IN_DOUBT
        answer = await world.send(key="k")
        assert isinstance(answer, Replayed)
        assert answer.record.status is Status.IN_DOUBT

    run_in_virtual_time(main())


@pytest.mark.parametrize("named", ["by key", "by sale id", "by content"])
def test_fifty_equal_sales_at_once_are_one_cashback_and_one_credit(named: str) -> None:
    async def main() -> None:
        world = World()
        document = changed(sale_id="NF-1") if named == "by sale id" else SALE
        key = "k" if named == "by key" else None
        answers = await asyncio.gather(*[world.send(document, key=key) for _ in range(50)])
        assert len(world.store.rows) == 1
        assert len(world.provider.credited) == 1
        told = [a.record for a in answers if isinstance(a, Recorded | Replayed | ContentKnown)]
        assert len(told) == 50
        assert sum(isinstance(answer, Recorded) for answer in answers) == 1
        if named != "by content":
            assert {record.status for record in told} == {Status.APPLIED}
            assert all(record == told[0] for record in told)

    run_in_virtual_time(main())


def test_a_commit_whose_answer_was_lost_is_an_error_and_sends_nothing() -> None:
    async def main() -> None:
        world = World()
        world.store.lose_next_commit = True
        with pytest.raises(StoreUnavailable):
            await world.send(key="k")
        await world.submit.under_way.drain(timeout_s=60)
        assert world.provider.payments == []
        assert world.row.status is Status.PENDING
        assert [attempt.result for attempt in world.row.attempts] == ["never_sent"]
        answer = await world.send(key="k")
        assert isinstance(answer, Replayed)
        assert answer.record.status is Status.PENDING

    run_in_virtual_time(main())


def test_a_commit_whose_answer_was_lost_needs_nothing_more_when_nothing_was_leased() -> None:
    async def main() -> None:
        world = World()
        world.store.lose_next_commit = True
        with pytest.raises(StoreUnavailable):
            await world.send(respond_async=True)
        assert await world.submit.under_way.drain(timeout_s=0) == 0
        assert world.row.attempts == []

    run_in_virtual_time(main())


def test_a_database_that_is_away_is_told() -> None:
    async def main() -> None:
        world = World()
        world.store.away = True
        with pytest.raises(StoreUnavailable):
            await world.send()
        assert world.store.rows == {}

    run_in_virtual_time(main())


def test_a_bug_in_the_delivery_does_not_make_a_recorded_sale_look_refused() -> None:
    async def main() -> None:
        world = World(ScriptedProvider([ZeroDivisionError("a bug")]))
        record = recorded(await world.send())
        # Whether a byte left before the bug struck, nobody can tell.
        assert record.status is Status.IN_DOUBT
        assert record == world.row.record

    run_in_virtual_time(main())


def test_a_delivery_that_shutting_down_cuts_off_does_not_cut_off_its_caller() -> None:
    async def main() -> None:
        world = World()
        world.provider.gate.clear()
        request = asyncio.create_task(world.send())
        await world.provider.asked.wait()
        assert await world.submit.under_way.drain(timeout_s=1) == 1
        assert recorded(await request).status is Status.SENDING

    run_in_virtual_time(main())


def test_what_could_not_be_sent_is_pending_at_once() -> None:
    async def main() -> None:
        world = World(ScriptedProvider([nothing_sent()]))
        record = recorded(await world.send())
        assert record.status is Status.PENDING
        assert now_s() == 0

    run_in_virtual_time(main())


def test_a_quote_computes_and_stores_nothing() -> None:
    async def main() -> None:
        world = World()
        quote = QuoteSale(store=world.store, now=world.clock.now)
        sale, cashback = await quote(1, SALE)
        assert (sale.total_centavos, cashback.cashback_centavos) == (10_000, 140)
        assert world.store.rows == {}
        assert world.store.customers == {}
        with pytest.raises(InvalidSale):
            await quote(1, {})

    run_in_virtual_time(main())


def test_a_request_shows_no_body_in_its_repr() -> None:
    request = SaleRequest(
        merchant_id=1,
        document=SALE,
        raw_body=b'{"document": "52998224725"}',
        idempotency_key="k",
        wait_s=1,
    )
    assert "52998224725" not in repr(request)
