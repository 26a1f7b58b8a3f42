"""Records as bytes.

One function writes a record, whoever asks for it: a final answer repeats byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

import msgspec

from adapters.http.sales import shapes
from cashback_core.delivery.states import Status
from cashback_core.sales.erased import ERASED
from cashback_core.sales.explanation import explain
from cashback_core.sales.same_sale import (
    Collision,
    Contradiction,
    EqualRefused,
    NameKind,
    NewSale,
    Repeat,
)
from cashback_core.values.access_keys import AccessKey
from cashback_core.values.documents import document_kind, mask
from cashback_core.values.instants import format_instant
from cashback_core.values.money import (
    format_centavos,
    format_quantity,
    format_signed_centavos,
    format_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from adapters.http.wire.answers import Header
    from cashback_core.delivery.evidence import ProviderAnswer
    from cashback_core.delivery.record import (
        AttemptRecord,
        EventRecord,
        History,
        Record,
        RecordTotal,
    )
    from cashback_core.delivery.summaries import CustomerSummary, Sums
    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.equal_sales import EqualPage, Try
    from cashback_core.intake.submission import Quoted
    from cashback_core.operators.open_cashbacks import OpenCashback
    from cashback_core.privacy.data_subjects import SubjectReport
    from cashback_core.sales.calculation import Cashback, LineCashback
    from cashback_core.sales.content import Difference
    from cashback_core.sales.explanation import Step
    from cashback_core.sales.sale import Customer, Line, Sale
    from cashback_core.sales.same_sale import Meaning
    from cashback_core.words.locales import Language

_REFUSED: Final[Mapping[NameKind, shapes.Means]] = {
    NameKind.IDEMPOTENCY_KEY: "idempotency_key_reused",
    NameKind.SALE_ID: "sale_id_conflict",
    NameKind.CONTENT: "sale_already_recorded",
}


def location_of(record: Record) -> Header:
    """Where a record is to be found."""
    return (b"location", b"/api/cashbacks/" + str(record.id).encode("ascii"))


def read_shape(record: Record, waits: Mapping[UUID, Waiting]) -> shapes.RecordedSale:
    """A record as it is read: with what it waits for."""
    waiting = waiting_shape(waits.get(record.id))
    return msgspec.structs.replace(record_shape(record), waiting=waiting)


def waiting_shape(waiting: Waiting | None) -> shapes.Waiting | None:
    """What a cashback waits for as it goes out."""
    if waiting is None:
        return None
    next_try_at, until_at = waiting.next_try_at, waiting.until_at
    return shapes.Waiting(
        why=waiting.why,
        since=format_instant(waiting.since_at),
        next_try_at=None if next_try_at is None else format_instant(next_try_at),
        until=None if until_at is None else format_instant(until_at),
    )


def record_shape(record: Record) -> shapes.RecordedSale:
    """A record as it goes out."""
    sale, standing = record.sale, record.standing
    return shapes.RecordedSale(
        id=str(record.id),
        status=standing.status,
        sale_id=sale.sale_id,
        invoice=_invoice(sale.sale_id),
        sold_at=format_instant(sale.sold_at),
        customer=_customer(sale.customer),
        store=sale.place.store,
        till=sale.place.till,
        series=sale.place.series,
        cashier=sale.cashier,
        metadata=dict(sale.metadata),
        total=format_centavos(sale.total_centavos),
        discount=format_centavos(sale.discount_centavos),
        surcharge=format_centavos(sale.surcharge_centavos),
        difference=format_signed_centavos(sale.difference_centavos),
        payments=[
            shapes.Payment(kind=part.kind, value=format_centavos(part.value_centavos))
            for part in sale.payments
        ],
        products=_products(sale, record.cashback),
        cashback=format_centavos(record.cashback.cashback_centavos),
        not_due_because=record.cashback.nothing_due,
        rounding=record.cashback.rounding,
        provider=_provider(standing.provider),
        accepted_at=format_instant(record.accepted_at),
        applied_at=None if standing.applied_at is None else format_instant(standing.applied_at),
        same_content_as=_id_or_none(record.same_content_as),
        name_differs=record.name_differs,
        submitted_by=record.submitted_by,
        group=record.group,
        waiting=msgspec.UNSET if record.waiting is None else waiting_shape(record.waiting),
    )


def total_shape(total: RecordTotal | None) -> shapes.SearchTotal | None:
    """What a search comes to as it goes out."""
    if total is None:
        return None
    return shapes.SearchTotal(
        count=total.count,
        cashback=format_centavos(total.cashback_centavos),
        sales=format_centavos(total.sales_centavos),
    )


def summary_shape(summary: CustomerSummary) -> shapes.CustomerSummary:
    """A customer's summary as it goes out."""
    return shapes.CustomerSummary(
        customer_id=str(summary.customer_id),
        months=[shapes.CustomerMonth(month=one.month, **_sums(one.sums)) for one in summary.months],
        **_sums(summary.whole),
    )


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "sales": sums.sales,
        "total": format_centavos(sums.sales_centavos),
        "earned": format_centavos(sums.earned_centavos),
        "paid": format_centavos(sums.paid_centavos),
        "settled_elsewhere": format_centavos(sums.settled_elsewhere_centavos),
        "waiting": format_centavos(sums.waiting_centavos),
        "ended_unpaid": format_centavos(sums.ended_unpaid_centavos),
    }


def history_shape(
    history: History, waits: Mapping[UUID, Waiting] | None = None
) -> shapes.SaleHistory:
    """A record with its attempts and events as it goes out; with `waits`, what it waits for."""
    record = record_shape(history.record) if waits is None else read_shape(history.record, waits)
    return shapes.SaleHistory(
        **{name: getattr(record, name) for name in shapes.RecordedSale.__struct_fields__},
        attempts=[_attempt(attempt) for attempt in history.attempts],
        events=[_event(event) for event in history.events],
    )


def quote_shape(quoted: Quoted, language: Language) -> shapes.Quote:
    """A computed cashback as it goes out, and what submitting the sale would be."""
    sale, cashback = quoted.sale, quoted.cashback
    means, record_id, found = _meaning(quoted.meaning)
    return shapes.Quote(
        sale_id=sale.sale_id,
        invoice=_invoice(sale.sale_id),
        sold_at=format_instant(sale.sold_at),
        total=format_centavos(sale.total_centavos),
        discount=format_centavos(sale.discount_centavos),
        surcharge=format_centavos(sale.surcharge_centavos),
        difference=format_signed_centavos(sale.difference_centavos),
        products=_products(sale, cashback),
        cashback=format_centavos(cashback.cashback_centavos),
        not_due_because=cashback.nothing_due,
        rounding=cashback.rounding,
        explanation=_told(
            explain(
                sale,
                cashback,
                accepted_at=quoted.at,
                confirm_within=quoted.confirm_within,
            ),
            language,
        ),
        means=means,
        record_id=_id_or_none(record_id),
        differences=[
            shapes.SaleDifference(pointer=d.pointer, recorded=d.recorded, received=d.received)
            for d in found
        ],
        name_differs=quoted.name_differs,
    )


def explanation_shape(record: Record, language: Language) -> list[shapes.ExplanationStep]:
    """How a recorded cashback came about, in words."""
    steps = explain(
        record.sale,
        record.cashback,
        accepted_at=record.accepted_at,
        unconfirmed=record.status is Status.UNCONFIRMED,
    )
    return _told(steps, language)


def _told(steps: Iterable[Step], language: Language) -> list[shapes.ExplanationStep]:
    return [
        shapes.ExplanationStep(pointer=step.pointer, code=step.code, text=step.text(language))
        for step in steps
    ]


def _meaning(meaning: Meaning) -> tuple[shapes.Means, UUID | None, tuple[Difference, ...]]:
    match meaning:
        case NewSale(same_content_as):
            return "new", same_content_as, ()
        case Repeat(id_):
            return "repeat", id_, ()
        case EqualRefused(id_):
            return "sale_already_recorded", id_, ()
        case Contradiction(_, kind, found):
            return _REFUSED[kind], None, found
        case Collision(_, kind):
            return _REFUSED[kind], None, ()
        case _:
            assert_never(meaning)


def equals_shape(page: EqualPage, next_cursor: str | None) -> shapes.EqualPage:
    """Pairs of equal content as they go out; customers masked."""
    return shapes.EqualPage(
        items=[
            shapes.EqualSales(
                outcome=pair.outcome,
                document=None if pair.document is None else mask(pair.document),
                total=format_centavos(pair.total_centavos),
                first=_try(pair.first),
                second=_try(pair.second),
            )
            for pair in page.items
        ],
        next_cursor=next_cursor,
    )


def _try(told: Try) -> shapes.SaleRequest:
    return shapes.SaleRequest(
        id=_id_or_none(told.id),
        at=format_instant(told.at),
        idempotency_key=told.idempotency_key,
        sale_id=told.sale_id,
        sold_at=format_instant(told.sold_at),
        submitted_by=told.submitted_by,
    )


def report_shape(report: SubjectReport, next_cursor: str | None) -> shapes.SubjectReport:
    """A subject report as it goes out."""
    return shapes.SubjectReport(
        customer_id=str(report.customer_id),
        document=None if report.document is None else str(report.document),
        document_type=None if report.document is None else document_kind(report.document),
        name=report.name,
        known_since=format_instant(report.known_since_at),
        erased_at=None if report.erased_at is None else format_instant(report.erased_at),
        sales=[history_shape(history) for history in report.sales],
        next_cursor=next_cursor,
    )


def open_shape(item: OpenCashback, waits: Mapping[UUID, Waiting]) -> shapes.OpenCashback:
    """An open cashback as it goes out."""
    accepted_risk = item.risk_accepted_at
    return shapes.OpenCashback(
        id=str(item.id),
        status=item.status,
        waiting=waiting_shape(waits.get(item.id)),
        reason=item.reason,
        since=format_instant(item.since_at),
        actor=item.actor,
        actor_name=item.actor_name,
        attempts=item.attempt,
        status_code=item.status_code,
        document=str(item.document),
        document_type=document_kind(item.document),
        cashback=format_centavos(item.cashback_centavos),
        sale_id=item.sale_id,
        sold_at=format_instant(item.sold_at),
        accepted_at=format_instant(item.accepted_at),
        risk_accepted_at=None if accepted_risk is None else format_instant(accepted_risk),
        suspected=item.suspected,
    )


def _id_or_none(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _customer(customer: Customer | None) -> shapes.Customer | None:
    if customer is None:
        return None
    if customer == ERASED:
        return shapes.Customer(document=None, document_type=None, name=None)
    return shapes.Customer(
        document=str(customer.document),
        document_type=document_kind(customer.document),
        name=customer.name,
    )


def _invoice(sale_id: str | None) -> shapes.Invoice | None:
    """What a sale's id says, if it is an access key."""
    key = None if sale_id is None else AccessKey.parse(sale_id)
    if key is None:
        return None
    return shapes.Invoice(cnpj=key.cnpj, month=key.month, series=key.series, number=key.number)


def _products(sale: Sale, cashback: Cashback) -> list[shapes.Product]:
    return [_product(line, earned) for line, earned in zip(sale.lines, cashback.lines, strict=True)]


def _product(line: Line, earned: LineCashback) -> shapes.Product:
    return shapes.Product(
        type=line.type,
        sku=line.sku,
        value=format_value(line.value_e10),
        qty=format_quantity(line.qty_e4),
        amount=format_centavos(earned.amount_centavos),
        difference=format_signed_centavos(line.difference_centavos),
        discount=format_centavos(line.discount_centavos),
        surcharge=format_centavos(line.surcharge_centavos),
        excluded=earned.excluded,
        rate_bp=earned.rate_bp,
        rate_version=earned.rate_version,
        exact=earned.exact.text,
        cashback=format_centavos(earned.cashback_centavos),
    )


def _provider(answer: ProviderAnswer | None) -> shapes.ProviderAnswer | None:
    if answer is None:
        return None
    return shapes.ProviderAnswer(
        status_code=answer.status_code,
        id=answer.id,
        message=answer.message,
        created_at=answer.created_at,
    )


def _attempt(attempt: AttemptRecord) -> shapes.DeliveryAttempt:
    return shapes.DeliveryAttempt(
        attempt=attempt.attempt,
        deliverer=attempt.deliverer,
        started_at=format_instant(attempt.started_at),
        lease_until_at=format_instant(attempt.lease_until_at),
        ended_at=None if attempt.ended_at is None else format_instant(attempt.ended_at),
        result=attempt.result,
        reason=attempt.reason,
        provider=_provider(attempt.provider),
        elapsed_s=attempt.elapsed_s,
    )


def _event(event: EventRecord) -> shapes.CashbackEvent:
    return shapes.CashbackEvent(
        sequence=event.sequence,
        at=format_instant(event.at),
        actor=event.actor,
        actor_name=event.actor_name,
        from_status=event.from_status,
        to_status=event.to_status,
        attempt=event.attempt,
        reason=event.reason,
    )
