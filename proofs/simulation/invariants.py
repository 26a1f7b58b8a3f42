"""The invariants of delivery, checked by comparing three ledgers: ERPs, database, provider.

The numbers are those of the list in docs/delivery.md. With a provider that echoes no reference,
equal credits to one wallet are interchangeable, and what holds per cashback holds per group of
equal payments. Cashbacks whose risk an operator accepted are left out, and counted apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import DONE, TRANSITIONS, Actor, Status
from cashback_core.intake.confirmation import ConfirmationExpired, Confirmed, NothingToConfirm
from cashback_core.testing.memory_rows import confirmed_at
from simulation.mix import instant

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from uuid import UUID

    from cashback_core.intake.confirmation import Confirmation
    from cashback_core.testing.memory_rows import Row
    from simulation.database import SimulatedDatabase
    from simulation.erp import Sending
    from simulation.tellings import Credit

MAYBE: Final = frozenset({Status.IN_DOUBT, Status.SENDING})
"""States in which a cashback may or may not be paid."""

OPEN: Final = MAYBE | {Status.PENDING, Status.UNCONFIRMED}
"""States that must end by themselves once the faults do."""


def violations(
    sendings: Sequence[Sending],
    database: SimulatedDatabase,
    ledger: Sequence[Credit],
    *,
    echoes_reference: bool,
    final: bool,
) -> list[str]:
    """What is wrong now; `final` asks for what must hold once everything came to rest."""
    rows = list(database.rows.values())
    found = [
        *_told(sendings, database),
        *_owned(database),
        *_histories(rows),
        *_confirmed(sendings, database),
        *_sent_unconfirmed(database, ledger),
        *_history(sendings, database, ledger),
    ]
    said = database.said
    words = Counter([*said.absent, *(id_ for ids in said.lines.values() for id_ in ids if id_)])
    found.extend(
        _money(
            rows,
            ledger,
            set(database.operators.risk_accepted),
            words,
            per_row=echoes_reference,
        )
    )
    if final:
        # A second payment, at an operator's risk, may be counted for another of its group; then a
        # payment seems to be missing on every statement, and none proves an absence any more.
        blocked = bool(database.operators.risk_accepted) and not echoes_reference
        found.extend(
            f"10: cashback {row.record.id} is still {row.status}"
            for row in rows
            if row.status in OPEN and not (blocked and row.status is Status.IN_DOUBT)
        )
    return found


def _told(sendings: Sequence[Sending], database: SimulatedDatabase) -> Iterator[str]:
    """Invariants 1, 2 and 11: what ERPs were told is there, unchanged, once, and theirs."""
    for sending in sendings:
        if sending.disowned:
            yield f"2: sale {sending.number} was called another sale {sending.disowned} times"
        ids = {told.id for told in sending.told}
        if len(ids) > 1:
            yield f"2: one sale, cashbacks {sorted(map(str, ids))}"
        for told in sending.told:
            row = database.rows.get((sending.merchant_id, told.id))
            if row is None or told.merchant_id != sending.merchant_id:
                yield f"1, 11: {told.id} is not a cashback of merchant {sending.merchant_id}"
                continue
            sale = row.record.sale
            if (
                sale.document != sending.customer
                or row.record.cashback.cashback_centavos != told.centavos
                or sale.sale_id not in {sending.document.get("sale_id"), f"added-{sending.number}"}
            ):
                yield f"1: {told.id} is another sale than the ERP was told"
            if told.status in DONE and row.status is not told.status and not _is_taken_back(row):
                yield f"1: the ERP was told {told.status}, now {told.id} is {row.status}"


def _owned(database: SimulatedDatabase) -> Iterator[str]:
    """Invariant 2: at most one cashback for a sale, whatever was told of it."""
    owners: dict[Hashable, set[UUID]] = defaultdict(set)
    for (merchant_id, id_), row in database.rows.items():
        sale = row.record.sale
        # No two sales have the same minute, in whatever zone it was read, but those of two stores.
        twin = sale.place.store == "2"
        owners[merchant_id, sale.sold_at.minute, sale.document, twin].add(id_)
    for name, ids in owners.items():
        if len(ids) > 1:
            yield f"2: {len(ids)} cashbacks for the sale {name}"


def _confirmed(sendings: Sequence[Sending], database: SimulatedDatabase) -> Iterator[str]:
    """Invariant 15: what is to be confirmed later is, by its ERP alone, and its word is kept."""
    for sending in sendings:
        rows = [
            row
            for told in sending.told
            if (row := database.rows.get((sending.merchant_id, told.id))) is not None
        ]
        for row in rows if sending.later else ():
            id_ = row.record.id
            first = row.events[0].to_status
            is_history = sending.history and first is Status.RECORDED
            if first not in {Status.UNCONFIRMED, Status.NOT_DUE} and not is_history:
                yield f"15: {id_} is to be confirmed later, and began as {first}"
            asked = [instant(at_s) for at_s in sending.asked_s]
            at = confirmed_at(row)
            if at is not None and not any(asked_at <= at for asked_at in asked):
                yield f"15: {id_} was confirmed by nobody"
            for answer in sending.confirmed:
                yield from _kept(row, answer)


def _kept(row: Row, answer: Confirmation | None) -> Iterator[str]:
    """What an ERP was told of a sale that it confirmed, and is not so."""
    match answer:
        case ConfirmationExpired():
            if row.status is not Status.VOID:
                yield f"15: {row.record.id} was confirmed too late, and is {row.status}"
        case Confirmed(record) | NothingToConfirm(record):
            lost = record.status not in {Status.CANCELLED, Status.NOT_DUE, Status.RECORDED}
            if lost and confirmed_at(row) is None:
                yield f"15: the confirmation of {record.id} is lost"
        case None:
            yield f"15: nobody knows {row.record.id}, which is confirmed"


def _sent_unconfirmed(database: SimulatedDatabase, ledger: Sequence[Credit]) -> Iterator[str]:
    """Invariant 16: nothing is sent before it is confirmed, and nothing ever of what is void."""
    paid = {credit.reference for credit in ledger}
    for row in database.rows.values():
        id_, first = row.record.id, row.events[0].to_status
        sent = bool(row.attempts) or str(id_) in paid
        if first is Status.UNCONFIRMED and sent and confirmed_at(row) is None:
            yield f"16: {id_} was sent, and nobody confirmed it"
        if id_ in database.voided and (row.status is not Status.VOID or sent):
            yield f"16: {id_} was void, and is {row.status}{', and sent' if sent else ''}"


def _history(
    sendings: Sequence[Sending], database: SimulatedDatabase, ledger: Sequence[Credit]
) -> Iterator[str]:
    """Invariant 17: what is history was never sent, and is nothing else before or after."""
    paid = {credit.reference for credit in ledger}
    for row in database.rows.values():
        id_, ever = row.record.id, {event.to_status for event in row.events}
        if Status.RECORDED not in ever:
            continue
        if ever != {Status.RECORDED}:
            yield f"17: {id_} is history, and was {', '.join(sorted(ever))}"
        if row.attempts or str(id_) in paid:
            yield f"17: {id_} is history, and was sent"
    for sending in sendings:
        if not set(sending.brought_in) <= {Status.RECORDED, Status.NOT_DUE}:
            yield f"17: sale {sending.number} was brought in, and recorded as {sending.brought_in}"


def _is_taken_back(row: Row) -> bool:
    """Whether an operator took a mark back, with its risk: then what was told may change."""
    return any(
        event.from_status is Status.APPLIED and event.actor is Actor.OPERATOR
        for event in row.events
    )


def _histories(rows: Sequence[Row]) -> Iterator[str]:
    """Invariants 8 and 12: attempts are contiguous, events replay, every move is a listed one."""
    for row in rows:
        id_, status = row.record.id, None
        for event in row.events:
            if event.from_status is not status:
                yield f"8: the events of {id_} do not replay"
            if (event.from_status, event.to_status, event.actor) not in TRANSITIONS:
                yield f"12: {event.from_status} > {event.to_status} by {event.actor}"
            status = event.to_status
        attempts = [attempt.attempt for attempt in row.attempts]
        if status is not row.status:
            yield f"8: the events of {id_} end at {status}, it is {row.status}"
        if attempts != list(range(1, row.record.standing.attempt + 1)):
            yield f"8: the attempts of {id_} are {attempts}"


def _money(
    rows: Sequence[Row],
    ledger: Sequence[Credit],
    risky: set[UUID],
    words: Counter[UUID],
    *,
    per_row: bool,
) -> Iterator[str]:
    """Invariants 3 to 6 and 9: what the provider paid against what the database says.

    Without references a credit may be counted for any of its group. A person who names one of them
    (this line is its credit; this one is on no statement) then leaves one more applied than paid:
    that it is absent is told, and counts as known.
    """
    owed: dict[Hashable, Counter[Any]] = defaultdict(Counter)
    named: Counter[Hashable] = Counter()
    excluded: set[Hashable] = set()
    for row in rows:
        key = _key(row, per_row=per_row)
        owed[key][row.status] += 1
        named[key] += 0 if per_row else words[row.record.id]
        if row.record.id in risky:
            excluded.add(key)
    paid = _paid(ledger, per_row=per_row)
    for key in sorted({*owed, *paid} - excluded, key=str):
        states, (once, ever, denied) = owed[key], paid[key]
        applied, maybe = states[Status.APPLIED], sum(states[s] for s in MAYBE)
        if once > states.total():
            yield f"3: {once} credits for {states.total()} cashbacks of {key}"
        elif ever + named[key] < applied:
            yield f"4, 9: {applied} applied, {ever} credits of {key}"
        elif once > applied + maybe + denied:
            yield f"5, 9: {once} credits of {key}, which is {dict(states)}"


def _paid(ledger: Sequence[Credit], *, per_row: bool) -> dict[Hashable, tuple[int, int, int]]:
    """How many requests stand paid, how many credits there ever were, how many denied ones.

    What the provider did twice of one request, or took back, is not for us to prevent: it is told.
    """
    paid: dict[Hashable, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for credit in ledger:
        if credit.reference is None:
            continue
        key = credit.reference if per_row else (credit.document, credit.cashback_centavos)
        once, ever, denied = paid[key]
        if credit.back is not None:
            paid[key] = once - 1, ever, denied
        else:
            paid[key] = once + (not credit.again), ever + 1, denied + credit.denied
    return paid


def _key(row: Row, *, per_row: bool) -> Hashable:
    record = row.record
    if per_row:
        return str(record.id)
    return record.sale.document, record.cashback.cashback_centavos
