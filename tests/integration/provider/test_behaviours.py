"""Every behaviour of the sandbox, on a real socket, and what the gateway makes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.sandbox.behaviours import BEHAVIOURS, Applies
from cashback_core.delivery.evidence import (
    MAX_BODY_BYTES,
    Applied,
    Evidence,
    Outcome,
    Phase,
    classify,
)
from cashback_core.delivery.provider import CreditRequest
from contract.behaviours import EXPECTED
from integration.provider.scripted_provider import until

if TYPE_CHECKING:
    from adapters.cashback_client.sandbox import Sandbox
    from integration.provider.conftest import OpenClient

DEADLINES_S = {"hang": 0.5, "hang_applied": 0.5, "late_apply": 0.5, "dripped_201": 1.0}
"""Only where the deadline is what ends the call: elsewhere a slow machine must not."""


def outcome_of(evidence: Evidence, payment: CreditRequest) -> Outcome:
    return classify(
        evidence, document=payment.document, cashback_centavos=payment.cashback_centavos
    )


def test_every_behaviour_of_the_sandbox_has_an_expected_outcome() -> None:
    assert EXPECTED.keys() == BEHAVIOURS.keys()


@pytest.mark.parametrize("name", EXPECTED)
async def test_each_behaviour_leaves_the_expected_evidence_and_is_asked_only_once(
    name: str, sandbox: Sandbox, client_of: OpenClient, payment: CreditRequest
) -> None:
    desk = sandbox.desk
    deadline_s = DEADLINES_S.get(name, 10.0)
    desk.instructions.set_timing(late_s=0.8, drip_s=0.01, retry_after_s=7)
    desk.instructions.direct(payment.document, name, times=1)

    async with client_of(sandbox.url, limits=Limits(deadline_s=deadline_s)) as client:
        evidence = await client.credit(payment)

        expected = EXPECTED[name]
        assert outcome_of(evidence, payment) == expected.outcome
        assert evidence.status_code == expected.status_code
        assert evidence.reason == expected.reason
        seen = expected.status_code is not None
        assert evidence.phase is (Phase.STATUS_SEEN if seen else Phase.SENT)
        assert len(evidence.body) <= MAX_BODY_BYTES
        assert evidence.ended_s < deadline_s + 1
        assert desk.calls == 1
        credited = {Applies.NEVER: 0, Applies.TWICE: 2}.get(BEHAVIOURS[name].applies, 1)
        await until(lambda: len(desk.ledger.credits) == credited)

        # Whatever that left behind, the next call has an answer of its own.
        assert outcome_of(await client.credit(payment), payment) == Applied()
        assert desk.calls == 2


async def test_a_compressed_answer_is_kept_as_it_came_and_never_inflated(
    sandbox: Sandbox, client_of: OpenClient, payment: CreditRequest
) -> None:
    sandbox.desk.instructions.set_rates({"gzip_201": 1})
    async with client_of(sandbox.url) as client:
        evidence = await client.credit(payment)
    assert evidence.body.startswith(b"\x1f\x8b")
    assert len(evidence.body) < MAX_BODY_BYTES


async def test_of_a_second_answer_not_one_byte_reaches_the_first(
    sandbox: Sandbox, client_of: OpenClient, payment: CreditRequest
) -> None:
    sandbox.desk.instructions.set_rates({"twice_201": 1})
    async with client_of(sandbox.url) as client:
        evidence = await client.credit(payment)
    assert evidence.body.startswith(b'{"createdAt"')
    assert evidence.body.count(b"{") == 1


async def test_a_storm_of_misbehaviour_never_makes_the_client_ask_twice(
    sandbox: Sandbox, client_of: OpenClient, payment: CreditRequest
) -> None:
    quick = [
        name
        for name in BEHAVIOURS
        if name
        not in {
            "hang",
            "hang_applied",
            "late_apply",
            "dripped_201",
            "gzip_201",
            "credited_twice_201",
        }
    ]
    sandbox.desk.instructions.set_rates({name: 0.9 / len(quick) for name in quick}, seed=11)
    turns = asyncio.Semaphore(16)
    sent = 0

    async with client_of(sandbox.url, limits=Limits(deadline_s=5, connections=8)) as client:

        async def pay(number: int) -> Evidence:
            async with turns:
                return await client.credit(
                    CreditRequest(
                        reference=f"payment-{number}",
                        document=payment.document,
                        cashback_centavos=number + 1,
                    )
                )

        for evidence in await asyncio.gather(*[pay(number) for number in range(400)]):
            sent += evidence.phase is not Phase.NOTHING_SENT

    references = Counter(credit.reference for credit in sandbox.desk.ledger.credits)
    assert sent == 400
    assert sandbox.desk.calls == sent
    assert max(references.values()) == 1


async def test_64_calls_at_once_each_get_their_own_answer(
    sandbox: Sandbox, client_of: OpenClient, payment: CreditRequest
) -> None:
    sandbox.desk.instructions.set_timing(delay_s=0.05)
    async with client_of(sandbox.url, limits=Limits(deadline_s=5, connections=64)) as client:
        payments = [
            CreditRequest(reference=f"p{n}", document=payment.document, cashback_centavos=n + 1)
            for n in range(64)
        ]
        found = await asyncio.gather(*[client.credit(each) for each in payments])
    # An answer that met another call's request would echo another amount.
    outcomes = [outcome_of(e, p) for e, p in zip(found, payments, strict=True)]
    assert outcomes == [Applied()] * 64
    assert sandbox.desk.calls == 64
