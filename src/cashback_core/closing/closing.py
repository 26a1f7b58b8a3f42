"""Closing days: which are due, in which order, what is signed, and what makes closing pause.

A day is closed once it is over for a while (`GRACE`), and once nothing that began before its end is
under way: what is recorded later belongs to a later day, and nothing is ever moved into a closed
one. A chain whose last closes are not the ones that were noted outside the database is closed no
further: the database may have been restored, and what it forgot has been sent to others.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.closing.kept import ACCOUNT, KeptClose, OpenDay
from cashback_core.closing.making import CloseMaker
from cashback_core.closing.store import AlreadyClosed, FormerKey, NotSettled, NotVerified
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import date, datetime

    from cashback_core.closing.making import Signer
    from cashback_core.closing.store import ChainNotes, CloseStore, Closing


GRACE: Final = timedelta(minutes=10)
"""So long a day is over, at least, before it is closed."""

CLOCKS_APART: Final = timedelta(minutes=1)
"""By so much the store's clock and the closer's may differ; else one of them is wrong."""

MOST_SILENT: Final = timedelta(days=7)
"""So long after the last close nothing more is closed, unless a person says up to which day."""

EVERY_CHAIN: Final = "(every chain)"
"""Of whom it is told why nobody's days are closed."""

MAX_CLOSED: Final = 100
"""Most days of all chains that one round closes; what is left, the next one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRound:
    """What came of a round.

    `behind` counts the days asked for that are over and not closed, `strange` says by owner why a
    chain is closed no further, `failed` why a chain could not be closed in this round, though the
    others were; `waits` whether old transactions are waited for, and `waits_for` whose, or who
    keeps events of a day from being below the horizon.
    """

    closed: tuple[KeptClose, ...] = ()
    behind: int = 0
    strange: Mapping[str, str] = field(default_factory=dict[str, str])
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    waits: bool = False
    waits_for: tuple[str, ...] = ()
    is_busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosesAsked:
    """Of whose chains (None: all), through which day, how many days at most; or only a look.

    A look (`dry_run`) computes the next close of each chain, and keeps nothing.
    """

    only: str | None = None
    through: date | None = None
    at_most: int = MAX_CLOSED
    dry_run: bool = False


ALL_DUE: Final = ClosesAsked()


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDays:
    """Closes what is due, oldest first, each day in a transaction of its own.

    `beside` runs what takes long beside the loop; `on_closed` is told of every close. `clock` is
    the closer's own, which a store's clock that jumped is told by; None where there is only one.
    `on_look` is told how many days are over, before anything that may fail is tried.
    """

    store: CloseStore
    signer: Signer
    notes: ChainNotes
    grace: timedelta = GRACE
    beside: Callable[[Callable[[], None]], Awaitable[None]] = _in_thread
    on_closed: Callable[[KeptClose], object] = lambda _: None
    clock: Callable[[], datetime] | None = None
    on_look: Callable[[int], object] = lambda _: None

    async def __call__(self, asked: ClosesAsked = ALL_DUE) -> ClosedRound:
        """One round.

        Raises StoreUnavailable, FormerKey, and OSError when the notes cannot be used. Whatever
        else keeps one chain from being closed is told of that one, and the others are closed.
        """
        async with self.store.alone() as closing:
            if closing is None:
                return ClosedRound(is_busy=True)
            under_way = _Round(closing, self, asked)
            try:
                found = await under_way.run()
            except (FormerKey, OSError) as error:
                await under_way.tell(replace(under_way.found(), failed={EVERY_CHAIN: _why(error)}))
                raise
            await under_way.tell(found)
            return found


class _Round:
    """One round: the chains as they are, and what is closed of them."""

    def __init__(self, closing: Closing, use: CloseDays, asked: ClosesAsked) -> None:
        self._closing = closing
        self._use = use
        self._asked = asked
        self._maker = CloseMaker(
            closing=closing,
            store=use.store,
            signer=use.signer,
            grace=use.grace,
            beside=use.beside,
        )
        self._open = dict[str, OpenDay]()
        self._due_at: datetime | None = None
        self._stuck = set[str]()
        self._holders = dict[str, None]()
        self._strange = dict[str, str]()
        self._failed = dict[str, Exception]()
        self._closed = list[KeptClose]()

    async def run(self) -> ClosedRound:
        """Close what may be closed now."""
        self._open = {day.owner.name: day for day in await self._closing.open_days()}
        now = await self._closing.now()
        self._due_at = now - self._use.grace
        self._use.on_look(self._behind())
        await self._compare()
        self._compare_clocks(now)
        self._refuse_a_leap(now)
        waits = False
        if any(self._is_due(day, self._due_at) for day in self._open.values()):
            settled_at = await self._closing.settled_at()
            waits = settled_at is None
            if settled_at is not None:
                await self._close_all(settled_at - self._use.grace)
        waits_for = tuple(self._closing.waits_for) if waits else tuple(self._holders)
        return replace(self.found(), waits=waits, waits_for=waits_for)

    def found(self) -> ClosedRound:
        """What came of it so far."""
        return ClosedRound(
            closed=tuple(self._closed),
            behind=self._behind(),
            strange=self._strange,
            failed={name: _why(error) for name, error in self._failed.items()},
        )

    async def tell(self, found: ClosedRound) -> None:
        """Leave word of a round that was for all chains, for whoever asks how closing fares."""
        if self._asked == ALL_DUE:
            await self._closing.tell(found)

    def _behind(self) -> int:
        if self._due_at is None:
            return 0
        return sum(
            _days_between(day.ends_at, self._due_at)
            for name, day in self._open.items()
            if self._asked.only in {None, name}
        )

    def _compare_clocks(self, now: datetime) -> None:
        """Days that a clock invents would be closed, and never again be open."""
        own = now if self._use.clock is None else self._use.clock()
        if abs(own - now) > CLOCKS_APART:
            apart = NotVerified(
                f"the database's clock says {now}, this machine's {own}: one of them is wrong"
            )
            for name in self._open:
                self._fail(name, apart)

    def _refuse_a_leap(self, now: datetime) -> None:
        """Where both clocks have jumped ahead nobody could tell but by the silence before.

        Days that were made up are append-only, and whatever happens until then is late in one.
        """
        made = [day.last.closed_at for day in self._open.values() if day.last is not None]
        if self._asked.through is None and made and now - max(made) > MOST_SILENT:
            leap = NotVerified(
                f"no day was closed from {max(made):%Y-%m-%d %H:%M} to now, {now:%Y-%m-%d %H:%M}:"
                " if the clock is right, `close --day DAY` goes on"
            )
            for name in self._open:
                self._fail(name, leap)

    def _fail(self, name: str, error: Exception) -> None:
        self._failed[name] = error
        self._stuck.add(name)

    async def _compare(self) -> None:
        """Hold the chains against what was noted of them, and note what they are now."""
        known = self._use.notes.known()
        heads = dict[str, tuple[int, str]]()
        for name, day in self._open.items():
            if name in known:
                number, hash_ = known[name]
                found = await self._closing.hash_at(day.owner, number)
                if found != hash_:
                    self._strange[name] = (
                        f"close {number} was seen, and the database has"
                        f" {'none of that number' if found is None else 'another one'}"
                    )
                    continue
            if day.last is not None:
                heads[name] = day.last.number, day.last.hash
        if heads:
            self._use.notes.note(heads)

    def _is_due(self, day: OpenDay, due_at: datetime) -> bool:
        """Whether it is over for long enough, and to be closed, and nothing is in its way."""
        name, asked = day.owner.name, self._asked
        if day.ends_at > due_at or name in self._strange or name in self._stuck:
            return False
        if asked.only is not None and asked.only != name:
            return False
        if asked.through is not None and day.day > asked.through:
            return False
        # The account's close names those of every merchant.
        return day.owner != ACCOUNT or all(
            other.day > day.day for other in self._open.values() if other.owner != ACCOUNT
        )

    async def _close_all(self, due_at: datetime) -> None:
        """`due_at` is the latest end of a day that may be closed."""
        while len(self._closed) < self._asked.at_most:
            due = [day for day in self._open.values() if self._is_due(day, due_at)]
            if not due:
                return
            day = min(due, key=lambda day: (day.ends_at, day.owner == ACCOUNT))
            name = day.owner.name
            try:
                kept = await self._maker.make(day, is_kept=not self._asked.dry_run)
            except NotSettled as error:
                self._holders |= dict.fromkeys(error.waits_for)
                self._stuck.add(name)
                continue
            except AlreadyClosed:
                self._stuck.add(name)
                continue
            except FormerKey:
                raise
            except StoreUnavailable as error:
                await self._closing.now()  # which raises, if it was not this day that took too long
                self._fail(name, error)
                continue
            except Exception as error:  # noqa: BLE001 (one merchant's day must not stop the others')
                self._fail(name, error)
                continue
            self._closed.append(kept)
            if self._asked.dry_run:
                self._stuck.add(name)
                continue
            self._use.notes.note({name: (kept.number, kept.hash)})
            self._use.on_closed(kept)
            self._open[name] = await self._closing.next_day(kept)


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _days_between(ended_at: datetime, due_at: datetime) -> int:
    """How many days are over and not closed, if the next one to be closed ended then."""
    return 0 if ended_at > due_at else 1 + (due_at - ended_at).days
