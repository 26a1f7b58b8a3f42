"""Ways of closing days that leave out, count twice, or change what was signed, planted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.closing import closing, making
from cashback_core.closing.day import NOTHING
from cashback_core.closing.kept import Flow
from cashback_core.testing.memory_closes import MemoryCloses, MemoryClosing
from simulation import closer, closes
from simulation.closes import SimulatedClosing
from simulation.days import Days
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from cashback_core.closing.close import Close, ProviderDay
    from cashback_core.closing.kept import KeptClose, OpenDay

_provider_days = making._provider_days
_day = making.CloseMaker._day
_is_of = closes.is_of


async def nobody_is_waited_for(self: SimulatedClosing) -> datetime | None:
    """Ten minutes are enough."""
    return self._simulated.now()


async def numbers_alone_are_waited_for(self: SimulatedClosing) -> datetime | None:
    """Whoever has written nothing yet has no number, and an instant all the same."""
    under_way = self._simulated.database.transactions.under_way
    return None if any(one.position is not None for one in under_way) else self._simulated.now()


async def opens_with_nothing(
    self: Any, day: OpenDay, horizon: Any, last: Close | None, *, is_kept: bool
) -> Any:
    """Each day begins anew."""
    del last
    return await _day(self, day, horizon, None, is_kept=is_kept)


def provider_opens_with_nothing(
    last: Close | None, flows: Sequence[Flow]
) -> tuple[ProviderDay, ...]:
    """The same, of the provider's ledger."""
    del last
    return _provider_days(None, flows)


def late_ones_are_left_out(
    day: OpenDay | KeptClose, at: datetime, position: int, before: int, below: int
) -> bool:
    """A day is what lies between its bounds."""
    return _is_of(day, at, position, before, below) and at >= day.begins_at


def whatever_was_before(
    day: OpenDay | KeptClose, at: datetime, position: int, before: int, below: int
) -> bool:
    """What a closed day has is held by the next one once more."""
    del before
    return position < below and at < day.ends_at


def by_the_instant_alone(
    day: OpenDay | KeptClose, at: datetime, position: int, before: int, below: int
) -> bool:
    """A closed day takes in what says that it was of it."""
    del position, before, below
    return day.begins_at <= at < day.ends_at


async def entered_twice(self: SimulatedClosing, day: OpenDay, horizon: Any) -> Sequence[Flow]:
    """A line that moves on within the ledger has entered it, and never left where it was."""
    before = 0 if day.last is None else day.last.below
    return [
        Flow(name=flow.name, entered=flow.entered, departed=NOTHING)
        for flow in self._simulated.flows_of(day, before, horizon.below)
    ]


async def whoever_comes_keeps(self: MemoryClosing, kept: KeptClose, public_key: bytes) -> None:
    """Nobody looks whether that day is closed."""
    self.closes.known_keys.setdefault(public_key, kept.closed_at)
    self.closes.kept.append(kept)


async def without_what_is_signed_last(self: MemoryCloses, kept: KeptClose) -> Any:
    """A closed day's lines are read as an open one's: up to now."""
    chain = self.chain(kept.owner.merchant_id)
    before = chain[kept.number - 2].below if kept.number > 1 else 0
    yield self.lines_of(kept, before, 10**9)


def at_once_another_zone(self: Days, zone: str, at: datetime, closed: date | None) -> None:
    """A changed zone counts for the days that were, too."""
    del at, closed
    self.zones = [(self.zones[0][0], zone)]


def not_before_another(self: Any, day: OpenDay, due_at: datetime) -> bool:
    """The account waits for nobody."""
    return day.ends_at <= due_at and day.owner.name not in {*self._strange, *self._stuck}


CLOSE_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        (
            "old transactions are not waited for",
            SimulatedClosing,
            "settled_at",
            nobody_is_waited_for,
        ),
        (
            "numbers alone are waited for",
            SimulatedClosing,
            "settled_at",
            numbers_alone_are_waited_for,
        ),
        ("a day is closed at its end", closer, "GRACE", timedelta(0)),
        ("a day opens with nothing", making.CloseMaker, "_day", opens_with_nothing),
        (
            "the provider's day opens with nothing",
            making,
            "_provider_days",
            provider_opens_with_nothing,
        ),
        ("what is late is left out", closes, "is_of", late_ones_are_left_out),
        ("what was closed is closed again", closes, "is_of", whatever_was_before),
        ("a closed day takes in what is late", closes, "is_of", by_the_instant_alone),
        ("a ledger line is counted twice", SimulatedClosing, "flows", entered_twice),
        ("a day is closed by two", MemoryClosing, "keep", whoever_comes_keeps),
        ("a closed day is read up to now", MemoryCloses, "lines", without_what_is_signed_last),
        ("a zone counts for the past", Days, "change", at_once_another_zone),
        ("the account is closed before others", closing._Round, "_is_due", not_before_another),
    )
)
