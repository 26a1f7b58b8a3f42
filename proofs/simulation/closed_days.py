"""Invariant 19: a closed day never changes, days add up, and whoever has the closes can tell.

What each close must say is found anew, of the rows, the positions and the ledger alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import read_json
from cashback_core.closing.chain import Link, Trust, first_bad_link
from cashback_core.closing.close import close_hash
from cashback_core.closing.close_reading import read_close
from cashback_core.closing.closing import GRACE, CloseDays
from cashback_core.closing.day import NOTHING, Amount, DoesNotAddUp
from cashback_core.closing.day_under_way import build_day
from cashback_core.closing.lines import LinesHead
from cashback_core.closing.movements import OWED
from cashback_core.delivery.states import Status
from simulation.closer import EVERY_S, LinkedNotes, at_once_beside
from simulation.closes import OVER, SIGNER
from simulation.mix import MARGIN, instant
from simulation.transactions import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cashback_core.closing.close import Close, SignedClose
    from cashback_core.closing.kept import KeptClose
    from cashback_core.closing.lines import DayLine
    from simulation.closes import SimulatedCloses
    from simulation.database import SimulatedDatabase

LATEST: Final = OVER + timedelta(seconds=2 * MARGIN.freeze_s + 6 * EVERY_S)
"""So long after its end a day is closed once no fault strikes any more: a frozen closer thaws, and
a day waits for another's."""


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A close as it was kept and read again, with the lines that its day has now."""

    kept: KeptClose
    signed: SignedClose
    lines: Sequence[DayLine]

    @property
    def close(self) -> Close:
        """What was signed."""
        return self.signed.close


def unclosed(database: SimulatedDatabase, quiet_s: float) -> Iterator[str]:
    """Days that are not closed, long after the last fault and their end."""
    closes, now = database.closes, database.transactions.clock()
    if now - instant(quiet_s) > LATEST:
        for merchant_id in closes.days:
            open_day = closes.open_day(closes.owner(merchant_id))
            if now - open_day.ends_at > LATEST:
                yield f"19: {open_day.day} of {open_day.owner.name} is not closed"


def wrong_in_the_end(database: SimulatedDatabase, *, is_signed: bool) -> Iterator[str]:
    """The present day is over, too, and closed: all chains are whole."""
    closes, now = database.closes, database.transactions.clock()
    use = CloseDays(
        store=closes, signer=SIGNER, notes=LinkedNotes(), grace=GRACE, beside=at_once_beside
    )
    at_once(use())  # by what was noted before the clock is put forward
    while any(closes.owes_day(merchant_id, now) for merchant_id in closes.days):
        closes.ahead += closes.days[None].length
        at_once(use())
    for merchant_id in closes.days:
        chain = [
            ClosedDay(kept, read_close(read_json(kept.document.decode())), _lines(closes, kept))
            for kept in closes.chain(merchant_id)
        ]
        yield from _wrong_chain(database, chain, is_signed=is_signed)
        yield from _wrong_provider(database, chain, merchant_id)
        if merchant_id is None:
            for day in chain:
                yield from _wrongly_named(closes, day)
            continue
        before: Mapping[Status, Amount] = {}
        for day in chain:
            yield from _wrong_day(database, day, before)
            before = {} if day.close.of_merchant is None else day.close.of_merchant.closing
        yield from _wrong_events(database, chain, merchant_id)


def _wrongly_named(closes: SimulatedCloses, day: ClosedDay) -> Iterator[str]:
    """The account's close names every merchant's of its day."""
    named = [(row.merchant, row.number, row.sha256) for row in day.close.merchants]
    others = sorted(
        (one.owner.name, one.number, one.hash)
        for one in closes.kept
        if one.owner.slug is not None and one.day == day.kept.day
    )
    if named != others:
        yield f"19: {day.kept.day} of the account names {named}, and there are {others}"


def _wrong_day(
    database: SimulatedDatabase, day: ClosedDay, opening: Mapping[Status, Amount]
) -> Iterator[str]:
    """Its lines as they are made once more, its figures, and what is owed by then."""
    kept, told, what = day.kept, day.close.of_merchant, f"{day.kept.owner.name}, {day.kept.day}"
    assert told is not None
    try:
        made = build_day(
            day.lines,
            opening,
            head=LinesHead(owner=kept.owner.name, number=kept.number, day=kept.day),
            begins_at=kept.begins_at,
            ends_at=kept.ends_at,
        )
    except DoesNotAddUp as error:
        yield f"19: the lines of {what} are others than were signed: {error}"
        return
    if made.lines != told.lines:
        yield f"19: the lines of {what} are others than were signed"
    elif made != told:
        yield f"19: the figures of {what} are not those of its lines"
    strays = database.transactions.strays
    if any(line.at < kept.begins_at and line.at not in strays for line in day.lines):
        yield f"19: {what} holds what happened on a day that was closed without it"
    states = _states(database, kept)
    if dict(told.closing) != states:
        yield f"19: {what} closes with {told.closing}, and there is {states}"
    owed = sum((states.get(status, NOTHING) for status in OWED), NOTHING)
    if told.liability.closing != owed:
        yield f"19: {what} says that {told.liability.closing} are owed, not {owed}"


def _lines(closes: SimulatedCloses, kept: KeptClose) -> Sequence[DayLine]:
    async def read() -> list[DayLine]:
        return [line async for page in closes.lines(kept) for line in page]

    return at_once(read())


def _states(database: SimulatedDatabase, kept: KeptClose) -> Mapping[Status, Amount]:
    """In which states cashbacks were, by what had happened and ended when the day was cut."""
    sums = dict[Status, Amount]()
    for (owner, id_), row in database.rows.items():
        if owner != kept.owner.merchant_id:
            continue
        one = Amount(count=1, centavos=row.record.cashback.cashback_centavos)
        positions = database.positions_of[owner, id_]
        held = [
            event
            for event, position in zip(row.events, positions, strict=True)
            if event.at < kept.ends_at and position < kept.below
        ]
        whole = held == row.events[: len(held)]
        for event in held[-1:] if whole else held:  # what is whole is where it came to
            sums[event.to_status] = sums.get(event.to_status, NOTHING) + one
            if not whole and event.from_status is not None:
                sums[event.from_status] = sums.get(event.from_status, NOTHING) - one
    return {status: amount for status, amount in sums.items() if amount}


def _wrong_chain(
    database: SimulatedDatabase, chain: Sequence[ClosedDay], *, is_signed: bool
) -> Iterator[str]:
    """What the core says of it to whoever has the documents and the keys."""
    links = [
        Link(
            owner=day.close.owner,
            number=day.close.number,
            day=day.close.span.day,
            sha256=close_hash(day.close),
            source="",
            signed=day.signed,
        )
        for day in chain
    ]
    # Signatures take most of the time, and are made by one line: some worlds are enough.
    keys = tuple(at_once(database.closes.keys())) if is_signed else None
    heads = frozenset(day.kept.hash for day in chain)
    bad = first_bad_link(links, Trust(keys=keys, heads=heads))
    if bad is not None:
        yield f"19: close {bad.number} of {bad.owner}: {bad.fault} {dict(bad.values)}"


def _wrong_events(
    database: SimulatedDatabase, chain: Sequence[ClosedDay], merchant_id: int
) -> Iterator[str]:
    """All is closed: every event is in one day, and what the last one says is owed now."""
    rows = [row for (owner, _), row in database.rows.items() if owner == merchant_id]
    held = Counter((line.cashback, line.sequence) for day in chain for line in day.lines)
    events = Counter((str(row.record.id), event.sequence) for row in rows for event in row.events)
    if held != events:
        yield f"19: in two days {held - events}, in none {events - held}"
    owed = sum(row.record.cashback.cashback_centavos for row in rows if row.status in OWED)
    last = chain[-1].close.of_merchant if chain else None
    told = 0 if last is None else last.liability.closing.centavos
    if told != owed:
        yield f"19: {merchant_id} owes {owed}, and its last close says {told}"


def _wrong_provider(
    database: SimulatedDatabase, chain: Sequence[ClosedDay], owner: int | None
) -> Iterator[str]:
    """Each move of the provider's ledger is in one day, and the days come to what there is."""
    entered, departed, there = Counter[str](), Counter[str](), Counter[str]()
    for telling in database.ledger.tellings:
        for move in telling.moves:
            for sums, line in ((entered, move.after), (departed, move.before)):
                if line is not None and line.cls is not None and line.merchant_id == owner:
                    sums[line.cls] += line.centavos
    for line in database.ledger.standing():
        if line.merchant_id == owner and line.cls is not None:
            there[line.cls] += line.centavos
    rows = [row for day in chain for row in day.close.provider]
    for what, sums, told in (
        ("entered", entered, ((row.name, row.entered.centavos) for row in rows)),
        ("departed", departed, ((row.name, row.departed.centavos) for row in rows)),
        (
            "is there",
            there,
            ((row.name, row.closing.centavos) for day in chain[-1:] for row in day.close.provider),
        ),
    ):
        days = Counter[str]()
        for name, centavos in told:
            days[name] += centavos
        if _nonzero(days) != _nonzero(sums):
            yield f"19: of {owner} {what} {_nonzero(sums)}, by the days {_nonzero(days)}"


def _nonzero(sums: Mapping[str, int]) -> Mapping[str, int]:
    return {name: centavos for name, centavos in sums.items() if centavos}
