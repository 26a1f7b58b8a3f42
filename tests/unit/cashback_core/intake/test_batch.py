"""Many sales at once: each gets the answer that it would get by itself, after those before it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, assert_never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.intake.batch import AT_ONCE, MAX_BATCH_S, MAX_SALES, NotTaken, SubmitBatch
from cashback_core.intake.submission import (
    ContentKnown,
    KeyReused,
    Recorded,
    Replayed,
    SaleIdTaken,
    SaleRequest,
)
from cashback_core.sales.rules import BuyerRule, Buyers, SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.traces import TRAIL, Trail
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import cpf_check_digits
from cashback_core.values.violations import InvalidSale
from contract.builders import PROGRAMME
from fakes.process import Process, changed, now_s
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cashback_core.intake.submission import Submitted


def cpf(number: int) -> str:
    stem = f"{number + 1:09}"
    return stem + cpf_check_digits(stem)


def named(number: int, **changes: object) -> dict[str, Any]:
    buyer = {"document": cpf(number), "name": "JOSE DA SILVA"}
    return changed(**{"sale_id": f"NF-{number}", "customer": buyer, **changes})


def request(document: object, key: str | None = None) -> SaleRequest:
    return SaleRequest(
        merchant_id=1,
        document=document,
        raw_body=json.dumps(document).encode(),
        idempotency_key=key,
        wait_s=99.0,  # not looked at
    )


@dataclass(slots=True)
class Uneven:
    """Lets each sale wait as long as is told of it, by its place, before it is submitted."""

    submit: Callable[[SaleRequest], Awaitable[Submitted]]
    waits_s: Mapping[int, float] = field(default_factory=dict[int, float])
    asked: list[SaleRequest] = field(default_factory=list[SaleRequest])
    now: int = 0
    most: int = 0

    async def __call__(self, request: SaleRequest) -> Submitted:
        number = len(self.asked)
        self.asked.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.waits_s.get(number, 0.0))
            return await self.submit(request)
        finally:
            self.now -= 1


def told(outcome: Submitted | NotTaken) -> str:
    """What an outcome is, without ids and instants."""
    match outcome:
        case Recorded(record) | Replayed(record):
            return f"{type(outcome).__name__} {record.status} {record.sale.sale_id}"
        case KeyReused(found) | SaleIdTaken(found):
            return f"{type(outcome).__name__} {[d.pointer for d in found]}"
        case ContentKnown():
            return "ContentKnown"
        case NotTaken(InvalidSale() as error):
            return f"InvalidSale {[v.code for v in error.violations]}"
        case NotTaken(error):
            return type(error).__name__
        case _:
            assert_never(outcome)


def test_all_are_recorded_in_their_order_and_left_to_a_worker() -> None:
    async def main() -> None:
        world = Process()
        submit_batch = SubmitBatch(submit_sale=world.submit, clock_s=now_s)
        outcomes = await submit_batch([request(named(n)) for n in range(MAX_SALES)])
        assert [told(o) for o in outcomes] == [f"Recorded pending NF-{n}" for n in range(MAX_SALES)]
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_what_is_wrong_with_one_harms_no_other() -> None:
    async def main() -> None:
        world = Process()

        async def submit(request: SaleRequest) -> Submitted:
            if request.idempotency_key == "bug":
                raise RuntimeError("a bug of ours")
            return await world.submit(request)

        submit_batch = SubmitBatch(submit_sale=submit, clock_s=now_s)
        outcomes = await submit_batch(
            [
                request(named(1)),
                request(named(2, total="1.00")),
                request("no sale"),
                request(named(3), "bug"),
                request({"sale_id": 7, "customer": [], "total": None}),
                request(named(4)),
            ]
        )
        assert [told(o) for o in outcomes][::5] == [
            "Recorded pending NF-1",
            "Recorded pending NF-4",
        ]
        assert [type(o) for o in outcomes[1:5]] == [NotTaken] * 4
        assert told(outcomes[3]) == "RuntimeError"
        assert len(world.store.rows) == 2

    run_in_virtual_time(main())


def open_to_all() -> Process:
    """A process whose merchant records sales to nobody, too."""
    world = Process()
    rules = SaleRules(buyers=Buyers(nobody=BuyerRule.RECORD))
    world.store.set_terms(Terms(merchant_id=1, rules=rules, programme=PROGRAMME))
    return world


def mixed(
    buyer: str | None, sale_id: str | None, total: str, name: str, key: str | None
) -> tuple[dict[str, Any], str | None]:
    sale = changed(
        sale_id=sale_id,
        customer=None if buyer is None else {"document": buyer, "name": name},
        total=total,
        products=[{"type": "A", "value": total, "qty": 1}],
    )
    return sale, key


POOL = st.builds(
    mixed,
    buyer=st.sampled_from(
        [None, cpf(1), f"{cpf(1)[:3]}.{cpf(1)[3:6]}.{cpf(1)[6:9]}-{cpf(1)[9:]}", cpf(2)]
    ),
    sale_id=st.sampled_from([None, "NF-1", "NF-2"]),
    total=st.sampled_from(["10.00", "20.00"]),
    name=st.sampled_from(["JOSE DA SILVA", "MARIA DE SOUZA"]),
    key=st.sampled_from([None, "k-1", "k-2"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(POOL, st.sampled_from([0.0, 0.0, 0.1, 3.0])), max_size=12))
def test_a_batch_is_answered_as_its_sales_one_after_the_other(
    sales: list[tuple[tuple[dict[str, Any], str | None], float]],
) -> None:
    async def batch() -> list[str]:
        uneven = Uneven(open_to_all().submit, dict(enumerate(wait_s for _, wait_s in sales)))
        submit_batch = SubmitBatch(submit_sale=uneven, clock_s=now_s)
        return [told(o) for o in await submit_batch([request(*sale) for sale, _ in sales])]

    async def one_by_one() -> list[str]:
        submit_batch = SubmitBatch(submit_sale=open_to_all().submit, clock_s=now_s)
        return [told((await submit_batch([request(*sale)]))[0]) for sale, _ in sales]

    assert run_in_virtual_time(batch()) == run_in_virtual_time(one_by_one())


def test_a_batch_that_is_sent_again_repeats_each() -> None:
    async def main() -> None:
        world = Process()
        submit_batch = SubmitBatch(submit_sale=world.submit, clock_s=now_s)
        requests = [request(named(n)) for n in range(9)]
        first = await submit_batch(requests)
        again = await submit_batch(requests)
        assert {type(o) for o in again} == {Replayed}
        assert [o.record for o in again if isinstance(o, Replayed)] == [
            o.record for o in first if isinstance(o, Recorded)
        ]

    run_in_virtual_time(main())


def test_only_so_many_are_under_way_at_a_time() -> None:
    async def main() -> None:
        uneven = Uneven(Process().submit, dict.fromkeys(range(MAX_SALES), 0.01))
        await SubmitBatch(submit_sale=uneven, clock_s=now_s)(
            [request(named(n)) for n in range(MAX_SALES)]
        )
        assert uneven.most == AT_ONCE

    run_in_virtual_time(main())


def test_the_wait_is_for_all_together_and_what_begins_later_is_left_to_a_worker() -> None:
    async def main() -> None:
        world = Process()
        submit_batch = SubmitBatch(submit_sale=world.submit, clock_s=now_s)
        paid = await submit_batch([request(named(n)) for n in range(3)], wait_s=2.0)
        assert {told(o).split()[1] for o in paid} == {Status.APPLIED}
        world.provider.gate.clear()
        # Of one buyer, so one after the other: the first waits until the end.
        same = [request(named(n, customer=named(7)["customer"])) for n in range(10, 13)]
        outcomes = await submit_batch(same, wait_s=2.0)
        assert now_s() == 2.0
        assert [told(o).split()[1] for o in outcomes] == ["sending", "pending", "pending"]
        world.provider.gate.set()
        assert await world.submit.under_way.drain(timeout_s=1) == 0

    run_in_virtual_time(main())


def test_what_has_not_begun_in_time_is_told_so_and_not_begun() -> None:
    async def main() -> None:
        world = Process()
        slow = Uneven(world.submit, dict.fromkeys(range(MAX_SALES), 10.0))
        outcomes = await SubmitBatch(submit_sale=slow, clock_s=now_s)(
            [request(named(n)) for n in range(4 * AT_ONCE)]
        )
        assert now_s() < MAX_BATCH_S + 10
        late = [o for o in outcomes if isinstance(o, NotTaken)]
        assert len(late) == AT_ONCE
        assert all(isinstance(o.error, StoreUnavailable) for o in late)
        assert len(world.store.rows) == 3 * AT_ONCE

    run_in_virtual_time(main())


def test_each_has_a_trail_of_its_own() -> None:
    async def main() -> None:
        world = Process()
        trails: list[Trail | None] = []

        async def submit(request: SaleRequest) -> Submitted:
            outcome = await world.submit(request)
            trails.append(TRAIL.get())
            return outcome

        mine = Trail(request_id="r", merchant_id=1)
        TRAIL.set(mine)
        outcomes = await SubmitBatch(submit_sale=submit, clock_s=now_s)(
            [request(named(n)) for n in range(100)]
        )
        ids = {o.record.id for o in outcomes if isinstance(o, Recorded)}
        assert {t.cashback_id for t in trails if t is not None} == ids
        assert {t.request_id for t in trails if t is not None} == {"r"}
        assert mine.cashback_id is None

    run_in_virtual_time(main())


@pytest.mark.parametrize("document", [None, 7, [], {"customer": {"document": 7}}, {"customer": {}}])
def test_whatever_comes_is_answered(document: object) -> None:
    async def main() -> None:
        submit_batch = SubmitBatch(submit_sale=Process().submit, clock_s=now_s)
        outcomes = await submit_batch([request(document), request(document)])
        assert [told(o).split()[0] for o in outcomes] == ["InvalidSale"] * 2

    run_in_virtual_time(main())
