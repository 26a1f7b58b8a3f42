"""Taking a sale in: recorded once, delivered once, told truly, whoever hangs up or asks again."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.states import Status
from cashback_core.intake.submission import (
    QuoteSale,
    Replayed,
    SaleRequest,
    UnknownMerchant,
)
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.violations import InvalidSale
from fakes.process import SALE, Process, changed, now_s, recorded
from fakes.scripted_provider import ScriptedProvider, nothing_sent
from fakes.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from cashback_core.intake.acceptance import Acceptance, Submission


def test_a_sale_is_recorded_and_its_cashback_applied_while_the_caller_waits() -> None:
    async def main() -> None:
        world = Process()
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
        world = Process()
        lines = [{"type": "A", "value": "0.01", "qty": 1}]
        record = recorded(await world.send(changed(products=lines, total="0.01")))
        assert record.status is Status.NOT_DUE
        assert world.provider.payments == []

    run_in_virtual_time(main())


def test_whoever_does_not_want_to_wait_leaves_it_to_a_worker() -> None:
    async def main() -> None:
        world = Process()
        record = recorded(await world.send(respond_async=True))
        assert record.status is Status.PENDING
        assert world.row.attempts == []
        assert len(world.submit.under_way) == 0

    run_in_virtual_time(main())


@pytest.mark.parametrize("wait_s", [0.0, 2.5])
def test_a_wait_is_bounded_and_cancels_nothing(wait_s: float) -> None:
    async def main() -> None:
        world = Process()
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
        world = Process()
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
        world = Process()
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


def test_one_task_that_is_nobodys_accepts_and_delivers() -> None:
    async def main() -> None:
        world = Process()
        world.provider.gate.clear()
        before = asyncio.all_tasks()
        request = asyncio.create_task(world.send())
        await world.provider.asked.wait()
        (kept,) = asyncio.all_tasks() - before - {request}
        assert world.submit.under_way.of(world.row.record.id) is kept
        world.provider.gate.set()
        assert recorded(await request).status is Status.APPLIED
        assert len(world.submit.under_way) == 0

    run_in_virtual_time(main())


def test_a_process_that_stops_ends_the_sale_of_a_caller_that_hung_up() -> None:
    async def main() -> None:
        world = Process()
        accepting = asyncio.Event()
        accept = world.store.accept

        async def slowly(submission: Submission) -> Acceptance:
            accepting.set()
            await asyncio.sleep(1)
            return await accept(submission)

        world.store.accept = slowly  # type: ignore[method-assign]
        request = asyncio.create_task(world.send())
        await accepting.wait()
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        assert await world.submit.under_way.drain(timeout_s=10) == 0
        assert world.row.status is Status.APPLIED
        assert len(world.provider.payments) == 1

    run_in_virtual_time(main())


def test_what_goes_wrong_after_its_caller_hung_up_troubles_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        world = Process()

        async def broken(_: Submission) -> Acceptance:
            await asyncio.sleep(1)
            raise ZeroDivisionError

        world.store.accept = broken  # type: ignore[assignment,method-assign]
        request = asyncio.create_task(world.send())
        await asyncio.sleep(0.5)
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        assert await world.submit.under_way.drain(timeout_s=10) == 0
        gc.collect()

    run_in_virtual_time(main())
    assert caplog.records == []


def test_an_invalid_sale_stores_nothing() -> None:
    async def main() -> None:
        world = Process()
        with pytest.raises(InvalidSale):
            await world.send(changed(total="99.99"))
        assert world.store.rows == {}
        assert world.store.customers == {}

    run_in_virtual_time(main())


def test_a_merchant_that_is_gone_is_told() -> None:
    async def main() -> None:
        world = Process()
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
        world = Process()
        await world.send()
        other = changed(customer={"document": "52998224725", "name": "MARIA"}, sale_id="7")
        with pytest.raises(InvalidSale) as caught:
            await world.send(other)
        (violation,) = caught.value.violations
        assert (violation.pointer, violation.code) == ("/customer/name", "customer_name_mismatch")
        assert "JOSE" not in repr(violation) + str(caught.value)
        assert len(world.store.rows) == 1

    run_in_virtual_time(main())


def test_a_commit_whose_answer_was_lost_is_an_error_and_sends_nothing() -> None:
    async def main() -> None:
        world = Process()
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
        world = Process()
        world.store.lose_next_commit = True
        with pytest.raises(StoreUnavailable):
            await world.send(respond_async=True)
        assert await world.submit.under_way.drain(timeout_s=0) == 0
        assert world.row.attempts == []

    run_in_virtual_time(main())


def test_a_database_that_is_away_is_told() -> None:
    async def main() -> None:
        world = Process()
        world.store.away = True
        with pytest.raises(StoreUnavailable):
            await world.send()
        assert world.store.rows == {}

    run_in_virtual_time(main())


def test_a_bug_in_the_delivery_does_not_make_a_recorded_sale_look_refused() -> None:
    async def main() -> None:
        world = Process(ScriptedProvider([ZeroDivisionError("a bug")]))
        record = recorded(await world.send())
        # Whether a byte left before the bug struck, nobody can tell.
        assert record.status is Status.IN_DOUBT
        assert record == world.row.record

    run_in_virtual_time(main())


def test_a_delivery_that_shutting_down_cuts_off_does_not_cut_off_its_caller() -> None:
    async def main() -> None:
        world = Process()
        world.provider.gate.clear()
        request = asyncio.create_task(world.send())
        await world.provider.asked.wait()
        assert await world.submit.under_way.drain(timeout_s=1) == 1
        assert recorded(await request).status is Status.SENDING

    run_in_virtual_time(main())


def test_what_could_not_be_sent_is_pending_at_once() -> None:
    async def main() -> None:
        world = Process(ScriptedProvider([nothing_sent()]))
        record = recorded(await world.send())
        assert record.status is Status.PENDING
        assert now_s() == 0

    run_in_virtual_time(main())


def test_a_quote_computes_and_stores_nothing() -> None:
    async def main() -> None:
        world = Process()
        quote = QuoteSale(store=world.store, now=world.clock.now)
        quoted = await quote(1, SALE)
        earned = quoted.cashback.cashback_centavos
        assert (quoted.sale.total_centavos, earned) == (10_000, 140)
        assert not quoted.name_differs
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
