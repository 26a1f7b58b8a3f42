"""Cashbacks one by one: what waits and why, one with its history, and the acts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Final, Literal, assert_never

from cyclopts import Parameter

from adapters.postgres.operators.counts import count_by_rate, count_equals
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.delivery.brakes import WaitsFor
from cashback_core.delivery.record import RateVersion, RecordFilter
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.delivery.waits import Why
from cashback_core.operators.acts import (
    ATTENTION,
    RISK,
    Act,
    ActKind,
    Granted,
    NotCreditedThere,
    NotFromHere,
    NotYours,
    OpenFilter,
    RiskNotAccepted,
)
from cashback_core.sales.explanation import explain
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import mask
from cashback_core.values.money import (
    format_centavos,
    format_quantity,
    format_signed_centavos,
    format_value,
)
from cashback_gateway.commands.incidents import standing_words
from cashback_gateway.commands.operating import (
    PAGE,
    operating,
    tally_words,
    the_cashback,
    the_merchant,
)
from cashback_gateway.commands.parameters import (
    Json,
    Limit,
    Merchant,
    Named,
    Risk,
    Signature,
    Slug,
)
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import whole_from
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import (
    PrintedList,
    TableColumn,
    show_json,
    show_listing,
    show_record,
    show_table,
)

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.record import AttemptRecord, EventRecord, History, Record
    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.equal_sales import EqualSales, Try
    from cashback_core.operators.acts import Decision, OpenCashback
    from cashback_core.sales.calculation import LineCashback
    from cashback_core.sales.sale import Line
    from cashback_core.values.pages import Position

WAITS: Final[dict[str, str]] = {
    Why.PAUSED: "the sender, which is paused (`./cashback sender status`)",
    Why.CREDENTIALS_REFUSED: "credentials that the provider takes",
    Why.MISCONFIGURED: "the provider's address, or our settings, to be right",
    Why.BREAKER_OPEN: "the provider, which fails and is given a rest",
    Why.RETRY: "its next try",
    Why.DUE: "a worker",
    Why.PROOF: "the provider's statement",
    Why.PERSON: "an operator",
    Why.CONFIRMATION: "its ERP, which confirms it",
    WaitsFor.CASHBACK_CEILING: "an operator: it is above the merchant's ceiling for one",
    WaitsFor.DAY_CEILING: "an operator: its day is above the merchant's ceiling",
    WaitsFor.TYPE_STOPPED: "its product type, which is stopped (`./cashback stops list`)",
    WaitsFor.MERCHANT_STOPPED: "its merchant, which is stopped (`./cashback stops list`)",
}
"""What a cashback waits for, by its Why, or the brake that holds it."""

Open = Literal[
    Status.UNCONFIRMED,
    Status.PENDING,
    Status.SENDING,
    Status.REJECTED,
    Status.IN_DOUBT,
    Status.HELD,
    Status.CANCELLED,
]
_OPEN: Final = (
    TableColumn("id"),
    TableColumn("status"),
    TableColumn("since_at", "SINCE"),
    TableColumn("cashback", right=True),
    TableColumn("document", "CUSTOMER"),
    TableColumn("merchant"),
    TableColumn("sale_id", "SALE"),
    TableColumn("attempt", "TRIED", right=True),
    TableColumn("status_code", "ANSWER", right=True),
    TableColumn("waits", "WAITS FOR", folds=True),
    TableColumn("told", "WHY", folds=True),
)
_EQUALS: Final = (
    TableColumn("outcome"),
    TableColumn("total", right=True),
    TableColumn("document", "CUSTOMER"),
    TableColumn("merchant"),
    TableColumn("at"),
    TableColumn("named", folds=True),
    TableColumn("first_at", "FIRST"),
    TableColumn("first_id", "FIRST ID"),
    TableColumn("first_named", folds=True),
)
_PAID: Final = (
    TableColumn("id"),
    TableColumn("status"),
    TableColumn("cashback", right=True),
    TableColumn("sale_id", "SALE"),
    TableColumn("accepted_at", "ACCEPTED"),
    TableColumn("sold_at", "SOLD"),
    TableColumn("waits", "WAITS FOR"),
)
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


async def list_open(
    *,
    status: Annotated[list[Open] | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    merchant: Merchant | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """List what waits for somebody."""
    statuses = frozenset(map(Status, status)) if status else ATTENTION
    wanted = OpenFilter(statuses=statuses, above_ceiling=True)
    records: list[dict[str, object]] = []
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        tally = await operators.tally(merchant_id, wanted)
        standing = await PostgresIncidentStore(database).standing(merchant_id)
        after: Position | None = None
        while (left := limit - len(records)) > 0:
            page = await operators.open_page(
                merchant_id, wanted, limit=min(left, PAGE), after=after
            )
            waits = await operators.waits(merchant_id, [item.id for item in page.items])
            records += [_open(item, waits.get(item.id)) for item in page.items]
            after = page.next
            if after is None:
                break
    words = [tally_words(tally)]
    if standing:
        words.append(f"{standing_words(standing)}; `./cashback incidents` lists them")
    listing = PrintedList(
        records=records,
        columns=_OPEN,
        total=tally.count,
        words=words,
        facts={
            "cashback": format_centavos(tally.cashback_centavos),
            "may_be_paid_already": tally.in_doubt,
        },
    )
    show_listing(listing, as_json=json)


async def list_equals(
    *,
    outcome: Annotated[EqualOutcome | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    merchant: Merchant | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """List sales of equal content."""
    records: list[dict[str, object]] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        while (left := limit - len(records)) > 0:
            page = await operators.equals_page(
                merchant_id, outcome, limit=min(left, PAGE), after=after
            )
            records += map(_pair, page.items)
            after = page.next
            if after is None:
                break
        cut = limit == 0 or after is not None
        total = await count_equals(database, merchant_id, outcome) if cut else len(records)
    listing = PrintedList(records=records, columns=_EQUALS, total=total)
    show_listing(listing, as_json=json)


async def list_by_rate(
    product_type: Annotated[str, Parameter(name="type", help="the product type")],
    version: Annotated[int, whole_from(1, 999_999_999, "the rate's, from 1")],
    /,
    *,
    merchant: Annotated[Slug, Parameter(help="the merchant's slug")],
    status: Annotated[Status | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List what a version of a rate paid."""
    from adapters.postgres.cashbacks.store import PostgresCashbackStore

    rate = RateVersion(type=product_type, version=version)
    wanted = RecordFilter(rate=rate, statuses=frozenset({status} if status else ()))
    records: list[dict[str, object]] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        assert merchant_id is not None
        store = PostgresCashbackStore(database, DeliveryPolicy())
        while (left := limit - len(records)) > 0:
            page = await store.page(merchant_id, wanted, limit=min(left, PAGE), after=after)
            records += map(_paid, page.records)
            after = page.next
            if after is None:
                break
        cut = limit == 0 or after is not None
        total = await count_by_rate(database, merchant_id, rate, status) if cut else len(records)
    listing = PrintedList(records=records, columns=_PAID, total=total)
    show_listing(listing, as_json=json)


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
                "waiting": None if waiting is None else _waiting(waiting),
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


async def resend(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """Send one again."""
    await _act(here, name, _signed(ActKind.RESEND, signed, accept_risk), "will be sent again")


async def cancel(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """End one unpaid."""
    await _act(here, name, _signed(ActKind.CANCEL, signed, accept_risk), "is cancelled")


async def resolve(
    name: Named, became: Literal["applied", "rejected"], /, *, signed: Signature, here: Here
) -> None:
    """Say what became of one in doubt, or of one that is credited though it is not paid."""
    await _act(here, name, _signed(BECAME[became], signed), f"is {became}")


async def take_back(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """Call doubtful again what another operator marked."""
    await _act(here, name, _signed(ActKind.TAKE_BACK, signed, accept_risk), "is in doubt again")


BECAME: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}


def _signed(kind: ActKind, signed: Signature, accept_risk: bool = False) -> Act:  # noqa: FBT001, FBT002
    return Act(kind=kind, by=signed.by, reason=signed.reason, accept_risk=accept_risk)


async def _act(here: Here, name: str, act: Act, done: str) -> None:
    async with operating(here) as (database, operators):
        one = await the_cashback(database, name)
        decision = await operators.act(one.merchant_id, one.id, act)
    _refuse(decision, one.id)
    print(f"{one.id} {done}")


def _refuse(decision: Decision | None, id_: UUID) -> None:
    match decision:
        case None:
            raise ActRefusedError(f"there is no cashback {id_}")
        case NotFromHere(status=status, allowed=allowed):
            names = ", ".join(allowed)
            raise ActRefusedError(f"{id_} is {status}; this goes with: {names}")
        case RiskNotAccepted():
            raise ActRefusedError(f"{RISK}; --accept-risk takes that risk in your name")
        case NotCreditedThere():
            raise ActRefusedError(
                f"no incident says that {id_} is credited: `./cashback incidents` lists what stands"
            )
        case NotYours.OWN:
            raise ActRefusedError(f"the mark of {id_} is your own: another operator takes it back")
        case NotYours.NO_MARK:
            raise ActRefusedError(f"no operator brought {id_} where it stands")
        case Granted():
            return
        case _:
            assert_never(decision)


def _open(item: OpenCashback, waiting: Waiting | None) -> dict[str, object]:
    who = f" by {item.actor_name}" if item.actor_name else ""
    suspected = "; it may be paid already" if item.suspected else ""
    return {
        "id": item.id,
        "status": item.status,
        "since_at": item.since_at,
        "cashback": format_centavos(item.cashback_centavos),
        "document": mask(item.document),
        "merchant": item.merchant,
        "sale_id": item.sale_id,
        "sold_at": item.sold_at,
        "accepted_at": item.accepted_at,
        "attempt": item.attempt,
        "status_code": item.status_code,
        "reason": item.reason,
        "actor": item.actor,
        "actor_name": item.actor_name,
        "suspected": item.suspected,
        "waiting": None if waiting is None else _waiting(waiting),
        "waits": _waits(waiting),
        "told": f"{item.reason}{who}{suspected}",
    }


def _waiting(waiting: Waiting) -> dict[str, object]:
    return {
        "why": waiting.why,
        "since_at": waiting.since_at,
        "next_try_at": waiting.next_try_at,
        "until_at": waiting.until_at,
    }


def _waits(waiting: Waiting | None) -> str | None:
    """What it waits for, in words."""
    if waiting is None:
        return None
    from cashback_gateway.commands.tables import cell

    words = WAITS.get(waiting.why, waiting.why)
    tried = waiting.next_try_at
    again = "" if tried is None else f", next tried at {cell(tried)}"
    until = "" if waiting.until_at is None else f", until {cell(waiting.until_at)}"
    return f"{words} since {cell(waiting.since_at)}{again}{until}"


def _pair(pair: EqualSales) -> dict[str, object]:
    return {
        "outcome": pair.outcome,
        "total": format_centavos(pair.total_centavos),
        "document": None if pair.document is None else mask(pair.document),
        "merchant": pair.merchant,
        **_try(pair.second, ""),
        **_try(pair.first, "first_"),
    }


def _try(told: Try, prefix: str) -> dict[str, object]:
    names = [
        f"{what} {name}"
        for what, name in (("key", told.idempotency_key), ("sale_id", told.sale_id))
        if name is not None
    ]
    by = "" if told.submitted_by is None else f" by {told.submitted_by}"
    return {
        f"{prefix}id": told.id,
        f"{prefix}at": told.at,
        f"{prefix}idempotency_key": told.idempotency_key,
        f"{prefix}sale_id": told.sale_id,
        f"{prefix}submitted_by": told.submitted_by,
        f"{prefix}named": (", ".join(names) or "without a name") + by,
    }


def _paid(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "status": record.status,
        "cashback": format_centavos(record.cashback.cashback_centavos),
        "sale_id": record.sale.sale_id,
        "accepted_at": record.accepted_at,
        "sold_at": record.sale.sold_at,
        "waits": None if record.waiting is None else record.waiting.why,
    }


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
        "waits": _waits(waiting),
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
