"""What stored sales would have cost under other rates: each computed anew by `calculate`.

A sale is taken as it was stored, with the rates that its lines earned; of the types that change
another rate is put in their place. So without a change every sale earns what it earned, to the
centavo, whatever its merchant's terms have become.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.sales.calculation import Cashback, NothingDue, calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cpf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import date

    from cashback_core.sales.sale import Sale
    from cashback_core.values.rounding import Rounding

MAX_CHANGED: Final = 200
"""Most rates of one question."""

_ALWAYS: Final = datetime(1999, 1, 1, tzinfo=UTC)
_UNPAID: Final = frozenset({NothingDue.COMPANY, NothingDue.FOREIGN, NothingDue.NOBODY})
"""To whom nothing was paid: rates change nothing of that."""

_SOMEBODY: Final = Customer(document=Cpf.known("somebody"), name="somebody")
"""Stands for whoever bought and was paid: an erased customer's sales cost what they cost."""

_RULES: Final = {earns: SaleRules(surcharge_earns=earns) for earns in (False, True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRate:
    """What a type would have earned, in basis points; with `excluded` nothing."""

    type: str
    rate_bp: int
    excluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSale:
    """A sale with what it earned, and the day on which it was accepted."""

    day: date
    sale: Sale
    cashback: Cashback


@dataclass(frozen=True, slots=True, kw_only=True)
class RepricedRow:
    """Lines of one type accepted on one day: what they earned, and what they would have."""

    day: date
    type: str
    lines: int = 0
    net_centavos: int = 0
    stored_centavos: int = 0
    repriced_centavos: int = 0

    @property
    def difference_centavos(self) -> int:
        """What they would have cost more."""
        return self.repriced_centavos - self.stored_centavos


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """The answer, rows by day and type; `changed` sales would have earned something else."""

    since: date
    through: date
    rates: tuple[ChangedRate, ...]
    sales: int
    changed: int
    stored_centavos: int
    repriced_centavos: int
    rows: tuple[RepricedRow, ...]

    @property
    def unmet(self) -> tuple[str, ...]:
        """Types that were told a rate and that no line is of: a typing error, perhaps."""
        met = {row.type for row in self.rows}
        return tuple(rate.type for rate in self.rates if rate.type not in met)


class StoredSales(Protocol):
    """Where stored sales are read."""

    @abstractmethod
    def pages(
        self, merchant_id: int, *, since: date, through: date
    ) -> AsyncIterator[Sequence[StoredSale]]:
        """Those accepted on these days, oldest first, without history, a page at a time.

        Between two pages nothing is held. Raises StoreUnavailable.
        """


def repriced(stored: StoredSale, changes: Mapping[str, ChangedRate]) -> Cashback:
    """What a sale would have earned under the changed rates of some types."""
    cashback = stored.cashback
    if cashback.nothing_due in _UNPAID:
        return cashback
    rates: dict[str, tuple[int, bool]] = {
        line.type: (line.rate_bp, line.excluded) for line in cashback.lines
    }
    rates |= {
        type_: (changes[type_].rate_bp, changes[type_].excluded)
        for type_ in rates
        if type_ in changes
    }
    programme = _programme(cashback.rounding, tuple(sorted(rates.items())))
    rules = _RULES[cashback.surcharge_earns]
    return calculate(stored.sale.of(_SOMEBODY), programme, rules=rules)


@lru_cache(maxsize=4096)
def _programme(rounding: Rounding, rates: tuple[tuple[str, tuple[int, bool]], ...]) -> Programme:
    return Programme(
        tuple(
            Rate(type=type_, rate_bp=bp, version=1, starts_at=_ALWAYS, excluded=excluded)
            for type_, (bp, excluded) in rates
        ),
        rounding,
    )


async def reprice(
    sales: StoredSales,
    merchant_id: int,
    *,
    since: date,
    through: date,
    rates: Sequence[ChangedRate],
    tell: Callable[[date, int], None] = lambda _day, _sales: None,
) -> Repricing:
    """Compute a range of days anew; `tell` hears of the day and of all sales so far, a page each.

    Raises StoreUnavailable.
    """
    changes = {rate.type: rate for rate in rates}
    rows: dict[tuple[date, str], RepricedRow] = {}
    count = changed = stored_centavos = repriced_centavos = 0
    async for page in sales.pages(merchant_id, since=since, through=through):
        for stored in page:
            anew = repriced(stored, changes)
            was, becomes = stored.cashback.cashback_centavos, anew.cashback_centavos
            changed += was != becomes
            stored_centavos += was
            repriced_centavos += becomes
            _add_lines(rows, stored, anew)
        count += len(page)
        if page:
            tell(page[-1].day, count)
    return Repricing(
        since=since,
        through=through,
        rates=tuple(rates),
        sales=count,
        changed=changed,
        stored_centavos=stored_centavos,
        repriced_centavos=repriced_centavos,
        rows=tuple(rows[key] for key in sorted(rows)),
    )


def _add_lines(
    rows: dict[tuple[date, str], RepricedRow], stored: StoredSale, anew: Cashback
) -> None:
    for was, becomes in zip(stored.cashback.lines, anew.lines, strict=True):
        key = (stored.day, was.type)
        row = rows.get(key) or RepricedRow(day=stored.day, type=was.type)
        rows[key] = replace(
            row,
            lines=row.lines + 1,
            net_centavos=row.net_centavos + was.net_centavos,
            stored_centavos=row.stored_centavos + was.cashback_centavos,
            repriced_centavos=row.repriced_centavos + becomes.cashback_centavos,
        )
