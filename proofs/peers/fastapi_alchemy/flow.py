"""From a valid sale to an applied cashback: committed, sent, committed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from peers.fastapi_alchemy.models import (
    Attempt,
    Cashback,
    Customer,
    Event,
    Sale,
    SaleLine,
    SaleName,
)
from peers.fastapi_alchemy.provider import Outcome
from peers.fastapi_alchemy.shapes import SaleIn
from peers.rules import centavos, content_name


class OtherNameError(Exception):
    """The customer's document is known by another name."""


class TwoSalesError(Exception):
    """The names of one request belong to two sales."""


def names_of(sale: SaleIn, key: str | None) -> dict[str, str]:
    content = content_name(
        sale.customer.document,
        sale.sold_at.isoformat(),
        sale.total,
        (f"{line.type} {line.value} {line.qty}" for line in sale.products),
    )
    return {"content": content} | ({"idempotency_key": key} if key else {})


async def record(
    session: AsyncSession, merchant_id: int, sent: SaleIn, names: dict[str, str]
) -> Sale:
    """Commit the sale and its first attempt before anything is sent.

    Raises OtherNameError, and IntegrityError where a name is taken.
    """
    now = datetime.now(UTC)
    known = select(Customer).where(
        Customer.merchant_id == merchant_id, Customer.document == sent.customer.document
    )
    customer = await session.scalar(known)
    if customer is None:
        customer = Customer(
            merchant_id=merchant_id, document=sent.customer.document, name=sent.customer.name
        )
    elif customer.name != sent.customer.name:
        raise OtherNameError
    lines = [
        SaleLine(
            position=position,
            type=line.type,
            value=line.value,
            qty=line.qty,
            amount=line.amount,
            cashback_exact=line.cashback_exact,
        )
        for position, line in enumerate(sent.products)
    ]
    earned = centavos(sum((line.cashback_exact for line in lines), Decimal()))
    sale = Sale(
        merchant_id=merchant_id,
        customer=customer,
        sold_at=sent.sold_at,
        total=sent.total,
        accepted_at=now,
        names=[SaleName(merchant_id=merchant_id, kind=k, name=n) for k, n in names.items()],
        lines=lines,
        cashback=Cashback(status="sending", cashback_centavos=earned, accepted_at=now),
        attempts=[Attempt(number=1, started_at=now)],
        events=[
            Event(sequence=1, at=now, from_status=None, to_status="pending", reason="accepted"),
            Event(sequence=2, at=now, from_status="pending", to_status="sending", reason="first"),
        ],
    )
    session.add(sale)
    await session.commit()
    return sale


async def conclude(session: AsyncSession, sale: Sale, outcome: Outcome) -> None:
    """Commit what became of the attempt before the caller is answered."""
    now = datetime.now(UTC)
    attempt, cashback = sale.attempts[0], sale.cashback
    attempt.result, attempt.status_code, attempt.body = outcome
    attempt.ended_at = now
    cashback.status = outcome.status
    cashback.applied_at = now if outcome.status == "applied" else None
    session.add(
        Event(
            sale_id=sale.id,
            sequence=3,
            at=now,
            from_status="sending",
            to_status=outcome.status,
            reason=f"status {outcome.status_code}",
        )
    )
    await session.commit()


async def replayed(session: AsyncSession, merchant_id: int, names: dict[str, str]) -> Cashback:
    """Return the cashback of the sale that has these names. Raises TwoSalesError."""
    found = [await session.get(SaleName, (merchant_id, k, n)) for k, n in names.items()]
    if len({name and name.sale_id for name in found}) != 1 or found[0] is None:
        raise TwoSalesError
    return await session.get_one(Cashback, found[0].sale_id)
