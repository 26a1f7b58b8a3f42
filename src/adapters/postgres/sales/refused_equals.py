"""What was refused because of a recorded sale with its content, or of another group's name.

Noted with the group of sales that it came in, read by page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.sales.sale_names import encode
from cashback_core.intake.equal_sales import MAX_LISTED, EqualSales, Try, noted_name
from cashback_core.sales.erased import is_pseudonym
from cashback_core.sales.same_sale import Collision, EqualOutcome, NameKind
from cashback_core.values.documents import stored_document
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.sales.sale_names import Cursor
    from cashback_core.intake.acceptance import Submission
    from cashback_core.sales.same_sale import EqualRefused


async def note_refused(
    cursor: Cursor, refused: Sequence[tuple[Submission, EqualRefused | Collision]]
) -> None:
    """Note each refused request beside the record that it is refused for, the first MAX_LISTED.

    Two processes that count at once may note a few more: no request waits for the count.
    """
    if not refused:
        return
    rows: list[dict[str, Any]] = [
        {
            "m": s.merchant_id,
            "i": s.id,
            "c": meaning.id,
            "o": _outcome(meaning),
            "k": noted_name(s.idempotency_key, s.sale.document),
            "s": noted_name(s.sale.sale_id, s.sale.document),
            "n": None if s.sale.customer is None else s.sale.customer.name,
            "at": s.sale.sold_at,
            "by": s.submitted_by,
        }
        for s, meaning in refused
    ]
    await cursor.execute(
        """
        insert into refused_equals (
            merchant_id, refusal_id, cashback_id, outcome, idempotency_key, sale_id, sold_at,
            submitted_by
        )
        select r.m, r.i, r.c, r.o,
            -- After an erasure neither their name may come back: nothing would take it again.
            case when is_pseudonym(f.document) and tells_of(r.k, f.document, array[r.n])
                then null else r.k end,
            case when is_pseudonym(f.document) and tells_of(r.s, f.document, array[r.n])
                then null else r.s end,
            r.at, r.by
        from (
            select *, row_number() over (partition by m, c order by i) as number
            from jsonb_to_recordset(%s::jsonb) as r (
                m bigint, i uuid, c uuid, o text, k text, s text, n text, at timestamptz, by text
            )
        ) as r
        join sales as f on f.merchant_id = r.m and f.cashback_id = r.c
        where r.number + (
            select count(*) from refused_equals as e
            where e.merchant_id = r.m and e.cashback_id = r.c
        ) <= %s
        on conflict do nothing  -- noted already, by a try whose commit was not told
        """,
        [encode(rows), MAX_LISTED],
    )


def _outcome(meaning: EqualRefused | Collision) -> EqualOutcome:
    """Equal content is told as such, whoever sent it: it is seldom another sale."""
    if isinstance(meaning, Collision) and meaning.kind is not NameKind.CONTENT:
        return EqualOutcome.COLLIDED
    return EqualOutcome.REFUSED


PAGE: Final[LiteralString] = """
    with pairs as materialized (
        (
            select r.merchant_id, r.at, r.refusal_id as id, r.outcome, r.cashback_id,
                r.idempotency_key, r.sale_id, r.sold_at, r.submitted_by
            from refused_equals as r
            where (%(merchant_id)s::bigint is null or r.merchant_id = %(merchant_id)s)
                and (%(outcome)s::text is null or %(outcome)s = r.outcome)
                and (
                    %(at)s::timestamptz is null
                    or r.at <= %(at)s  -- what the index can use
                        and (r.at, r.refusal_id) < (%(at)s::timestamptz, %(id)s::uuid)
                )
            order by r.at desc, r.refusal_id desc
            limit %(limit)s
        )
        union all
        (
            select s.merchant_id, s.accepted_at, s.cashback_id, 'accepted', s.same_content_as,
                s.idempotency_key, s.sale_id, s.sold_at, s.submitted_by
            from sales as s
            where s.same_content_as is not null
                and (%(merchant_id)s::bigint is null or s.merchant_id = %(merchant_id)s)
                and (%(outcome)s::text is null or %(outcome)s = 'accepted')
                and (
                    %(at)s::timestamptz is null
                    or s.accepted_at <= %(at)s
                        and (s.accepted_at, s.cashback_id) < (%(at)s::timestamptz, %(id)s::uuid)
                )
            order by s.accepted_at desc, s.cashback_id desc
            limit %(limit)s
        )
    )
    select p.outcome, m.slug, f.document, f.total_centavos, f.cashback_id, f.accepted_at,
        f.idempotency_key, f.sale_id, f.sold_at, f.submitted_by, p.id, p.at, p.idempotency_key,
        p.sale_id, p.sold_at, p.submitted_by
    from pairs as p
    join merchants as m using (merchant_id)
    join sales as f on f.merchant_id = p.merchant_id and f.cashback_id = p.cashback_id
    order by p.at desc, p.id desc
    limit %(limit)s
"""
"""Pairs of equal content or of one name, the latest first; `equal_sales` reads its rows."""


def equal_sales(row: tuple[Any, ...]) -> EqualSales:
    """The pair of a row of PAGE."""
    (
        outcome, merchant, document, total, first_id, first_at, first_key, first_sale_id,
        first_sold_at, first_by, id_, at, key, sale_id, sold_at, by,
    ) = row  # fmt: skip
    kind = EqualOutcome(outcome)
    return EqualSales(
        outcome=kind,
        merchant=merchant,
        document=None if document is None or is_pseudonym(document) else stored_document(document),
        total_centavos=total,
        first=Try(
            id=first_id,
            at=first_at,
            idempotency_key=first_key,
            sale_id=first_sale_id,
            sold_at=first_sold_at,
            submitted_by=first_by,
        ),
        second=Try(
            id=id_ if kind is EqualOutcome.ACCEPTED else None,
            at=at,
            idempotency_key=key,
            sale_id=sale_id,
            sold_at=sold_at,
            submitted_by=by,
        ),
        position=Position(at=at, id=id_),
    )
