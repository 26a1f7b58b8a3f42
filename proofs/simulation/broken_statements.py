"""Readings of a statement as somebody in good faith might have written them, each of them wrong."""

# ruff: noqa: D103 (their names say what is wrong with them)

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import (
    NEED_A_PERSON,
    NOTHING_EXPLAINED,
    Finding,
    FindingClass,
    ReadStatement,
    Reconciliation,
    Rules,
    Settled,
    Window,
    by_reference,
    equal_credits,
    line_key,
)
from cashback_core.reconciliation import placement as placing
from cashback_core.reconciliation.placement import Barring, LeftLine, Placement
from cashback_core.reconciliation.references import id_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.reconciliation import BookEntry, Explanations, Margin
    from cashback_core.reconciliation.statements import StatementHead, StatementLine
    from simulation.settling import SimulatedSettler

_by_reference: Final = by_reference.place_by_reference
_undecided: Final = placing.undecided
_window_of: Final = Window.of
_defects: Final = ReadStatement.defects
_unpaid: Final = Placement.unpaid
_in_turn: Final = equal_credits.EqualCredits._in_turn

FOR_EVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def exact_match_only(
    entry: BookEntry, lines: Sequence[LeftLine], places: Placement
) -> Iterator[Finding]:
    exact = [left for left in lines if not by_reference._differences(entry, left, places)]
    for left in lines:
        if left not in exact:
            yield Finding(cls=FindingClass.UNKNOWN_HERE, line=left.line)
    if exact:
        yield from _by_reference(entry, exact, places)
    else:
        yield _absent(entry, places)


def reversal_proves_absence(
    entry: BookEntry, lines: Sequence[LeftLine], places: Placement
) -> Iterator[Finding]:
    if entry.status is Status.IN_DOUBT and any(left.is_reversal for left in lines):
        for left in lines:
            yield Finding(cls=FindingClass.REVERSED, line=left.line, about=entry)
        yield _absent(entry, places)
    else:
        yield from _by_reference(entry, lines, places)


def _absent(entry: BookEntry, places: Placement) -> Finding:
    not_quiet = places.window.why_not_quiet((entry,), places.rules)
    if entry.status is not Status.IN_DOUBT or not_quiet is not None:
        return Finding(cls=FindingClass.NOT_EXPECTED, entry=entry)
    move = places.unpaid(entry, (entry,))
    return Finding(cls=FindingClass.DOUBT_ABSENT, entry=entry, move=move)


def reference_as_text(reference: str | None) -> str | None:
    own = id_in(reference)
    spelt = f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:]}" if own else None
    return own if reference == spelt else reference


def no_part_of_a_reference(_self: object, _reference: str | None) -> set[str]:
    return set()


def of_ever(_: StatementHead) -> datetime:
    return FOR_EVER


def of_the_asking(head: StatementHead) -> datetime:
    return head.asked_since


def window_with(**changes: Any) -> Any:
    """What the heads say is changed before the window is made of them."""

    def of(_: type[Window], told: Sequence[ReadStatement], margin: Margin) -> Window:
        heads = [_head(one, changes) for one in told]
        return _window_of(heads, margin)

    return classmethod(of)


def _head(one: ReadStatement, changes: dict[str, Any]) -> ReadStatement:
    values = {name: value(one.head) for name, value in changes.items()}
    return replace(one, head=replace(one.head, **values))


def totals_unread(self: ReadStatement) -> list[str]:
    tally = self.tally
    head = replace(self.head, declared_count=tally.lines, declared_centavos=tally.net_centavos)
    return _defects(replace(self, head=head))


def defects_unread(self: ReadStatement) -> list[str]:
    return _defects(replace(self, head=replace(self.head, defects=(), complete=True)))


def no_defects(_: ReadStatement) -> list[str]:
    return []


def no_bar(*_: object) -> None:
    return None


class NoBar(Barring):
    """No line of theirs could be a doubt's."""

    def of(self, entry: BookEntry) -> None:
        """None, whatever it asks."""
        del entry


def distrust_without(*classes: FindingClass) -> property:
    def distrust(self: Reconciliation) -> str | None:
        reasons = list(self.window.distrust)
        reasons.extend(
            f"{count} {cls}"
            for cls, count in self._untrusted.items()
            if count and cls not in classes
        )
        return "; ".join(reasons) or None

    return property(distrust)


def never_suspected(*_: object) -> None:
    return None


def rounds_never_end(self: Placement, entry: BookEntry, group: tuple[BookEntry, ...]) -> Settled:
    return _unpaid(self, replace(entry, rounds=0, first_round_at=None), group)


def held_while_unproved(
    entry: BookEntry,
    why: str,
    *,
    line: StatementLine | None = None,
    barred_by: StatementLine | None = None,
) -> Finding:
    finding = _undecided(entry, why, line=line, barred_by=barred_by)
    return replace(finding, move=Settled(to=Status.HELD, reason=why, group=(entry,)))


def nothing_remembered(_: object) -> Explanations:
    return NOTHING_EXPLAINED


def one_word_for_all_alike(self: Reconciliation, line: StatementLine) -> tuple[str | None, bool]:
    said = self._placing.explanations.lines.get(line_key(line))
    if said:
        return None if said[0] is None else said[0].hex, True
    return id_in(line.reference), False


def always_as_read(*_: object) -> bool:
    return True


def lines_counted_twice(self: Any, entries: Iterable[BookEntry]) -> dict[BookEntry, StatementLine]:
    could_be = self.placing.rules.could_be
    found: dict[BookEntry, StatementLine] = {}
    for entry in entries:
        for left in self.credits:
            if could_be(entry, left.line.credited_at):
                found[entry] = left.line
    self.credits = [left for left in self.credits if left.line not in found.values()]
    return found


def quiet_at_once(*_: object) -> str | None:
    return None


def dated_like_our_own(self: Rules, entry: BookEntry, credited_at: datetime | None) -> bool:
    if credited_at is None:
        return True
    since = entry.first_started_at or entry.accepted_at
    return credited_at >= since - self.margin.skew


def told_without(*classes: FindingClass) -> frozenset[FindingClass]:
    return NEED_A_PERSON - set(classes)


def every_applied_one_first(self: Any, taken_back: StatementLine | None) -> Iterator[Finding]:
    applied = [entry for entry in self._of(Status.APPLIED) if not entry.is_erased]
    yield from self._applied(applied)
    yield from self._unpaid_and_doubtful(taken_back)


async def book_before_statement(self: SimulatedSettler) -> int:
    book = await self._book(self._beginning, ())

    async def old(*_: object) -> Sequence[BookEntry]:
        return book

    vars(self)["_book"] = old
    try:
        return await self._settle()
    finally:
        del vars(self)["_book"]


def margin_without(**left_out: float) -> Callable[[Margin, datetime, DeliveryPolicy], datetime]:
    def after(self: Margin, started_at: datetime, policy: DeliveryPolicy) -> datetime:
        parts = {
            "lease": policy.lease_s,
            "freeze": self.freeze_s,
            "delay": self.provider_delay_s,
            "skew": self.clock_skew_s,
        }
        return started_at + timedelta(seconds=sum((parts | left_out).values()))

    return after


def same_instant(_: Margin, first_started_at: datetime) -> datetime:
    return first_started_at
