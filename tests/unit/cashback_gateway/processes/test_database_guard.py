from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

import pytest

from adapters.postgres.delivery.sender import DatabaseIdentity
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.processes.database_guard import DatabaseGuard, has_followed, why_strange

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.delivery.feed_renewal import FeedRenewal
    from adapters.postgres.delivery.sender import PostgresSender

FIRST: Final = DatabaseIdentity(system_identifier=7, timeline=1, flushed_lsn=1000)
PROMOTED: Final = DatabaseIdentity(
    system_identifier=7, timeline=2, flushed_lsn=1500, replayed_lsn=1400
)


@dataclass(slots=True)
class Sender:
    """Answers as a server that is now `present`, and keeps what it is alarmed by."""

    present: DatabaseIdentity = FIRST
    alarms: list[str] = field(default_factory=list[str])
    answers: asyncio.Event | None = None

    async def identity(self) -> DatabaseIdentity:
        if self.answers is not None:
            await self.answers.wait()
        return self.present

    async def alarm(self, *, by: str, reason: str) -> None:
        assert by == "database guard"
        self.alarms.append(reason)


@dataclass(slots=True)
class Feed:
    """Counts what is asked of it."""

    checks: int = 0
    renewals: int = 0
    away: bool = False

    async def check(self) -> bool:
        self.checks += 1
        return False

    async def renew(self) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.renewals += 1


@dataclass(slots=True)
class Process:
    """One of the processes that share a file; `position` is what it knows of its own commits."""

    sender: Sender
    guard: DatabaseGuard
    position: int | None = 0

    async def check(self) -> bool:
        return await self.guard.check()


@pytest.fixture
def sender() -> Sender:
    return Sender()


def process(sender: Sender, folder: Path, position: int | None) -> Process:
    guard = DatabaseGuard(
        sender=cast("PostgresSender", sender),
        file=folder / "state.json",
        position=lambda: one.position,
    )
    one = Process(sender=sender, guard=guard, position=position)
    return one


@pytest.mark.parametrize(
    ("present", "why"),
    [
        (FIRST, None),
        (replace(FIRST, flushed_lsn=1001), None),
        (replace(FIRST, flushed_lsn=999), "1 bytes behind"),
        (replace(FIRST, system_identifier=8), "another database cluster"),
        (PROMOTED, "timeline 2"),
        (replace(FIRST, timeline=0), "timeline 0"),
    ],
)
def test_a_database_that_may_have_forgotten_is_strange(
    present: DatabaseIdentity, why: str | None
) -> None:
    reason = why_strange(FIRST, present)
    assert reason is None if why is None else reason is not None and why in reason


@pytest.mark.parametrize(
    ("present", "position", "followed"),
    [
        (PROMOTED, 1400, True),
        (PROMOTED, 0, True),
        (PROMOTED, 1401, False),  # something was committed that it does not have
        (PROMOTED, None, False),
        (replace(PROMOTED, replayed_lsn=1000), 1000, True),
        (replace(PROMOTED, replayed_lsn=999), 0, False),  # not even what was noted
        (replace(PROMOTED, replayed_lsn=None), 0, False),  # it has started since
        (replace(PROMOTED, timeline=3), 0, False),  # of a promotion between nothing is known
        (replace(PROMOTED, system_identifier=8), 0, False),
    ],
)
def test_a_promoted_server_has_followed_where_its_log_reaches_all_that_was_seen_and_committed(
    *, present: DatabaseIdentity, position: int | None, followed: bool
) -> None:
    assert has_followed(FIRST, present, position=position) is followed


async def test_whoever_lived_through_a_promotion_goes_on_where_nothing_was_forgotten(
    sender: Sender, tmp_path: Path
) -> None:
    living = process(sender, tmp_path, position=1200)
    assert await living.check()
    sender.present = PROMOTED
    assert await living.check()
    assert await living.check()
    assert sender.alarms == []


@pytest.mark.parametrize("before", [1200, 1450])
async def test_what_is_sent_on_the_promoted_server_is_not_held_against_what_it_had_followed(
    sender: Sender, tmp_path: Path, before: int
) -> None:
    """Several connections ask at once, and the first that is answered is used at once."""
    living = process(sender, tmp_path, position=before)
    assert await living.check()
    sender.present = PROMOTED
    sender.answers = answered = asyncio.Event()
    late = asyncio.create_task(living.check())
    await asyncio.sleep(0)  # it has asked, and waits
    sender.answers = None
    assert await living.check() is (before == 1200)
    living.position = 1600  # of a commit on the promoted one
    answered.set()
    assert await late is (before == 1200)
    assert sender.alarms == [] or before == 1450


async def test_what_is_committed_while_the_server_is_asked_counts(
    sender: Sender, tmp_path: Path
) -> None:
    living = process(sender, tmp_path, position=1200)
    assert await living.check()
    sender.present = PROMOTED
    sender.answers = asyncio.Event()
    checked = asyncio.create_task(living.check())
    await asyncio.sleep(0)
    living.position = 1450  # the answer of the server before, which was still on its way
    sender.answers.set()
    assert not await checked


@pytest.mark.parametrize("position", [1401, None])
async def test_what_was_committed_beyond_what_was_followed_pauses(
    sender: Sender, tmp_path: Path, position: int | None
) -> None:
    living = process(sender, tmp_path, position=position)
    assert await living.check()
    sender.present = PROMOTED
    assert not await living.check()
    assert await living.check(), "told once, and noted"
    assert len(sender.alarms) == 1


async def test_a_process_that_starts_after_a_promotion_cannot_know_what_was_sent(
    sender: Sender, tmp_path: Path
) -> None:
    assert await process(sender, tmp_path, position=0).check()
    sender.present = PROMOTED
    assert not await process(sender, tmp_path, position=0).check()


async def test_each_process_holds_the_server_against_its_own_commits_whoever_noted_first(
    sender: Sender, tmp_path: Path
) -> None:
    one, other = process(sender, tmp_path, 1200), process(sender, tmp_path, 1450)
    assert await one.check()
    assert await other.check()
    sender.present = PROMOTED
    assert await one.check()
    assert not await other.check(), "it sent for a commit that is gone"
    assert await other.check()


async def test_without_a_file_only_the_feeds_place_is_looked_at() -> None:
    feed = Feed()
    guard = DatabaseGuard(
        sender=cast("PostgresSender", None), file=None, feed=cast("FeedRenewal", feed)
    )
    assert await guard.check()
    assert (feed.checks, feed.renewals) == (1, 0)


async def test_where_something_was_forgotten_the_feed_is_raised_before_that_is_noted(
    sender: Sender, tmp_path: Path
) -> None:
    feed = Feed()
    guard = process(sender, tmp_path, 0).guard
    guard.feed = cast("FeedRenewal", feed)
    assert await guard.check()
    assert feed.renewals == 0
    sender.present = replace(FIRST, flushed_lsn=999)  # on the same timeline: the file alone tells
    feed.away = True
    with pytest.raises(StoreUnavailable):
        await guard.check()
    feed.away = False
    assert not await guard.check(), "what was not done is found again"
    assert feed.renewals == 1
    assert await guard.check()
