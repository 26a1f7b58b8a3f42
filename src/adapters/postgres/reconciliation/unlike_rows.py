"""What of a merchant's day is not plainly alike, as SQL reads it: the statements and their rows.

The one that matches is a full outer join of the file's lines, by the sales that their numbers name,
with the day's records; what it leaves out is told and recorded alike, to the letter, and credited
once. All else goes whole to the merge of the core, which alone says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from cashback_core.reconciliation.three_sides import ErpLine

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from psycopg import AsyncConnection


SILENT_S: Final = 615.0
"""How long an answer is waited for: longer than the server lets a statement of it run."""

PATIENCE_S: Final = 600
AT_ONCE: Final = 2_000
"""Rows that are fetched at once."""

# A number goes with its store where each store counts by itself; an access key, of 44 characters,
# does not: `cashback_core.sales.same_sale.number_name`.
_LINES: Final[LiteralString] = """
    select e.line, e.name, n.cashback_id as record_id, e.store, e.document, e.customer_name,
        e.sold_at, e.total_centavos, e.discount_centavos, e.cashback_centavos, e.problem
    from erp_lines as e
    left join sale_names as n
        on n.merchant_id = %(merchant_id)s and n.kind = e.name_kind
        and n.name = case
            when %(by_store)s and e.name_kind = 'sale_id' and length(e.name) <> 44
                then e.store || ' ' || e.name
            else e.name
        end
    where e.file_id = %(file_id)s
"""
_RECORDS: Final[LiteralString] = """
    select s.cashback_id, s.document, s.name as customer_name, s.store,
        s.sold_at, s.total_centavos, s.discount_centavos, s.difference_centavos, s.same_content_as,
        c.cashback_centavos, c.status, c.applied_at
    from sales as s
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    where s.merchant_id = %(merchant_id)s
"""
_OF_THE_DAY: Final[LiteralString] = (
    _RECORDS + " and s.sold_at >= %(begins_at)s and s.sold_at < %(ends_at)s"
)
_COLUMNS: Final[LiteralString] = """
    l.line, l.name, l.record_id, l.store, l.document, l.customer_name, l.sold_at,
    l.total_centavos, l.discount_centavos, l.cashback_centavos, l.problem,
    r.cashback_id, r.document, r.customer_name, r.store, r.sold_at, r.total_centavos,
    r.discount_centavos, r.difference_centavos, r.same_content_as, r.cashback_centavos,
    r.status, r.applied_at
"""
# What is told is told as it is recorded, to the letter; what is spelt otherwise the core judges, as
# a foreign document, which is stored behind "F:".
_ALIKE: Final[LiteralString] = """
    l.line is not null and r.cashback_id is not null and l.problem is null
    and (l.document is null or l.document = r.document)
    and (l.customer_name is null or l.customer_name = r.customer_name)
    and (l.store is null or r.store is null or l.store = r.store)
    and (l.sold_at is null or l.sold_at = r.sold_at)
    and (l.total_centavos is null or l.total_centavos = r.total_centavos)
    and (l.discount_centavos is null or l.discount_centavos = r.discount_centavos)
    and (l.cashback_centavos is null or l.cashback_centavos = r.cashback_centavos)
"""
# By the statement: in the account's book, and none of those that are not plainly credited.
_CREDITED: Final[LiteralString] = """
    r.status = 'applied' and r.applied_at >= %(applied_since)s
    and not (r.cashback_id = any(%(apart)s))
"""
UNLIKE: Final[LiteralString] = f"""
    select {_COLUMNS}
    from ({_LINES}) as l
    full join ({_OF_THE_DAY}) as r on r.cashback_id = l.record_id
    where (({_ALIKE}) and (not %(is_credited)s or ({_CREDITED}))) is not true
"""  # noqa: S608 (made of literals)
"""The one statement that matches a day."""

LINES_OF: Final[LiteralString] = f"""
    select l.* from ({_LINES}) as l where l.record_id = any(%(ids)s)
"""  # noqa: S608 (made of literals)
# Two lines of one sale, both of which read as it does.
TOLD_TWICE: Final[LiteralString] = f"""
    select l.record_id from ({_LINES}) as l where l.record_id is not null
    group by l.record_id having count(*) > 1
"""  # noqa: S608 (made of literals)
OF_THESE: Final[LiteralString] = _RECORDS + " and s.cashback_id = any(%(ids)s)"
WHOLE_LINES: Final[LiteralString] = """
    select count(*), coalesce(sum(total_centavos), 0), coalesce(sum(cashback_centavos), 0)
    from erp_lines where file_id = %(file_id)s
"""
WHOLE_RECORDS: Final[LiteralString] = f"""
    select count(*), coalesce(sum(r.total_centavos), 0), coalesce(sum(r.cashback_centavos), 0)
    from ({_OF_THE_DAY}) as r
"""  # noqa: S608 (made of literals)


async def streamed(
    connection: AsyncConnection[Any], query: LiteralString, values: Mapping[str, Any]
) -> AsyncGenerator[list[tuple[Any, ...]], None]:
    """Rows of a statement, some at once; by no cursor, of which no plan is parallel."""
    rows: list[tuple[Any, ...]] = []
    with watched(connection, SILENT_S):
        async with connection.cursor() as cursor:
            async for row in cursor.stream(query, values):
                rows.append(row)
                if len(rows) == AT_ONCE:
                    yield rows
                    rows = []
    if rows:
        yield rows


RECORD: Final = 11
"""Where in a row the record's columns begin."""


def erp_line(row: Sequence[Any]) -> ErpLine:
    """A line of the file, by the first columns of a row."""
    (
        number, name, record, store, document, customer_name, sold_at, total, discount, cashback,
        problem, *_,
    ) = row  # fmt: skip
    return ErpLine(
        number=number,
        name=name,
        record=record,
        store=store,
        document=document,
        customer_name=customer_name,
        sold_at=sold_at,
        total_centavos=total,
        discount_centavos=discount,
        cashback_centavos=cashback,
        problem=problem,
    )
