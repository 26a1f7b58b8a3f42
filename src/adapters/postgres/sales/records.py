"""Reading records back: one statement for the serving of lists, single records and replays."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.delivery.brakes import HELD, REASONS, WaitsFor
from cashback_core.delivery.evidence import ProviderAnswer
from cashback_core.delivery.record import Record, Standing
from cashback_core.delivery.states import Status
from cashback_core.delivery.waits import Waiting, Why
from cashback_core.sales.calculation import Cashback, LineCashback, NothingDue
from cashback_core.sales.erased import customer_of
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import NOWHERE, Place
from cashback_core.sales.sale import Line, Sale
from cashback_core.values.exact import Exact
from cashback_core.values.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

BRAKE: Final[LiteralString] = """
        case c.status
            when 'held' then (
                select jsonb_build_array(e.reason, e.at) from events as e
                where e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
                    and e.sequence = c.version
            )
            when 'unconfirmed' then jsonb_build_array('confirmation', c.accepted_at, c.due_at)
            when 'pending' then (
                select jsonb_build_array(
                    case when t.type is null then 'merchant_stopped' else 'type_stopped' end,
                    t.stopped_at
                )
                from stops as t
                where t.merchant_id = c.merchant_id and t.lifted_at is null and (
                    t.type is null or exists (
                        select from sale_lines as l
                        where l.merchant_id = c.merchant_id and l.cashback_id = c.cashback_id
                            and l.type = t.type
                    )
                )
                order by t.type nulls first, t.stopped_at
                limit 1
            )
        end
"""
"""What holds a row `c` of cashbacks back on purpose, since when and, if that is known, until when:
`brake_of` reads it."""

RECORD: Final[LiteralString] = f"""
    select s.merchant_id, s.cashback_id, s.sold_at, s.document, s.name, s.total_centavos,
        s.discount_centavos, s.sale_id, s.sold_at_wall, s.same_content_as, s.rounding, s.exact,
        s.accepted_at, s.name_differs, s.submitted_by, coalesce(s.came_under, s.submitted_by),
        s.surcharge_centavos, s.difference_centavos, s.surcharge_earns, s.nothing_due, s.payments,
        s.store, s.till, s.series, s.cashier, s.metadata, s.confirm_later,
        (
            select coalesce(f.came_under, f.submitted_by) from sales as f
            where f.merchant_id = s.merchant_id and f.cashback_id = s.same_content_as
        ),
        c.cashback_centavos, c.status, c.attempt, c.applied_at,
        a.status_code, a.provider_id, a.provider_message, a.provider_created_at,
        (
            select jsonb_agg(jsonb_build_array(
                l.type, l.sku, l.value_e10, l.qty_e4, l.discount_centavos, l.amount_centavos,
                l.rate_bp, l.rate_version, l.exact, l.cashback_centavos, l.surcharge_centavos,
                l.difference_centavos, l.excluded
            ) order by l.position)
            from sale_lines as l
            where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
        ),
        {BRAKE}
    from sales as s
    join cashbacks as c using (merchant_id, cashback_id)
    left join attempts as a
        on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = c.attempt
            -- What came after a statement or a person had settled it changes no final answer.
            and (c.applied_at is null or a.ended_at <= c.applied_at)
"""  # noqa: S608 (made of literals)
"""To be followed by a where clause; `record` reads its rows."""

ONE: Final[LiteralString] = (
    RECORD
    + """
    where s.merchant_id = %(merchant_id)s and s.cashback_id = %(id)s
        and (%(group)s::text is null or coalesce(s.came_under, s.submitted_by) = %(group)s)
"""
)
"""One record of a merchant, if need be only if it came under that group; `one` makes its values."""

MANY: Final[LiteralString] = (
    RECORD + " where s.merchant_id = %(merchant_id)s and s.cashback_id = any(%(ids)s)"
)
"""Records of a merchant in no order; `many` makes its values."""

Row = tuple[Any, ...]

_BY_REASON: Final = {REASONS[why]: why for why in HELD}
_STOPS: Final = frozenset(WaitsFor) - HELD


def one(merchant_id: int, id: UUID, group: str | None = None) -> dict[str, Any]:  # noqa: A002
    """The values of ONE."""
    return {"merchant_id": merchant_id, "id": id, "group": group}


def many(merchant_id: int, ids: list[UUID]) -> dict[str, Any]:
    """The values of MANY."""
    return {"merchant_id": merchant_id, "ids": ids}


def record(row: Row) -> Record:
    """The record of a row of RECORD."""
    (
        merchant_id, cashback_id, sold_at, document, name, total, discount, sale_id, sold_at_wall,
        same_content_as, rounding, exact, accepted_at, name_differs, submitted_by, group,
        surcharge, difference, surcharge_earns, nothing_due, payments, store, till, series,
        cashier, metadata, confirm_later, equal_group, cashback_centavos, status, attempt,
        applied_at, *answer, lines, brake,
    ) = row  # fmt: skip
    return Record(
        id=cashback_id,
        merchant_id=merchant_id,
        sale=Sale.known(
            sold_at=sold_at,
            customer=customer_of(document, name),
            lines=tuple(_line(line) for line in lines),
            total_centavos=total,
            discount_centavos=discount,
            surcharge_centavos=surcharge or 0,
            difference_centavos=difference or 0,
            payments=payments_of(payments),
            place=place_of(store, till, series),
            sale_id=sale_id,
            confirm_later=confirm_later is True,
            cashier=cashier,
            metadata=tuple(sorted(metadata.items())) if metadata else (),
            sold_at_wall=sold_at_wall,
        ),
        cashback=Cashback(
            cashback_centavos=cashback_centavos,
            exact=Exact.known(exact),
            rounding=Rounding(rounding),
            lines=tuple(_line_cashback(line) for line in lines),
            nothing_due=None if nothing_due is None else NothingDue(nothing_due),
            surcharge_earns=surcharge_earns is True,
        ),
        accepted_at=accepted_at,
        standing=standing(status, attempt, applied_at, answer),
        same_content_as=same_content_as,
        name_differs=name_differs,
        submitted_by=submitted_by,
        group=group,
        equal_group=equal_group,
        waiting=brake_of(brake),
    )


def brake_of(brake: Sequence[str] | None) -> Waiting | None:
    """What a cashback waits for, of BRAKE's column: which brake or its event, and since when.

    None where it was held for something else.
    """
    if brake is None:
        return None
    told, since, *until = brake
    if told == Why.CONFIRMATION:
        until_at = datetime.fromisoformat(until[0])
        since_at = datetime.fromisoformat(since)
        return Waiting(why=Why.CONFIRMATION, since_at=since_at, until_at=until_at)
    why = _BY_REASON.get(told) or (WaitsFor(told) if told in _STOPS else None)
    return None if why is None else Waiting(why=why, since_at=datetime.fromisoformat(since))


def standing(status: str, attempt: int, applied_at: Any, answer: Iterable[Any]) -> Standing:
    """A standing of a cashback's columns and those of its latest attempt's answer."""
    return Standing(
        status=Status(status),
        attempt=attempt,
        applied_at=applied_at,
        provider=provider_answer(*answer),
    )


def provider_answer(
    status_code: int | None, id_: str | None, message: str | None, created_at: str | None
) -> ProviderAnswer | None:
    """The answer that an attempt's columns hold, None when no status line came."""
    if status_code is None:
        return None
    return ProviderAnswer(status_code=status_code, id=id_, message=message, created_at=created_at)


def _line(row: list[Any]) -> Line:
    type_, sku, value_e10, qty_e4, discount, amount, *_, surcharge, difference, _ = row
    return Line.known(
        type=type_,
        value_e10=value_e10,
        qty_e4=qty_e4,
        amount_centavos=amount,
        discount_centavos=discount,
        surcharge_centavos=surcharge or 0,
        sku=sku,
        difference_centavos=difference or 0,
    )


def payments_of(told: Sequence[tuple[str, int]] | None) -> tuple[Payment, ...]:
    """The payments of their column; null tells none."""
    return tuple(
        Payment(kind=PaymentKind(kind), value_centavos=centavos) for kind, centavos in told or ()
    )


def place_of(store: str | None, till: str | None, series: str | None) -> Place:
    """The place of its columns."""
    if store is till is series is None:
        return NOWHERE
    return Place(store=store, till=till, series=series)


def _line_cashback(row: list[Any]) -> LineCashback:
    (
        type_, _, _, _, discount, amount, rate_bp, rate_version, exact, cashback_centavos,
        surcharge, _, excluded,
    ) = row  # fmt: skip
    return LineCashback(
        type=type_,
        rate_bp=rate_bp,
        rate_version=rate_version,
        amount_centavos=amount,
        net_centavos=amount - discount + (surcharge or 0),
        exact=Exact.known(exact),
        cashback_centavos=cashback_centavos,
        excluded=excluded is True,
    )
