"""Chains that the key's owner made anew after a change: only what follows from what tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from cashback_core.closing.chain import AFTER_ITS_END, LinkFault
from cashback_core.closing.close import Close, ProviderDay, document_bytes
from cashback_core.closing.day import Amount, Day, Liability, StatusDay
from cashback_core.closing.movements import OWED
from cashback_core.testing.strategies.broken_chain import BrokenChain, made, number_of
from cashback_core.testing.strategies.closed_days import ChainSigner, ClosedChain, rechained

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn


def _resigned(
    name: str, chain: ClosedChain, number: int, change: Callable[[Close], Close], *faults: LinkFault
) -> BrokenChain:
    """The key's owner changed a close, and made all the others follow from it."""
    closes = [day.close for day in chain.days]
    closes[number - 1] = change(closes[number - 1])
    documents = [document_bytes(signed) for signed in rechained(chain.signer, closes)]
    return made(name, chain, number, *faults, files=(documents,))


def early(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """It was closed a microsecond before it may be."""

    def change(close: Close) -> Close:
        at = close.span.ends_at + AFTER_ITS_END - timedelta(microseconds=1)
        return replace(close, span=replace(close.span, closed_at=at))

    return _resigned("early", chain, number_of(draw, chain), change, LinkFault.EARLY)


def gap(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """It begins a second after the day before ended."""

    def change(close: Close) -> Close:
        begins_at = close.span.begins_at + timedelta(seconds=1)
        return replace(close, span=replace(close.span, begins_at=begins_at))

    return _resigned("gap", chain, number_of(draw, chain, 2), change, LinkFault.BOUNDS)


def skipped_day(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """It is of the day after the next."""

    def change(close: Close) -> Close:
        day = close.span.day + timedelta(days=1)
        return replace(close, span=replace(close.span, day=day))

    return _resigned("skipped day", chain, number_of(draw, chain, 2), change, LinkFault.DAY)


def lower(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """It ends at a lower position than the day before."""

    def change(close: Close) -> Close:
        return replace(close, span=replace(close.span, below=1))

    return _resigned("lower position", chain, number_of(draw, chain, 2), change, LinkFault.BELOW)


def other_opening(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """What is owed changes between two days: the only way to lose money from sums that add up."""

    def change(close: Close) -> Close:
        assert close.of_merchant is not None
        return replace(close, of_merchant=_with_more(close.of_merchant))

    return _resigned("other opening", chain, number_of(draw, chain), change, LinkFault.OPENING)


def other_provider(draw: DrawFn, chain: ClosedChain, _: ChainSigner) -> BrokenChain:
    """A class of the provider opens with what nothing closed with."""

    def change(close: Close) -> Close:
        more = ProviderDay(name="z", opening=Amount(count=1, centavos=draw(st.integers(-1, 1))))
        return replace(close, provider=(*close.provider, more))

    return _resigned("other provider", chain, number_of(draw, chain), change, LinkFault.PROVIDER)


def _with_more(day: Day) -> Day:
    more = Amount(count=1, centavos=140)
    status = min(OWED)
    rows = {row.status: row for row in day.statuses}
    row = rows.get(status, StatusDay(status=status))
    rows[status] = replace(row, opening=row.opening + more)
    liability = Liability(
        opening=day.liability.opening + more,
        moved=day.liability.moved,
        closing=day.liability.closing + more,
    )
    return replace(
        day, liability=liability, statuses=tuple(rows[status] for status in sorted(rows))
    )
