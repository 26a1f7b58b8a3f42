"""What must hold between the three ledgers; the numbers are those of docs/delivery.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import TRANSITIONS
from chaos.ledgers import OPEN, Credit, Group, Incident, Reading, Row, Told
from chaos.profile import BROKEN_ANSWERS, DEADLINE_S
from chaos.sales import Sale, money
from chaos.untold import (
    classes_add_up,
    credited_and_left,
    is_foreign,
    told_differences,
    unheard_statements,
    untold_differences,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from chaos.account import Lie

_MAYBE_PAID: Final = frozenset({"sending", "in_doubt"})
_LISTED: Final = {(source, str(target), str(actor)) for source, target, actor in TRANSITIONS}
_FINAL: Final = frozenset({"applied", "not_due", "recorded"})
_SHOWN: Final = 5
_IN_TIME: Final = 0.8
"""Which part of the deadline a call may have taken to have surely seen what was sent at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """All three once all is at rest, with what was sent, told falsely, read and explained.

    `mistaken` are customers of whose only order the provider did not do what it said. `echoes`
    tells whether statements repeat our references, `quiet_at` from when on they were true and
    whole.
    """

    sales: Mapping[int, Sale]
    told: Sequence[Told]
    rows: Mapping[str, Row]
    credits: Sequence[Credit]
    incidents: Sequence[Incident]
    readings: Sequence[Reading]
    lies: Sequence[Lie]
    mistaken: Collection[str]
    echoes: bool
    quiet_at: datetime


def violations(ledgers: Ledgers) -> list[str]:
    """Every broken rule in a sentence, a few examples of each."""
    return [line for check in _CHECKS for line in shown(check(ledgers))]


def shown(broken: Iterable[str]) -> list[str]:
    """A few of the sentences, and how many more there are."""
    found = list(broken)
    more = len(found) - _SHOWN
    return [*found[:_SHOWN], *([f"and {more} more of that kind"] if more > 0 else [])]


def unpaid_or_paid_twice(
    rows: Iterable[Row],
    before: Sequence[Credit],
    after: Sequence[Credit],
    *,
    mistaken: Collection[str] = (),
) -> Iterator[str]:
    """Invariants 3 to 6 and 9, for each document and amount, at any time.

    `before` was read at the provider before the rows, `after` after them: applied ones must be
    among the later credits, and the earlier credits among those applied or perhaps paid. Credits
    that nobody here asked for, and customers of whom the provider was `mistaken`, are left out.
    """
    applied: Counter[Group] = Counter()
    perhaps: Counter[Group] = Counter()
    for row in rows:
        if row.status == "applied":
            applied[row.group] += 1
        elif row.status in _MAYBE_PAID:
            perhaps[row.group] += 1
    earlier = Counter(credit.group for credit in before if not is_foreign(credit))
    later = Counter(credit.group for credit in after if not is_foreign(credit))
    for group in sorted(applied.keys() | earlier.keys()):
        document, centavos = group
        if document in mistaken:
            continue
        what = f"{money(centavos)} for {document}"
        if later[group] < applied[group]:
            yield f"4: {what}: {applied[group]} applied, {later[group]} credited"
        if earlier[group] > applied[group] + perhaps[group]:
            yield (
                f"3/5: {what}: {earlier[group]} credited, "
                f"{applied[group]} applied and {perhaps[group]} in doubt"
            )


def _paid_once(ledgers: Ledgers) -> Iterator[str]:
    yield from unpaid_or_paid_twice(
        ledgers.rows.values(), ledgers.credits, ledgers.credits, mistaken=ledgers.mistaken
    )


def _sums_are_equal(ledgers: Ledgers) -> Iterator[str]:
    """The comparison of all three, in rows and cents, once nothing is open.

    Of the provider's, what somebody was told of is taken away, or added where it is missing.
    """
    paid = [row.cashback_centavos for row in ledgers.rows.values() if row.status == "applied"]
    credited = [credit.group[1] for credit in ledgers.credits]
    last = {told.number: told for told in ledgers.told}
    told = [
        ledgers.sales[number].cashback_centavos
        for number, answer in last.items()
        if answer.status == "applied"
    ]
    heard = told_differences(ledgers)
    totals = {
        "ERP": (len(told), sum(told)),
        "database": (len(paid), sum(paid)),
        "provider": (
            len(credited) - heard.total(),
            sum(credited) - sum(centavos * number for (_, centavos), number in heard.items()),
        ),
    }
    if len(set(totals.values())) > 1:
        yield "9: " + ", ".join(
            f"{name}: {rows} rows, {money(sum_)}" for name, (rows, sum_) in totals.items()
        )


def _no_answer_is_lost(ledgers: Ledgers) -> Iterator[str]:
    """1: every 2xx has its sale, unchanged; a refusal left nothing."""
    kept = {row.raw_body for row in ledgers.rows.values()}
    for told in ledgers.told:
        sale = ledgers.sales[told.number]
        if not sale.valid:
            if told.status_code != 422 or not kept.isdisjoint(sale.bodies):
                yield f"1: sale {told.number} is wrong, was answered {told.status_code} or stored"
            continue
        if told.id is None:
            yield f"1: sale {told.number} is right and was answered {told.status_code}"
            continue
        row = ledgers.rows.get(told.id)
        if row is None:
            yield f"1: sale {told.number} was told {told.status_code} {told.id}, which is lost"
        elif (
            row.raw_body not in sale.bodies
            or (row.document, row.total_centavos, row.cashback_centavos)
            != (sale.document, sale.total_centavos, sale.cashback_centavos)
            or (told.document, told.total) != (sale.document, money(sale.total_centavos))
            or told.cashback != money(sale.cashback_centavos)
        ):
            yield f"1: sale {told.number}, {told.id} was told or stored as another"


def _told_as_it_is(ledgers: Ledgers) -> Iterator[str]:
    """Final answers are 201 and repeat byte for byte; the last answer is what the record says."""
    final: dict[int, Told] = {}
    for told in ledgers.told:
        if told.id is None or told.status_code == 409:
            continue
        if (told.status_code == 201) != (told.status in _FINAL):
            yield f"1: sale {told.number} was told {told.status_code} {told.status}"
        first = final.setdefault(told.number, told) if told.status_code == 201 else told
        if first.body != told.body:
            what = f"1: sale {told.number}: a final answer changed"
            yield f"{what}: {first.body!r}, then {told.body!r}"
    for told in {told.number: told for told in ledgers.told}.values():
        row = None if told.id is None else ledgers.rows.get(told.id)
        if row is not None and told.status != row.status and row.status not in OPEN:
            yield f"1: sale {told.number} was last told {told.status}, it is {row.status}"


def _one_cashback_each(ledgers: Ledgers) -> Iterator[str]:
    """2: at most one cashback for a sale, and none for what nobody sent."""
    sent = {body: number for number, sale in ledgers.sales.items() for body in sale.bodies}
    stored: dict[int, list[str]] = defaultdict(list)
    for row in ledgers.rows.values():
        number = sent.get(row.raw_body)
        if number is None:
            yield f"2: {row.id} belongs to no sale"
        else:
            stored[number].append(row.id)
    ids: dict[int, set[str]] = defaultdict(set)
    for told in ledgers.told:
        if told.id is not None:
            ids[told.number].add(told.id)
    for number, rows in stored.items():
        if len(rows) > 1:
            yield f"2: sale {number} has {len(rows)} cashbacks"
    for number, told_ids in ids.items():
        if len(told_ids) > 1:
            yield f"2: sale {number} was told {len(told_ids)} cashbacks"


def _confirmed_alone_are_paid(ledgers: Ledgers) -> Iterator[str]:
    """15 and 16: what is to be confirmed later is paid once if it was confirmed, and else never."""
    paid = Counter(credit.reference for credit in ledgers.credits)
    for number, id_ in sorted({(t.number, t.id) for t in ledgers.told if t.id is not None}):
        sale, row = ledgers.sales[number], ledgers.rows.get(id_)
        if row is None or sale.confirms is None:
            continue
        left = sum(event.source == "unconfirmed" for event in row.events)
        what = f"{row.status}, credited {paid[id_]} times"
        if row.events[0].target != "unconfirmed":
            yield f"15: sale {number} is to be confirmed, and began as {row.events[0].target}"
        elif not sale.confirms and (left or row.attempts or paid[id_]):
            yield f"16: sale {number} was never confirmed: {what}"
        elif sale.confirms and left != 1:
            yield f"15: sale {number} was confirmed, and moved by it {left} times: {what}"
        elif sale.confirms and row.status == "applied" and paid[id_] != 1:
            yield f"16: sale {number} was confirmed: {what}"


def _credits_have_attempts(ledgers: Ledgers) -> Iterator[str]:
    """7: every credit has an attempt that was committed before it."""
    for credit in ledgers.credits:
        row = ledgers.rows.get(credit.reference)
        if is_foreign(credit):
            continue
        if row is None:
            yield f"7: {credit.reference} was paid and is not stored"
        elif not any(attempt.started_at <= credit.at for attempt in row.attempts):
            yield f"7: {credit.reference} was paid before any attempt"


def _history_replays(ledgers: Ledgers) -> Iterator[str]:
    """8 and 12: attempts and events are contiguous, only listed moves, and end where it stands."""
    for row in ledgers.rows.values():
        if [attempt.number for attempt in row.attempts] != list(range(1, row.attempt + 1)):
            yield f"8: {row.id} has a gap in its attempts"
        if [event.sequence for event in row.events] != list(range(1, row.version + 1)):
            yield f"8: {row.id} has a gap in its events"
        status: str | None = None
        for event in row.events:
            if event.source != status:
                yield f"8: {row.id} moved from {event.source} while it was {status}"
            if (event.source, event.target, event.actor) not in _LISTED:
                yield f"12: {row.id}: {event.source} > {event.target} by {event.actor}"
            status = event.target
        if status != row.status:
            yield f"8: {row.id} is {row.status}, its events end at {status}"


def _results_justify_the_state(ledgers: Ledgers) -> Iterator[str]:
    """4 and 5 from within: what each state rests on."""
    for row in ledgers.rows.values():
        results = [attempt.result for attempt in row.attempts]
        settled = any(e.actor == "settler" and e.target == "applied" for e in row.events)
        if row.status == "applied" and "applied" not in results and not settled:
            yield f"4: {row.id} is applied, and neither an answer nor a statement says so"
        if row.status in {"rejected", "held", "pending"} and results[-1:] == ["applied"]:
            yield f"5: {row.id} is {row.status}, and its last attempt was paid"


def _broken_bodies_keep_their_status(ledgers: Ledgers) -> Iterator[str]:
    """A 201 whose body is broken is a 201: some customers' answers are all of that kind."""
    for row in ledgers.rows.values():
        if row.document not in BROKEN_ANSWERS:
            continue
        for attempt in row.attempts:
            in_time = (attempt.elapsed_s or 0.0) < _IN_TIME * DEADLINE_S
            if attempt.phase == "sent" and in_time:
                yield (
                    f"evidence: attempt {attempt.number} of {row.id} was answered 201 with a"
                    f" broken body, and recorded without a status: {attempt.reason}"
                )


_CHECKS: Final[tuple[Callable[[Ledgers], Iterator[str]], ...]] = (
    _no_answer_is_lost,
    _told_as_it_is,
    _one_cashback_each,
    _confirmed_alone_are_paid,
    _paid_once,
    _sums_are_equal,
    _credits_have_attempts,
    _history_replays,
    _results_justify_the_state,
    _broken_bodies_keep_their_status,
    untold_differences,
    unheard_statements,
    classes_add_up,
    credited_and_left,
)
