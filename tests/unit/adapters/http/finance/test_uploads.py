"""How many files are handed in, and read, at a time."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack

import pytest

from adapters.http.finance.uploads import MOST_COMING, MOST_READ, UploadSlots
from cashback_core.people.rate_limit import RateExceededError


def test_whoever_sends_slowly_keeps_nobody_else_waiting() -> None:
    slots = UploadSlots()
    with ExitStack() as held:
        for merchant in range(MOST_READ + 1):
            held.enter_context(slots.one(merchant))
        with pytest.raises(RateExceededError), slots.one(0):
            pass
        for merchant in range(MOST_READ + 1, MOST_COMING):
            held.enter_context(slots.one(merchant))
        with pytest.raises(RateExceededError), slots.one(None):
            pass
    with slots.one(0):
        pass


async def test_what_has_come_is_read_a_few_at_a_time() -> None:
    slots = UploadSlots(waited_s=0.01)
    async with AsyncExitStack() as held:
        for _ in range(MOST_READ):
            await held.enter_async_context(slots.reading())
        with pytest.raises(RateExceededError):
            await held.enter_async_context(slots.reading())
    async with AsyncExitStack() as held:
        for _ in range(MOST_READ):
            await held.enter_async_context(slots.reading())
