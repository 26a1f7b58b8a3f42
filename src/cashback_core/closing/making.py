"""One day's close: its lines added up, signed, and held to the close before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cashback_core.closing.chain import AFTER_ITS_END, Link, Trust, first_bad_link
from cashback_core.closing.close import (
    Chained,
    Close,
    ProviderDay,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day import NOTHING
from cashback_core.closing.day_under_way import DayUnderWay
from cashback_core.closing.kept import ACCOUNT, KeptClose
from cashback_core.closing.keys import CloseKey, key_id
from cashback_core.closing.lines import LinesHead
from cashback_core.closing.store import AlreadyClosed, NotSettled, NotVerified

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from cashback_core.closing.close import SignedClose
    from cashback_core.closing.day import Day
    from cashback_core.closing.kept import Flow, Horizon, OpenDay
    from cashback_core.closing.lines import DayLine
    from cashback_core.closing.store import CloseStore, Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The key that closes are signed with: its public part (32 bytes), and what signs bytes."""

    public_key: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMaker:
    """Makes closes of open days; what takes long runs `beside` the loop."""

    closing: Closing
    store: CloseStore
    signer: Signer
    grace: timedelta
    beside: Callable[[Callable[[], None]], Awaitable[None]]

    async def make(self, day: OpenDay, *, is_kept: bool) -> KeptClose:
        """Make a day's close; keep it, if it is to be kept.

        Raises NotSettled, NotVerified, and what `Closing.keep` raises.
        """
        horizon = await self.closing.horizon(day)
        keys = await self.store.keys()
        # A clock that was set back: whoever verifies would find it closed early, or by no key.
        if horizon.at < max([day.ends_at + self.grace, *(key.from_at for key in keys)]):
            raise NotSettled(f"{day.owner.name}, {day.day}")
        before = await self._before(day)
        last = None if before is None else before.close
        of_merchant = (
            await self._day(day, horizon, last, is_kept=is_kept) if day.owner != ACCOUNT else None
        )
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
            key=key_id(self.signer.public_key),
            provider=_provider_days(last, await self.closing.flows(day, horizon)),
            of_merchant=of_merchant,
            merchants=(tuple(await self.closing.merchants(day.day)) if of_merchant is None else ()),
        )
        kept = _kept(day, sign_close(close, self.signer.sign))
        if self.grace >= AFTER_ITS_END:
            _refuse_unverified(before, kept, self.signer.public_key)
        if is_kept:
            await self.closing.keep(kept, self.signer.public_key)
        return kept

    async def _before(self, day: OpenDay) -> KeptClose | None:
        """The close that this day's follows from, with its document."""
        if day.last is None:
            return None
        of, after = day.owner.merchant_id, day.last.number - 1
        found = await self.store.closes(of, after=after, limit=1)
        if [one.hash for one in found] != [day.last.hash]:
            raise AlreadyClosed(f"{day.owner.name}, {day.day}")
        return found[0]

    async def _day(
        self, day: OpenDay, horizon: Horizon, last: Close | None, *, is_kept: bool
    ) -> Day:
        assert day.owner.slug is not None
        if is_kept:
            await self.closing.name_persons(day, horizon)
        head = LinesHead(owner=day.owner.slug, number=day.number, day=day.day)
        under_way = DayUnderWay(head, begins_at=day.begins_at, ends_at=day.ends_at)
        async for lines in self.closing.lines(day, horizon):
            await self.beside(partial(_add, under_way, lines))
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
