"""A provider that answers what the test wrote down, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING

from cashback_core.delivery.evidence import Evidence, Phase
from cashback_core.delivery.provider import CreditRequest, Provider

if TYPE_CHECKING:
    from collections.abc import Iterable


class ScriptedProvider(Provider):
    """Gives the answers of a script in order, then 201 for ever.

    While `gate` is cleared, calls wait for it: `await provider.asked.wait()` tells that one does.
    An exception in the script is raised, as a bug of the client would be.
    """

    def __init__(self, script: Iterable[Evidence | Exception] = ()) -> None:
        self.script: deque[Evidence | Exception] = deque(script)
        self.payments: list[CreditRequest] = []
        self.credited: list[CreditRequest] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.closed = False

    async def credit(self, payment: CreditRequest) -> Evidence:
        self.payments.append(payment)
        self.asked.set()
        await self.gate.wait()
        answer = self.script.popleft() if self.script else created(payment)
        if isinstance(answer, Exception):
            raise answer
        if answer.status_code == 201:
            self.credited.append(payment)
        return answer

    async def aclose(self) -> None:
        self.closed = True


def created(payment: CreditRequest) -> Evidence:
    """201 as the provider's documentation shows it, for this payment."""
    body = {
        "createdAt": "2021-07-26T22:50:55.740Z",
        "message": "Cashback criado com sucesso!",
        "id": "NaN",
        "document": str(payment.document),
        "cashback": f"{payment.cashback_centavos / 100:.2f}",
    }
    return answered(201, json.dumps(body).encode())


def answered(
    status_code: int, body: bytes = b"", *, retry_after_s: float | None = None
) -> Evidence:
    """A status line came."""
    return Evidence(
        phase=Phase.STATUS_SEEN,
        status_code=status_code,
        body=body,
        retry_after_s=retry_after_s,
        ended_s=0.25,
    )


def nothing_sent(reason: str = "connection refused") -> Evidence:
    """No byte left."""
    return Evidence(phase=Phase.NOTHING_SENT, reason=reason, ended_s=0.125)


def unanswered(reason: str = "deadline") -> Evidence:
    """Bytes left, and nothing came back."""
    return Evidence(phase=Phase.SENT, reason=reason, ended_s=10.0)
