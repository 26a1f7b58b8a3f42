"""Nothing untold: what the provider's books really say, held against incidents and classes.

The rules are 3, 13 and 14 of docs/delivery.md, seen from outside: nothing here asks the gateway's
own reconciliation what a line is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.values.documents import mask
from chaos.account import FOREIGN, TOLD_TO_A_PERSON
from chaos.sales import money

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from chaos.account import Lie
    from chaos.invariants import Ledgers
    from chaos.ledgers import Credit, Group, Incident

_NOT_PAID: Final = frozenset({"unconfirmed", "pending", "held", "rejected"})
_CALL_ENDED: Final = timedelta(seconds=3)
"""From a credit until the call that it answered is surely in doubt or over."""

_SWITCHED: Final = timedelta(seconds=1)
"""Before a telling ends a statement that is asked for is surely told so."""


def untold_differences(ledgers: Ledgers) -> Iterator[str]:
    """14: what the provider's books and ours differ in is told, and nothing else is."""
    surplus = Counter(credit.group for credit in ledgers.credits)
    surplus.subtract(row.group for row in ledgers.rows.values() if row.status == "applied")
    told = told_differences(ledgers)
    for group in sorted(surplus.keys() | told.keys()):
        number, heard = surplus[group], told[group]
        if number != heard:
            yield (
                f"14: {money(group[1])} for {group[0]}: {number} credits more than are applied,"
                f" {heard} more by what anybody was told"
            )
    for incident in ledgers.incidents:
        if incident.stands and _group_of(incident, ledgers) is None:
            yield f"14: an incident stands of what is no more: {_shown(incident)}"


def told_differences(ledgers: Ledgers) -> Counter[Group]:
    """How many credits more than are applied somebody was told of, by customer and amount.

    Each line counts once however often it was told in one spelling or another; what is applied and
    on no statement counts negative.
    """
    told = {
        (group, incident.credited_at or incident.cashback_id): -1 if _is_absence(incident) else 1
        for incident in ledgers.incidents
        if incident.is_told and (group := _group_of(incident, ledgers)) is not None
    }
    differences: Counter[Group] = Counter()
    for (group, _), number in told.items():
        differences[group] += number
    return differences


def _group_of(incident: Incident, ledgers: Ledgers) -> Group | None:
    """Whose credit an incident truly tells of, or whose lacks; None: of nobody's."""
    row = ledgers.rows.get(incident.cashback_id or "")
    if _is_absence(incident):
        return None if row is None else row.group
    return next(
        (
            credit.group
            for credit in ledgers.credits
            if credit.at == incident.credited_at
            and credit.group[1] == incident.centavos
            and _names(incident, credit.group[0])
        ),
        None,
    )


def _names(incident: Incident, document: str) -> bool:
    """Whether an incident names a customer; one that has ended keeps the document masked."""
    return incident.document in {document, mask(document)}


def _is_absence(incident: Incident) -> bool:
    return incident.cls == "applied_absent"


def unheard_statements(ledgers: Ledgers) -> Iterator[str]:
    """14: while a telling that concerns a person was read, somebody was told of it."""
    own: dict[str, set[str]] = defaultdict(set)
    for row in ledgers.rows.values():
        own[row.document].add(row.id)
    for lie in ledgers.lies:
        asked = [
            reading.asked_at
            for reading in ledgers.readings
            if _since(lie, ledgers.credits) <= reading.asked_at <= lie.ended_at - _SWITCHED
        ]
        if lie.telling not in TOLD_TO_A_PERSON or not asked:
            continue
        if not any(
            lie.began_at <= incident.opened_at and _is_of(incident, lie, own)
            for incident in ledgers.incidents
        ):
            yield f"14: {lie.telling} of {lie.document} was read, and nobody was told"


def _since(lie: Lie, credits_: Sequence[Credit]) -> datetime:
    """From when on a statement shows what this telling does to its customer's credit."""
    credited = [credit.at for credit in credits_ if credit.group[0] == lie.document]
    return max((at for at in credited if at <= lie.ended_at), default=lie.ended_at) + _CALL_ENDED


def _is_of(incident: Incident, lie: Lie, own: Mapping[str, set[str]]) -> bool:
    if lie.telling == "foreign_credit":
        return incident.cls == "unknown_here"
    if lie.telling == "other_customer" and incident.cls in {"unknown_here", "altered"}:
        return True
    about = _names(incident, lie.document) or incident.cashback_id in own[lie.document]
    return about or (incident.cls == "unreadable" and incident.document is None)


def classes_add_up(ledgers: Ledgers) -> Iterator[str]:
    """13: the last true statement's classes hold every credit and every cashback once."""
    last = [r for r in ledgers.readings if r.kind == "recent" and r.asked_at >= ledgers.quiet_at]
    if not last:
        yield "13: no statement was read after everything had come to rest"
        return
    reading = last[-1]
    credits_ = len(ledgers.credits), sum(credit.group[1] for credit in ledgers.credits)
    if (reading.lines, reading.net_centavos) != credits_:
        yield (
            f"13: {credits_[0]} credits of {money(credits_[1])}, in classes"
            f" {reading.lines} of {money(reading.net_centavos)}"
        )
    # What is not confirmed is looked for, too: a line with its reference would be its payment.
    asked = sum(row.attempt > 0 or row.status == "unconfirmed" for row in ledgers.rows.values())
    if reading.cashbacks != asked:
        yield f"13: {asked} cashbacks may be paid, {reading.cashbacks} are in classes"
    if reading.distrust is not None:
        yield f"10: the last statement still proves no absence: {reading.distrust}"


def credited_and_left(ledgers: Ledgers) -> Iterator[str]:
    """3: where references are echoed, what is credited under its own does not stay unpaid."""
    if not ledgers.echoes:
        return
    credited = {credit.reference for credit in ledgers.credits}
    for row in ledgers.rows.values():
        if row.status in _NOT_PAID and row.id in credited:
            yield f"3: {row.id} is {row.status}, and its own reference is credited"


def is_foreign(credit: Credit) -> bool:
    """Whether another system than ours asked for it."""
    return credit.reference.startswith(FOREIGN)


def _shown(incident: Incident) -> str:
    return f"{incident.cls} of {incident.document}, {money(incident.centavos)}: {incident.why}"
