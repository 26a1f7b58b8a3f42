"""The same sale twice: told as the first was, or what differs; never recorded, never paid twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from cashback_core.delivery.states import Status
from cashback_core.intake.submission import (
    LOOK_AGAIN_S,
    ContentKnown,
    KeyReused,
    QuoteSale,
    Recorded,
    Replayed,
    SaleIdTaken,
)
from cashback_core.sales.catalogue import Catalogue, TypePeriod
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.same_sale import Contradiction, EqualOutcome, EqualRefused, NewSale, Repeat
from cashback_core.sales.terms import Terms
from cashback_core.values.violations import InvalidSale
from contract.builders import PROGRAMME
from fakes.process import SALE, Process, changed, now_s, recorded
from fakes.scripted_provider import ScriptedProvider, unanswered
from fakes.virtual_time import run_in_virtual_time

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


def sold_as(type_: str) -> Catalogue:
    since = datetime(2000, 1, 1, tzinfo=UTC)
    return Catalogue({"1": (TypePeriod(type=type_, version=1, starts_at=since),)})


def test_the_same_sale_under_its_key_is_told_again_however_it_is_spelt() -> None:
    async def main() -> None:
        world = Process()
        first = recorded(await world.send(key="k"))
        assert await world.send(SAME, key="k") == Replayed(first)
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


def test_the_same_sale_under_its_sale_id_is_told_again_whatever_its_key() -> None:
    async def main() -> None:
        world = Process()
        first = recorded(await world.send(changed(sale_id="NF-1"), key="k1"))
        assert await world.send(SAME | {"sale_id": "NF-1"}, key="k2") == Replayed(first)

    run_in_virtual_time(main())


def test_another_sale_under_a_known_key_is_told_field_by_field() -> None:
    async def main() -> None:
        world = Process()
        await world.send(key="k")
        answer = await world.send(changed(sold_at="2026-01-03 00:00:00", sale_id="7"), key="k")
        assert isinstance(answer, KeyReused)
        assert [d.pointer for d in answer.differences] == ["/sold_at", "/sale_id"]

    run_in_virtual_time(main())


def test_another_sale_under_a_known_sale_id_is_told_field_by_field() -> None:
    async def main() -> None:
        world = Process()
        await world.send(changed(sale_id="NF-1"), key="k1")
        other = changed(sale_id="NF-1", sold_at="2026-01-03 00:00:00")
        answer = await world.send(other, key="k2")
        assert isinstance(answer, SaleIdTaken)
        assert [d.pointer for d in answer.differences] == ["/sold_at"]

    run_in_virtual_time(main())


def test_a_sale_without_a_name_whose_content_is_known_is_told_the_first() -> None:
    async def main() -> None:
        world = Process()
        first = recorded(await world.send())
        assert await world.send(SAME) == ContentKnown(first)
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_replay_that_meets_its_first_in_flight_waits_like_it(elsewhere: bool) -> None:  # noqa: FBT001
    async def main() -> None:
        world = Process()
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
        world = Process()
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


def test_a_replay_that_waits_is_told_its_record_when_the_database_goes_away() -> None:
    async def main() -> None:
        world = Process()
        world.provider.gate.clear()
        await world.send(key="k", wait_s=0)
        replay = asyncio.create_task(world.send(key="k", wait_s=4, by=world.beside()))
        await asyncio.sleep(1)
        world.store.away = True
        answer = await replay
        assert isinstance(answer, Replayed)
        assert answer.record.status is Status.SENDING
        world.store.away = False
        world.provider.gate.set()
        await world.submit.under_way.drain(timeout_s=60)

    run_in_virtual_time(main())


def test_a_replay_of_what_is_open_tells_its_present_state() -> None:
    async def main() -> None:
        world = Process(ScriptedProvider([unanswered()]))
        assert recorded(await world.send(key="k")).status is Status.IN_DOUBT
        answer = await world.send(key="k")
        assert isinstance(answer, Replayed)
        assert answer.record.status is Status.IN_DOUBT

    run_in_virtual_time(main())


@pytest.mark.parametrize("named", ["by key", "by sale id", "by content"])
def test_fifty_equal_sales_at_once_are_one_cashback_and_one_credit(named: str) -> None:
    async def main() -> None:
        world = Process()
        document = changed(sale_id="NF-1") if named == "by sale id" else SALE
        key = "k" if named == "by key" else None
        answers = await asyncio.gather(*[world.send(document, key=key) for _ in range(50)])
        assert len(world.store.rows) == 1
        assert len(world.provider.credited) == 1
        told = [
            a.record
            for a in answers
            if isinstance(a, Recorded | Replayed | ContentKnown) and a.record is not None
        ]
        assert len(told) == 50
        assert sum(isinstance(answer, Recorded) for answer in answers) == 1
        if named != "by content":
            assert {record.status for record in told} == {Status.APPLIED}
            assert all(record == told[0] for record in told)

    run_in_virtual_time(main())


def test_a_sale_that_grew_too_old_is_still_told_to_whoever_recorded_it() -> None:
    async def main() -> None:
        world = Process()
        first = recorded(await world.send(key="k"))
        world.clock.advance(11 * 365 * 86_400)
        assert await world.send(key="k") == Replayed(first)
        assert await world.send(key="another") == ContentKnown(first)
        with pytest.raises(InvalidSale, match="too old"):
            await world.send(changed(sale_id="NF-2"), key="another")
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())


@pytest.mark.parametrize("named", ["by key", "by sale id"])
def test_the_same_sale_is_told_again_though_it_would_not_be_taken_today(named: str) -> None:
    async def main() -> None:
        world = Process()
        document = changed(sale_id="NF-1") if named == "by sale id" else SALE
        key = "k" if named == "by key" else None
        first = recorded(await world.send(document, key=key))
        world.store.set_terms(Terms(merchant_id=1, rules=SaleRules(), programme=Programme(())))
        assert await world.send(document, key=key) == Replayed(first)
        assert await world.send({**document, "total": 100}, key=key) == Replayed(first)
        assert await world.send(SALE) == ContentKnown(first)
        with pytest.raises(InvalidSale, match="type"):
            await world.send({**document, "total": "99.00", "discount": "1.00"}, key=key)
        with pytest.raises(InvalidSale, match="type"):
            await world.send(changed(sale_id="NF-2"))
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())


def test_the_same_bytes_are_told_again_though_they_mean_something_else_today() -> None:
    async def main() -> None:
        world = Process()
        world.store.catalogues[1] = sold_as("A")
        by_sku = changed(products=[{"sku": "1", "value": "100.00", "qty": 1}])
        first = recorded(await world.send(by_sku, key="k"))
        world.store.catalogues[1] = sold_as("B")
        assert await world.send({**by_sku, "total": 100}, key="k") == Replayed(first)
        world.store.catalogues[1] = Catalogue({})
        assert await world.send(by_sku, key="k") == Replayed(first)

    run_in_virtual_time(main())


@pytest.mark.parametrize("named", ["by key", "by sale id", "by content"])
def test_a_merchants_zone_may_change_between_two_equal_requests(named: str) -> None:
    async def main() -> None:
        world = Process()
        document = changed(sale_id="NF-1") if named == "by sale id" else SALE
        key = "k" if named == "by key" else None
        first = recorded(await world.send(document, key=key))
        rules = SaleRules(zone=ZoneInfo("America/Manaus"))
        world.store.set_terms(Terms(merchant_id=1, rules=rules, programme=PROGRAMME))
        again = await world.send({**document, "total": 100}, key=key)
        assert again == (ContentKnown(first) if named == "by content" else Replayed(first))
        told = {**document, "sold_at": "2026-01-02T03:00:00Z"}
        again = await world.send(told, key=key)
        assert again == (ContentKnown(first) if named == "by content" else Replayed(first))

    run_in_virtual_time(main())


@pytest.mark.parametrize("named", ["by key", "by sale id", "by content"])
@pytest.mark.parametrize(
    ("sold_at", "zone"),
    [
        ("2026-03-08 02:30:00", "America/New_York"),  # where the clocks jump over it
        ("2026-06-10 11:30:00", "Pacific/Pago_Pago"),  # where it is still to come
    ],
)
def test_a_wall_clock_that_its_corrected_zone_does_not_have_is_known(
    named: str, sold_at: str, zone: str
) -> None:
    async def main() -> None:
        world = Process()
        document = changed(sold_at=sold_at)
        if named == "by sale id":
            document["sale_id"] = "NF-1"
        key = "k" if named == "by key" else None
        first = recorded(await world.send(document, key=key))
        rules = SaleRules(zone=ZoneInfo(zone))
        world.store.set_terms(Terms(merchant_id=1, rules=rules, programme=PROGRAMME))
        again = await world.send({**document, "sold_at": sold_at.replace(" ", "T")}, key=key)
        assert again == (ContentKnown(first) if named == "by content" else Replayed(first))
        with pytest.raises(InvalidSale):
            await world.send({**document, "sale_id": "NF-2", "total": "1.00"})

    run_in_virtual_time(main())


def test_an_id_that_holds_the_customers_document_names_no_new_sale() -> None:
    """An erasure takes it out of the id: the same request would then be another sale."""

    async def main() -> None:
        world = Process()
        recorded(await world.send(SALE))
        for sale_id in ("NF-52998224725-1", "NF-529.982.247-25"):
            with pytest.raises(InvalidSale, match="document"):
                await world.send(changed(sale_id=sale_id))
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())


def test_equal_content_is_counted_whether_it_was_taken_or_not() -> None:
    async def main() -> None:
        world = Process()
        seen: list[EqualOutcome] = []
        submit = replace(world.submit, on_equal=seen.append)
        first = recorded(await world.send(changed(sale_id="NF-1"), by=submit))
        assert await world.send(key="k", by=submit) == ContentKnown(first)
        second = recorded(await world.send(changed(sale_id="NF-2"), by=submit))
        assert second.same_content_as == first.id
        assert seen == [EqualOutcome.REFUSED, EqualOutcome.ACCEPTED]

    run_in_virtual_time(main())


def test_a_quote_tells_what_submitting_would_be() -> None:
    async def main() -> None:
        world = Process()
        quote = QuoteSale(store=world.store, now=world.clock.now)
        assert (await quote(1, SALE, idempotency_key="k")).meaning == NewSale()
        first = recorded(await world.send(key="k"))
        assert (await quote(1, SALE, idempotency_key="k")).meaning == Repeat(first.id)
        assert (await quote(1, SALE)).meaning == EqualRefused(first.id)
        other = changed(total="10.00", products=SALE["products"][:1])
        meaning = (await quote(1, other, idempotency_key="k")).meaning
        assert isinstance(meaning, Contradiction)
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())
