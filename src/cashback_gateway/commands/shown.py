"""`show`: a cashback with its lines, attempts and events."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.sales.explanation import explain
from cashback_core.values.documents import mask
from cashback_core.values.money import (
    format_centavos,
    format_quantity,
    format_signed_centavos,
    format_value,
)
from cashback_gateway.commands.cashbacks import waiting_record, waiting_words
from cashback_gateway.commands.operating import operating, the_cashback
from cashback_gateway.commands.parameters import Json, Named
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import TableColumn, show_json, show_record, show_table

if TYPE_CHECKING:
    from cashback_core.delivery.record import AttemptRecord, EventRecord, History
    from cashback_core.delivery.waits import Waiting
    from cashback_core.sales.calculation import LineCashback
    from cashback_core.sales.sale import Line


_LINES: Final = (
    TableColumn("line", right=True),
    TableColumn("type"),
    TableColumn("sku"),
    TableColumn("value", right=True),
    TableColumn("qty", right=True),
    TableColumn("amount", right=True),
    TableColumn("difference", right=True),
    TableColumn("discount", right=True),
    TableColumn("surcharge", right=True),
    TableColumn("rate_bp", right=True),
    TableColumn("excluded"),
    TableColumn("exact", right=True),
    TableColumn("cashback", right=True),
)
_ATTEMPTS: Final = (
    TableColumn("attempt", right=True),
    TableColumn("deliverer", "BY"),
    TableColumn("started_at", "STARTED"),
    TableColumn("elapsed_s", "TOOK S", right=True),
    TableColumn("result"),
    TableColumn("status_code", "ANSWER", right=True),
    TableColumn("provider_id"),
    TableColumn("reason", folds=True),
)
_EVENTS: Final = (
    TableColumn("sequence", "EVENT", right=True),
    TableColumn("at"),
    TableColumn("actor", "BY"),
    TableColumn("actor_name", "NAME"),
    TableColumn("from_status", "FROM"),
    TableColumn("to_status", "TO"),
    TableColumn("reason", folds=True),
)


async def show(name: Named, /, *, json: Json = False, here: Here) -> None:
    """Show one cashback with its attempts and events."""
    from adapters.postgres.cashbacks.store import PostgresCashbackStore

    async with operating(here) as (database, operators):
        one = await the_cashback(database, name)
        waits = await operators.waits(one.merchant_id, [one.id])
        store = PostgresCashbackStore(database, DeliveryPolicy())
        history = await store.history(one.merchant_id, one.id)
    if history is None:
        raise ActRefusedError(f"there is no cashback {name}")
    waiting = waits.get(one.id)
    record, sale = _whole(history, one.merchant, waiting), history.record.sale
    lines = [*map(_line, itertools.count(1), sale.lines, history.record.cashback.lines)]
    steps = explain(
        sale,
        history.record.cashback,
        accepted_at=history.record.accepted_at,
        unconfirmed=history.record.status is Status.UNCONFIRMED,
    )
    attempts, events = [*map(_attempt, history.attempts)], [*map(_event, history.events)]
    if json:
        show_json(
            {
                **record,
                "payments": [
                    {"kind": part.kind, "value": format_centavos(part.value_centavos)}
                    for part in sale.payments
                ],
                "metadata": dict(sale.metadata),
                "products": lines,
                "explanation": [
                    {"pointer": step.pointer, "code": step.code, "text": step.text()}
                    for step in steps
                ],
                "waiting": None if waiting is None else waiting_record(waiting),
                "attempts": attempts,
                "events": events,
            }
        )
        return
    show_record(record)
    for columns, rows in ((_LINES, lines), (_ATTEMPTS, attempts), (_EVENTS, events)):
        if rows:
            print()
            show_table(columns, rows)
    print()
    for step in steps:
        print(f"{step.pointer or '/'}: {step.text()}")


def _whole(history: History, merchant: str, waiting: Waiting | None) -> dict[str, object]:
    record, sale = history.record, history.record.sale
    document = sale.document
    return {
        "id": record.id,
        "merchant": merchant,
        "status": record.status,
        "cashback": format_centavos(record.cashback.cashback_centavos),
        "sale_id": sale.sale_id,
        "not_due_because": record.cashback.nothing_due,
        "document": None if document is None else mask(document),
        "total": format_centavos(sale.total_centavos),
        "discount": format_centavos(sale.discount_centavos),
        "surcharge": format_centavos(sale.surcharge_centavos),
        "difference": format_signed_centavos(sale.difference_centavos),
        "payments": ", ".join(
            f"{part.kind} {format_centavos(part.value_centavos)}" for part in sale.payments
        ),
        "store": sale.place.store,
        "till": sale.place.till,
        "series": sale.place.series,
        "cashier": sale.cashier,
        "metadata": ", ".join(f"{key}={value}" for key, value in sale.metadata),
        "sold_at": sale.sold_at,
        "accepted_at": record.accepted_at,
        "applied_at": record.standing.applied_at,
        "submitted_by": record.submitted_by,
        "group": record.group,
        "same_content_as": record.same_content_as,
        "waits": waiting_words(waiting),
    }


def _line(number: int, line: Line, earned: LineCashback) -> dict[str, object]:
    return {
        "line": number,
        "type": line.type,
        "sku": line.sku,
        "value": format_value(line.value_e10),
        "qty": format_quantity(line.qty_e4),
        "amount": format_centavos(line.amount_centavos),
        "difference": format_signed_centavos(line.difference_centavos),
        "discount": format_centavos(line.discount_centavos),
        "surcharge": format_centavos(line.surcharge_centavos),
        "rate_bp": earned.rate_bp,
        "rate_version": earned.rate_version,
        "excluded": earned.excluded,
        "exact": earned.exact.text,
        "cashback": format_centavos(earned.cashback_centavos),
    }


def _attempt(one: AttemptRecord) -> dict[str, object]:
    answer = one.provider
    return {
        "attempt": one.attempt,
        "deliverer": one.deliverer,
        "started_at": one.started_at,
        "lease_until_at": one.lease_until_at,
        "ended_at": one.ended_at,
        "elapsed_s": one.elapsed_s,
        "result": one.result,
        "reason": one.reason,
        "status_code": None if answer is None else answer.status_code,
        "provider_id": None if answer is None else answer.id,
        "provider_message": None if answer is None else answer.message,
    }


def _event(one: EventRecord) -> dict[str, object]:
    return {
        "sequence": one.sequence,
        "at": one.at,
        "actor": one.actor,
        "actor_name": one.actor_name,
        "from_status": one.from_status,
        "to_status": one.to_status,
        "attempt": one.attempt,
        "reason": one.reason,
    }
