"""A provider without idempotency that lies, is late, and publishes statements; never killed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.evidence import Evidence, Phase
from cashback_core.delivery.provider import CreditRequest, Provider, UnsendablePayment
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.values.money import format_centavos
from simulation.desk import Desk
from simulation.mix import MARGIN, POLICY, Behaviour, Mix
from simulation.virtual_loop import PROCESS, Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from simulation.papers import Statement
    from simulation.virtual_loop import VirtualLoop

_CODES: Final = {
    Behaviour.OK: (200, 202, 204),
    Behaviour.REDIRECT: (302, 307),
    Behaviour.CONFLICT: (409, 408, 423, 499),
    Behaviour.SERVER_ERROR: (500, 502, 503, 504, 520),
    Behaviour.BUSY: (429, 425),
    Behaviour.REFUSED: (400, 422, 451),
    Behaviour.DENIED: (400, 422, 451),
    Behaviour.MISCONFIGURED: (401, 404, 501),
}
_APPLIED_OR_NOT: Final = frozenset(
    {
        Behaviour.OK,
        Behaviour.CONFLICT,
        Behaviour.SERVER_ERROR,
        Behaviour.RESET,
        Behaviour.HANG,
        Behaviour.SLOW_HANG,
        Behaviour.FOREIGN_CREATED,
        Behaviour.FAILED_CREATED,
    }
)
_CREATED: Final = frozenset(
    {
        Behaviour.CREATED,
        Behaviour.LATE_CREATED,
        Behaviour.SLOW_CONNECTION,
        Behaviour.GARBAGE_CREATED,
        Behaviour.SHORT_CREATED,
    }
)


class LyingProvider(Provider):
    """Takes payments of every process; `ledger` is the truth that everything is compared with.

    `on_receipt` is told of each request whose bytes have left. The calls of the customer `hanging`
    are never answered and never pay, to the end.
    """

    def __init__(self, loop: VirtualLoop, random: Random, mix: Mix) -> None:
        self.desk = Desk(loop, random, mix)
        self.ledger = self.desk.ledger
        self.hanging: str | None = None
        self.honest = False
        self.poisoned: set[str] = set()
        self.on_receipt: Callable[[CreditRequest], None] | None = None
        self._loop = loop
        self._random = random
        self._mix = mix

    async def credit(self, payment: CreditRequest) -> Evidence:
        """One call, as a client sees it: within the deadline, unless the process was frozen."""
        if payment.reference in self.poisoned:
            raise UnsendablePayment("poison")
        random, began_s = self._random, self._loop.time()
        hangs = payment.document == self.hanging
        behaviour = Behaviour.HANG if hangs else self._behaviour()
        if behaviour is Behaviour.NO_CONNECTION:
            await asyncio.sleep(random.random() * 3)
            return Evidence(phase=Phase.NOTHING_SENT, reason="connection refused")
        process, call = PROCESS.get(), Call()
        if process is not None:
            process.calls.append(call)
        slow = behaviour in {Behaviour.SLOW_CONNECTION, Behaviour.SLOW_HANG}
        await asyncio.sleep(random.random() * (POLICY.deadline_s if slow else 0.05))
        if process is not None:
            process.calls.remove(call)
        # After a standstill both the connection and the deadline are there: either may win.
        if self._loop.time() - began_s >= POLICY.deadline_s and random.random() < 0.5:
            return Evidence(phase=Phase.NOTHING_SENT, reason="deadline")
        answer: asyncio.Future[Evidence] = self._loop.create_future()
        self._loop.outside(0, self._receive, payment, behaviour, answer)
        left_s = max(0.0, began_s + POLICY.deadline_s - self._loop.time())
        self._loop.outside(left_s, _tell, answer, Evidence(phase=Phase.SENT, reason="deadline"))
        return await answer

    async def aclose(self) -> None:
        """Nothing is open."""

    async def statement(self, asked_since: datetime, asked_at: datetime) -> Statement:
        """What is published now, read a moment later, or not at all."""
        told = self.desk.publish(asked_since, asked_at, honest=self.honest)
        await asyncio.sleep(self._random.random() * 3)
        if not self.honest and self._random.random() < 0.1:
            raise StatementUnavailable("lost")
        return told

    def _behaviour(self) -> Behaviour:
        mix = self._mix
        if self.honest or not mix.behaviours or self._random.random() >= mix.lies:
            return Behaviour.CREATED
        return self._random.choices(mix.behaviours, mix.weights)[0]

    def _receive(
        self, payment: CreditRequest, behaviour: Behaviour, answer: asyncio.Future[Evidence]
    ) -> None:
        """The bytes are here: money may move, now or later, and an answer may go back."""
        if self.on_receipt is not None:
            self.on_receipt(payment)
        random = self._random
        if behaviour in _CREATED:
            late = behaviour is Behaviour.LATE_CREATED
            delay_s = random.random() * (POLICY.deadline_s * 1.2 if late else 0.5)
            word = _created(payment, behaviour)
            self._loop.outside(delay_s, self._pay, payment, behaviour, answer, word)
            return
        if payment.document == self.hanging:
            return
        if behaviour in _APPLIED_OR_NOT and random.random() < 0.6:
            longest_s = MARGIN.provider_delay_s
            delay_s = random.choice((0.0, random.random() * 2, random.random() * longest_s))
            if random.random() < self._mix.at_worst:
                delay_s = longest_s
            self._loop.outside(delay_s, self._pay, payment, behaviour, None, None)
        elif behaviour is Behaviour.DENIED:
            self._pay(payment, behaviour, None, None)
        if behaviour not in {Behaviour.HANG, Behaviour.SLOW_HANG}:
            self._loop.outside(random.random(), _tell, answer, self._word(payment, behaviour))

    def _pay(
        self,
        payment: CreditRequest,
        behaviour: Behaviour,
        answer: asyncio.Future[Evidence] | None,
        word: Evidence | None,
    ) -> None:
        denied = behaviour is Behaviour.DENIED
        self.desk.credit(payment, denied=denied, honest=self.honest)
        if answer is not None and word is not None:
            _tell(answer, word)

    def _word(self, payment: CreditRequest, behaviour: Behaviour) -> Evidence:
        if behaviour is Behaviour.RESET:
            return Evidence(phase=Phase.SENT, reason="reset")
        if behaviour is Behaviour.FOREIGN_CREATED:
            other = replace(payment, cashback_centavos=payment.cashback_centavos + 1)
            return _created(other, behaviour)
        if behaviour is Behaviour.FAILED_CREATED:
            return Evidence(phase=Phase.STATUS_SEEN, status_code=201, body=b'{"success": false}')
        retry_after_s = self._random.choice((None, 0.0, 5.0, 1e6))
        code = self._random.choice(_CODES[behaviour])
        return Evidence(phase=Phase.STATUS_SEEN, status_code=code, retry_after_s=retry_after_s)


def _created(payment: CreditRequest, behaviour: Behaviour) -> Evidence:
    body = json.dumps(
        {
            "id": "NaN",
            "document": payment.document,
            "cashback": format_centavos(payment.cashback_centavos),
        }
    ).encode()
    if behaviour is Behaviour.GARBAGE_CREATED:
        body = b"<html>\x00\xff"
    elif behaviour is Behaviour.SHORT_CREATED:
        body = body[:10]
    return Evidence(phase=Phase.STATUS_SEEN, status_code=201, body=body)


def _tell(answer: asyncio.Future[Evidence], word: Evidence) -> None:
    if not answer.done():
        answer.set_result(word)
