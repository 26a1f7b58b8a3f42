"""The provider's account beyond our orders: false statements, strangers' credits, its own mistakes.

Statements are told falsely in turns, each about one customer who bought for this alone and whose
calls end in doubt: whoever takes that telling for proof of absence pays them twice. After each
turn somebody else's system credits on the account, one order is credited twice, one answered 201
and not credited, one credited and refused: the statement is the only one to tell of these.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from adapters.cashback_client.sandbox.tellings import TELLINGS
from chaos.calls import call
from chaos.sales import CUSTOMERS, cpf, money

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from chaos.erp import Erp
    from chaos.system import System

FOREIGN: Final = "promo-"
"""How the references of another system's credits begin."""

TOLD_TO_A_PERSON: Final = frozenset(
    {
        "other_amount", "other_customer", "credited_twice", "credited_three_times",
        "foreign_credit", "missing_lines", "reversed", "reversed_by_type", "amount_unreadable",
        "document_masked", "instant_unreadable", "instant_missing", "row_not_an_object",
    }
)  # fmt: skip
"""Tellings of which somebody must hear, whether or not money is in danger."""

HIDES_THE_CREDIT: Final = TOLD_TO_A_PERSON | {"declared_later", "one_page_of_several"}
"""Tellings that may pass for proof of absence; they last until a doubt would be proved absent."""

_PATIENT_S: Final = 11.0
"""Longer than a doubt's margin, two reconciliations and the time to send it again."""

_WATERMARK_S: Final = 5.0
_QUICK_S: Final = 3.0
_TRUE_S: Final = 2.0
"""Between two false statements doubts are decided, or the run would prove less than without any."""

_EVERYBODY: Final = 5_000
_NOBODY: Final = 9_000
"""Numbers of the first customer who buys for a telling alone, and of the first stranger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """One telling: about whom, and while it was told."""

    telling: str
    document: str
    began_at: datetime
    ended_at: datetime


@dataclass(slots=True, kw_only=True)
class Account:
    """One run's provider, directed by the seed; `lies` and `mistaken` tell what it did.

    `mistaken` are customers whom it credited twice or not at all though it said otherwise. Each
    bought once; what became of that the statement alone can tell. `refused` are those whose credit
    was called refused, and is put right by a statement that repeats our reference.
    """

    system: System
    erp: Erp
    random: Random
    tellings: Sequence[str]
    echoes: bool
    lies: list[Lie] = field(default_factory=list[Lie])
    mistaken: set[str] = field(default_factory=set[str])
    refused: set[str] = field(default_factory=set[str])
    strangers: int = 0
    _customers: Iterator[int] = field(default_factory=lambda: itertools.count(_EVERYBODY))
    _turns: Iterator[int] = field(default_factory=itertools.count)

    async def run(self, seconds: float) -> None:
        """One telling after the other for so long; the truth between them."""
        if not self.tellings:
            return
        deck = itertools.cycle(self.random.sample(self.tellings, len(self.tellings)))
        async with asyncio.TaskGroup() as sales:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    for name in deck:
                        await self._tell(name, sales)
                        # Apart: what is missing keeps every doubt, the one that is meant as well.
                        sales.create_task(self._others(next(self._turns)))
                        await asyncio.sleep(_TRUE_S)

    async def _tell(self, name: str, sales: asyncio.TaskGroup) -> None:
        document = self._next_customer()
        if name == "missing_lines" and not await self._has_bought(document):
            return  # without a credit that is known here nobody could see that lines are missing
        began_at = datetime.now(UTC)
        await self._direct(
            document=document,
            behaviour="late_apply" if name.startswith("watermark") else "hang_applied",
            statement=name,
            lines_of=document,
        )
        try:
            sales.create_task(self.erp.sell_to(document))
            await asyncio.sleep(self._lasts_s(name))
        finally:
            ended_at = datetime.now(UTC)
            self.lies.append(
                Lie(telling=name, document=document, began_at=began_at, ended_at=ended_at)
            )
        await self._direct(statement=[])

    def _lasts_s(self, name: str) -> float:
        if name in HIDES_THE_CREDIT:
            return _PATIENT_S
        return _WATERMARK_S if name.startswith("watermark") else _QUICK_S

    async def _has_bought(self, document: str) -> bool:
        """Whether a first sale of this customer is known to be paid."""
        await self._direct(document=document, behaviour="good")
        sale = await self.erp.sell_to(document)
        answers = self.erp.book.answers.get(sale.number, [])
        return bool(answers) and answers[-1].status == 201

    async def _others(self, turn: int) -> None:
        """A stranger's credit, and mistakes of the provider's own."""
        await self._stranger(turn)
        await self._mistake("credited_twice_201")
        await self._mistake(("lost_201", "refused_422_applied")[turn % 2])

    async def _stranger(self, turn: int) -> None:
        """Of nobody's customer and amount, of a customer of ours, of an amount of ours."""
        known = cpf(self.random.randrange(CUSTOMERS))
        document, centavos = (
            (cpf(_NOBODY + turn), 7_777),
            (known, 7),
            (cpf(_NOBODY + turn), self.random.randrange(10, 81, 10)),
        )[turn % 3]
        order = {"document": document, "cashback": money(centavos)}
        self.strangers += 1
        with suppress(OSError, HTTPException, ValueError):
            # Treated as any order is: credited, refused, hung up on.
            await asyncio.to_thread(
                call,
                self.system.url("sandbox") + "/api/mock/Cashback",
                order,
                headers={"X-Reference": f"{FOREIGN}{turn}"},
            )

    async def _mistake(self, behaviour: str) -> None:
        document = self._next_customer()
        # What a reference says the settler does, sooner or later.
        settled = behaviour == "refused_422_applied" and self.echoes
        (self.refused if settled else self.mistaken).add(document)
        await self._direct(document=document, behaviour=behaviour, times=1)
        await self.erp.sell_to(document)

    def _next_customer(self) -> str:
        return cpf(next(self._customers))

    async def _direct(self, **instructions: Any) -> None:
        url = self.system.url("sandbox") + "/behaviours"
        await asyncio.to_thread(call, url, instructions)


def every_telling() -> tuple[str, ...]:
    """The names of all, in the table's order."""
    return tuple(TELLINGS)
