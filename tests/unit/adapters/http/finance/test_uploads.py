"""How many files are handed in, and read, at a time."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING

import pytest

from adapters.files.reader import ProfiledFiles
from adapters.http.finance.uploads import MOST_COMING, MOST_READ, UploadSlots
from cashback_core.people.rate_limit import RateExceededError
from cashback_core.reconciliation.file_import import ProfileMisfitError, ReadFile
from cashback_core.reconciliation.told_sales import ToldSale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.reconciliation.files import FileLine
    from fakes.api import Api


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


@pytest.mark.parametrize("fails", [False, True])
async def test_whoever_reads_is_stopped_whatever_becomes_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    stopped: list[bool] = []

    def lines() -> Iterator[FileLine]:
        if fails:
            raise ProfileMisfitError("no such column")
        yield ToldSale(line=1, total_centavos=100)

    def day(*_: object) -> ReadFile:
        return ReadFile(profile={}, lines=lines(), stop=lambda: stopped.append(True))

    monkeypatch.setattr(ProfiledFiles, "day", day)
    answer = await api.call(
        "POST",
        "/api/day-files?day=2026-11-29",
        body=b"sale_id,total",
        headers={"Content-Type": "text/csv"},
        username="olga",
    )
    assert answer.status == (422 if fails else 201)
    assert stopped == [True]
