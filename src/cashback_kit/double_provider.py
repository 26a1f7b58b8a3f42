"""The sandbox provider without a socket: its orders, its behaviours, time that a test turns.

What it would have sent is read by the parser that reads the real provider, so each behaviour comes
to what it comes to on a socket; only how a connection ends is told instead of seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.cashback_client.answer import AnswerReader
from adapters.cashback_client.retry_after import parse_retry_after
from adapters.cashback_client.sandbox.behaviours import Applies, End
from adapters.cashback_client.sandbox.order import Order
from cashback_core.delivery.evidence import Evidence, Phase
from cashback_core.delivery.provider import CreditRequest, Provider

if TYPE_CHECKING:
    from adapters.cashback_client.sandbox.behaviours import Behaviour
    from adapters.cashback_client.sandbox.desk import Desk
    from cashback_kit.turned_time import TurnedTime


class DoubleProvider(Provider):
    """Takes orders at a desk of the sandbox; a call ends within `deadline_s` of turned time."""

    def __init__(self, desk: Desk, time: TurnedTime, *, deadline_s: float) -> None:
        self._desk = desk
        self._time = time
        self._deadline_s = deadline_s

    async def credit(self, payment: CreditRequest) -> Evidence:
        """See Provider."""
        began_s = self._time.now_s()
        self._desk.calls += 1
        order = Order(
            document=str(payment.document),
            cashback_centavos=payment.cashback_centavos,
            reference=payment.reference,
        )
        timing = self._desk.instructions.timing
        behaviour = self._desk.instructions.choose(order.document)
        wait_s = timing.delay_s + (timing.late_s if behaviour.applies is Applies.LATE else 0.0)
        answer, in_time = AnswerReader(), False
        if wait_s >= self._deadline_s:
            # An order that arrived is carried out, whoever still waits.
            self._time.later(wait_s, lambda: self._carry_out(order, behaviour))
            await self._time.sleep(self._deadline_s)
        else:
            if wait_s:
                await self._time.sleep(wait_s)
            sent = self._carry_out(order, behaviour)
            in_time = await self._hear(answer, sent, behaviour, left_s=self._deadline_s - wait_s)
        ended_s = self._time.now_s() - began_s
        return _evidence(answer, "" if in_time else "deadline", ended_s=ended_s)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _carry_out(self, order: Order, behaviour: Behaviour) -> bytes:
        credit = None
        if behaviour.applies is not Applies.NEVER:
            credit = self._desk.credit(order)
        if behaviour.applies is Applies.TWICE:
            self._desk.credit(order)
        return behaviour.answer(self._desk.cue(order, credit))

    async def _hear(
        self, answer: AnswerReader, sent: bytes, behaviour: Behaviour, *, left_s: float
    ) -> bool:
        """Read it as it comes; whether it ended in time."""
        drip_s = self._desk.instructions.timing.drip_s if behaviour.dripped else 0.0
        heard = sent if drip_s * len(sent) < left_s else sent[: int(left_s / drip_s)]
        if drip_s:
            await self._time.sleep(min(left_s, drip_s * len(sent)))
        answer.feed(heard)
        if answer.ended or heard != sent:
            return answer.ended
        match behaviour.end:
            case End.CLOSE:
                answer.end()
            case End.RESET:
                answer.lose("reset by the provider")
            case End.HANG if self._desk.instructions.timing.hang_s < left_s:
                await self._time.sleep(self._desk.instructions.timing.hang_s)
                answer.end()
            case End.HANG | End.KEEP:
                await self._time.sleep(left_s)
                return False
        return True


def _evidence(answer: AnswerReader, reason: str, *, ended_s: float) -> Evidence:
    """As the transport tells of a real one."""
    code, wait = answer.status_code, answer.header(b"retry-after")
    asked = code is not None and code >= 300
    return Evidence(
        phase=Phase.SENT if code is None else Phase.STATUS_SEEN,
        status_code=code,
        body=answer.body,
        reason="" if answer.complete else answer.fault or reason,
        retry_after_s=(
            parse_retry_after(wait, answered=answer.header(b"date"))
            if asked and wait is not None
            else None
        ),
        connected_s=0.0,
        sent_s=0.0,
        ended_s=ended_s,
    )
