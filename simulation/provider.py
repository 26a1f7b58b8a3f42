"""A provider without idempotency that lies, is late, and publishes statements; never killed."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core import statements
from cashback_core.evidence import Evidence, Phase
from cashback_core.money import format_centavos
from cashback_core.ports import (
    Payment,
    Provider,
    StatementReading,
    Statements,
    StatementUnavailable,
    UnsendablePayment,
)
from cashback_core.settlement import Statement, StatementLine
from simulation.mix import EPOCH, MARGIN, POLICY, STATEMENT_LAG_S, Behaviour, Mix
from simulation.virtual_loop import PROCESS, Call

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from random import Random

    from simulation.virtual_loop import VirtualLoop

_CODES: Final = {
    Behaviour.OK: (200, 202, 204),
    Behaviour.REDIRECT: (302, 307),
    Behaviour.CONFLICT: (409, 408, 423, 499),
    Behaviour.SERVER_ERROR: (500, 502, 503, 504, 520),
    Behaviour.BUSY: (429, 425),
    Behaviour.REFUSED: (400, 422, 451),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Money that moved; `at_s` is the virtual second."""

    reference: str
    document: str
    cashback_centavos: int
    at_s: float


class LyingProvider(Provider):
    """Takes payments of every process; `ledger` is the truth that everything is compared with.

    `on_receipt` is told of each request whose bytes have left.
    """

    def __init__(self, loop: VirtualLoop, random: Random, mix: Mix) -> None:
        self.ledger: list[Credit] = []
        self.honest = False
        self.poisoned: set[str] = set()
        self.on_receipt: Callable[[Payment], None] | None = None
        self._loop = loop
        self._random = random
        self._mix = mix

    async def credit(self, payment: Payment) -> Evidence:
        """One call, as a client sees it: within the deadline, unless the process was frozen."""
        if payment.reference in self.poisoned:
            raise UnsendablePayment("poison")
        random, began_s = self._random, self._loop.time()
        behaviour = self._behaviour()
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

    def statements(self, known: Callable[[Statement], tuple[str, int] | None]) -> Statements:
        """How a settler gets statements.

        `known` tells a document and amount that the gateway knows to be paid inside the window:
        without one nobody could tell a foreign file, and none is made.
        """
        return _Desk(self, known)

    def statement(
        self, since: datetime, known: Callable[[Statement], tuple[str, int] | None]
    ) -> Statement:
        """The statement of this moment from an instant on, true or false."""
        random, mix = self._random, self._mix
        through = instant(self._loop.time() - STATEMENT_LAG_S + mix.provider_skew_s)
        if not self.honest and random.random() < mix.late_windows:
            since += timedelta(seconds=random.uniform(0, 300))
        true = _retotalled(
            Statement(
                since=since,
                complete_through=through,
                lines=self._lines(since, through),
                declared_count=None,
                declared_centavos=None,
            )
        )
        if self.honest or random.random() >= mix.false_statements:
            return true
        paid = known(true)
        return true if paid is None else self._false(true, paid)

    async def carried(self) -> bool:
        """Whether a statement arrives, after the time that it is on its way."""
        await asyncio.sleep(self._random.random() * 3)
        return self.honest or self._random.random() > 0.1

    def _false(self, true: Statement, known: tuple[str, int]) -> Statement:
        match self._random.randrange(6):
            case 0:
                return replace(true, complete_through=None)
            case 1:  # the upload broke off
                return replace(true, lines=true.lines[: len(true.lines) // 2])
            case 2:  # a file of another account, in perfect order
                line = StatementLine(
                    document="00000000191", cashback_centavos=1, credited_at=true.since
                )
                return _retotalled(replace(true, lines=(line,)))
            case 3:
                return replace(true, bad_lines=1, lines=true.lines[1:])
            case 4:
                return replace(true, declared_centavos=(true.declared_centavos or 0) + 1, lines=())
            case _:  # a page is missing, and the totals agree with what is there
                return _retotalled(
                    replace(true, lines=tuple(line for line in true.lines if _key(line) != known))
                )

    def _lines(self, since: datetime, through: datetime) -> tuple[StatementLine, ...]:
        """What was credited between two instants, by the provider's own clock."""
        echoes, skew_s = self._mix.echoes_reference, self._mix.provider_skew_s
        return tuple(
            StatementLine(
                document=credit.document,
                cashback_centavos=credit.cashback_centavos,
                credited_at=instant(credit.at_s + skew_s),
                reference=credit.reference if echoes else None,
            )
            for credit in self.ledger
            if since <= instant(credit.at_s + skew_s) <= through
        )

    def _behaviour(self) -> Behaviour:
        mix = self._mix
        if self.honest or not mix.behaviours or self._random.random() >= mix.lies:
            return Behaviour.CREATED
        return self._random.choices(mix.behaviours, mix.weights)[0]

    def _receive(
        self, payment: Payment, behaviour: Behaviour, answer: asyncio.Future[Evidence]
    ) -> None:
        """The bytes are here: money may move, now or later, and an answer may go back."""
        if self.on_receipt is not None:
            self.on_receipt(payment)
        random = self._random
        if behaviour in _CREATED:
            late = behaviour is Behaviour.LATE_CREATED
            delay_s = random.random() * (POLICY.deadline_s * 1.2 if late else 0.5)
            self._loop.outside(delay_s, self._pay, payment, answer, _created(payment, behaviour))
            return
        if behaviour in _APPLIED_OR_NOT and random.random() < 0.6:
            longest_s = MARGIN.provider_delay_s
            delay_s = random.choice((0.0, random.random() * 2, random.random() * longest_s))
            if random.random() < self._mix.at_worst:
                delay_s = longest_s
            self._loop.outside(delay_s, self._pay, payment, None, None)
        if behaviour not in {Behaviour.HANG, Behaviour.SLOW_HANG}:
            self._loop.outside(random.random(), _tell, answer, self._word(payment, behaviour))

    def _pay(
        self, payment: Payment, answer: asyncio.Future[Evidence] | None, word: Evidence | None
    ) -> None:
        self.ledger.append(
            Credit(
                reference=payment.reference,
                document=payment.document,
                cashback_centavos=payment.cashback_centavos,
                at_s=self._loop.time(),
            )
        )
        if answer is not None and word is not None:
            _tell(answer, word)

    def _word(self, payment: Payment, behaviour: Behaviour) -> Evidence:
        if behaviour is Behaviour.RESET:
            return Evidence(phase=Phase.SENT, reason="reset")
        if behaviour is Behaviour.FOREIGN_CREATED:
            other = replace(payment, cashback_centavos=payment.cashback_centavos + 1)
            return _created(other, behaviour)
        retry_after_s = self._random.choice((None, 0.0, 5.0, 1e6))
        code = self._random.choice(_CODES[behaviour])
        return Evidence(phase=Phase.STATUS_SEEN, status_code=code, retry_after_s=retry_after_s)


def instant(seconds: float) -> datetime:
    """The instant of a virtual second."""
    return EPOCH + timedelta(seconds=seconds)


class _Desk(Statements):
    """Where one process asks for statements."""

    def __init__(
        self, provider: LyingProvider, known: Callable[[Statement], tuple[str, int] | None]
    ) -> None:
        self._provider = provider
        self._known = known

    @asynccontextmanager
    async def since(self, instant: datetime) -> AsyncGenerator[StatementReading, None]:
        """Published at one moment, read at a later one, or not at all."""
        statement = self._provider.statement(instant, self._known)
        if not await self._provider.carried():
            raise StatementUnavailable("lost")
        yield _Told(statement, asked_since=instant)

    async def aclose(self) -> None:
        """Nothing is open."""


class _Told(StatementReading):
    """A statement of the simulation, as it is read; its bad lines come last."""

    def __init__(self, statement: Statement, *, asked_since: datetime) -> None:
        self._statement = statement
        self._asked_since = asked_since

    async def lines(self) -> AsyncGenerator[list[statements.StatementLine], None]:
        """All of them at once."""
        told = self._statement
        yield [
            statements.StatementLine(
                number=number,
                document=line.document,
                cashback_centavos=line.cashback_centavos,
                credited_at=line.credited_at,
                reference=line.reference,
            )
            for number, line in enumerate(told.lines, 1)
        ] + [
            statements.StatementLine(
                number=len(told.lines) + number,
                kind=statements.LineKind.UNREADABLE,
                document=None,
                cashback_centavos=None,
                credited_at=None,
                problem="row: not an object",
            )
            for number in range(1, told.bad_lines + 1)
        ]

    @property
    def head(self) -> statements.StatementHead:
        """As it was published."""
        told = self._statement
        return statements.StatementHead(
            asked_since=self._asked_since,
            asked_at=datetime.max.replace(tzinfo=UTC),
            since=told.since,
            complete_through=told.complete_through,
            declared_count=told.declared_count,
            declared_centavos=told.declared_centavos,
        )


def _retotalled(statement: Statement) -> Statement:
    return replace(
        statement,
        declared_count=len(statement.lines),
        declared_centavos=sum(line.cashback_centavos for line in statement.lines),
    )


def _key(line: StatementLine) -> tuple[str, int]:
    return line.document, line.cashback_centavos


def _created(payment: Payment, behaviour: Behaviour) -> Evidence:
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
