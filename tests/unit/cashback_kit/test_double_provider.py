from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS, Applies
from adapters.cashback_client.sandbox.desk import Desk
from adapters.cashback_client.sandbox.ledger import Ledger
from cashback_core.delivery.evidence import Phase, classify
from cashback_core.delivery.provider import CreditRequest
from cashback_core.testing.manual_clock import ManualClock
from cashback_core.values.documents import Cpf
from cashback_kit.double_provider import DoubleProvider
from cashback_kit.turned_time import TurnedTime
from contract.behaviours import EXPECTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cashback_core.delivery.evidence import Evidence

DOCUMENT = Cpf("52998224725")
DEADLINE_S = 10.0
DEADLINES_S = {"late_apply": 0.5, "dripped_201": 1.0}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = Ledger(tmp_path / "ledger")
    yield Desk(ledger=ledger)
    ledger.close()


async def credited(provider: DoubleProvider, time: TurnedTime, payment: CreditRequest) -> Evidence:
    """What is seen, with time turned from one thing that waits to the next."""
    call = asyncio.create_task(provider.credit(payment))
    await asyncio.sleep(0)
    while not call.done() and (next_s := time.next_s()) is not None:
        time.advance(next_s)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    evidence = await call
    time.advance(60)  # what is late is carried out all the same
    return evidence


@pytest.mark.parametrize("name", EXPECTED)
async def test_each_behaviour_leaves_what_it_leaves_on_a_socket(name: str, desk: Desk) -> None:
    payment = CreditRequest(reference="r-1", document=DOCUMENT, cashback_centavos=1000)
    time = TurnedTime(ManualClock())
    provider = DoubleProvider(desk, time, deadline_s=DEADLINES_S.get(name, DEADLINE_S))
    desk.instructions.set_timing(late_s=0.8, drip_s=0.01, retry_after_s=7)
    desk.instructions.direct(payment.document, name, times=1)
    evidence = await credited(provider, time, payment)
    expected = EXPECTED[name]
    outcome = classify(evidence, document=payment.document, cashback_centavos=1000)
    assert outcome == expected.outcome
    assert evidence.status_code == expected.status_code
    assert evidence.reason == expected.reason
    seen = expected.status_code is not None
    assert evidence.phase is (Phase.STATUS_SEEN if seen else Phase.SENT)
    due = {Applies.NEVER: 0, Applies.TWICE: 2}.get(BEHAVIOURS[name].applies, 1)
    assert (len(desk.ledger.credits), desk.calls) == (due, 1)


async def test_a_call_ends_at_its_deadline_of_turned_time(desk: Desk) -> None:
    payment = CreditRequest(reference="r-1", document=DOCUMENT, cashback_centavos=1000)
    time = TurnedTime(ManualClock())
    desk.instructions.set_rates({"hang": 1})
    provider = DoubleProvider(desk, time, deadline_s=DEADLINE_S)
    call = asyncio.create_task(provider.credit(payment))
    await asyncio.sleep(0)
    time.advance(DEADLINE_S - 0.001)
    await asyncio.sleep(0)
    assert not call.done()
    time.advance(0.001)
    assert (await call).ended_s == pytest.approx(DEADLINE_S)
