"""Stored sales with what they earned, as a stream: pages in the order of their acceptance."""

# ruff: noqa: D102 (the port, cashback_core.figures.repricing.StoredSales, has the words)

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.database import REPORTING
from adapters.postgres.sales.records import payments_of
from cashback_core.figures.repricing import StoredSale, StoredSales
from cashback_core.sales.calculation import Cashback, LineCashback, NothingDue
from cashback_core.sales.place import NOWHERE
from cashback_core.sales.sale import Line, Sale
from cashback_core.values.exact import Exact
from cashback_core.values.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from adapters.postgres.connection.database import Database

PAGE: Final = 200
"""Sales that are read, and then computed, at once: whoever serves beside waits no longer."""

_BOUNDS: Final[LiteralString] = """
    select d::date, day_begins_at(%(merchant)s, d::date), day_ends_at(%(merchant)s, d::date)
    from generate_series(%(since)s::date, %(through)s::date, interval '1 day') as d
"""
_SALES: Final[LiteralString] = """
    select s.accepted_at, s.cashback_id, s.sold_at, s.total_centavos, s.discount_centavos,
        s.surcharge_centavos, s.difference_centavos, s.payments, s.rounding, s.exact,
        s.surcharge_earns, s.nothing_due, c.cashback_centavos, c.status = 'recorded',
        (
            select jsonb_agg(jsonb_build_array(
                l.type, l.value_e10, l.qty_e4, l.amount_centavos, l.discount_centavos,
                l.surcharge_centavos, l.difference_centavos, l.rate_bp, l.rate_version, l.exact,
                l.cashback_centavos, l.excluded
            ) order by l.position)
            from sale_lines as l
            where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
        )
    from (
        select * from sales as s
        where s.merchant_id = %(merchant)s
            and s.accepted_at >= %(after_at)s and s.accepted_at < %(until)s
            and (s.accepted_at, s.cashback_id) > (%(after_at)s, %(after_id)s)
        order by s.accepted_at, s.cashback_id
        limit %(limit)s
    ) as s
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    order by s.accepted_at, s.cashback_id
"""
_IN_ORDER: Final[LiteralString] = """
    select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
"""
"""A page reads no more than it tells, also of a table that was never analysed."""

_LOWEST: Final = "00000000-0000-0000-0000-000000000000"


class PostgresStoredSales(StoredSales):
    """Reads over the connections of reports, page after page."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(REPORTING)

    async def pages(
        self, merchant_id: int, *, since: date, through: date
    ) -> AsyncIterator[Sequence[StoredSale]]:
        values = {"merchant": merchant_id, "since": since, "through": through}
        async with self._pool.reading_for(merchant_id) as connection:
            found = await connection.execute(_BOUNDS, values)
            days, begins, ends = zip(*await found.fetchall(), strict=True)
        at: datetime = begins[0]
        last: UUID | str = _LOWEST
        while True:
            asked = {
                "merchant": merchant_id,
                "after_at": at,
                "after_id": last,
                "until": ends[-1],
                "limit": PAGE,
            }
            async with self._pool.reading_for(merchant_id) as connection:
                await connection.execute(_IN_ORDER)
                found = await connection.execute(_SALES, asked)
                rows = await found.fetchall()
            if not rows:
                return
            yield [
                _stored(days[bisect_right(begins, row[0]) - 1], row)
                for row in rows
                if not row[13]  # history
            ]
            at, last = rows[-1][0], rows[-1][1]


def _stored(day: date, row: Sequence[Any]) -> StoredSale:
    (
        _, _, sold_at, total, discount, surcharge, difference, payments, rounding, exact,
        surcharge_earns, nothing_due, cashback_centavos, _, lines,
    ) = row  # fmt: skip
    return StoredSale(
        day=day,
        sale=Sale.known(
            sold_at=sold_at,
            customer=None,
            lines=tuple(_line(line) for line in lines),
            total_centavos=total,
            discount_centavos=discount,
            surcharge_centavos=surcharge or 0,
            difference_centavos=difference or 0,
            payments=payments_of(payments),
            place=NOWHERE,
            sale_id=None,
            confirm_later=False,
            cashier=None,
            metadata=(),
            sold_at_wall=None,
        ),
        cashback=Cashback(
            cashback_centavos=cashback_centavos,
            exact=Exact.known(exact),
            rounding=Rounding(rounding),
            lines=tuple(_earned(line) for line in lines),
            nothing_due=None if nothing_due is None else NothingDue(nothing_due),
            surcharge_earns=surcharge_earns is True,
        ),
    )


def _line(row: Sequence[Any]) -> Line:
    type_, value_e10, qty_e4, amount, discount, surcharge, difference, *_ = row
    return Line.known(
        type=type_,
        value_e10=value_e10,
        qty_e4=qty_e4,
        amount_centavos=amount,
        discount_centavos=discount,
        surcharge_centavos=surcharge or 0,
        sku=None,
        difference_centavos=difference or 0,
    )


def _earned(row: Sequence[Any]) -> LineCashback:
    type_, _, _, amount, discount, surcharge, _, rate_bp, version, exact, earned, excluded = row
    return LineCashback(
        type=type_,
        rate_bp=rate_bp,
        rate_version=version,
        amount_centavos=amount,
        net_centavos=amount - discount + (surcharge or 0),
        exact=Exact.known(exact),
        cashback_centavos=earned,
        excluded=excluded is True,
    )
