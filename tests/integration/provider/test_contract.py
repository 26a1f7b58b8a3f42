"""What the client relies on, checked against any provider.

By default that is the sandbox. To check a real one, or a test environment of it, set
`PROVIDER_CONTRACT_URL` (the base before /api/mock/Cashback) and, where it asks for one,
`PROVIDER_CONTRACT_AUTHORIZATION` (the whole header value):

    PROVIDER_CONTRACT_URL=https://provider.example \
        .venv/bin/pytest tests/integration/provider/test_contract.py

It really asks for credits of one to three centavos to the made-up CPF 529.982.247-25.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.client import ProviderClient
from cashback_core.delivery.evidence import Applied, Phase, classify, read_answer
from cashback_core.delivery.provider import CreditRequest
from integration.provider.conftest import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.cashback_client.sandbox import Sandbox


@pytest.fixture
async def provider(sandbox: Sandbox) -> AsyncIterator[ProviderClient]:
    client = ProviderClient(
        os.environ.get("PROVIDER_CONTRACT_URL") or sandbox.url,
        authorization=os.environ.get("PROVIDER_CONTRACT_AUTHORIZATION") or None,
    )
    yield client
    await client.aclose()


def payment_of(centavos: int) -> CreditRequest:
    return CreditRequest(reference=str(uuid.uuid4()), document=DOCUMENT, cashback_centavos=centavos)


async def test_a_payment_is_applied_and_its_answer_can_be_read(provider: ProviderClient) -> None:
    evidence = await provider.credit(payment_of(1))
    assert evidence.phase is Phase.STATUS_SEEN
    assert classify(evidence, document=DOCUMENT, cashback_centavos=1) == Applied()
    answer = read_answer(evidence)
    assert answer is not None
    assert answer.id is not None
    assert answer.message
    assert answer.created_at


async def test_payments_in_a_row_are_each_applied(provider: ProviderClient) -> None:
    for centavos in (1, 2, 3):
        evidence = await provider.credit(payment_of(centavos))
        assert classify(evidence, document=DOCUMENT, cashback_centavos=centavos) == Applied()


async def test_payments_at_once_are_each_applied(provider: ProviderClient) -> None:
    payments = [payment_of(centavos) for centavos in (1, 2, 3)]
    found = await asyncio.gather(*[provider.credit(each) for each in payments])
    outcomes = [
        classify(evidence, document=DOCUMENT, cashback_centavos=each.cashback_centavos)
        for evidence, each in zip(found, payments, strict=True)
    ]
    assert outcomes == [Applied()] * 3
