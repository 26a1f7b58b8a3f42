"""Closing days: which are due, in which order, what is signed, and what makes closing pause.

A day is closed once it is over for a while (`GRACE`), and once nothing that began before its end is
under way: what is recorded later belongs to a later day, and nothing is ever moved into a closed
one. A chain whose last closes are not the ones that were noted outside the database is closed no
further: the database may have been restored, and what it forgot has been sent to others.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from cashback_core.closing.canonical import read_json
from cashback_core.closing.chain import AFTER_ITS_END, Link, Trust, first_bad_link
from cashback_core.closing.close import (
    Chained,
    Close,
    MerchantClose,
    ProviderDay,
    SignedClose,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.close_reading import read_close
from cashback_core.closing.day import NOTHING, Amount, DayUnderWay
from cashback_core.closing.keys import CloseKey, key_id
from cashback_core.closing.lines import LinesHead
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date, datetime

    from cashback_core.closing.day import Day
    from cashback_core.closing.lines import DayLine

GRACE: Final = timedelta(minutes=10)
"""So long a day is over, at least, before it is closed."""

CLOCKS_APART: Final = timedelta(minutes=1)
"""By so much the store's clock and the closer's may differ; else one of them is wrong."""

MAX_CLOSED: Final = 100
"""Most days of all chains that one round closes; what is left, the next one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOwner:
    """Whose chain it is: a merchant, or the provider's account, which has neither id nor slug."""

    merchant_id: int | None
    slug: str | None

    @property
    def name(self) -> str:
        """What a person reads, and notes go by."""
        return self.slug or "(account)"


ACCOUNT: Final = ChainOwner(merchant_id=None, slug=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDay:
    """A close that is kept, by what it is found.

    `hash` is `close_hash`, `late` how many of its lines happened before its day began.
    """

    owner: ChainOwner
    number: int
    day: date
    begins_at: datetime
    ends_at: datetime
    below: int
    closed_at: datetime
    key: str
    hash: str
    previous: str | None
    lines: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClose(KeptDay):
    """The same with the document's exact bytes, of which there may be some millions."""

    document: bytes

    @property
    def close(self) -> Close:
        """What the document says; raises NotCanonical for one that no version of ours wrote."""
        return self.signed.close

    @property
    def signed(self) -> SignedClose:
        """The same with its signature."""
        return read_close(read_json(self.document.decode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """The day of a chain that is to be closed next; `last` is the close before it, if any."""

    owner: ChainOwner
    last: KeptDay | None
    day: date
    zone: str
    begins_at: datetime
    ends_at: datetime

    @property
    def number(self) -> int:
        """Its close's number."""
        return 1 if self.last is None else self.last.number + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Below which position every transaction has ended, and when that was looked at."""

    below: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What entered a class of the provider's ledger on a day, and what left it."""

    name: str
    entered: Amount
    departed: Amount


class NotSettled(Exception):  # noqa: N818 (named by what is wrong)
    """An event of a day lies at a position that is not below the horizon yet: try again."""


class NotVerified(Exception):  # noqa: N818 (named by what is wrong)
    """A close that whoever verifies would refuse: it is not kept."""


class AlreadyClosed(Exception):  # noqa: N818 (named by what is wrong)
    """Somebody has closed that day in the meantime; nothing was changed."""


class FormerKey(Exception):  # noqa: N818 (named by what is wrong)
    """A key that another one has followed signs nothing any more; nothing was changed."""


class Closing(Protocol):
    """What whoever closes asks of the store, alone. All raise StoreUnavailable."""

    @abstractmethod
    async def now(self) -> datetime:
        """The store's clock, by which events have their instants."""

    @abstractmethod
    async def open_days(self) -> Sequence[OpenDay]:
        """Of every merchant's chain, and last of the account's, the day that is closed next."""

    @abstractmethod
    async def next_day(self, kept: KeptClose) -> OpenDay:
        """What follows that close."""

    @abstractmethod
    async def settled_at(self) -> datetime | None:
        """An instant; nothing that began before it is under way any more. None: not yet.

        Waits a moment. Goes on from one call to the next, so that newer transactions keep nobody.
        """

    @property
    @abstractmethod
    def waits_for(self) -> Sequence[str]:
        """Who is under way and kept `settled_at` waiting, as an operator finds them."""

    @abstractmethod
    async def horizon(self, day: OpenDay) -> Horizon:
        """Where the day is cut; raises NotSettled."""

    @abstractmethod
    async def name_persons(self, day: OpenDay, horizon: Horizon) -> None:
        """Give everybody who is in the day's lines what stands for them there, once for all."""

    @abstractmethod
    def lines(self, day: OpenDay, horizon: Horizon) -> AsyncIterator[Sequence[DayLine]]:
        """The day's events in their order, some at a time."""

    @abstractmethod
    async def flows(self, day: OpenDay, horizon: Horizon) -> Sequence[Flow]:
        """What moved in the provider's ledger that day, of the day's owner; by class."""

    @abstractmethod
    async def merchants(self, day: date) -> Sequence[MerchantClose]:
        """The merchants' closes of a day, sorted by slug."""

    @abstractmethod
    async def keep(self, kept: KeptClose, public_key: bytes) -> None:
        """Store a close, the key that it is verified by, and the figures of its day.

        Raises AlreadyClosed, and FormerKey for a key after which another one has signed.
        """

    @abstractmethod
    async def hash_at(self, owner: ChainOwner, number: int) -> str | None:
        """The hash of a close of a chain; None where there is none of that number."""


class CloseStore(Protocol):
    """Where closes are kept. All raise StoreUnavailable."""

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[Closing | None]:
        """Be the only one who closes; None when somebody else does."""

    @abstractmethod
    async def closes(
        self, merchant_id: int | None, *, after: int = 0, limit: int
    ) -> Sequence[KeptClose]:
        """A chain's closes in their order, from number `after` + 1 on; None is the account's."""

    @abstractmethod
    async def latest(
        self, merchant_id: int | None, *, before: int | None = None, limit: int
    ) -> Sequence[KeptDay]:
        """The same without their documents, the latest first, of numbers below `before`."""

    @abstractmethod
    async def close_of(self, merchant_id: int | None, day: date) -> KeptClose | None:
        """The close of a day."""

    @abstractmethod
    def lines(self, kept: KeptClose) -> AsyncIterator[Sequence[DayLine]]:
        """A closed day's lines, made of its events once more, some at a time."""

    @abstractmethod
    async def keys(self) -> Sequence[CloseKey]:
        """Every key that closes were ever signed with, each from its first close on, in order."""


class ChainNotes(Protocol):
    """What is known of each chain outside the database."""

    @abstractmethod
    def known(self) -> Mapping[str, tuple[int, str]]:
        """By the owner's name the number and the hash of the last close. Raises OSError."""

    @abstractmethod
    def note(self, heads: Mapping[str, tuple[int, str]]) -> None:
        """Keep these as the last ones. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRound:
    """What came of a round.

    `behind` counts the days asked for that are over and not closed, `strange` says by owner why a
    chain is closed no further, `failed` why a chain could not be closed in this round, though the
    others were; `waits` whether old transactions are waited for, and `waits_for` whose.
    """

    closed: tuple[KeptClose, ...] = ()
    behind: int = 0
    strange: Mapping[str, str] = field(default_factory=dict[str, str])
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    waits: bool = False
    waits_for: tuple[str, ...] = ()
    is_busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The key that closes are signed with: its public part (32 bytes), and what signs bytes."""

    public_key: bytes
    sign: Callable[[bytes], bytes]


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
            return await _Round(closing, self, asked).run()


class _Round:
    """One round: the chains as they are, and what is closed of them."""

    def __init__(self, closing: Closing, use: CloseDays, asked: ClosesAsked) -> None:
        self._closing = closing
        self._use = use
        self._asked = asked
        self._open = dict[str, OpenDay]()
        self._stuck = set[str]()
        self._strange = dict[str, str]()
        self._failed = dict[str, Exception]()
        self._closed = list[KeptClose]()

    async def run(self) -> ClosedRound:
        """Close what may be closed now."""
        self._open = {day.owner.name: day for day in await self._closing.open_days()}
        now = await self._closing.now()
        self._use.on_look(self._behind(now - self._use.grace))
        await self._compare()
        self._compare_clocks(now)
        due_at = now - self._use.grace
        waits = False
        if any(self._is_due(day, due_at) for day in self._open.values()):
            settled_at = await self._closing.settled_at()
            waits = settled_at is None
            if settled_at is not None:
                await self._close_all(settled_at - self._use.grace)
        return ClosedRound(
            closed=tuple(self._closed),
            behind=self._behind(due_at),
            strange=self._strange,
            failed={
                name: f"{type(error).__name__}: {error}" for name, error in self._failed.items()
            },
            waits=waits,
            waits_for=tuple(self._closing.waits_for) if waits else (),
        )

    def _behind(self, due_at: datetime) -> int:
        return sum(
            _days_between(day.ends_at, due_at)
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
                kept = await self._close(day)
            except (NotSettled, AlreadyClosed):
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

    async def _close(self, day: OpenDay) -> KeptClose:
        horizon = await self._closing.horizon(day)
        keys = await self._use.store.keys()
        # A clock that was set back: whoever verifies would find it closed early, or by no key.
        if horizon.at < max([day.ends_at + self._use.grace, *(key.from_at for key in keys)]):
            raise NotSettled(f"{day.owner.name}, {day.day}")
        before = await self._before(day)
        last = None if before is None else before.close
        of_merchant = await self._day(day, horizon, last) if day.owner != ACCOUNT else None
        close = Close(
            chained=Chained(
                owner=day.owner.slug,
                number=day.number,
                previous=None if day.last is None else day.last.hash,
            ),
            span=Span(
                day=day.day,
                zone=day.zone,
                begins_at=day.begins_at,
                ends_at=day.ends_at,
                closed_at=horizon.at,
                below=horizon.below,
            ),
            key=key_id(self._use.signer.public_key),
            provider=_provider_days(last, await self._closing.flows(day, horizon)),
            of_merchant=of_merchant,
            merchants=(
                tuple(await self._closing.merchants(day.day)) if of_merchant is None else ()
            ),
        )
        kept = _kept(day, sign_close(close, self._use.signer.sign))
        if self._use.grace >= AFTER_ITS_END:
            _refuse_unverified(before, kept, self._use.signer.public_key)
        if not self._asked.dry_run:
            await self._closing.keep(kept, self._use.signer.public_key)
        return kept

    async def _before(self, day: OpenDay) -> KeptClose | None:
        """The close that this day's follows from, with its document."""
        if day.last is None:
            return None
        of, after = day.owner.merchant_id, day.last.number - 1
        found = await self._use.store.closes(of, after=after, limit=1)
        if [one.hash for one in found] != [day.last.hash]:
            raise AlreadyClosed(f"{day.owner.name}, {day.day}")
        return found[0]

    async def _day(self, day: OpenDay, horizon: Horizon, last: Close | None) -> Day:
        assert day.owner.slug is not None
        if not self._asked.dry_run:
            await self._closing.name_persons(day, horizon)
        head = LinesHead(owner=day.owner.slug, number=day.number, day=day.day)
        under_way = DayUnderWay(head, begins_at=day.begins_at, ends_at=day.ends_at)
        async for lines in self._closing.lines(day, horizon):
            await self._use.beside(partial(_add, under_way, lines))
        before = None if last is None else last.of_merchant
        return under_way.done({} if before is None else before.closing)


def _refuse_unverified(last: KeptClose | None, kept: KeptClose, public_key: bytes) -> None:
    """Raises NotVerified for a close that does not follow from the last one, or is not signed."""
    key = CloseKey(public_key=public_key, from_at=kept.closed_at)
    bad = first_bad_link([_link(kept)], Trust(keys=(key,), after=frozenset({str(kept.previous)})))
    if bad is None and last is not None:
        trust = Trust(after=frozenset({str(last.previous)}))
        bad = first_bad_link([_link(last), _link(kept)], trust)
    if bad is not None:
        raise NotVerified(f"{bad.fault}: close {bad.number}, {dict(bad.values)}")


def _link(kept: KeptClose) -> Link:
    return Link(
        owner=kept.owner.slug,
        number=kept.number,
        day=kept.day,
        sha256=kept.hash,
        source="",
        signed=kept.signed,
    )


def _add(under_way: DayUnderWay, lines: Sequence[DayLine]) -> None:
    for line in lines:
        under_way.add(line)


def _provider_days(last: Close | None, flows: Sequence[Flow]) -> tuple[ProviderDay, ...]:
    """A class that nothing is of any more, and nothing moved in, is left out."""
    opening = {} if last is None else {row.name: row.closing for row in last.provider}
    moved = {flow.name: flow for flow in flows}
    rows = (
        ProviderDay(
            name=name,
            opening=opening.get(name, NOTHING),
            entered=moved[name].entered if name in moved else NOTHING,
            departed=moved[name].departed if name in moved else NOTHING,
        )
        for name in sorted({*opening, *moved})
    )
    return tuple(row for row in rows if row.opening or row.entered or row.departed)


def _kept(day: OpenDay, signed: SignedClose) -> KeptClose:
    close = signed.close
    made = close.of_merchant
    return KeptClose(
        owner=day.owner,
        number=close.number,
        day=day.day,
        begins_at=day.begins_at,
        ends_at=day.ends_at,
        below=close.span.below,
        closed_at=close.span.closed_at,
        key=close.key,
        hash=close_hash(close),
        previous=close.chained.previous,
        lines=0 if made is None else made.lines.count,
        late=0 if made is None else made.late,
        document=document_bytes(signed),
    )


def _days_between(ended_at: datetime, due_at: datetime) -> int:
    """How many days are over and not closed, if the next one to be closed ended then."""
    return 0 if ended_at > due_at else 1 + (due_at - ended_at).days
