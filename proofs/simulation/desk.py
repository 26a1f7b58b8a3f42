"""The provider's books: what it credited, and the statements that it makes of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation import line_key
from cashback_core.reconciliation.statements import StatementHead
from cashback_core.testing.memory_rows import paid_document
from simulation.mix import MARGIN, STATEMENT_LAG_S, Mix, instant
from simulation.papers import (
    LATEST_START,
    NEEDS_A_KNOWN_PAYMENT,
    Paper,
    Statement,
    spoilt,
)
from simulation.tellings import LOSSY, NOBODY, UNREADABLE, Credit, Telling, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from random import Random

    from cashback_core.delivery.provider import CreditRequest
    from cashback_core.reconciliation.statements import StatementLine
    from cashback_core.testing.memory_rows import Row
    from simulation.virtual_loop import VirtualLoop

LATEST_SECOND_S: Final = 60.0
"""How much later the provider credits again, takes back, or credits somebody else."""


class Desk:
    """`ledger` is the truth that everything is compared with; reversals and strangers stand on it.

    `known` tells of payments that the gateway surely knows to be inside a window: without one
    nobody could tell a foreign file, and none is made. `customers` are those of the gateway.
    """

    def __init__(self, loop: VirtualLoop, random: Random, mix: Mix) -> None:
        self.ledger: list[Credit] = []
        self.known: Callable[[datetime, datetime], Iterable[Row]] = lambda _since, _through: ()
        self.customers: tuple[str, ...] = ()
        self.credits_of: defaultdict[str, list[Credit]] = defaultdict(list)
        self.hidden: dict[str, bool] = {}
        self._loop = loop
        self._random = random
        self._mix = mix

    def credit(self, payment: CreditRequest, *, denied: bool, honest: bool) -> None:
        """Money moves, perhaps more than once, and perhaps back; somebody else's, too."""
        random, mix = self._random, self._mix
        told = Telling.TRUE
        if not honest and mix.tellings and random.random() < mix.altered:
            told = random.choice(mix.tellings)
        others = [one for one in self.customers if one != payment.document]
        others = [NOBODY, *others] if mix.echoes_reference else [NOBODY]
        credit = Credit(
            reference=payment.reference,
            document=payment.document,
            cashback_centavos=payment.cashback_centavos,
            at_s=self._loop.time(),
            told=told,
            denied=denied,
            other=random.choice(others),
        )
        self.enter(credit)
        if honest:
            return
        if random.random() < mix.again:
            for _ in range(random.randint(1, 2)):
                self._later(replace(credit, again=True))
        elif random.random() < mix.reversals:
            self._later(replace(credit, back=credit))
        if random.random() < mix.foreign:
            self._later(self._strangers())

    def enter(self, credit: Credit) -> None:
        """Enter it in the books."""
        self.ledger.append(credit)
        self.credits_of[line_key(self.line(credit))].append(credit)

    def line(self, credit: Credit, number: int = 0) -> StatementLine:
        """The line that tells of a credit."""
        mix = self._mix
        return line_of(
            credit,
            number=number,
            at=instant(credit.at_s + mix.provider_skew_s),
            prints_reference=mix.prints_reference,
            dates_only=mix.dates_only,
        )

    def publish(self, asked_since: datetime, asked_at: datetime, *, honest: bool) -> Statement:
        """The statement of this moment from an instant on, true or false."""
        random, mix = self._random, self._mix
        if not honest:
            self.hide(asked_since, asked_at)
        told = true = self.true(asked_since, asked_at)
        if not honest and mix.papers and random.random() < mix.false_statements:
            told = self._spoilt(true, random.choice(mix.papers))
        if mix.watermark is not None and told.head.complete_through is not None:
            told = spoilt(told, mix.watermark)
        return told

    def true(
        self, asked_since: datetime, asked_at: datetime, since: datetime | None = None
    ) -> Statement:
        """What was credited from an instant on, by the provider's own clock."""
        since, skew_s = since or asked_since, self._mix.provider_skew_s
        through = instant(self._loop.time() - STATEMENT_LAG_S + skew_s)
        head = StatementHead(
            asked_since=asked_since,
            asked_at=asked_at,
            since=since,
            complete_through=through,
            declared_count=None,
            declared_centavos=None,
        )
        credits_ = (
            credit
            for credit in self.ledger
            if since <= instant(credit.at_s + skew_s) <= through
            and not self.hidden.get(credit.reference or "")
        )
        lines = tuple(self.line(credit, number) for number, credit in enumerate(credits_, 1))
        return Statement(head=head, lines=()).with_lines(lines)

    def hide(self, since: datetime, asked_at: datetime) -> None:
        """Choose applied cashbacks that no statement tells from now on.

        Only with references: without, the line of an equal one would be taken for theirs.
        """
        if not self._mix.hidden:
            return
        for row in self._known(since, asked_at, instant(self._loop.time())):
            key = str(row.record.id)
            if key not in self.hidden:
                self.hidden[key] = self._random.random() < self._mix.hidden

    def _spoilt(self, true: Statement, paper: Paper) -> Statement:
        head = true.head
        if paper is Paper.LATER_START:
            since = head.asked_since + LATEST_START * self._random.random()
            return self.true(head.asked_since, head.asked_at, since)
        known: tuple[str, int] | None = None
        if paper in NEEDS_A_KNOWN_PAYMENT:
            through = head.complete_through
            assert through is not None
            row = next(iter(self._known(head.asked_since, head.asked_at, through)), None)
            if row is None:
                return true
            known = paid_document(row.record), row.record.cashback.cashback_centavos
        return spoilt(true, paper, known)

    def _known(self, since: datetime, asked_at: datetime, through: datetime) -> Iterable[Row]:
        """What is surely paid inside a window, and told as it is."""
        altered = {one.reference for one in self.ledger if one.told not in _PLAIN or one.back}
        for row in self.known(since, min(through, asked_at - MARGIN.skew)):
            if str(row.record.id) not in altered and not self.hidden.get(str(row.record.id)):
                yield row

    def _strangers(self) -> Credit:
        """Somebody else's credit on the same account.

        Without references it is never of a customer and an amount of ours: nothing at all could
        tell it from ours.
        """
        random, echoes = self._random, self._mix.echoes_reference
        ours = random.random() < 0.5
        document = random.choice(self.customers) if ours else str(random.randrange(10**10, 10**11))
        amounts = (100, 300, 77, 12_345) if echoes or not ours else (77, 12_345)
        return Credit(
            reference=None,
            document=document,
            cashback_centavos=random.choice(amounts),
            at_s=0.0,
            printed=random.choice((None, "LOJA 77", "2026/06/000123")),
        )

    def _later(self, credit: Credit) -> None:
        self._loop.outside(
            self._random.random() * LATEST_SECOND_S,
            lambda: self.enter(replace(credit, at_s=self._loop.time())),
        )


_PLAIN: Final = (
    frozenset(Telling) - LOSSY - {Telling.NET_OF_FEE, Telling.OTHER_CUSTOMER} - set(UNREADABLE)
)
